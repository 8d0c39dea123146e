"""The sections of a page: one idea each, built from the context's statements, none of which is said twice."""

import re

from marketeer_dagster.sandbox.author.facts import OBJECTIONS, PROBLEMS, PROOF, Statement
from marketeer_dagster.sandbox.author.lines import Lines, core, weight
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    bare,
    capital,
    cjk_count,
    cut,
    ended,
    joined,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_HEADING = 80
_ECHO = 0.65
"""Share of a heading's words from which the sentence below it only says it again."""
ROLES = ("problem", "solution", "benefits", "how_it_works", "proof", "offer")
_COUNT = re.compile(r"(?:\d{3,}|\d{1,3}(?:[.,]\d{3})+) [^\W\d_]")
"""A proof that begins with how many, which a heading may carry: '2,150 practices in three countries use Threlby'."""
_ONE = re.compile(r"[^.()（）;:=]+(?:[.,]\d+[^.()（）;:=]*)*\.?")


_REPLIES = re.compile(rf"(?:yes|no|ja|nein|oui|non|sí)\b|{DEPENDENT.pattern}|(?:是|不|可以|会)", re.IGNORECASE)
"""How a text begins that answers a question rather than says something."""


class Sections:
    """Builds the sections and keeps account of what was already said."""

    def __init__(self, work: Work, headline: str, subheadline: str) -> None:
        self.work = work
        self.lines = Lines(work)
        first = work.overview[0].text if work.overview else ""
        partly = first if first and subheadline.startswith(first.partition(", ")[0]) else ""
        self.said = f"{headline}\n{subheadline}\n{partly}".lower()
        self.heads = [core(headline)]
        self.answered: set[str] = set()
        """Objections that a section answers: they need no question below."""

    def all(self) -> list[Content]:
        """Three to nine sections, in reading order: the visitors' own questions come first."""
        first = self._concerns()
        made = [*first, self._problem(), self._solution(), self._benefits(), self._steps(), self._proof()]
        offer = self._offer()
        made.insert(len(first) if offer and self._price_is_asked else len(made), offer)
        return self._at_least_three([section for section in made if section])[:9]

    def _fresh(self, pool: list[Statement]) -> list[Statement]:
        """What was not said yet, neither in these words nor as a part of others."""
        return [s for s in pool if bare(s.text).lower() not in self.said]

    def _take(self, pool: list[Statement], most: int) -> list[Statement]:
        taken = self._fresh(list(dict.fromkeys(pool)))[:most]
        self.said = "\n".join([self.said, *(s.text.lower() for s in taken)])
        return taken

    def _head(self, options: list[str], role: str, body: str = "") -> str:
        """The first heading that stands nowhere yet, that is no search and that the first sentence does not repeat.

        A plain one where all are taken.
        """
        work = self.work
        first = core(sentences(body)[0]) if body else frozenset[str]()
        options = [text for text in options if len(core(text) & first) < _ECHO * len(core(text))]
        whole = [*options, *work.dice.order(f"{role} head", plain_headings(work, role)), work.name]
        fresh = [h for h in whole if not self.lines.is_search(h) and weight(h) <= _HEADING]
        own = core(work.name)
        chosen = next((h for h in fresh if not any(_alike(core(h) - own, head) for head in self.heads)), whole[-1])
        self.heads.append(core(chosen) - own)
        return chosen

    def _concerns(self) -> list[Content]:
        """A section for each of the first two things visitors ask, under the line that announces its answer."""
        made: list[Content] = []
        offers = {s.text for s in self.work.offers}
        for concern in [c for c in self.work.concerns[:4] if c.leads and c.statements]:
            pool = [s for s in concern.statements if s.text not in offers and s.section not in (PROBLEMS, PROOF)]
            taken = self._take(pool, 1) if len(made) < 2 else []
            if taken:
                best = taken[0]
                if best.section == OBJECTIONS:
                    self.answered.add(best.label)
                label = [capital(best.label)] if best.label and best.section != OBJECTIONS else []
                options = [*self.lines.of(best), *label]
                if best.section == OBJECTIONS and _REPLIES.match(best.text):  # Nobody understands it unasked.
                    options = [as_question(best.label, self.work.facts.language)]
                heading = self._head(options, "solution", best.sentence)
                made.append(_section("objections", heading, best.sentence, []))
        return made

    @property
    def _price_is_asked(self) -> bool:
        offers = {s.text for s in self.work.offers}
        return any(c.leads and c.statements and c.statements[0].text in offers for c in self.work.concerns[:2])

    def _problem(self) -> Content | None:
        """One problem, that which is nearest to what visitors ask; others only where the context gives them no name."""
        lead = [problem for problem, _ in self.work.problem_pairs]
        wanted = terms(" ".join(c.text for c in self.work.concerns))
        lead.sort(key=lambda s: -len(s.terms & wanted))
        taken = self._take(lead, 1)
        if not taken:
            return None
        rest = self._take([s for s in lead if not s.label], 2) if not taken[0].label else []
        named = words(taken[0].label) >= 2 or cjk_count(taken[0].label) >= 4
        heading = self._head([capital(taken[0].label)] if named else [], "problem")
        return _section("problem", heading, joined(ended(s.text) for s in [*taken, *rest]), [])

    def _solution(self) -> Content | None:
        pool = [s for s in self.work.overview if s not in self.work.offers and (s.full and not s.label)]
        taken = self._take(pool, 3)
        heading = self._head([self.lines.outcome] if self.lines.outcome else [], "solution") if taken else ""
        return _section("solution", heading, joined(s.sentence for s in taken), []) if taken else None

    def _benefits(self) -> Content | None:
        pool = self.work.facts.benefits
        taken = self._take(self.work.dice.order("benefits", pool[:5]) + pool[5:], 6)
        if not taken:
            return None
        lead = next((s for s in taken if s.full and s.has_number and s.stands), taken[0])
        heading = self._head(self.lines.near(f"{lead.label} {lead.text}"), "benefits", lead.sentence)
        return _section("benefits", heading, lead.sentence, [s.point for s in taken if s is not lead])

    def _steps(self) -> Content | None:
        steps = self.work.facts.steps
        if not steps:
            return None
        return _section(
            "how_it_works", self._head([], "how_it_works"), self.work.tell("steps"), [bare(step) for step in steps]
        )

    def _proof(self) -> Content | None:
        taken = self._take(self.work.facts.proof, 4)
        if not taken:
            return None
        short = [s for s in taken if _COUNT.match(s.text) and weight(s.text) <= 66 and _ONE.fullmatch(s.text)]
        chosen = short[0] if short and len(taken) > 1 else None
        heading = self._head([bare(chosen.text)] if chosen else [], "proof")
        body = [s for s in taken if s is not chosen]
        lead = next((s for s in body if s.stands), body[0])
        return _section("proof", heading, lead.sentence, [s.point for s in body if s is not lead])

    def _offer(self) -> Content | None:
        """The price in full sentences, plans as points."""
        work = self.work
        note = work.action.note.lower()
        pool = sorted(work.offers, key=lambda s: bool(note) and note in s.text.lower())
        taken = self._take(pool, 5)
        offer = work.brief.text("offer")
        told = [s for s in taken if s.stands]
        listed = [s for s in taken if not s.stands]
        extra = [ended(offer)] if offer and work.true(offer) and work.facts.supports(offer) else []
        lines = [line for line in extra if not _covered(line, [self.said, *(s.text for s in taken)])]
        lines += [ended(s.text) for s in told[:2]]
        if not lines and len(listed) > 1 and work.tell("prices"):
            lines = [work.tell("prices")]
        elif not lines and listed:
            lines, listed = [listed[0].sentence], listed[1:]
        if not lines:
            return None
        heading = self._head([work.tell("helping" if work.action.kind in ("donate", "join") else "costs")], "offer")
        return _section("offer", heading, joined(lines), [s.point for s in listed])

    def _at_least_three(self, made: list[Content]) -> list[Content]:
        spare = [s.sentence for s in self._fresh(self.work.facts.public)] or [ended(self.work.action.label)]
        while len(made) < 3:
            body = spare.pop(0) if len(spare) > 1 else spare[0]
            made.append(_section("objections", self._head([], "solution"), body, []))
        return made


