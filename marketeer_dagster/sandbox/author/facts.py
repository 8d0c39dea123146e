"""What the product context says, sorted by how it may be used. Everything the author states comes from here."""

import math
import re
from collections import Counter
from dataclasses import replace
from functools import cached_property

from marketeer_dagster.sandbox.author.labels import APPROVED, HELP, NEGATIVE, SEARCHED, STEPS
from marketeer_dagster.sandbox.author.markdown import Item, items
from marketeer_dagster.sandbox.author.statements import (
    AUDIENCE,
    COMPETITION,
    DIFFERENTIATION,
    GOALS,
    LANGUAGE,
    OBJECTIONS,
    OVERVIEW,
    PERSONAS,
    PROBLEMS,
    PROOF,
    SAID_BY,
    SWITCHING,
    VOICE,
    Quote,
    Statement,
    attributed,
    pairs_of,
    quotes_of,
    statements_of,
    usable,
)
from marketeer_dagster.sandbox.author.text import (
    bare,
    capital,
    cjk_count,
    numbers,
    quoted,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.words import language, terms

__all__ = [
    "AUDIENCE",
    "COMPETITION",
    "DIFFERENTIATION",
    "GOALS",
    "LANGUAGE",
    "OBJECTIONS",
    "OVERVIEW",
    "PERSONAS",
    "PROBLEMS",
    "PROOF",
    "SWITCHING",
    "VOICE",
    "Facts",
    "Quote",
    "Statement",
]
_HEADING = re.compile(r"^##\s+(?:\d{1,2}[.)]\s*)?(?P<title>.+?)\s*$", re.MULTILINE)
_AFTER_APPROVED = re.compile(rf"(?:{APPROVED.pattern})(.+)", re.IGNORECASE)
_INLINE = re.compile(r"(?:^|\s)\d{1,2}[.)、]\s+")
_HEADED = (DIFFERENTIATION, PROBLEMS, PROOF)
"""Sections in which a heading above one text is that text's label."""
_SPOKEN = 0.3
_SQUARELY = 0.5
"""Shares of a subject from which a statement speaks of it, and from which its company need not be asked."""
_NAME = re.compile(r"^#\s+(?:product context\s*[:：]\s*)?(?P<name>.+?)\s*$", re.IGNORECASE | re.MULTILINE)


_ONLY_SEARCHES = re.compile(r"(?:[\s,;，、]*[“„«\"「][^A-ZÀ-Þ.!?“”„«»\"「」]{4,80}[”“»\"」])+[\s.]*")


class Facts:
    """A product context, read. Unknown or missing sections are simply empty."""

    def __init__(self, document: str) -> None:
        self.document = document
        name = _NAME.search(document)
        self.name = name["name"].strip() if name else ""
        self._bodies = _bodies(document)
        self._known_weights: dict[str, dict[str, float]] = {}
        self.language = language(" ".join(self._bodies.values()) or document)
        """As `words.language` has it: empty for one that we do not write."""

    @property
    def chinese(self) -> bool:
        return self.language == "zh"

    def body(self, section: str) -> str:
        """A section's Markdown."""
        return self._bodies.get(section, "")

    def items(self, section: str) -> list[Item]:
        return items(self.body(section))

    @cached_property
    def all_terms(self) -> frozenset[str]:
        """Content terms of the whole document."""
        return terms(self.document)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number the context states."""
        return frozenset(numbers(self.document))

    def statements(self, *sections: str) -> list[Statement]:
        """What these sections state that visitors may read, in order."""
        found: list[Statement] = []
        for section in sections:
            listed = self.items(section)
            below = Counter(item.heading for item in listed)
            for item in listed:
                if item.heading and not item.label and below[item.heading] == 1 and section in _HEADED:
                    item = replace(item, label=item.heading, heading="")
                if usable(item) and not _is_step(item, section):
                    found.extend(s for s in statements_of(item, section, self.name if self.language == "en" else "")
                                 if not self.avoids(s.text))  # fmt: skip
        return found

    @cached_property
    def public(self) -> list[Statement]:
        """All that may be said on a page."""
        helps = [s for s in self.statements(SWITCHING) if HELP.search(s.group)]
        return (
            self.statements(OVERVIEW, DIFFERENTIATION, PROOF, PROBLEMS)
            + helps
            + [Statement(answer, OBJECTIONS, question, listed=True) for question, answer in self.objections]
        )

    @cached_property
    def benefits(self) -> list[Statement]:
        return self.statements(DIFFERENTIATION) or self.statements(OVERVIEW)

    @cached_property
    def problems(self) -> list[Statement]:
        return self.statements(PROBLEMS)

    @cached_property
    def proof(self) -> list[Statement]:
        """Proof points that are not quotations, those with figures first."""
        return sorted(self.statements(PROOF), key=lambda s: not s.has_number)

    @cached_property
    def quotes(self) -> list[Quote]:
        """Customers' words, attributed ones first."""
        found: list[Quote] = []
        for section in (PROOF, LANGUAGE, PROBLEMS, SWITCHING):
            previous = None
            for item in self.items(section):
                if not NEGATIVE.search(f"{item.label} {item.heading}"):
                    found.extend(quotes_of(item, section))
                    if previous and found and not found[-1].who and found[-1].text in previous.whole:
                        after = SAID_BY.match(item.whole)
                        found[-1] = Quote(found[-1].text, attributed(after["who"]), section) if after else found[-1]
                previous = item
        unique: dict[str, Quote] = {}
        for quote in found:
            unique.setdefault(quote.text, quote)
        spoken = [quote for quote in unique.values() if quote.text not in self.searched]
        return sorted(spoken, key=lambda q: (not q.who, q.section != PROOF))

    @cached_property
    def objections(self) -> list[tuple[str, str]]:
        """(objection, answer) pairs."""
        return pairs_of(self.items(OBJECTIONS))

    @cached_property
    def steps(self) -> list[str]:
        """How it works, when the context lists the steps."""
        for section in (OVERVIEW, DIFFERENTIATION, SWITCHING):
            named = [item for item in self.items(section) if _is_step(item, section)]
            numbered = [item.whole for item in named if item.numbered]
            inline = [part for item in named for part in _INLINE.split(item.text) if part]
            steps = numbered or (inline if len(inline) > 1 else [part for text in inline for part in sentences(text)])
            if len(steps) >= 2:
                return [capital(bare(step)) for step in steps[:6]]
        return []

    @cached_property
    def avoided(self) -> frozenset[str]:
        """Words the brand does not use, lower case."""
        found: set[str] = set()
        for section in (VOICE, LANGUAGE):
            for item in self.items(section):
                if NEGATIVE.search(f"{item.label} {item.heading}"):
                    listed = quoted(item.text, 2, 30) or re.split(r"[,，、;；]", bare(item.text))
                    found.update(w.strip().lower() for w in listed if 0 < words(w) <= 3)
        return frozenset(found)

    def avoids(self, text: str) -> bool:
        """Whether a text uses a word that the brand does not, even one of the context's own."""
        lowered = text.lower()
        return any(
            word in lowered if cjk_count(word) else re.search(rf"\b{re.escape(word)}\b", lowered)
            for word in self.avoided
        )

    @cached_property
    def approved(self) -> list[str]:
        """Lines that Brand voice names as approved, word for word: `- **Approved lines:** "…", "…"`."""
        found = [item for item in self.items(VOICE) if APPROVED.search(f"{item.label} {item.heading}")]
        inline = [after.split(". Never")[0] for after in _AFTER_APPROVED.findall(self.body(VOICE))]
        return list(dict.fromkeys(bare(s) for text in [*(i.whole for i in found), *inline] for s in quoted(text, 8)))

    @cached_property
    def searched(self) -> list[str]:
        """Searches that Customer language lists."""
        named = [item for item in self.items(LANGUAGE) if SEARCHED.search(f"{item.label} {item.heading}")]
        # Phrases without a capital, a mark or a name are searches, whatever stands above them.
        bare_ones = [item for item in self.items(LANGUAGE) if not item.label and _ONLY_SEARCHES.fullmatch(item.text)]
        return [query for item in dict.fromkeys([*named, *bare_ones]) for query in quoted(item.whole, 4, 80)]

    @cached_property
    def vocabulary(self) -> list[str]:
        """Short phrases customers use."""
        found: list[str] = []
        for item in self.items(LANGUAGE):
            if not NEGATIVE.search(f"{item.label} {item.heading}"):
                called = re.search(r"word|phrase|term|用词|词|说法|mots|wörter|worte|palabras", item.label, re.I)
                listed = re.split(r"[,，、;；]", bare(item.text)) if called else []
                found.extend(p.strip() for p in quoted(item.whole, 3, 40) or listed if 1 <= words(p) <= 4)
        return [phrase for phrase in dict.fromkeys(found) if phrase not in self.searched]

    def about(self, text: str, pool: list[Statement] | None = None, *, most: int = 3) -> list[Statement]:
        """What is true about the subject of `text`: statements that share its content words, closest first.

        A search that the context lists among others for one subject is also known by the company it keeps.
        """
        if not terms(text):
            return []
        said = pool or self.public
        squarely = max((self.share(text, statement) for statement in said), default=0.0) >= _SQUARELY
        siblings = [] if squarely else self._siblings(text)
        scored: list[tuple[float, Statement]] = []
        for statement in said:
            shares = [self.share(asked, statement) for asked in (text, *siblings)]
            if max(shares) < _SPOKEN:  # Many weak echoes make no answer.
                continue
            # A problem is no answer, unless nothing else speaks of the subject.
            factor = 0.6 if statement.section == PROBLEMS and pool is None else 1.0
            figure = 0.04 if statement.has_number else 0.0
            scored.append(((shares[0] + 0.7 * sum(shares[1:])) * factor + figure, statement))
        close = sorted((pair for pair in scored if pair[0] >= _SPOKEN), key=lambda pair: -pair[0])
        return [statement for score, statement in close[:most] if score >= 0.75 * close[0][0]]

    def share(self, text: str, statement: Statement) -> float:
        """How much of the text's subject the statement speaks of; rare words count for more."""
        weights = self._weights(text)
        return sum(weight for term, weight in weights.items() if term in statement.terms) / sum(weights.values())

    def _weights(self, text: str) -> dict[str, float]:
        if text not in self._known_weights:
            self._known_weights[text] = {term: self._rarity(term) for term in terms(text)} or {"": 1.0}
        return self._known_weights[text]

    def _siblings(self, text: str) -> list[str]:
        """The other searches that the context lists in one line with this one."""
        folded = text.lower().strip()
        lines = [item.text for item in self.items(LANGUAGE) if len(folded) > 5 and folded in item.text.lower()]
        return [query for line in lines for query in quoted(line, 4, 80) if query.lower() != folded]

    def _rarity(self, term: str) -> float:
        """Inverse document frequency over the statements: words that every line holds say little about a subject."""
        holding = sum(1 for statement in self.public if term in statement.terms)
        if not holding:  # Nobody speaks of it: that must not outweigh what is spoken of.
            return 0.5 * math.log(1 + len(self.public)) + 0.1
        weight = math.log((1 + len(self.public)) / (1 + holding)) + 0.1
        return weight if len(term) > 1 else 0.8 * weight

    def supports(self, text: str) -> bool:
        """Whether every content word and number of `text` occurs in the context."""
        wanted = terms(text)
        # Chinese runs of several words hold bigrams that join two words: those need not occur.
        needed = 0.6 if cjk_count(text) else 1.0
        return len(wanted & self.fact_terms) >= needed * len(wanted) and set(numbers(text)) <= self.numbers

    @cached_property
    def fact_text(self) -> str:
        """The sections that state facts; what people search for is none."""
        sections = (OVERVIEW, AUDIENCE, PROBLEMS, DIFFERENTIATION, OBJECTIONS, PROOF)
        return "\n".join([self.name, *(self.body(section) for section in sections)])

    @cached_property
    def fact_terms(self) -> frozenset[str]:
        """Content terms of the sections that state facts."""
        return terms(self.fact_text)


def _is_step(item: Item, section: str) -> bool:
    named = STEPS.search(item.heading) or STEPS.search(item.label)
    return bool(named) or (item.numbered and section in (OVERVIEW, DIFFERENTIATION, SWITCHING))


def _bodies(document: str) -> dict[str, str]:
    found: dict[str, str] = {}
    matches = list(_HEADING.finditer(document))
    for index, match in enumerate(matches):
        after = matches[index + 1] if index + 1 < len(matches) else None
        title = match["title"].lower().replace("&", "and")
        found[title] = document[match.end() : after.start() if after else len(document)].strip()
    return found
