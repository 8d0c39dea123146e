"""Mailchimp's merge tags in copy: which ones an email may hold, and what is wrong with the others.

One answer for the draft's rules and for the publisher: what `faults` names as refused is never approved, and what is
approved is never refused later. Allowed is what shows readers their own name or address, the condition around it, and
as a link's whole address the reader's own pages; everything else could run a feed, show codes, or unsubscribe.
Source: mailchimp.com/help, "All the merge tags cheat sheet" and "Use conditional merge tag blocks".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PERSONAL: Final = ("FNAME", "LNAME", "EMAIL")
"""What a reader gave. Names may be missing, an address never is."""
LINKS: Final = ("ARCHIVE", "UPDATE_PROFILE", "UNSUB")
"""Pages of the reader's own; allowed as the whole address of a link."""
TAG: Final = re.compile(r"\*\|(?P<name>[^|\n]*)\|\*")
ALLOWED: Final = "*|FNAME|*, *|LNAME|*, *|EMAIL|*, a block *|IF:FNAME|* … *|ELSE:|* … *|END:IF|*"
ALLOWED_LINKS: Final = "*|ARCHIVE|*, *|UPDATE_PROFILE|* or *|UNSUB|* as the whole address"
_ALWAYS_THERE: Final = frozenset({"EMAIL"})
_HALF: Final = re.compile(r"\*\|[^\s|]{0,30}|[^\s|*]{0,30}\|\*")
_TABLE_ROW: Final = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
_LINK_TARGET: Final = re.compile(r"\]\(\s*<?(?P<tag>\*\|[^|\n]*\|\*)>?(?P<title>\s[^)]*)?\)")


@dataclass(frozen=True)
class TagFault:
    """What is wrong with one tag of a text."""

    tag: str
    problem: str
    expected: str
    refused: bool = True
    """False: the email may go out, but some readers will see a gap."""


def is_link_tag(url: str) -> bool:
    """Whether a link's address is a tag that leads to a page of the reader's own."""
    tag = TAG.fullmatch(url)
    return tag is not None and tag["name"] in LINKS


def without_tags(text: str, instead: str = "N") -> str:
    """`text` with each well-formed merge tag as `instead`, for checks that read prose."""
    return TAG.sub(instead, text)


def faults(text: str) -> Iterator[TagFault]:
    """Faults of the merge tags in a text of an email, in order; none where there are no tags."""
    prose = _LINK_TARGET.sub(lambda link: "](x)" if is_link_tag(link["tag"]) else link[0], text)
    open_tag, past_else = "", False
    for found in TAG.finditer(prose):
        name, tag = found["name"], found[0]
        if name.startswith("IF:"):
            if open_tag or name[3:] not in PERSONAL:
                yield TagFault(tag, "a condition that copy may not use", ALLOWED)
            open_tag, past_else = name[3:], False
        elif name in ("ELSE:", "ELSE", "END:IF"):
            if not open_tag or (name != "END:IF" and past_else):
                yield TagFault(tag, "closes or continues a block that is not open", ALLOWED)
            open_tag, past_else = ("", False) if name == "END:IF" else (open_tag, True)
        elif name not in PERSONAL:
            yield _unknown(tag, name)
        elif name not in _ALWAYS_THERE and (name != open_tag or past_else):
            problem = "a reader who gave no name sees a gap here"
            yield TagFault(tag, problem, f"*|IF:{name}|* … *|ELSE:|* … *|END:IF|*", refused=False)
    if open_tag:
        yield TagFault(f"*|IF:{open_tag}|*", "the block is never closed", "*|END:IF|* after it")
    rest = _TABLE_ROW.sub("", TAG.sub("", prose))
    if half := _HALF.search(rest):
        yield TagFault(half[0], "half a merge tag", ALLOWED)


def _unknown(tag: str, name: str) -> TagFault:
    if name in LINKS:
        return TagFault(tag, "a merge tag that is a link's address stands in the text", ALLOWED_LINKS)
    if name.strip().upper() in PERSONAL:
        return TagFault(tag, "a merge tag in another spelling", f"*|{name.strip().upper()}|*")
    return TagFault(tag, "a merge tag that copy may not use", f"{ALLOWED}; {ALLOWED_LINKS}")
