"""Markdown as a text part that reads well in a plain mail program: no marks, every link with its address."""

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from marketeer_dagster.publishing.email_body import Body

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_WIDEST: Final = 76
"""Columns that mail programs show without wrapping (RFC 3676 asks for at most 78)."""
_RULE: Final = "-" * 20


def plain_text(body: Body) -> str:
    """The body's text: headings on lines of their own, `label: address`, lists, quotes, tables in columns."""
    from markdown_it.tree import SyntaxTreeNode

    return body.restored("\n\n".join(_blocks(SyntaxTreeNode(body.tokens).children)))


def _blocks(nodes: "Sequence[SyntaxTreeNode]") -> list[str]:
    return [text for node in nodes if (text := _block(node))]


def _block(node: "SyntaxTreeNode") -> str:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return _prefixed("\n\n".join(_blocks(node.children)), "> ", "> ")
        case "fence" | "code_block":
            return _prefixed(node.content.rstrip("\n"), "    ", "    ")
        case "table":
            return _table(node)
        case "hr":
            return _RULE
        case "inline":
            return _inline(node.children).strip()
        case _:
            return "\n\n".join(_blocks(node.children))


def _list(node: "SyntaxTreeNode") -> str:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    items: list[str] = []
    loose = False
    for number, item in enumerate(node.children, first):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        blocks = _blocks(item.children)
        loose = loose or sum(child.type == "paragraph" for child in item.children) > 1
        items.append(_prefixed("\n".join(blocks), mark, " " * len(mark)))
    return ("\n\n" if loose else "\n").join(items)


def _prefixed(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"{first if not number else rest}{line}".rstrip() for number, line in enumerate(lines))


def _inline(nodes: "Sequence[SyntaxTreeNode]") -> str:
    return "".join(_piece(node) for node in nodes)


def _piece(node: "SyntaxTreeNode") -> str:
    match node.type:
        case "text" | "code_inline" | "text_special":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            return _link(_inline(node.children).strip(), str(node.attrs.get("href", "")), auto=node.info == "auto")
        case "image":
            return f"[{node.content}]" if node.content else ""
        case _:
            return _inline(node.children)


def _link(label: str, href: str, *, auto: bool) -> str:
    address = href.removeprefix("mailto:").removeprefix("tel:")
    if auto or not label or label in (href, address):
        return address
    return f"{label}: {address}"


def _table(node: "SyntaxTreeNode") -> str:
    rows = [
        [" ".join(_inline(cell.children[0].children if cell.children else []).split()) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    head, *others = rows
    widths = [max(_width(row[column]) for row in rows) for column in range(len(head))]
    if sum(widths) + 2 * (len(widths) - 1) > _WIDEST:
        return "\n\n".join(
            "\n".join(f"{name}: {cell}" for name, cell in zip(head, row, strict=True) if cell) for row in others
        )
    drawn = [head, ["-" * width for width in widths], *others]
    return "\n".join("  ".join(_padded(*cell) for cell in zip(row, widths, strict=True)).rstrip() for row in drawn)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns of a fixed-width font: Chinese and emoji take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
