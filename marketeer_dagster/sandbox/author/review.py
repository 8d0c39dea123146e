"""The author as reviewer: inspects the artefact before it and scores what it finds, 0 to 5 per rubric dimension.

Flaws take from a mark what they cost. Where nothing serious is wrong, the marks tell good from better: they follow
traits that can be checked in the text (merits.py).
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from marketeer_dagster.sandbox.author.flaws import Flaw, flaw, prose, public, text_flaws
from marketeer_dagster.sandbox.author.flaws_kinds import kind_flaws
from marketeer_dagster.sandbox.author.flaws_page import page_flaws
from marketeer_dagster.sandbox.author.mends import answers, is_of
from marketeer_dagster.sandbox.author.merits import Merit, merits
from marketeer_dagster.sandbox.author.reproaches import ASPECTS
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import numbers, words
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
BEST = 4.5
"""Score of an aspect in which nothing is wrong: a reviewer who gives full marks has not looked."""
_WORTHLESS = frozenset({"generic_section", "generic", "missing_objections", "few_findings"})
_MOST_FINDINGS = 12
_ASPECT_OF = (
    ("actionability", r"action|cta|convers|persua|usab|friction|next step"),
    ("completeness", r"complet|cover|scope|objection|thorough|depth"),
    ("data", r"data|ground|evidence|proof|accura|specific|claim|support|fact|figure"),
    ("brand", r"brand|voice|tone|empath|audience|customer language"),
    ("creativity", r"creativ|origin|distinct|engag|hook|headline|idea"),
    ("technical", r"technic|valid|format|limit|feasib|measur|rigou?r|statistic|platform"),
    ("clarity", r"clar|readab|plain|understand|structure|concise"),
)
MEASURED_KINDS = frozenset({"page_audit", "experiment_plan", "tracking_plan", "content_strategy", "seo_audit"})
"""Kinds written for colleagues: figures from metrics, brief and live page are as good as the context's."""


def inspect(kind: str, content: Mapping[str, object], work: Work) -> list[Flaw]:
    """All flaws of an artefact, worst first."""
    page = Record.of(content.get("page")).values if kind == "edited_copy" else content if kind == "page_copy" else None
    # The context document says itself what the brand does not say.
    found = [] if kind == "context_document" else text_flaws(content, work, measured=kind in MEASURED_KINDS)
    if page is not None:
        prefix = "page." if kind == "edited_copy" else ""
        found += [_under(prefix, flaw) for flaw in page_flaws(page, work)]
    found += kind_flaws(kind, content, work)
    severity = {"blocker": 0, "major": 1, "minor": 2}
    return sorted(found, key=lambda flaw: (severity.get(flaw.severity, 1), -flaw.total))


def _under(prefix: str, flaw: Flaw) -> Flaw:
    return replace(flaw, where=prefix + flaw.where)


def guess_kind(content: Mapping[str, object]) -> str:
    """The artefact's kind by its fields, when the prompt does not say."""
    for kind, fields in SIGNATURES.items():
        if fields <= set(content):
            return kind
    return ""


SIGNATURES: dict[str, frozenset[str]] = {
    "edited_copy": frozenset({"page", "changes"}),
    "page_copy": frozenset({"headline", "sections", "cta"}),
    "page_audit": frozenset({"findings", "quick_wins", "test_ideas"}),
    "email_sequence": frozenset({"emails", "trigger"}),
    "ad_campaign": frozenset({"ad_groups"}),
    "experiment_plan": frozenset({"arms", "stopping_rule"}),
    "tracking_plan": frozenset({"events", "utm_rules"}),
    "content_strategy": frozenset({"pillars", "roadmap"}),
    "seo_audit": frozenset({"findings", "opportunities"}),
    "context_document": frozenset({"sections", "open_questions"}),
}


def scores(flaws: list[Flaw]) -> dict[str, float]:
    """0 to 5 per aspect. Repeats of one kind of flaw cost less each time."""
    result: dict[str, float] = dict.fromkeys(tuple[str, ...](ASPECTS), BEST)
    seen: dict[str, int] = {}
    for one in flaws:
        factor = (1.0, 0.6, 0.4, 0.3)[min(seen.get(one.kind, 0), 3)]
        seen[one.kind] = seen.get(one.kind, 0) + 1
        for aspect, cost in one.costs.items():
            result[aspect] = max(_floor(one, aspect, result[aspect]), result[aspect] - factor * cost)
    return result


def _floor(flaw: Flaw, aspect: str, present: float) -> float:
    """Weaknesses make a text weak; only blockers and empty talk make it worthless."""
    if flaw.severity == "blocker" or flaw.kind in _WORTHLESS:
        return 0.0
    return min(present, 2.3 if aspect in ("actionability", "completeness", "data") else 2.6)


