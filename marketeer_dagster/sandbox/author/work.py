"""One piece of work: the task, the facts it may use, the brief, what visitors want to know, and the choices made."""

import re
from dataclasses import dataclass
from functools import cached_property

from marketeer_dagster.sandbox.author.action import Action, choose_action
from marketeer_dagster.sandbox.author.dice import Dice
from marketeer_dagster.sandbox.author.facts import (
    AUDIENCE,
    DIFFERENTIATION,
    OBJECTIONS,
    OVERVIEW,
    PERSONAS,
    Facts,
    Statement,
)
from marketeer_dagster.sandbox.author.markdown import Item
from marketeer_dagster.sandbox.author.metrics import Metrics, named_queries, page_path, read_metrics
from marketeer_dagster.sandbox.author.request import Task
from marketeer_dagster.sandbox.author.text import bare, cjk_count, cut, numbers, words
from marketeer_dagster.sandbox.author.wording import WORDINGS
from marketeer_dagster.sandbox.author.words import terms

_LEARNING = re.compile(r"^\s*[-*]\s*\[(?P<id>lrn_[a-z0-9_]+)\]\s*(?P<text>.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[“\"「'‘`«„]\s?([^”\"“»」'’`]{3,80}?)\s?[”\"“»」'’`]")
_PUFF = re.compile(
    r"\b(?:best|top|cheapest|leading|number one|#1|greatest|ultimate|perfect)\b\s*|最好的?|最佳的?|第一的?|最便宜的?",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"^(?:please\s+)?(?:address|answer|mention|explain|say|show|include|cover|add|deal with|respond to|speak to|"
    r"lead with)\s+"
    r"(?:the |their |visitors['’] )?(?:concern|question|objection|query|fact|need|worry)?\s*(?:about |of |that |"
    r"whether |:\s*)?|"
    r"^(?:请)?(?:说明|回答|提到|强调|解释|回应)[:：]?",
    re.IGNORECASE,
)


PRICE = re.compile(
    r"\b(?:costs?|prices?|pricing|how much|kostet|kosten|preise?|coûte\w*|prix|tarifs?|combien|cuesta\w*|precios?)\b|"
    r"多少钱|价格|收费",
    re.IGNORECASE,
)
_MEANT = 0.5
"""Share of a concern from which an objection is the one that is meant."""


@dataclass(frozen=True)
class Concern:
    """Something visitors want to know, in their words, and what is true about it."""

    text: str
    statements: tuple[Statement, ...]
    asked: bool = True
    """Whether the brief demands it (otherwise it is a keyword)."""
    objection: bool = False
    """A known objection: answered on the page, but nothing to open it with."""

    @property
    def leads(self) -> bool:
        """Whether headlines and first lines should answer it."""
        return self.asked and not self.objection


