"""Experiment markup: which arms a published page holds, and the page each arm's visitors see."""

import re
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_PROPERTY: Final = re.compile(r"""<script\b[^>]*\bdata-user-property=["']([A-Za-z]\w*)["']""")


@dataclass(frozen=True)
class Arms:
    """The arms of one page. Without an experiment there is one arm named "" with the whole page."""

    experiment: str
    names: tuple[str, ...]
    shares: tuple[float, ...]
    """Of visitors, summing to 1."""
    html: tuple[str, ...]
    """What each arm's visitors see."""
    user_property: str = ""
    """The user property by which the page's script tells analytics each visitor's arm; empty when it tells none."""


@dataclass
class _Block:
    experiment: str
    variant: str
    share: float
    start: int
    inner_start: int
    inner_end: int = -1
    end: int = -1


class _Blocks(HTMLParser):
    """Finds elements with data-experiment and data-variant, and where they begin and end."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.blocks: list[_Block] = []
        self._html = html
        self._starts = [0]
        for line in html.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._open: list[tuple[str, _Block | None]] = []
        self.feed(html)

    def _at(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        values = dict(attrs)
        experiment, variant = values.get("data-experiment"), values.get("data-variant")
        block = None
        if experiment and variant and not any(inside for _, inside in self._open):
            start = self._at()
            share = float(values.get("data-share") or 1)
            block = _Block(experiment, variant, share, start, start + len(self.get_starttag_text() or ""))
        self._open.append((tag, block))

    def handle_endtag(self, tag: str) -> None:
        if tag not in (name for name, _ in self._open):
            return
        while self._open:
            name, block = self._open.pop()
            if block is not None:
                block.inner_end = self._at()
                block.end = self._html.find(">", block.inner_end) + 1
                self.blocks.append(block)
            if name == tag:
                return


@lru_cache(maxsize=512)
def arms_of(html: str) -> Arms:
    """The arms of a page. Only its first experiment counts; an experiment with a single arm is none."""
    blocks = _Blocks(html).blocks if "data-experiment" in html else []
    blocks = [block for block in blocks if block.experiment == blocks[0].experiment]
    if len({block.variant for block in blocks}) < 2:
        return Arms("", ("",), (1.0,), (html,))
    names = tuple(dict.fromkeys(block.variant for block in blocks))
    shares = [next(block.share for block in blocks if block.variant == name) for name in names]
    total = sum(shares)
    told = _PROPERTY.search(html)
    seen = tuple(_only(html, blocks, name) for name in names)
    return Arms(blocks[0].experiment, names, tuple(share / total for share in shares), seen, told[1] if told else "")


def _only(html: str, blocks: list[_Block], variant: str) -> str:
    """The page with every other arm's block cut out and this arm's own unwrapped."""
    parts: list[str] = []
    at = 0
    for block in sorted(blocks, key=lambda b: b.start):
        parts.append(html[at : block.start])
        if block.variant == variant:
            parts.append(html[block.inner_start : block.inner_end])
        at = block.end
    return "".join([*parts, html[at:]])
