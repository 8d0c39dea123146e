"""Documents that are wrapped as a whole: in a code fence (chat assistants), in a quotation (mail), in toggles (Notion).

Lines keep their numbers.
"""

import re
from collections.abc import Callable

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,}) *(?:markdown|md|text)?\s*$", re.IGNORECASE)
_QUOTED = re.compile(r"^ {0,3}> ?")
_TOGGLE = re.compile(r"^[-*+][ \t]+(?P<heading>#{1,6}[ \t]+(?P<text>\S.*))$")
_INDENT = re.compile(r"^(?:\t| {2,4})")


def unwrapped(text: str, is_heading: Callable[[str], bool]) -> str:
    """`text` without what is around the whole of it; `is_heading` says which toggles are headings of the document."""
    lines = _toggles_opened(_without_quotation(_without_fence(text.split("\n"))), is_heading)
    return "\n".join(lines)


def _without_fence(lines: list[str]) -> list[str]:
    said = [number for number, line in enumerate(lines) if line.strip()]
    if len(said) < 3:
        return lines
    first, last = _FENCE.match(lines[said[0]]), _FENCE.match(lines[said[-1]])
    if first is None or last is None or first["mark"] != last["mark"]:
        return lines
    return ["" if number in (said[0], said[-1]) else line for number, line in enumerate(lines)]


def _without_quotation(lines: list[str]) -> list[str]:
    if not all(_QUOTED.match(line) for line in lines if line.strip()):
        return lines
    return [_QUOTED.sub("", line) for line in lines]


def _toggles_opened(lines: list[str], is_heading: Callable[[str], bool]) -> list[str]:
    """A toggle's heading stands in a list, and what belongs to it is indented below."""
    inside = False
    opened: list[str] = []
    for line in lines:
        toggle = _TOGGLE.match(line)
        if toggle and is_heading(toggle["text"]):
            inside = True
            opened.append(toggle["heading"])
            continue
        inside = inside and (not line.strip() or _INDENT.match(line) is not None)
        opened.append(_INDENT.sub("", line) if inside else line)
    return opened
