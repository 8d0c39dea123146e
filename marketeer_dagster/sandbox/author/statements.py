"""What sections hold: statements that visitors may read, customers' quotations, objections and answers."""

import re
from dataclasses import dataclass
from functools import cached_property

from marketeer_dagster.sandbox.author.markdown import Item
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    SAYS,
    bare,
    capital,
    cjk_count,
    ended,
    joined,
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

_QUOTE = re.compile(r"[“「『„](?P<a>[^“”」』„]{8,400})[”“」』]|\"(?P<b>[^\"]{8,400})\"")
SAID_BY = re.compile(
    r"^\s*[,，.。]?\s*(?:[—–~-]{1,3}|——|by\b|(?:says|said|writes|wrote|reports|told us)\b[,:]?|"
    r"说[，:：]?)\s*(?P<who>[^\"“「.。]{2,110})"
)
_ATTRIBUTION = re.compile(r"^\s*(?:[(（—–]|-\s)")
_IN_BRACKETS = re.compile(r"^\s*[,，.。]?\s*[(（](?P<who>[^)）]{2,110})[)）]")
NEGATIVE = re.compile(
    r"avoid|^never\b|\bnever (?:say|use|write)|(?:don['’]t|do not) (?:say|use)|not (?:to )?say|banned|we are not|"
    r"not for|\banti|bad fit|unsuit|禁|避免|不要|不用|不说|不适合|忌",
    re.I,
)
_INTERNAL_LABEL = re.compile(
    r"\b(?:stage|fund\w*|team|founded|headcount|revenue|mrr|arr|margin|icp|kpis?|business model|category|competit\w*|"
    r"roadmap|internal|call to action|cta|page|metrics?|goals?|budget|positioning|personas?|segments?|website|url|"
    r"domain|legal)\b|^status|anx|融资|团队|营收|目标|阶段|内部|竞品|品类|网址|官网|habit|惯性|焦虑",
    re.I,
)
_BARE_LABEL = re.compile(r"one.?liner|what it (?:is|does)|summary|in short|tagline|description|简介|一句话", re.I)
_INTERNAL_TEXT = re.compile(
    r"\b(?:ICP|personas?|TAM|competitors?|positioning|MRR|ARR|KPIs?|our funnel)\b|目标客户|客户画像|竞品|营收"
)
SEARCHED = re.compile(r"search|quer|keyword|gesucht|suchen|suche\b|搜索|关键词", re.I)
STEPS = re.compile(r"how it works|steps?$|流程|步骤", re.I)
_POINTING = re.compile(r"(?:this|these) (?!is\b|are\b|was\b|means\b|makes\b)\w+ |这[个款家种]", re.I)
"""'This app finds …' points at the product; 'This is why …' points at what was said before."""
_FRAGMENT = re.compile(r"(?:free|gratis|kostenlos|included|[A-Z]\w+day|Montag|Dienstag)\b", re.IGNORECASE)
"""'Free, with 30 companies': what only its label makes a statement."""
_PLACEHOLDER = re.compile(r"\b(?:TODO|TBD|TBC|N/A|lorem|unknown|not known|none yet)\b|待定|暂无", re.I)


@dataclass(frozen=True)
class Statement:
    """Something true that may be said to visitors, in the context's own words."""

    text: str
    section: str
    label: str = ""
    listed: bool = False
    group: str = ""
    """Label of the item it came from, also for its later sentences."""

    @property
    def sentence(self) -> str:
        return ended(self._whole if self.label and not self.stands else self.text)

    @property
    def stands(self) -> bool:
        """Whether the text is a statement without its label, not a fragment that explains it."""
        capital_start = bool(re.match(r"[A-ZÄÖÜ\u3400-\u9fff]", self.text))
        counts = bool(re.match(r"\d", self.text) and SAYS.search(self.text))
        whole = (capital_start or counts) and words(self.text) >= 5
        fragment = bool(_FRAGMENT.match(self.text))
        return not self.label or self.section == OBJECTIONS or (whole and not fragment)

    @property
    def _whole(self) -> str:
        colon = "：" if cjk_count(self.label) else ": "
        return capital(f"{self.label}{colon}{self.text}")

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
        NEGATIVE.search(marked)
        or _INTERNAL_LABEL.search(marked)
        or _INTERNAL_TEXT.search(whole)
        or _PLACEHOLDER.search(whole)
    )


def statements_of(item: Item, section: str) -> list[Statement]:
    parts: list[str] = []
    for sentence in sentences(_QUOTE.sub(_masked, item.text)):
        if "\ue000" in sentence or _ATTRIBUTION.match(sentence):
            continue
        if parts and DEPENDENT.match(sentence):
            parts[-1] = joined([parts[-1], sentence])
        elif not DEPENDENT.match(sentence) or (not parts and (item.label or _POINTING.match(sentence))):
            parts.append(sentence)
    usable = [part for part in parts if not part.endswith((":", "："))]
    label = "" if _BARE_LABEL.search(item.label) else item.label
    return [Statement(part, section, label if i == 0 else "", item.listed, item.label) for i, part in enumerate(usable)]


def _masked(match: re.Match[str]) -> str:
    """A customer's sentence is hidden from what we may say ourselves; quoted terms stay."""
    return "\ue000" if words(match["a"] or match["b"]) >= 5 else match[0]


def quotes_of(item: Item, section: str) -> list[Quote]:
    found: list[Quote] = []
    whole = item.text
    for match in _QUOTE.finditer(whole):
        text = (match["a"] or match["b"]).strip().rstrip(",，")
        if words(text) < 5 or SEARCHED.search(item.label):
            continue
        rest = whole[match.end() :]
        said = _IN_BRACKETS.match(rest) or SAID_BY.match(rest.split("“")[0].split('"')[0].split("「")[0])
        who = bare(said["who"]) if said else ""
        is_person = bool(item.label) and not re.search(
            r"quote|testimonial|customer|verbatim|word|phrase|引|客户|原话|评价|语", item.label, re.I
        )
        found.append(Quote(text, who or (item.label if is_person and section == PROOF else ""), section))
    return found


def pairs_of(entries: list[Item]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    waiting = ""
    for item in entries:
        if waiting and re.match(r"answer|response|reply|a$|reality|回答|回应|答|应对", item.label, re.I):
            found.append((waiting, item.text))
            waiting = ""
            continue
        if re.match(r"objection|q$|question|concern|异议|问|顾虑", item.label, re.I):
            question, answer = _split(item.text)
        elif item.label:
            question, answer = (
                item.label,
                re.sub(r"^(?:answer|response|we say|回答|回应|答)\s*[:：]\s*", "", item.text, flags=re.I),
            )
        else:
            question, answer = _split(item.text)
        if answer:
            found.append((question, answer))
        waiting = "" if answer else question
    return [(bare(q).strip("\"“”「」'"), a) for q, a in found if q and not _PLACEHOLDER.search(a)]


def _split(text: str) -> tuple[str, str]:
    """Objection and answer of one line: by an arrow or dash, after a quotation, or after a question mark."""
    quoted = re.match(r"[“\"「](?P<q>.+?)[”\"」]\s*[:：,，—–-]*\s*(?P<a>\S.+)$", text)
    if quoted:
        return quoted["q"], quoted["a"]
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