def _section(role: str, heading: str, body: str, points: list[str]) -> Content:
    """A section; its points end alike."""
    whole = any(point.endswith((".", "。", "?", "？")) for point in points)
    return {
        "role": role,
        "heading": cut(capital(heading), 110),
        "body": body,
        "bullets": [cut(ended(point) if whole else point, 300) for point in points][:8],
    }


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    return len(words & others) > 0.6 * min(len(words), len(others)) if words and others else words == others


def _covered(text: str, lines: list[str]) -> bool:
    wanted = terms(text)
    return len(wanted & terms(" ".join(lines))) >= 0.7 * max(1, len(wanted))


def plain_headings(work: Work, role: str) -> list[str]:
    """Headings for a section of this role that any page may bear."""
    return [text for text in work.ways(role if role in ROLES else "solution") if text]


def questions(work: Work, answered: set[str]) -> list[Content]:
    """Objections as questions, those nearest to the visitors' concerns first, without those a section answers."""
    wanted = terms(" ".join(c.text for c in work.concerns))
    pairs = sorted(work.facts.objections, key=lambda pair: -len(terms(" ".join(pair)) & wanted))
    open_ones = [pair for pair in pairs if pair[0] not in answered]
    return [{"question": as_question(o, work.facts.language), "answer": ended(a)} for o, a in open_ones[:6]]
