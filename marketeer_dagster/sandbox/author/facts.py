"""What the product context says, sorted by how it may be used. Everything the author states comes from here."""

import math
import re
from dataclasses import dataclass
from functools import cached_property

from marketeer_dagster.sandbox.author.markdown import Item, items
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    bare,
    capital,
    cjk_count,
    clauses,
    ended,
    joined,
    mostly_chinese,
    numbers,
    sentences,
    terms,
    words,
)

OVERVIEW, AUDIENCE, PERSONAS, PROBLEMS = "product overview", "target audience", "personas", "problems and pain points"
COMPETITION, DIFFERENTIATION, OBJECTIONS = "competitive landscape", "differentiation", "objections"
SWITCHING, LANGUAGE, VOICE, PROOF, GOALS = (
    "switching dynamics", "customer language", "brand voice", "proof points", "goals",
)  # fmt: skip

_HEADING = re.compile(r"^##\s+(?:\d{1,2}[.)]\s*)?(?P<title>.+?)\s*$", re.MULTILINE)
_NAME = re.compile(r"^#\s+(?:product context\s*[:：]\s*)?(?P<name>.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_QUOTE = re.compile(r"[“「『](?P<a>[^”」』]{8,400})[”」』]|\"(?P<b>[^\"]{8,400})\"")
_SAID_BY = re.compile(
    r"^\s*[,，.。]?\s*(?:[—–~-]{1,3}|——|by\b|(?:says|said|writes|wrote|reports|told us)\b[,:]?|说[，:：]?)\s*(?P<who>[^\"“「.。]{2,110})"
)
_ATTRIBUTION = re.compile(r"^\s*(?:[(（—–]|-\s)")
_IN_BRACKETS = re.compile(r"^\s*[,，.。]?\s*[(（](?P<who>[^)）]{2,110})[)）]")
_NEGATIVE = re.compile(
    r"avoid|never|don['’]t|do not|not (?:to )?say|banned|we are not|not for|anti|bad fit|unsuit|禁|避免|不要|不用|不说|不适合|忌",
    re.I,
)
_INTERNAL_LABEL = re.compile(
    r"stage|fund|team|founded|headcount|revenue|mrr|arr|margin|icp|kpi|business model|category|competit|roadmap|internal|"
    r"call to action|\bcta\b|\bpage\b|metric|goal|budget|status|positioning|persona|segment|website|url|domain|legal|融资|团队|营收|目标|阶段|内部|竞品|品类|网址|官网|anx|habit|惯性|焦虑",
    re.I,
)
_BARE_LABEL = re.compile(r"one.?liner|what it (?:is|does)|summary|in short|tagline|description|简介|一句话", re.I)
_INTERNAL_TEXT = re.compile(
    r"\b(?:ICP|personas?|TAM|competitors?|positioning|MRR|ARR|KPIs?|our funnel)\b|目标客户|客户画像|竞品|营收"
)
_SEARCHED = re.compile(r"search|quer|keyword|搜索|关键词", re.I)
_STEPS = re.compile(r"how it works|steps?$|流程|步骤", re.I)
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
        capital_start = bool(re.match(r"[A-Z\u3400-\u9fff]", self.text)) and words(self.text) >= 5
        return not self.label or self.section == OBJECTIONS or capital_start

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


