"""A page's HTML as search engines weigh it: title, description, main headings, canonical address, words, links."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "template", "noscript", "svg"})
_WORD: Final = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:['’-][^\W\u3400-\u9fff]+)*")
"""A word; in Chinese, a character."""


@dataclass(frozen=True)
class PageFacts:
    """What one page says of itself. `links` are the targets of its anchors as written, each once."""

    title: str
    description: str
    headings: tuple[str, ...]
    canonical: str
    words: int
    links: tuple[str, ...]


def page_facts(html: str) -> PageFacts:
    """Read a page; broken markup gives what can be read of it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return PageFacts(
        title=_line(reader.title),
        description=_line(reader.description),
        headings=tuple(_line(text) for text in reader.headings),
        canonical=reader.canonical.strip(),
        words=len(_WORD.findall(reader.text)),
        links=tuple(dict.fromkeys(reader.links)),
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = self.description = self.canonical = self.text = ""
        self.headings: list[str] = []
        self.links: list[str] = []
        self._unseen = ""
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case _ if tag in _UNSEEN:
                self._unseen = self._unseen or tag
            case "title" | "h1" if not self._unseen:
                self._within = tag
                if tag == "h1":
                    self.headings.append("")
            case "meta" if given.get("name", "").lower() == "description":
                self.description = given.get("content", "")
            case "link" if "canonical" in given.get("rel", "").lower().split():
                self.canonical = given.get("href", "")
            case "a" if given.get("href"):
                self.links.append(given["href"].strip())
            case _:
                pass
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = ""
        if tag == self._within:
            self._within = ""
        self.text += " "

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._within == "title":
            self.title += data
            return
        if self._within == "h1":
            self.headings[-1] += data
        self.text += data


def _line(text: str) -> str:
    return " ".join(text.split())
