"""Free Markdown as a list of items: bullets, table rows, quotation blocks and paragraphs, each with its label."""

import re
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.text import plain, words

_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)、])\s+(?P<text>.*)$")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)、]\s+")
_BOLD_LABEL = re.compile(
    r"^(?:\*\*|__)(?P<label>.+?)[:：.]?(?:\*\*|__)\s*(?:[:：]|[—–-]+(?=\s))?\s*(?P<text>.*)$", re.DOTALL
)
_PLAIN_LABEL = re.compile(r"^(?P<label>[^\"“「:：.。!?！？,，]{2,40})[:：]\s*(?P<text>\S.*)$", re.DOTALL)
_SUBHEADING = re.compile(r"^#{3,6}\s+(?P<text>.+?)\s*#*$")


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

    @property
    def whole(self) -> str:
        """Label and text as one line."""
        if not self.label:
            return self.text
        colon = "：" if re.search(r"[\u3400-\u9fff]$", self.label) else ": "
        return f"{self.label}{colon}{self.text}" if self.text else self.label


def items(body: str) -> list[Item]:
    """The items of one section's Markdown, in order."""
    found: list[Item] = []
    heading = ""
    for block, listed, numbered in _blocks(body):
        title = _SUBHEADING.match(block)
        if title:
            heading = plain(title["text"])
        elif block.startswith("|"):
            found.extend(_rows(block, heading))
        else:
            found.append(_item(block, heading, listed, numbered))
    return [item for item in found if item.text or item.label]


def _blocks(body: str) -> list[tuple[str, bool, bool]]:
    """Paragraphs, bullets (with their continuation lines) and tables as (text, listed, numbered)."""
    blocks: list[tuple[str, bool, bool]] = []
    open_block = False
    for line in body.splitlines():
        line = re.sub(r"^\s*>\s?", "", line.rstrip())
        bullet = _BULLET.match(line)
        if not line.strip() or re.fullmatch(r"\s*([-*_]\s*){3,}|\s*(```|~~~).*", line):
            open_block = False
        elif bullet and not line.lstrip().startswith("**"):
            blocks.append((bullet["text"].strip(), True, bool(_NUMBERED.match(line))))
            open_block = True
        elif _SUBHEADING.match(line):
            blocks.append((line.strip(), False, False))
            open_block = False
        elif open_block:
            text, listed, numbered = blocks[-1]
            glue = "\n" if line.startswith("|") else " "
            blocks[-1] = (text + glue + line.strip(), listed, numbered)
        else:
            blocks.append((line.strip(), False, False))
            open_block = True
    return blocks


def _item(block: str, heading: str, listed: bool, numbered: bool) -> Item:
    match = _BOLD_LABEL.match(block) or (_PLAIN_LABEL.match(block) if "//" not in block.split(" ")[0] else None)
    if match and match["text"].strip() and words(match["label"]) <= 8:
        return Item(plain(match["text"]), plain(match["label"]).rstrip(":：. "), heading, listed, numbered)
    return Item(plain(block), "", heading, listed, numbered)


def _rows(table: str, heading: str) -> list[Item]:
    rows = [[plain(cell) for cell in line.strip().strip("|").split("|")] for line in table.splitlines() if "|" in line]
    body = [row for row in rows[1:] if not all(re.fullmatch(r":?-+:?|", cell.strip()) for cell in row)]
    return [Item(", ".join(cell for cell in row[1:] if cell), row[0], heading, listed=True) for row in body if row]