class Facts:
    """A product context, read. Unknown or missing sections are simply empty."""

    def __init__(self, document: str) -> None:
        self.document = document
        name = _NAME.search(document)
        self.name = name["name"].strip() if name else ""
        self._bodies = _bodies(document)
        self.chinese = mostly_chinese(" ".join(self._bodies.values()) or document)

    def body(self, section: str) -> str:
        """A section's Markdown."""
        return self._bodies.get(section, "")

    def items(self, section: str) -> list[Item]:
        return items(self.body(section))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number the context states."""
        return frozenset(numbers(self.document))

    def statements(self, *sections: str) -> list[Statement]:
        """What these sections state that visitors may read, in order."""
        found: list[Statement] = []
        for section in sections:
            for item in self.items(section):
                if _usable(item) and not item.numbered and not _STEPS.search(f"{item.heading} {item.label}".strip()):
                    found.extend(_statements(item, section))
        return found

    @cached_property
    def public(self) -> list[Statement]:
        """All that may be said on a page."""
        return self.statements(OVERVIEW, DIFFERENTIATION, PROOF, PROBLEMS) + [
            Statement(answer, OBJECTIONS, question, listed=True) for question, answer in self.objections
        ]

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
                if not _NEGATIVE.search(f"{item.label} {item.heading}"):
                    found.extend(_quotes(item, section))
                    if previous and found and not found[-1].who and found[-1].text in previous.whole:
                        after = _SAID_BY.match(item.whole)
                        found[-1] = Quote(found[-1].text, bare(after["who"]), section) if after else found[-1]
                previous = item
        unique = {quote.text: quote for quote in reversed(found)}
        return sorted(reversed(list(unique.values())), key=lambda q: (not q.who, q.section != PROOF))

    @cached_property
    def objections(self) -> list[tuple[str, str]]:
        """(objection, answer) pairs."""
        return _pairs(self.items(OBJECTIONS))

    @cached_property
    def steps(self) -> list[str]:
        """How it works, when the context lists the steps."""
        for section in (OVERVIEW, DIFFERENTIATION, SWITCHING):
            all_items = self.items(section)
            numbered = [item.whole for item in all_items if item.numbered]
            named = [item.text for item in all_items if _STEPS.search(f"{item.heading} {item.label}".strip())]
            steps = numbered or [part for text in named for part in (sentences(text) if len(named) == 1 else [text])]
            if len(steps) >= 2:
                return [capital(bare(step)) for step in steps[:6]]
        return []

    @cached_property
    def avoided(self) -> frozenset[str]:
        """Words the brand does not use, lower case."""
        found: set[str] = set()
        for section in (VOICE, LANGUAGE):
            for item in self.items(section):
                if _NEGATIVE.search(f"{item.label} {item.heading}"):
                    quoted = re.findall(r"[“\"「『']([^”\"」』']{2,30})[”\"」』']", item.text)
                    found.update(
                        w.strip().lower()
                        for w in quoted or re.split(r"[,，、;；]", bare(item.text))
                        if 0 < words(w) <= 3
                    )
        return frozenset(found)

    @cached_property
    def vocabulary(self) -> list[str]:
        """Short phrases customers use."""
        found: list[str] = []
        for item in self.items(LANGUAGE):
            if not _NEGATIVE.search(f"{item.label} {item.heading}"):
                quoted = re.findall(r"[“\"「『]([^”\"」』]{3,40})[”\"」』]", item.whole)
                listed = (
                    re.split(r"[,，、;；]", bare(item.text))
                    if re.search(r"word|phrase|term|用词|词|说法", item.label, re.I)
                    else []
                )
                found.extend(p.strip() for p in quoted or listed if 1 <= words(p) <= 4)
        return list(dict.fromkeys(found))

    def about(self, text: str, pool: list[Statement] | None = None, *, most: int = 3) -> list[Statement]:
        """What is true about the subject of `text`: statements that share its content words, closest first."""
        wanted = terms(text)
        rarity = {term: self._rarity(term) for term in wanted}
        total = sum(rarity.values())
        if not total:
            return []
        answers = pool or self.public
        scored: list[tuple[float, Statement]] = []
        for statement in answers:
            share = sum(rarity[term] for term in wanted & statement.terms) / total
            # A problem is no answer, unless nothing else speaks of the subject.
            known = share * (0.6 if statement.section == PROBLEMS and pool is None else 1.0)
            scored.append((known + (0.04 if statement.has_number else 0), statement))
        close = sorted((pair for pair in scored if pair[0] >= 0.3), key=lambda pair: -pair[0])
        return [statement for score, statement in close[:most] if score >= 0.75 * close[0][0]]

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
        return len(wanted & self._terms) >= needed * len(wanted) and set(numbers(text)) <= self.numbers

    @cached_property
    def _terms(self) -> frozenset[str]:
        public = (
            self.body(s)
            for s in (OVERVIEW, AUDIENCE, PROBLEMS, DIFFERENTIATION, OBJECTIONS, SWITCHING, LANGUAGE, PROOF)
        )
        return terms(" ".join([self.name, *public]))

    def short(self, *sections: str, limit: int = 90, least: int = 14) -> list[str]:
        """Clauses of these sections that stand alone in `limit` characters, in order; good headings and headlines."""
        found: list[str] = []
        for statement in self.statements(*sections):
            options = [statement.label] if words(statement.label) >= 3 else []
            if statement.stands:
                first = sentences(statement.text)[0]
                options += [c for c in clauses(first) if len(c) <= limit][:1]
            for clause in options:
                if len(clause) >= (least if not cjk_count(clause) else least // 3) and not DEPENDENT.match(clause):
                    found.append(capital(clause))
        return list(dict.fromkeys(found))


def _bodies(document: str) -> dict[str, str]:
    found: dict[str, str] = {}
    matches = list(_HEADING.finditer(document))
    for index, match in enumerate(matches):
        after = matches[index + 1] if index + 1 < len(matches) else None
        title = match["title"].lower().replace("&", "and")
        found[title] = document[match.end() : after.start() if after else len(document)].strip()
    return found


def _usable(item: Item) -> bool:
    whole = item.whole
    marked = f"{item.label} {item.heading}"
    return not (
        _NEGATIVE.search(marked)
        or _INTERNAL_LABEL.search(marked)
        or _INTERNAL_TEXT.search(whole)
        or _PLACEHOLDER.search(whole)
    )


def _statements(item: Item, section: str) -> list[Statement]:
    parts: list[str] = []
    for sentence in sentences(_QUOTE.sub(_masked, item.text)):
        if "\ue000" in sentence or _ATTRIBUTION.match(sentence):
            continue
        if parts and DEPENDENT.match(sentence):
            parts[-1] = joined([parts[-1], sentence])
        elif not DEPENDENT.match(sentence) or (not parts and item.label):
            parts.append(sentence)
    usable = [part for part in parts if not part.endswith((":", "："))]
    label = "" if _BARE_LABEL.search(item.label) else item.label
    return [
        Statement(part, section, label if i == 0 else "", item.listed, item.label) for i, part in enumerate(usable)
    ]


def _masked(match: re.Match[str]) -> str:
    """A customer's sentence is hidden from what we may say ourselves; quoted terms stay."""
    return "\ue000" if words(match["a"] or match["b"]) >= 5 else match[0]


