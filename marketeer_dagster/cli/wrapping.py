"""Texts in a column of a terminal: wrapped between words, measured in columns, and never broken where one would copy.

An id, a path, a time or an address stays whole, wherever it stands: broken over two lines it can neither be copied nor
searched for. Everything else without a space (Chinese, a hash of a kilobyte, JSON) may be broken anywhere.
"""

import re

from rich.cells import cell_len, chop_cells

_COPIED = re.compile(r"[!-~]{1,240}")
"""Visible ASCII without a space, as long as an address may reasonably be."""
_STRUCTURE = re.compile(r'[{}<>\\]|"[^"]*"[^"]*"')
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, changes its colours or turns its text round."""
_LONGEST_WORD = 30
"""Columns of a word in any language that is not worth breaking (German ones reach this)."""


def clean(text: str) -> str:
    """The text without what would act on a terminal instead of being shown; line ends and tabs stay line ends."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "))


def is_whole(word: str) -> bool:
    """Whether a word must not be broken."""
    if _COPIED.fullmatch(word):
        return not _STRUCTURE.search(word) or len(word) <= _LONGEST_WORD
    return cell_len(word) <= _LONGEST_WORD and cell_len(word) == len(word)


def least_width(text: str) -> int:
    """The fewest columns in which the text can be shown without breaking a word that must be whole."""
    return max((cell_len(word) if is_whole(word) else 2 for word in text.split()), default=0)


def natural_width(text: str) -> int:
    """The columns of its longest line."""
    return max((cell_len(line) for line in text.split("\n")), default=0)


def wrapped(text: str, width: int, *, later: int = 0) -> list[str]:
    """The text in lines of at most `width` columns, those after the first of each paragraph set in by `later`.

    A word that must be whole and is wider than that has a line of its own, which is then longer.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if cell_len(paragraph) <= width:  # as somebody set it, spaces included
            lines.append(paragraph.rstrip())
            continue
        lead = paragraph[: len(paragraph) - len(paragraph.lstrip(" "))][: width // 2]
        lines += _filled(paragraph.split(), width, lead, " " * later + lead)
    return lines


def _filled(words: list[str], width: int, first: str, later: str) -> list[str]:
    lines: list[str] = []
    line, bare = first, True
    for word in words:
        for piece in _pieces(word, max(width - len(later), 2)):
            if not bare and cell_len(line) + 1 + cell_len(piece) > width:
                lines.append(line)
                line, bare = later, True
            line += piece if bare else f" {piece}"
            bare = False
    return [*lines, line.rstrip()]


def _pieces(word: str, room: int) -> list[str]:
    return [word] if is_whole(word) or cell_len(word) <= room else chop_cells(word, room)
