"""The body of an email: its Markdown with links that work from an inbox, as HTML and as text.

CommonMark with tables and strikethrough, and footnotes as bracketed numbers. Pieces of HTML that an author or a model
left in the Markdown are no HTML here: a link in them becomes a link, a break a break, the rest its text. Merge tags
pass through untouched: to Markdown `*|FNAME|*` would be emphasis, and in an address its bars would be encoded.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Final

from marketeer_dagster.model.merge_tags import TAG

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Resolve = Callable[[str], str]
"""What a link's or picture's address becomes; raises BadInput for one that leads nowhere."""

_BARE_URL: Final = re.compile(r"https?://[^\s<>\"'，。）]+[^\s<>\"'，。）.,;:!?)\]]", re.IGNORECASE)
_FOOTNOTE: Final = re.compile(r"^\[\^([\w-]+)\]:[ \t]+(.+)$", re.MULTILINE)
_FOOTNOTE_MARK: Final = re.compile(r"\[\^([\w-]+)\]")
_FENCED: Final = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)[ \t]*$)", re.MULTILINE | re.DOTALL)
_HTML_LINK: Final = re.compile(r"<a\b[^>]*?\bhref\s*=\s*[\"']([^\"']*)[\"'][^>]*>", re.IGNORECASE)
_HTML_WHOLE_LINK: Final = re.compile(rf"{_HTML_LINK.pattern}(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_HTML_UNSEEN: Final = re.compile(r"<!--.*?-->|<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_HTML_BREAK: Final = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6])\s*>", re.IGNORECASE)
_HTML_TAG: Final = re.compile(r"</?[a-z][^>]*>|<![^>]*>", re.IGNORECASE)
_HEADING_SHIFT: Final = 1
_IMAGE_STYLE: Final = "max-width:100%;height:auto;border:0"


class Body:
    """One email's Markdown, read once; `links` and `images` say what its addresses become. Raises what they raise."""

    def __init__(self, markdown: str, *, links: Resolve, images: Resolve) -> None:
        self._mark = _unused_mark(markdown)
        self._tags: list[str] = []
        self._links, self._images = links, images
        self.tokens = self._settled(_markdown().parse(self._held(_with_notes(markdown))))

    def html(self) -> str:
        """The body's HTML; everything an author wrote is escaped."""
        markdown = _markdown()
        return self.restored(str(markdown.renderer.render(self.tokens, markdown.options, {})).strip())

    def restored(self, text: str) -> str:
        """`text` with the merge tags that were held back while Markdown was read."""
        return re.sub(rf"{self._mark}(\d+)x", lambda found: self._tags[int(found[1])], text)

    def _held(self, text: str) -> str:
        def hold(tag: re.Match[str]) -> str:
            self._tags.append(tag[0])
            return f"{self._mark}{len(self._tags) - 1}x"

        return TAG.sub(hold, text)

    def _settled(self, tokens: "Sequence[Token]") -> "list[Token]":
        settled: list[Token] = []
        for token in tokens:
            if token.type == "html_block":
                settled += self._settled(_markdown().parse(_html_as_markdown(token.content)))
                continue
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(6, int(token.tag[1]) + _HEADING_SHIFT)}"
            if token.type == "inline":
                token.children = list(self._inline(token.children or []))
            settled.append(token)
        return settled

    def _inline(self, children: "Sequence[Token]") -> "Iterator[Token]":
        depth = 0
        html_links: list[bool] = []
        for token in children:
            match token.type:
                case "link_open":
                    depth += 1
                    token.attrSet("href", self._links(self.restored(str(token.attrGet("href") or ""))))
                    yield token
                case "link_close":
                    depth -= 1
                    yield token
                case "image":
                    token.attrSet("src", self._images(self.restored(str(token.attrGet("src") or ""))))
                    token.attrSet("style", _IMAGE_STYLE)
                    yield token
                case "html_inline":
                    yield from self._html_inline(token.content, html_links)
                case "text" if not depth and not html_links:
                    yield from self._with_bare_links(token.content)
                case _:
                    yield token
        yield from (_token("link_close", "a", -1) for _ in html_links)

    def _html_inline(self, html: str, open_links: list[bool]) -> "Iterator[Token]":
        if link := _HTML_LINK.match(html):
            open_links.append(True)
            yield _link_open(self._links(self.restored(unescape(link[1]))))
        elif html.lower().startswith("</a") and open_links:
            open_links.pop()
            yield _token("link_close", "a", -1)
        elif _HTML_BREAK.match(html):
            yield _token("hardbreak", "br", 0)

    def _with_bare_links(self, text: str) -> "Iterator[Token]":
        """A bare address is a link in every inbox, so it is made one that counts."""
        at = 0
        for found in _BARE_URL.finditer(text):
            url = _balanced(found[0])
            yield _text(text[at : found.start()])
            address = self._links(self.restored(url))
            yield _link_open(address, auto=True)
            yield _text(url)
            yield _token("link_close", "a", -1)
            at = found.start() + len(url)
        yield _text(text[at:])


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _unused_mark(text: str) -> str:
    """Letters that Markdown and addresses leave alone and that the text does not hold."""
    mark = "mergetag"
    while mark in text:
        mark += "q"
    return mark


def _with_notes(text: str) -> str:
    """Footnotes as CommonMark has them not: [1] where they are called, the notes at the end."""
    numbers: dict[str, int] = {}
    notes: list[str] = []
    parts = _FENCED.split(text)
    for index in range(0, len(parts), 2):
        for name, note in _FOOTNOTE.findall(parts[index]):
            numbers.setdefault(name, len(numbers) + 1)
            notes.append(rf"\[{numbers[name]}\] {note}")
        parts[index] = _FOOTNOTE.sub("", parts[index])
    if not numbers:
        return text
    for index in range(0, len(parts), 2):
        parts[index] = _FOOTNOTE_MARK.sub(
            lambda mark: rf"\[{numbers[mark[1]]}\]" if mark[1] in numbers else mark[0], parts[index]
        )
    return "\n\n".join(["".join(parts).rstrip(), *notes])


def _html_as_markdown(html: str) -> str:
    """What a block of HTML says, as Markdown without HTML."""
    seen = _HTML_UNSEEN.sub("", html)
    linked = _HTML_WHOLE_LINK.sub(lambda link: f"[{link[2]}]({link[1].strip().replace(' ', '%20')})", seen)
    text = unescape(_HTML_TAG.sub("", _HTML_BREAK.sub("\n\n", linked)))
    lines = "\n".join(line.strip() for line in text.splitlines())
    # What entities spelled out must not become HTML now.
    return lines.replace("<", r"\<")


def _balanced(url: str) -> str:
    """`url` without a closing bracket that belongs to the sentence around it."""
    while url.endswith(")") and url.count(")") > url.count("("):
        url = url[:-1]
    return url


def _token(kind: str, tag: str, nesting: int) -> "Token":
    from markdown_it.token import Token

    # markdown-it types nesting as -1, 0 or 1; it is one of these here.
    return Token(kind, tag, nesting)  # type: ignore[arg-type]


def _text(content: str) -> "Token":
    token = _token("text", "", 0)
    token.content = content
    return token


def _link_open(href: str, *, auto: bool = False) -> "Token":
    token = _token("link_open", "a", 1)
    token.attrSet("href", href)
    token.info = "auto" if auto else ""
    return token
