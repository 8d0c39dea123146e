"""Observable traits of a page: what a visitor can see in its HTML, as numbers between 0 and 1."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from marketeer_dagster.sandbox.intents import Intent
from marketeer_dagster.sandbox.text import stems

ZONES = {"hero": 1.0, "heading": 0.7, "body": 0.3}
"""How much a word counts by where it stands: the hero is title, h1 and what follows up to the next heading."""
COVERED = 0.8
"""Weighted share of an intent's vocabulary, by zone, from which its holders feel fully understood."""
_ONE_SEARCH = 0.6
"""How much of naming a concern is naming one of its searches well; the rest is the words of all of them."""
_SILENT = frozenset({"script", "style", "template", "noscript", "head"})
_HYPE = frozenset(
    stems(
        "revolutionary game-changing best-in-class world-class cutting-edge seamless effortless synergy leverage "
        "next-generation unparalleled ultimate amazing incredible disruptive robust holistic innovative unleash "
        "supercharge"
    )
)
_VAGUE = re.compile(r"^(learn more|submit|click here|read more|more|go|ok|continue|send|details|mehr)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d[\d.,]*")
_PROOF = re.compile(
    r"\b(customers?|clients?|case stud\w+|testimonials?|rated|reviews?|trusted by|certified|measured|saved)\b"
    r"|客户|用户|评价",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Traits:
    """What the market sees of one page (or one arm of it)."""

    zones: tuple[tuple[str, frozenset[str]], ...]
    """Stems by zone."""
    specificity: float
    """Numbers a reader can hold on to, those in the hero twice."""
    proof: float
    """Quotations, citations and words of evidence."""
    clarity: float
    """One call to action, concrete, seen early."""
    friction: float
    """Form fields beyond three, and too much or too little to read."""
    weight: float
    """Bytes and images."""
    hype: float
    """Empty superlatives and exclamation marks."""

    def match(self, intent: Intent) -> float:
        """How well the page speaks to `intent`: 0 not at all, 1 fully.

        It may name the concern, or answer it: half of what is left unnamed can be made good by the answer.
        """
        named, answered = self._named(intent), self._covered(intent.answer)
        return min(1.0, (named + 0.5 * (1 - named) * answered) / COVERED)

    def _named(self, intent: Intent) -> float:
        """Who names one search in full has most of the concern; where no searches are known its words decide."""
        words = self._covered(intent.vocabulary)
        if not intent.searches:
            return words
        return _ONE_SEARCH * max(map(self._covered, intent.searches)) + (1 - _ONE_SEARCH) * words

    def _covered(self, vocabulary: Sequence[tuple[str, float]]) -> float:
        """The weighted share of a vocabulary that the page uses, by zone."""
        covered = 0.0
        for word, weight in vocabulary:
            covered += weight * max((ZONES[zone] for zone, words in self.zones if word in words), default=0.0)
        return covered

    def message_match(self, intents: Sequence[Intent], shares: Sequence[float]) -> float:
        """The average match over visitors whose intents have these shares."""
        return sum(share * self.match(intent) for intent, share in zip(intents, shares, strict=True))


class _Reader(HTMLParser):
    """Reads a page as a visitor does: zones, buttons, fields, quotations, images."""

    def __init__(self, title: str, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: dict[str, list[str]] = {"hero": [title], "heading": [], "body": []}
        self.buttons: list[tuple[str, str]] = []
        self.fields = self.quotes = self.images = 0
        self._stack: list[str] = []
        self._zone = "hero"
        self._label: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "img":
            self.images += 1
        elif tag in ("input", "select", "textarea"):
            self.fields += values.get("type") not in ("hidden", "submit", "button")
        elif tag not in ("br", "hr", "meta", "link"):
            self._stack.append(tag)
            self.quotes += tag == "blockquote"
            if tag in ("h2", "h3"):
                self._zone = "heading"
            is_button = tag == "button" or (tag == "a" and re.search(r"cta|button|btn", values.get("class", "")))
            if is_button:
                self._label = []

    def handle_endtag(self, tag: str) -> None:
        if tag in self._stack:
            while self._stack.pop() != tag:
                pass
        if tag in ("h2", "h3"):
            self._zone = "body"
        if tag in ("a", "button") and self._label is not None:
            label = " ".join("".join(self._label).split())
            if label:
                self.buttons.append((label, self._zone))
            self._label = None

    def handle_data(self, data: str) -> None:
        if any(tag in _SILENT for tag in self._stack):
            return
        self.text[self._zone].append(data)
        if self._label is not None:
            self._label.append(data)


@lru_cache(maxsize=1024)
def traits_of(title: str, html: str) -> Traits:
    """The traits of a page with this title tag and body HTML."""
    reader = _Reader(title, html)
    text = {zone: " ".join(parts) for zone, parts in reader.text.items()}
    everything = " ".join(text.values())
    words = [word for part in text.values() for word in stems(part)]
    return Traits(
        zones=tuple((zone, frozenset(stems(part))) for zone, part in text.items()),
        specificity=min(1.0, (len(_NUMBER.findall(text["hero"])) + len(_NUMBER.findall(everything))) / 8),
        proof=min(1.0, reader.quotes * 0.3 + len(_PROOF.findall(everything)) * 0.1),
        clarity=_clarity(reader.buttons),
        friction=_friction(reader.fields, len(words)),
        weight=min(1.0, len(html.encode()) / 400_000 + reader.images * 0.05),
        hype=min(1.0, (sum(word in _HYPE for word in words) + everything.count("!") * 0.5) / 4),
    )


def _clarity(buttons: list[tuple[str, str]]) -> float:
    if not buttons:
        return 0.0
    labels = {label.lower() for label, _ in buttons}
    one_action = {1: 1.0, 2: 0.75}.get(len(labels), 0.45)
    concrete = 0.5 if all(_VAGUE.match(label) for label in labels) else 1.0
    early = 1.0 if buttons[0][1] == "hero" else 0.8
    return one_action * concrete * early


def _friction(fields: int, content_words: int) -> float:
    """Three fields and 60 to 700 content words cost nothing; eight fields, or 1,700 words, cost it all."""
    asked = max(0, fields - 3) / 5
    long = max(0, content_words - 700) / 1000
    short = max(0, 60 - content_words) / 120
    return min(1.0, asked + long + short)
