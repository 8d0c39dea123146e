"""A public page as readable text, for audits: what a visitor sees, without markup, scripts and hidden parts."""

import re
from html.parser import HTMLParser
from typing import Final

_SKIPPED: Final = frozenset({"script", "style", "template", "noscript", "svg", "nav", "iframe"})
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_PREFIX: Final = {
    "h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### ", "h5": "##### ", "h6": "###### ",
    "li": "- ", "blockquote": "> ", "button": "[button] ", "summary": "### ",
}  # fmt: skip
_BLOCKS: Final = frozenset(
    {"p", "div", "section", "article", "header", "footer", "main", "ul", "ol", "form", "figure", "figcaption",
     "details", "table", "tr", "label", *_PREFIX}
)  # fmt: skip


def readable_text(html: str) -> str:
    """Title, description, headings, paragraphs, lists, links with their targets and form fields, a line each."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._hidden: list[str] = []
        self._in_title = False
        self._link = ""

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if self._hidden or tag in _SKIPPED or ("hidden" in attributes and tag not in _VOID):
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        if tag in _BLOCKS:
            self._break()
            self._line = _PREFIX.get(tag, "")
        match tag:
            case "title":
                self._in_title = True
                self._line = "Title: "
            case "meta" if (attributes.get("name") or "").lower() == "description":
                self._lines.append(f"Description: {attributes.get('content') or ''}")
            case "a":
                self._link = attributes.get("href") or ""
                self._line += "["
            case "input" if attributes.get("type") not in ("hidden", "submit"):
                self._line += f" [field: {attributes.get('type') or 'text'}]"
            case "br":
                self._break()
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag == "a":
            self._line = f"{self._line.rstrip()}]({self._link})"
        if tag in _BLOCKS or tag == "title":
            self._break()
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._line += re.sub(r"\s+", " ", data)

    def _break(self) -> None:
        line = self._line.strip()
        if line and line not in {prefix.strip() for prefix in _PREFIX.values()}:
            self._lines.append(line)
        self._line = ""
