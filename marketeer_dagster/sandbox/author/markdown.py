"""Free Markdown as a list of items: bullets, table rows, quotation blocks and paragraphs, each with its label."""

import re
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.text import plain, words

_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)、])\s+(?P<text>.*)$")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)、]\s+")
_BOLD_LABEL = re.compile(
    r"^(?:\*\*|__)(?P<label>.+?)(?P<colon>\s?[:：])?\.?(?:\*\*|__)\s*(?:[:：]|[—–-]+(?=\s))?\s*(?P<text>.*)$", re.DOTALL
)
_PLAIN_LABEL = re.compile(
    r"^(?P<label>[^\"“„«「:：.。!?！？,，]{2,40}?)(?P<colon>\s?[:：])\s*(?P<text>\S.*)$", re.DOTALL
)
_SUBHEADING = re.compile(r"^(?:#{3,6}\s+(?P<text>.+?)\s*#*|\*\*(?P<bold>[^*]+)\*\*[:：]?|__(?P<under>[^_]+)__[:：]?)$")
"""A line that is nothing but bold is a heading too: exporters write them so."""
_STARTS = re.compile(r"[QAFPR]\s?[:：]\s|(?:\*\*|__)\S|[A-ZÀ-Þ][\w' ’-]{2,30}[:：]\s|[\"“„«]\S.{12,}[—–]")
"""How a line begins that does not go on with the paragraph above it."""
_COUNT = re.compile(
    r"(?:(?:up to|max\.?|bis(?: zu)?|jusqu['’]à|hasta) )?\d+|unlimited|unbegrenzt|illimité|ilimitado", re.I
)


@dataclass(frozen=True)
class Item:
    """One bullet, table row or paragraph of a section."""

    text: str
    """Without Markdown marks, without the label."""
    label: str = ""
    """The words before its colon, or the table row's first cell."""
    heading: str = ""
    """The subheading it stands under."""
    listed: bool = False
    numbered: bool = False
    colon: str = ": "
    """How its writer sets off a label: French puts a space before the colon."""

    @property
    def whole(self) -> str:
        """Label and text as one line."""
        if not self.label:
            return self.text
        return f"{self.label}{self.colon}{self.text}" if self.text else self.label


def items(body: str) -> list[Item]:
    """The items of one section's Markdown, in order."""
    found: list[Item] = []
    heading, above = "", 0
    blocks = _blocks(body)
    for index, (block, listed, numbered, indent) in enumerate(blocks):
        title = _SUBHEADING.match(block) if not listed else None
        deeper = index + 1 < len(blocks) and blocks[index + 1][1] and blocks[index + 1][3] > indent
        if listed and heading and indent < above:
            heading = ""
        if title or (listed and deeper and words(block) <= 6):
            heading = plain(next(part for part in title.groups() if part) if title else block).rstrip(":：")
            above = indent + 1 if not title else 0
        elif block.startswith("|"):
            found.extend(_rows(block, heading))
        else:
            found.append(_item(block, heading, listed, numbered))
    return [item for item in found if item.text or item.label]


def _blocks(body: str) -> list[tuple[str, bool, bool, int]]:
    """Paragraphs, bullets (with their continuation lines) and tables as (text, listed, numbered, indent)."""
    blocks: list[tuple[str, bool, bool, int]] = []
    open_block = False
    for line in body.splitlines():
        line = re.sub(r"^\s*>\s?", "", line.rstrip())
        bullet = _BULLET.match(line)
        if not line.strip() or re.fullmatch(r"\s*([-*_]\s*){3,}|\s*(```|~~~).*|\s*</?\w+>", line):
            open_block = False
        elif bullet and not line.lstrip().startswith("**"):
            indent = len(line) - len(line.lstrip())
            text = re.sub(r"^\[[ xX]?\]\s+", "", bullet["text"].strip())
            blocks.append((text, True, bool(_NUMBERED.match(line)), indent))
            open_block = True
        elif _SUBHEADING.match(line):
            blocks.append((line.strip(), False, False, 0))
            open_block = False
        elif open_block and not (_STARTS.match(line) and not blocks[-1][1]):
            text, listed, numbered, indent = blocks[-1]
            glue = "\n" if line.startswith("|") else " "
            blocks[-1] = (text + glue + line.strip(), listed, numbered, indent)
        else:
            blocks.append((line.strip(), False, False, 0))
            open_block = True
    return blocks


def _item(block: str, heading: str, listed: bool, numbered: bool) -> Item:
    match = _BOLD_LABEL.match(block) or (_PLAIN_LABEL.match(block) if "//" not in block.split(" ")[0] else None)
    runs_on = match and not re.search(
        r"[:：.]|[—–-]\s", block[match.start("label") + len(match["label"]) : match.start("text")]
    )
    if match and match["text"].strip() and words(match["label"]) <= 8 and not (runs_on and match["text"][0].islower()):
        label = plain(match["label"]).rstrip(":：. ")
        colon = "：" if re.search(r"[\u3400-\u9fff]$", label) else " : " if (match["colon"] or "") == " :" else ": "
        return Item(plain(match["text"]), label, heading, listed, numbered, colon)
    return Item(plain(block), "", heading, listed, numbered)


def _rows(table: str, heading: str) -> list[Item]:
    """A table's rows; a bare count is told with the name of its column."""
    head, *rows = [[plain(cell) for cell in line.strip().strip("|").split("|")] for line in table.splitlines()
                   if "|" in line] or [[]]  # fmt: skip
    body = [row for row in rows if not all(re.fullmatch(r":?-+:?|", cell.strip()) for cell in row)]
    return [
        Item(
            ", ".join(_counted(*cell) for cell in zip(row[1:], head[1:], strict=False) if cell[0]),
            row[0],
            heading,
            True,
        )
        for row in body
        if row
    ]


def _counted(cell: str, column: str) -> str:
    return f"{cell} {column.lower()}" if _COUNT.fullmatch(cell) and words(column) == 1 else cell
