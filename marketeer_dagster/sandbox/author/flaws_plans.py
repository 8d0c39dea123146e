"""Flaws peculiar to experiment and tracking plans, strategies and the context document."""

import re
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.flaws import Flaw, flaw, grounded
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import words
from marketeer_dagster.sandbox.author.work import Work


def experiment_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    shares = [arm.number("share") or 0.0 for arm in content.records("arms")]
    if shares and abs(sum(shares) - 1) > 0.011:
        yield flaw("shares", "arms")
    if not content.texts("guardrails"):
        yield flaw("no_guardrails", "guardrails")
    rule = content.text("stopping_rule")
    if words(rule) < 14:
        yield flaw("vague_stopping", "stopping_rule", rule)
    reasoned = r"because|since|so that|expect|因为|由于|预计"
    if not re.search(reasoned, content.text("hypothesis"), re.I):
        yield flaw("no_reason", "hypothesis", content.text("hypothesis"))


def tracking_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    events = content.records("events")
    if not any(event.values.get("key_event") is True for event in events):
        yield flaw("no_key_event", "events")
    for index, event in enumerate(events):
        if not event.records("parameters") and event.values.get("key_event") is True:
            yield flaw("no_parameters", f"events[{index}].parameters", event.text("name"))
    checks = content.texts("checks")
    if len(checks) < 3:
        yield flaw("few_checks", "checks", checks[0] if checks else "")


def strategy_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    roadmap = content.records("roadmap")
    reasons = [item.text("why_now") for item in roadmap]
    if len(reasons) > 2 and len(set(reasons)) == 1:
        yield flaw("same_reason", "roadmap[0].why_now", reasons[0])
    if len(roadmap) < 5:
        yield flaw("short_roadmap", "roadmap")
    if len(content.texts("measures")) < 2:
        yield flaw("few_measures", "measures")


def context_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    if not content.texts("open_questions"):
        yield flaw("no_questions", "open_questions")
    for index, section in enumerate(content.records("sections")):
        if grounded(section.text("body"), work.facts) < 0.8:
            yield flaw("foreign_section", f"sections[{index}].body", section.text("body")[:200])