def _quotes(item: Item, section: str) -> list[Quote]:
    found: list[Quote] = []
    whole = item.text
    for match in _QUOTE.finditer(whole):
        text = (match["a"] or match["b"]).strip().rstrip(",，")
        if words(text) < 5 or _SEARCHED.search(item.label):
            continue
        rest = whole[match.end() :]
        said = _IN_BRACKETS.match(rest) or _SAID_BY.match(rest.split("“")[0].split('"')[0].split("「")[0])
        who = bare(said["who"]) if said else ""
        is_person = bool(item.label) and not re.search(
            r"quote|testimonial|customer|verbatim|word|phrase|引|客户|原话|评价|语", item.label, re.I
        )
        found.append(Quote(text, who or (item.label if is_person and section == PROOF else ""), section))
    return found


def _pairs(entries: list[Item]) -> list[tuple[str, str]]:
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
    for pattern in (r"\s*(?:→|->|=>)\s*", r"\s*(?:answer|response|回答|回应|答)\s*[:：]\s*", r"\s+[—–-]{1,2}\s+|——", r"(?<=[?？])\s*(?=\S)", r"(?<=[.。])\s*(?=\S)"):  # fmt: skip
        parts = re.split(pattern, text, maxsplit=1, flags=re.I)
        if len(parts) == 2 and words(parts[0]) >= 1 and words(parts[1]) >= 2 and parts[0].strip('"“「 '):
            return parts[0].strip(), parts[1].strip()
    return text, ""
