"""What sections hold: statements that visitors may read, customers' quotations, objections and answers."""

import re
from dataclasses import dataclass
from functools import cached_property

from marketeer_dagster.sandbox.author.labels import (
    ACTION,
    ADDRESS,
    ANSWER,
    ANSWERED,
    ASKED,
    INTERNAL,
    INTERNAL_TEXT,
    NEGATIVE,
    PERSON,
    QUESTION,
    SEARCHED,
    SUMMARY,
)
from marketeer_dagster.sandbox.author.markdown import Item
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    MARKS,
    SAYS,
    bare,
    capital,
    ended,
    joined,
    lower_first,
    numbers,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.words import terms

OVERVIEW, AUDIENCE, PERSONAS, PROBLEMS = "product overview", "target audience", "personas", "problems and pain points"
COMPETITION, DIFFERENTIATION, OBJECTIONS = "competitive landscape", "differentiation", "objections"
SWITCHING, LANGUAGE, VOICE, PROOF, GOALS = (
    "switching dynamics", "customer language", "brand voice", "proof points", "goals",
)  # fmt: skip

_QUOTE = re.compile(r"[“„«「『\"]\s*(?P<said>[^“”„«»「」『』\"]{8,400}?)\s*[”“»」』\"]")
SAID_BY = re.compile(
    r"^\s*[,，.。]?\s*(?:[—–~-]{1,3}|——|by\b|(?:says|said|writes|wrote|reports|told us)\b[,:]?|"
    r"说[，:：]?)\s*(?P<who>(?:[^\"“„«「.。]|(?<=\b[A-ZÀ-Þ])\.|(?<=\bDr)\.){2,110})"
)
_UNMARKED = re.compile(r"^\s*(?P<who>(?:(?:Dr|Prof)\.? )*[A-ZÀ-Þ][\w’-]+(?: [A-ZÀ-Þ][\w’-]+)+, [^\"“.]{2,90})")
_ASKS = re.compile(r"[“„«「『\"]|.*[?？]\s*$")
_ATTRIBUTION = re.compile(r"^\s*(?:[(（—–]|-\s)")
_IN_BRACKETS = re.compile(r"^\s*[,，.。]?\s*[(（](?P<who>[^)）]{2,110})[)）]")
_POINTING = re.compile(r"(?:this|these) (?!is\b|are\b|was\b|means\b|makes\b)\w+ |这[个款家种]", re.I)
"""'This app finds …' points at the product; 'This is why …' points at what was said before."""
_FRAGMENT = re.compile(
    r"(?:USD|EUR|CHF|GBP)\s?\d|(?:free|gratis|kostenlos|gratuite?|included|[A-Z]\w+day|Montag|Dienstag)\b|[$€£¥]\s?\d|"
    r"\d[\d.,]*\s?(?:[$€£¥%元]|USD|EUR|CHF|GBP)",
    re.IGNORECASE,
)
"""'Free, with 30 companies', '£18, tube included': what only its label makes a statement."""
_INSIDE = re.compile(r"\w@\w|https?://|www\.|\bcall to action\b|\bCTA\b")
"""Where to write and what to press is what the button is for."""
_DOES = re.compile(
    r"(?:works|knows|reads|sends|keeps|takes|finds|checks|shows|tells|runs|makes|gives|lets|helps|connects|stores|tracks|"
    r"writes|sorts|matches|files|imports|exports|learns|plans|builds|turns|saves|cuts|stops|starts|handles|supports|"
    r"includes|covers|brings|closes|collects|creates|compares|replaces|reminds|updates) ",
    re.IGNORECASE,
)
"""How a note on a product begins that leaves out who does it."""
_LONGEST = 260
"""Characters up to which what stands under one label is told as a whole: its later sentences lean on the first."""


@dataclass(frozen=True)
class Statement:
    """Something true that may be said to visitors, in the context's own words."""

    text: str
    section: str
    label: str = ""
    listed: bool = False
    group: str = ""
    """Label of the item it came from, also for its later sentences."""
    colon: str = ": "
    doer: str = ""
    """The product's name, for a text that leaves out who does what it tells."""

    @property
    def sentence(self) -> str:
        if self.doer and not self.label and _DOES.match(self.text):
            return ended(f"{self.doer} {lower_first(self.text)}")
        return ended(self._whole if self.label and not self.stands else self.text)

    @property
    def stands(self) -> bool:
        """Whether the text is a statement without its label, not a fragment that explains it."""
        capital_start = bool(re.match(r"[A-ZÀ-Þ\u3400-\u9fff]", self.text))
        counts = bool(re.match(r"\d", self.text) and SAYS.search(self.text))
        whole = (capital_start or counts) and words(self.text) >= 5
        fragment = bool(_FRAGMENT.match(self.text))
        return not self.label or self.section == OBJECTIONS or (whole and not fragment)

    @property
    def _whole(self) -> str:
        """Label and text; the text alone where it says its label anyway."""
        said = terms(self.label) and terms(self.label) <= terms(self.text)
        return capital(self.text if said else f"{self.label}{self.colon}{self.text}")

    @property
    def full(self) -> bool:
        """Whether it reads as a sentence rather than as a list entry."""
        return not self.listed or self.text.rstrip()[-1:] in ".。!?！？" or words(self.text) >= 8

    @property
    def point(self) -> str:
        """As a bullet: label and text, without a closing mark when it is one short phrase."""
        whole = self._whole if self.label and self.section != OBJECTIONS else capital(self.text)
        return bare(whole) if len(sentences(whole)) == 1 and words(whole) < 9 else ended(whole)

    @cached_property
    def terms(self) -> frozenset[str]:
        return terms(f"{self.label} {self.text}")

    @cached_property
    def has_number(self) -> bool:
        return bool(numbers(self.text))


