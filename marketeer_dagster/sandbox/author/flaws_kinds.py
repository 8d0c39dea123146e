"""Flaws peculiar to ads, audits, plans and strategies."""

import re
from collections.abc import Iterator, Mapping

from marketeer_dagster.sandbox.author.flaws import Flaw, flaw, grounded, public
from marketeer_dagster.sandbox.author.flaws_emails import email_flaws
from marketeer_dagster.sandbox.author.flaws_plans import context_flaws, experiment_flaws, strategy_flaws, tracking_flaws
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import cjk_count, numbers, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

_VAGUE_ADVICE = re.compile(
    r"^(?:improve|optimi[sz]e|consider improving|make) (?:it|this|the page|the copy|better)\b.{0,20}$|^优化一下", re.I
)
_FEWEST = 2
"""Findings of an audit that may stop: without a page or objections there is no more to see, however often one asks."""


def kind_flaws(kind: str, content: Mapping[str, object], work: Work) -> list[Flaw]:
    """What is wrong with an artefact of this kind beyond its wording."""
    checks = {
        "email_sequence": email_flaws,
        "ad_campaign": _ads,
        "page_audit": _audit,
        "seo_audit": _audit,
        "experiment_plan": experiment_flaws,
        "tracking_plan": tracking_flaws,
        "content_strategy": strategy_flaws,
        "context_document": context_flaws,
    }
    check = checks.get(kind)
    if check:
        return list(check(Record(content), work))
    return [] if kind in ("page_copy", "edited_copy") else list(_any(Record(content), work))


def _ads(content: Record, work: Work) -> Iterator[Flaw]:
    for index, group in enumerate(content.records("ad_groups")):
        ad = group.record("ad")
        lines = ad.texts("headlines")
        said = " ".join([*lines, *ad.texts("descriptions")])
        asks = terms(work.action.label)
        if asks and not asks & terms(said):
            yield flaw("no_cta", f"ad_groups[{index}].ad.headlines", action=work.action.label)
        short = [n for s in work.facts.public for n in numbers(s.text) if len(s.text) < 90]
        if short and not numbers(said):
            yield flaw("no_figures", f"ad_groups[{index}].ad.headlines")
        if len(lines) < 5:
            yield flaw("few_headlines", f"ad_groups[{index}].ad.headlines")
        if not group.texts("negative_keywords"):
            yield flaw("no_negatives", f"ad_groups[{index}].negative_keywords")


def _audit(content: Record, work: Work) -> Iterator[Flaw]:
    findings = content.records("findings")
    for index, finding in enumerate(findings):
        evidence = finding.text("evidence")
        advice = finding.text("recommendation") or finding.text("fix")
        if not numbers(evidence) and not re.search(r"[“\"「]", evidence) and not _from_live(evidence, work):
            yield flaw("no_evidence", f"findings[{index}].evidence", evidence)
        if _VAGUE_ADVICE.match(advice) or (words(advice) < 6 and cjk_count(advice) < 9):
            yield flaw(
                "vague_advice", f"findings[{index}].{'fix' if finding.text('fix') else 'recommendation'}", advice
            )
    if len(findings) < _FEWEST:
        yield flaw("few_findings", "findings")
    answerable = any(work.facts.about(query.text) for query in work.metrics.queries)
    if answerable and "opportunities" in content.values and not content.records("opportunities"):
        yield flaw("no_opportunities", "opportunities")


def _from_live(evidence: str, work: Work) -> bool:
    return bool(work.live) and len(terms(evidence) & terms(work.live)) >= 5


def _any(content: Record, work: Work) -> Iterator[Flaw]:
    """Kinds the author has no special eye for: is it about this product at all?"""
    said = " ".join(text for _, text in public(content.values))
    if grounded(said, work.facts) < 0.4:
        yield flaw("generic", "", said[:200])
