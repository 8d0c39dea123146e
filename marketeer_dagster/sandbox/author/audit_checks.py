"""What costs a page conversions: its own words and the metrics' own figures, held against what visitors ask."""

import re
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.action import is_weak
from marketeer_dagster.sandbox.author.headlines import headlines
from marketeer_dagster.sandbox.author.live import read_live
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.text import cjk_count, cut, ended, joined, numbers
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Concern, Work

Content = dict[str, object]


class Checks:
    """Findings about one page, in order of influence on conversion."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.page = read_live(work.live)
        self.said = terms(self.page.text)
        self.row = work.metrics.pages.get(work.path)
        self.queries = [q for q in work.metrics.queries if not q.page or q.page == work.path] or work.metrics.queries

    def figures(self) -> str:
        """The page's own figures, as the metrics have them."""
        if self.row is None:
            return ""
        cells = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in self.row.cells.items()
            if numbers(value) and not value.startswith("/")
        ]
        return ", ".join(cells)

    def all(self) -> Iterator[Content]:
        """Findings, the most costly first."""
        yield from self._message_match()
        yield from self._headline()
        yield from self._action()
        yield from self._proof()
        yield from self._objections()
        yield from self._friction()
        yield from self._value()

    def _message_match(self) -> Iterator[Content]:
        work = self.work
        for query, concern in self.unanswered()[:3]:
            figures = _figures(query, work)
            new = " (new in the metrics)" if query.fresh else ""
            answer = concern.statements[0].sentence
            yield _finding(
                "message_match",
                "high",
                f"Query “{query.text}”{new}{figures}; the page does not speak of it.",
                "Visitors ask something the page does not answer",
                f"Answer it in the headline or the first section, in those words: {answer}",
            )

    def unanswered(self) -> list[tuple[Query, Concern]]:
        """What visitors ask, what is true about it, and the page does not say."""
        asked = {c.text.lower(): c for c in self.work.concerns if c.statements}
        pairs: list[tuple[Query, Concern]] = [
            (Query(c.text, self.work.path, fresh=False), c)
            for c in asked.values()
            if c.leads and not self._answered(c.text)
        ]
        known = {q.text.lower() for q, _ in pairs}
        for query in sorted(self.queries, key=lambda q: not q.fresh):
            answers = self.work.facts.about(query.text)
            topic = self.work.topic(query.text).lower()
            if answers and not self._answered(query.text):
                pair = (query, Concern(query.text, tuple(answers)))
                pairs = (
                    [pair if q.text.lower() == topic else (q, c) for q, c in pairs]
                    if topic in known
                    else [*pairs, pair]
                )
        return pairs

    def _answered(self, text: str) -> bool:
        wanted = terms(text)
        return bool(self.page.text) and len(wanted & self.said) >= 0.7 * len(wanted)

    def _headline(self) -> Iterator[Content]:
        work, text = self.work, self.page.headline
        own = terms(text) - terms(work.name)
        best = next((h for h in headlines(work) if h != text), work.name)
        if text and not numbers(text) and len(own & work.facts.all_terms) < 3:
            yield _finding(
                "headline",
                "high",
                f"The page's headline reads “{cut(text, 200)}”.",
                "The headline names no benefit a visitor could check",
                f"Lead with what is true and concrete, for instance “{best}”.",
            )
        elif text:
            yield _finding(
                "headline",
                "medium",
                f"The page's headline reads “{cut(text, 200)}”.",
                "The headline is sound but does not use the strongest argument",
                f"Test “{best}” against it.",
            )

    def _action(self) -> Iterator[Content]:
        work, wanted = self.work, self.work.action.label
        weak = next((b for b in self.page.buttons if is_weak(b)), "")
        if weak:
            yield _finding(
                "cta",
                "high",
                f"A button reads “{weak}”.",
                "The button does not say what happens next",
                f"Label it “{wanted}” and put the reassurance under it: {ended(work.action.note or wanted)}",
            )
        elif self.page.text and not any(terms(b) & terms(wanted) for b in self.page.buttons):
            shown = ", ".join(f"“{b}”" for b in self.page.buttons[:3])
            yield _finding(
                "cta",
                "high",
                (
                    f"The buttons read {shown}."
                    if shown
                    else f"The page text has no button; its first line is “{cut(self.page.headline, 120)}”."
                ),
                f"Nothing on the page asks for “{wanted}”",
                f"Put one button “{wanted}” in the hero and repeat it after the proof.",
            )

    def _proof(self) -> Iterator[Content]:
        work = self.work
        missing = [
            s
            for s in work.facts.proof
            if s.has_number and s.text not in self.page.text and len(s.terms & self.said) < 0.7 * len(s.terms)
        ]
        quote = next((q for q in work.facts.quotes if q.who and q.text not in self.page.text), None)
        if self.page.text and (missing or quote):
            longest = max(self.page.lines, key=lambda line: min(len(line), 160))
            best = f"“{quote.text}” ({quote.who})" if quote else missing[0].sentence
            yield _finding(
                "proof",
                "high" if missing and quote else "medium",
                f"The page argues “{cut(longest, 160)}” and shows no figure or customer for it.",
                "Benefits are claimed without proof",
                f"Put proof beside the claim: {best}",
            )

    def _objections(self) -> Iterator[Content]:
        work = self.work
        open_ones = [(o, a) for o, a in work.facts.objections if len(terms(a) & self.said) < 0.5 * len(terms(a))]
        if open_ones:
            objection, answer = open_ones[0]
            base = f"The product context records the objection “{objection}”"
            last = self.page.lines[-1] if self.page.lines else ""
            where = f"; the page ends with “{cut(last, 120)}” without answering it" if last else ""
            mark = self.figures() if not last else ""
            figures = f". Figures: {mark}" if mark else ""
            yield _finding(
                "objections",
                "medium",
                base + where + figures + ".",
                "A known objection stays unanswered",
                f"Add it to the questions with this answer: {ended(answer)}",
            )

    def _friction(self) -> Iterator[Content]:
        work = self.work
        if self.page.fields > 3:
            needed = ", ".join(work.action.fields)
            tags = re.findall(r"<(?:input|select|textarea)\b[^>]*name=\"([^\"]+)\"", work.live, re.I)
            listed = ", ".join(f"“{tag}”" for tag in tags[:8])
            yield _finding(
                "friction",
                "high",
                f"The form asks for {listed or 'more than one screen of fields'}.",
                "The form asks for more than the first step needs",
                f"Ask only for: {needed}.",
            )

    def _value(self) -> Iterator[Content]:
        work = self.work
        figures = self.figures()
        best = next(iter(headlines(work)), work.name)
        basis = (
            f"Figures for {work.place}: {figures}."
            if figures
            else (
                f"The first lines read “{cut(' '.join(self.page.lines[:2]), 200)}”."
                if self.page.lines
                else (
                    f"No live page and no figures were given for {work.path}; the brief asks: "
                    f"“{cut(work.brief.text('objective') or work.action.label, 200)}”."
                )
            )
        )
        yield _finding(
            "value_proposition",
            "medium",
            basis,
            "The value proposition is spread over the page instead of leading it",
            f"Open with “{best}” and follow with what it means: {_support(work)}",
        )


def _support(work: Work) -> str:
    pool = [s for c in work.concerns for s in c.statements[:1]] or work.facts.benefits or work.overview
    return joined(s.sentence for s in pool[:2]) or ended(work.name)


def _figures(query: Query, work: Work) -> str:
    known = [(query.clicks, "clicks"), (query.impressions, "impressions")]
    listed = ", ".join(f"{value} {name}" if not cjk_count(name) else f"{value}{name}" for value, name in known if value)
    return f": {listed}" if listed else ""


def _finding(area: str, impact: str, evidence: str, problem: str, recommendation: str) -> Content:
    return {"area": area, "impact": impact, "evidence": evidence, "problem": problem, "recommendation": recommendation}
