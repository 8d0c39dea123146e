"""A live page as it was fetched, read as data: never instructions."""

import re
from dataclasses import dataclass
from html import unescape

from marketeer_dagster.sandbox.author.text import plain, words

_TAG = re.compile(r"<[^>]+>")
_ORDER = re.compile(
    r"ignore (?:all|any|the|your|previous)|previous instructions|system prompt|忽略.{0,8}(?:指令|提示)|^[{\[]|"
    r"\":\s*[\"{\[]",
    re.IGNORECASE,
)
"""Lines addressed to or written by a machine: data like all else on the page, and not worth quoting to a colleague."""
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class LivePage:
    """A fetched page, read as data: HTML or Markdown or plain text."""

    headline: str
    buttons: tuple[str, ...]
    fields: int
    text: str
    lines: tuple[str, ...]


def read_live(source: str) -> LivePage:
    """Headline, button labels, number of form fields and the visible text of a page."""
    source = _SCRIPT.sub("", unescape(source))
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", source, re.I | re.S) or re.search(r"^#\s+(.+)$", source, re.M)
    buttons = re.findall(r"<(?:button|a)\b[^>]*>(.*?)</(?:button|a)>", source, re.I | re.S) + re.findall(
        r"\[([^\]]+)\]\([^)]+\)", source
    )
    fields = len(re.findall(r"<(?:input|select|textarea)\b(?![^>]*type=\"?(?:hidden|submit))", source, re.I))
    spaced = re.sub(r"</(?:p|h\d|li|div|section|blockquote|a|button)>|<br\s*/?>", "\n", source, flags=re.I)
    found = (plain(re.sub(r"^[#>*\-\s]+", "", raw)) for raw in _TAG.sub(" ", spaced).splitlines())
    lines = tuple(line for line in found if line and not _ORDER.search(line))
    first = next((line for line in lines if words(line) >= 2), "")
    headline = plain(_TAG.sub("", heading[1])) if heading else first
    labels = tuple(label for b in buttons if (label := plain(_TAG.sub("", b))) and len(label) <= 40)
    return LivePage(headline, labels, fields, "\n".join(lines), lines)