def review(work: Work) -> Content:
    """The answer to a review task."""
    block = work.task.block("artefact")
    content = work.task.record("artefact").values
    kind = block.attributes.get("kind", "") or guess_kind(content)
    if not content:
        return _nothing(work)
    flaws = inspect(kind, content, work)
    by_aspect = scores(flaws)
    rubric = _rubric(work)
    good = _evidence(content, work)
    found = {} if any(flaw.severity != "minor" for flaw in flaws) else merits(content, work)
    shown = {aspect: merit for aspect, merit in found.items() if by_aspect[aspect] == BEST}
    if flaws:  # a weakness beside a flaw would be counted twice
        shown = {aspect: merit for aspect, merit in shown.items() if merit.mark >= BEST}
    dimensions = [
        _praise(name, shown[aspect]) if aspect in shown else _dimension(name, aspect, by_aspect, flaws, good, work)
        for name, aspect in rubric.items()
    ]
    names = {aspect: name for name, aspect in reversed(list(rubric.items()))}
    new = [flaw for flaw in flaws if not any(is_of(flaw, known) for known in work.task.records("earlier"))]
    told = _each_kind_first(new)[:_MOST_FINDINGS]
    findings = [_finding(flaw, names.get(flaw.aspect, next(iter(rubric)))) for flaw in told]
    return {
        "earlier": answers(content, flaws, work),
        "findings": findings,
        "dimensions": dimensions,
        "summary": _summary(flaws, by_aspect, work),
    }


def _each_kind_first(flaws: list[Flaw]) -> list[Flaw]:
    """Every reason is named before one is named again."""
    first = {flaw.kind: flaw for flaw in reversed(flaws)}
    return sorted(flaws, key=lambda flaw: flaw is not first[flaw.kind])


def _rubric(work: Work) -> dict[str, str]:
    """Dimension name to aspect, in the rubric's order."""
    value = work.task.block("rubric").json()
    if isinstance(value, Mapping):
        asked = {str(name): f"{name} {question}" for name, question in value.items()}
    elif isinstance(value, list):
        records = [Record.of(item) for item in value]
        asked = {r.text("dimension") or r.text("name"): " ".join(map(str, r.values.values())) for r in records}
    else:
        asked = {aspect: aspect for aspect in ASPECTS}
    return {name: _aspect(name) or _aspect(question) or "clarity" for name, question in asked.items() if name} or {
        aspect: aspect for aspect in ASPECTS
    }


def _aspect(text: str) -> str:
    return next((aspect for aspect, pattern in _ASPECT_OF if re.search(pattern, text, re.IGNORECASE)), "")


def _dimension(
    name: str, aspect: str, by_aspect: Mapping[str, float], flaws: list[Flaw], good: tuple[str, str], work: Work
) -> Content:
    blamed = [flaw for flaw in flaws if flaw.costs.get(aspect, 0) >= 0.4]
    worst = max(blamed, key=lambda flaw: flaw.costs[aspect]) if blamed else None
    praise = {
        "clarity": "Short sentences; the point comes first.",
        "data": "Statements rest on the product context.",
        "actionability": "It is clear what to do next.",
        "completeness": "What the brief asks for is there.",
        "brand": "Reads in the brand's own voice and words.",
        "creativity": "The lead is specific to this product.",
        "technical": "Fits the channel's limits and is well formed.",
    }
    return {
        "dimension": name,
        "score": round(by_aspect[aspect], 1),
        "quote": (worst.quote if worst and worst.quote else good[1])[:300],
        "reason": worst.problem if worst else praise[aspect],
    }


def _praise(name: str, merit: Merit) -> Content:
    return {"dimension": name, "score": merit.mark, "quote": merit.quote, "reason": merit.reason[:600]}


def _evidence(content: Mapping[str, object], work: Work) -> tuple[str, str]:
    """The text that best shows the quality: one with a figure, not too long."""
    texts = public(content) or prose(content)
    short = [(path, text) for path, text in texts if 3 <= words(text) <= 40] or texts or [("", "")]
    return max(short, key=lambda pair: (bool(numbers(pair[1])), -abs(words(pair[1]) - 14)))


def _finding(flaw: Flaw, dimension: str) -> Content:
    return {
        "dimension": dimension,
        "severity": flaw.severity,
        "where": flaw.where,
        "quote": flaw.quote,
        "problem": flaw.problem,
        "suggestion": flaw.suggestion,
    }


def _summary(flaws: list[Flaw], by_aspect: Mapping[str, float], work: Work) -> str:
    if not flaws:
        return "Specific, supported and on brief; nothing stands in the way."
    weakest = min(by_aspect, key=lambda aspect: by_aspect[aspect])
    listed = " ".join(flaw.problem for flaw in flaws[:3])
    blockers = sum(flaw.severity == "blocker" for flaw in flaws)
    lead = "Must not go out as it is." if blockers else f"Good material; the weakest side is {weakest}."
    return f"{lead} {listed}"[:1900]


def _nothing(work: Work) -> Content:
    found = flaw("empty", "content")
    rubric = _rubric(work)
    dimensions = [{"dimension": name, "score": 0, "quote": "", "reason": found.problem} for name in rubric]
    return {
        "earlier": answers({}, (), work),
        "findings": [_finding(found, next(iter(rubric)))],
        "dimensions": dimensions,
        "summary": found.problem,
    }