class Work:
    """Everything a writer needs. Built from the request alone."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.brief = task.record("brief")
        document = task.block("product_context").text
        self.facts = Facts(document)
        if not self.facts.public:
            self.facts = Facts(self._stand_in(document))
        self.chinese = self.facts.chinese
        self.name = self.facts.name or task.block("product_context").attributes.get("name", "") or "the product"
        stable = [self.brief.text(key) for key in ("id", "objective", "key_message", "target", "cta")]
        self.dice = Dice(task.skill, document, *stable, *self.brief.texts("must_address"))

    def _stand_in(self, document: str) -> str:
        """Without a usable context the brief's own sentences are all that is known."""
        text = " ".join(f"{bare(self.brief.text(k))}." for k in ("key_message", "offer") if self.brief.text(k))
        name = self.task.block("product_context").attributes.get("name", "")
        return (
            f"{document}\n\n# {name or 'The product'}\n\n## Product "
            f"overview\n\n{text or 'This page is being written.'}\n"
        )

    def tell(self, wording: str) -> str:
        """One of the author's own wordings for customers, in the language of the context."""
        return self.ways(wording)[0]

    def ways(self, wording: str) -> list[str]:
        """All choices of a wording; none in a language that we do not write."""
        told = WORDINGS[wording][self.facts.language].format(name=self.name, label=self.action.label)
        return told.split(";") if told else [""]

    @cached_property
    def metrics(self) -> Metrics:
        blocks = [b.text for b in self.task.all("metrics")] + [b.text for b in self.task.all("evidence")]
        signal = self.task.record("signal").record("evidence").text("detail")
        return read_metrics(*blocks, self.brief.text("evidence"), signal)

    @cached_property
    def live(self) -> str:
        """The live page as it was fetched: data, never instructions."""
        return self.task.block("live_page").text

    @cached_property
    def path(self) -> str:
        """The page this is about."""
        upstream = (r.text("path") or r.record("page").text("path") for r in self.task.upstream.values())
        live = self.task.block("live_page").attributes.get("path", "")
        options = (self.brief.text("target"), live, *upstream, self.task.record("signal").text("subject"))
        return next((path for option in options if (path := page_path(option))), "/")

    @property
    def place(self) -> str:
        """The page, as prose names it."""
        return self.path if self.path != "/" else "the home page"

    @cached_property
    def action(self) -> Action:
        live_links = re.findall(r"(?:href|action)=\"([^\"]+)\"", self.live)
        known = [path for link in [*self.metrics.pages, *live_links] if (path := page_path(link))]
        return choose_action(self.facts, self.brief.text("cta"), known, self.path)

    @cached_property
    def audience(self) -> str:
        """Who it is for, in one line: the brief's audience, else the first persona, else the audience section."""
        persona = next(iter(self.facts.items(PERSONAS)), None)
        section = next(iter(self.facts.items(AUDIENCE)), None)
        options = (self.brief.text("audience"), _persona(persona) if persona else "", section.whole if section else "")
        return cut(next((option for option in options if option), self.name), 280)

    @cached_property
    def learnings(self) -> list[tuple[str, str]]:
        """(id, statement) of the learnings that apply."""
        found = [(m["id"], m["text"].strip()) for m in _LEARNING.finditer(self.task.block("learnings").text)]
        wanted = set(self.brief.texts("learnings"))
        return [pair for pair in found if not wanted or pair[0] in wanted]

    @cached_property
    def concerns(self) -> list[Concern]:
        """What the work must answer: the brief's points, new queries, keywords, learnings; answerable ones first.

        The brief's points stand before what the figures show besides: whoever wrote it has weighed the two.
        """
        asked = [topic for point in self.brief.texts("must_address") for topic in topics(point)]
        fresh = [q.text for q in self.metrics.queries if q.fresh] + named_queries([self.brief.text("evidence")])
        found: dict[str, Concern] = {}
        points = {self.topic(text).lower() for text in asked}
        for text, demanded in [
            *((t, True) for t in [*asked, *fresh]),
            *((t, False) for t in self.brief.texts("keywords")),
        ]:
            cleaned = self.topic(text)
            if cleaned and cleaned.lower() not in found:
                known = any(terms(cleaned) == terms(objection) for objection, _ in self.facts.objections)
                found[cleaned.lower()] = Concern(cleaned, self._answers(text), demanded, known)
        return sorted(
            found.values(),
            key=lambda c: (not c.statements, not c.asked, c.text.lower() not in points, -self._strength(c)),
        )

    def _answers(self, text: str) -> tuple[Statement, ...]:
        """What is true about a concern; who asks for the price is told prices, unless a known objection is meant."""
        found = self.facts.about(text)
        meant = found and found[0].section == OBJECTIONS and self.facts.share(text, found[0]) >= _MEANT
        if PRICE.search(text) and self.offers and not meant:
            return tuple(self.facts.about(text, self.offers) or self.offers[:3])
        return tuple(found)

    def _strength(self, concern: Concern) -> float:
        """How squarely the context answers a concern: what it answers best leads."""
        return max((round(self.facts.share(concern.text, s), 1) for s in concern.statements[:1]), default=0.0)

    def topic(self, text: str) -> str:
        """A query or point as a topic: without puffery, in the context's spelling."""
        text = bare(_PUFF.sub("", text).strip("\"“”「」'` "))
        if cjk_count(text):
            text = re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", text)
        return " ".join(self._spelling.get(word.lower(), word) for word in text.split())

    @cached_property
    def _spelling(self) -> dict[str, str]:
        """Words the context only writes with capitals: names and acronyms."""
        found = re.findall(r"(?<=[a-z0-9,;:] )([A-Z][\w-]*|[a-z]+[A-Z]\w*)", self.facts.document)
        acronyms = re.findall(r"\b[A-Z][A-Z0-9]{1,5}\b", self.facts.document)
        plain = set(re.findall(r"\b[a-z]+\b", self.facts.fact_text))
        return {word.lower(): word for word in [*found, *acronyms] if word.lower() not in plain}

    @cached_property
    def problem_pairs(self) -> list[tuple[Statement, Statement | None]]:
        """Problems with the benefit that speaks of the same thing, the closest pair first."""
        facts = self.facts
        pairs: list[tuple[float, Statement, Statement | None]] = []
        for problem in self.dice.order("problem", facts.problems[:5]):
            about = f"{problem.label} {problem.text}"
            best = max(facts.benefits, key=lambda s: facts.share(about, s), default=None)
            pairs.append((facts.share(about, best) if best else 0.0, problem, best))
        return [(problem, best) for _, problem, best in sorted(pairs, key=lambda pair: -pair[0])]

    def true(self, text: str) -> bool:
        """Whether the brief's `text` may be stated: no number that the context does not have."""
        return bool(text) and set(numbers(text)) <= self.facts.numbers

    @cached_property
    def overview(self) -> list[Statement]:
        return self.facts.statements(OVERVIEW)

    @cached_property
    def offers(self) -> list[Statement]:
        """Prices, trials, free things, guarantees."""
        money = re.compile(
            r"(?:[$€£¥]|EUR|USD|GBP|CHF)\s?\d|\d\s?(?:元|€|USD|EUR|GBP|CHF|pence)|"
            r"\bfree\b|trial|guarantee|refund|no credit card|免费|试用|"
            r"报价|价格|\bpay by\b|\bbilled\b|ohne Zahlungsdaten|gewährleistung|garantie|gratuit|offerte?\b|"
            r"gratis|garantía|engagement\b|on request",
            re.I,
        )
        pool = self.facts.statements(OVERVIEW, DIFFERENTIATION)
        return [s for s in pool if money.search(f"{s.group} {s.text}")]


def _persona(item: Item) -> str:
    """A persona in one line, with the name of the subheading it stands under."""
    return f"{item.heading}: {item.whole}" if item.heading else item.whole


def topics(point: str) -> list[str]:
    """The subjects of one must-address point: what it quotes, else its words without the instruction."""
    quoted = [q for q in _QUOTED.findall(point) if words(q) >= 2 or cjk_count(q) >= 2]
    if quoted:
        return quoted
    text = _INSTRUCTION.sub("", point).strip()
    return [bare(text.split("(")[0])] if text else []