@dataclass(frozen=True)
class Quote:
    """A customer's words as the context has them; `who` is empty when it does not say."""

    text: str
    who: str
    section: str


def usable(item: Item) -> bool:
    whole = item.whole
    marked = f"{item.label} {item.heading}"
    return not (
        any(NEGATIVE.search(part) for part in (item.label, item.heading))
        or (words(item.label) <= 3 and INTERNAL.search(marked))
        or ACTION.search(marked)
        or INTERNAL_TEXT.search(whole)
        or ADDRESS.match(item.text)
    )


def statements_of(item: Item, section: str, doer: str = "") -> list[Statement]:
    """What an item states, sentence by sentence where it is long; `doer` is whom notes without a subject are about."""
    parts: list[str] = []
    for sentence in sentences(_QUOTE.sub(_masked, item.text)):
        if "\ue000" in sentence or _ATTRIBUTION.match(sentence) or _INSIDE.search(sentence):
            continue
        if parts and DEPENDENT.match(sentence):
            parts[-1] = joined([parts[-1], sentence])
        elif not DEPENDENT.match(sentence) or (not parts and (item.label or _POINTING.match(sentence))):
            parts.append(sentence)
    usable = [part for part in parts if not part.endswith((":", "："))]
    label = "" if SUMMARY.search(item.label) else item.label
    if (label or item.listed) and len(whole := joined(usable)) <= _LONGEST:
        usable = [whole] if whole else []
    return [
        Statement(part, section, label if i == 0 else "", item.listed, item.label, item.colon, doer)
        for i, part in enumerate(usable)
    ]


def _masked(match: re.Match[str]) -> str:
    """A customer's sentence is hidden from what we may say ourselves; quoted terms stay."""
    return "\ue000" if words(match["said"]) >= 5 else match[0]


def quotes_of(item: Item, section: str) -> list[Quote]:
    found: list[Quote] = []
    whole = item.text
    for match in _QUOTE.finditer(whole):
        text = match["said"].rstrip(",，")
        if words(text) < 5 or SEARCHED.search(item.label):
            continue
        rest = whole[match.end() :]
        after = re.split(r"[“„«\"「]", rest)[0]
        said = _IN_BRACKETS.match(rest) or SAID_BY.match(after) or _UNMARKED.match(after)
        who = attributed(said["who"]) if said else ""
        is_person = bool(item.label) and not PERSON.search(item.label)
        found.append(Quote(text, who or (item.label if is_person and section == PROOF else ""), section))
    return found


def attributed(who: str) -> str:
    """A name as it is written: the point of an initial at its end stays."""
    return who.strip() if re.search(r"\b[A-ZÀ-Þ]\.\s*$", who) else bare(who)


def pairs_of(entries: list[Item]) -> list[tuple[str, str]]:
    """Objections with their answers: on one line, under a heading, or one below the other."""
    found: list[tuple[str, str]] = []
    waiting = ""
    for item in entries:
        told = ANSWERED.sub("", item.text)
        asks = item.heading if item.heading not in [question for question, _ in found] else ""
        if waiting and (ANSWER.match(item.label) or not (item.label or _ASKS.match(item.text))):
            question, answer, waiting = waiting, told, ""
        elif asks and not _ASKS.match(item.text) and (not item.label or ANSWER.match(item.label)):
            question, answer = asks, told
        elif item.label and not ASKED.match(item.label):
            question, answer = item.label, told
        else:
            question, answer = _split(item.text)
        if answer:
            found.append((question, answer))
        waiting = "" if answer else question
    return [(bare(QUESTION.sub("", q)).strip(MARKS), a) for q, a in found if q and not INTERNAL_TEXT.search(a)]


def _split(text: str) -> tuple[str, str]:
    """Objection and answer of one line: by an arrow or dash, after a quotation, or after a question mark."""
    said = _QUOTE.match(text)
    if said:
        return said["said"], text[said.end() :].strip(" :：,，—–-→=>")
    for pattern in (
        r"\s*(?:→|->|=>)\s*",
        r"\s*(?:answer|response|回答|回应|答)\s*[:：]\s*",
        r"\s+[—–-]{1,2}\s+|——",
        r"(?<=[?？])\s*(?=\S)",
        r"(?<=[.。])\s*(?=\S)",
    ):
        parts = re.split(pattern, text, maxsplit=1, flags=re.I)
        if len(parts) == 2 and words(parts[0]) >= 1 and words(parts[1]) >= 2 and parts[0].strip('"“「 '):
            return parts[0].strip(), parts[1].strip()
    return text, ""
