"""The headings of a context document, whoever wrote it: ATX, underlined, bold, in HTML, or plain lines of their own."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

_HTML_HEADING = re.compile(r"^\s*<h(?P<level>[1-6])\b[^<>]*>(?P<text>.*?)</h(?P=level)\s*>\s*$", re.IGNORECASE)
_ANCHOR = re.compile(r"\[\]\{[^{}\n]*\}|<a\b[^<>]*>\s*</a\s*>", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"\s*\{[^{}]*\}\s*$")
_NUMBER = re.compile(
    r"^(?:section\s+)?\(?(?:\d{1,2}(?:\.\d{1,2})*|(?:[ivx]{1,4}|[a-l])(?=\s*[.):]))\s*[.):、/-]*\s*", re.IGNORECASE
)
"""1. and 1) and (1), 1.0 and 2.1, I. and A)."""
_AROUND = re.compile(r"^[^\w(]+|[^\w)!?]+$")
_NUMBERED_LINE = re.compile(r"^ {0,3}\d{1,2}[.)]\s+\S")
_UNDERLINE = re.compile(r"^ {0,3}(?P<mark>[=-])(?P=mark){2,}\s*$")
_MARKS = re.compile(r"[*_`]+")


@dataclass(frozen=True)
class Heading:
    """One heading at the document's top level."""

    text: str
    """Without marks, escapes and attributes."""
    level: int
    """1 to 6; 0 for a line without a mark of its own."""
    line: int
    """Its first line, 0-based."""
    end: int
    """The line after it, 0-based: an underline belongs to it."""
    underlined: bool = False

    @property
    def key(self) -> str:
        """What it is called, comparably: without number, ornaments and case; `&` is `and`."""
        return heading_key(self.text)


def heading_key(text: str) -> str:
    """A heading as it is compared."""
    plain = unicodedata.normalize("NFKC", text).replace("&", " and ").replace("’", "'")
    bare = _AROUND.sub("", _AROUND.sub("", plain))
    return " ".join(_AROUND.sub("", _NUMBER.sub("", bare)).casefold().split())


def headings(text: str) -> list[Heading]:
    """Every heading of the document outside lists, quotations and code, in order."""
    from markdown_it import MarkdownIt

    written = text.split("\n")
    marked = (_HTML_HEADING.sub(lambda m: f"{'#' * int(m['level'])} {m['text']}", line) for line in written)
    lines = _underlined_numbers([_ANCHOR.sub("", line) for line in marked])
    tokens = MarkdownIt("commonmark").parse("\n".join(lines))
    found: list[Heading] = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.level == 0 and opening.map is not None:
            said = "".join(
                child.content if child.type in ("text", "code_inline", "text_special") else " "
                for child in inline.children or ()
                if child.type in ("text", "code_inline", "text_special", "softbreak")
            )
            first, end = opening.map
            if end < len(written) and not lines[end] and _UNDERLINE.match(written[end]):
                end += 1
            level = int(opening.tag[1])
            found.append(Heading(_ATTRIBUTES.sub("", said).strip(), level, first, end, opening.markup in ("=", "-")))
    return found


def _underlined_numbers(lines: list[str]) -> list[str]:
    """`1. Overview` above an underline begins a list to CommonMark, and is a heading to those who write it."""
    for at, (line, under) in enumerate(pairwise(list(lines))):
        alone = at == 0 or not lines[at - 1].strip()
        if alone and _NUMBERED_LINE.match(line) and (mark := _UNDERLINE.match(under)):
            lines[at], lines[at + 1] = f"{'#' if mark['mark'] == '=' else '##'} {line.strip()}", ""
    return lines


def plain_headings(text: str, known: frozenset[str]) -> list[Heading]:
    """Lines of their own that say nothing but the name of a known heading, in bold or bare: exports without styles."""
    found: list[Heading] = []
    for number, line in enumerate(text.split("\n")):
        said = _MARKS.sub("", line.replace("\\", "")).strip()
        if 0 < len(said) <= 80 and heading_key(said) in known and not line.lstrip().startswith((">", "|", "- ", "• ")):
            found.append(Heading(said, 0, number, number + 1))
    return found
