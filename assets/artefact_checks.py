"""The checks every artefact must pass before anything follows: rules, quality, claims, consistency.

All are blocking and partitioned like their asset: an unpartitioned failing check would re-request every campaign. A
person's approval of the very version turns them green when they run again, and they say by whom.
"""

from collections.abc import Callable, Iterable, Mapping

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    MetadataValue,
    asset_check,
)

from assets.names import NEXT_STEP, asset_key
from assets.partitions import campaigns
from marketeer_dagster.agents.prompt import DIRECTOR
from marketeer_dagster.campaigns.decisions import artefact_subject, human_approval, rejected_by_person
from marketeer_dagster.campaigns.escalating import escalate
from marketeer_dagster.campaigns.examining import Examination, Findings, is_serious
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.review import Approval, ApprovalState, Finding, Review, Severity, Verdict
from marketeer_dagster.quality.gate import gate, newest_words, worth
from marketeer_dagster.store import Store

Examine = Callable[[Store, Catalog, Artefact], tuple[Findings, Mapping[str, object]]]


def examine_rules(store: Store, catalog: Catalog, artefact: Artefact) -> tuple[Findings, Mapping[str, object]]:
    """Deterministic rules of the channel."""
    return Examination.of(store, catalog, artefact).rules(artefact.parsed()), {}


def examine_quality(store: Store, catalog: Catalog, artefact: Artefact) -> tuple[Findings, Mapping[str, object]]:
    """This very version is approved by every reviewer of the skill and by the Director. No verdict is no approval."""
    skill = catalog.skill(artefact.skill)
    reviews = store.reviews.list(artefact=artefact.id)
    said = newest_words(reviews, artefact.version)
    standing = gate(reviews, (*skill.reviewers, DIRECTOR), artefact.version)
    words = ", ".join(f"{name} {worth(said[name]).value if name in said else 'silent'}"
                      for name in (*skill.reviewers, DIRECTOR))  # fmt: skip
    facts: dict[str, object] = {
        "score": artefact.score,
        "threshold": skill.rubric.approve_at,
        "verdict": artefact.verdict.value,
        "said_of_this_version": words,
    }
    if standing.approved and artefact.verdict is Verdict.APPROVE:
        return (), facts
    verdict = artefact.verdict if standing.approved else standing.verdict
    problem = f"verdict {verdict.value} with score {artefact.score:.1f}; approval needs {skill.rubric.approve_at:g}"
    problem = f"{problem}. {standing.cause}".strip()[:800]
    blocker = Finding(dimension="quality", severity=Severity.BLOCKER, where="artefact", problem=problem)
    found = (blocker, *dict.fromkeys(finding for review in said.values() for finding in review.findings))
    facts["findings"] = MetadataValue.md(findings_table(found, {**finders(said.values()), blocker: "the gate"}))
    return found, facts


def examine_claims(store: Store, catalog: Catalog, artefact: Artefact) -> tuple[Findings, Mapping[str, object]]:
    """Every number, name, quotation and superlative is supported by the context or the metrics it was written from."""
    found = Examination.of(store, catalog, artefact).claims(artefact.parsed())
    return found, {"context_version": artefact.context_version}


def examine_consistency(store: Store, catalog: Catalog, artefact: Artefact) -> tuple[Findings, Mapping[str, object]]:
    """Offer, price, audience, CTA and voice agree with the context and with the approved work that stands before it."""
    examination = Examination.of(store, catalog, artefact)
    compared = ", ".join(examination.heads) or "the context alone"
    return examination.consistency(artefact.parsed()), {"compared_with": compared}


EXAMINATIONS: Mapping[str, Examine] = {
    "rules": examine_rules,
    "quality": examine_quality,
    "claims": examine_claims,
    "consistency": examine_consistency,
}


def build_artefact_checks(catalog: Catalog) -> list[AssetChecksDefinition]:
    """Four checks for each skill's artefact."""
    return [_check(catalog, skill, name) for skill in catalog.skills.values() for name in EXAMINATIONS]


def _check(catalog: Catalog, skill: Skill, name: str) -> AssetChecksDefinition:
    examine = EXAMINATIONS[name]

    # `partitions_def` on checks is preview API in Dagster 1.13: this is the only place for artefacts that uses it.
    @asset_check(
        asset=asset_key(skill),
        name=name,
        blocking=True,
        partitions_def=campaigns,
        description=examine.__doc__,
        required_resource_keys={"store", "clock"},
    )
    def run_check(context: AssetCheckExecutionContext) -> AssetCheckResult:
        store: Store = context.resources.store.store()
        artefact = store.artefacts.head(CampaignKey(context.partition_key), skill.name)
        if artefact is None:
            return nothing_made(context.partition_key, skill.name)
        found, facts = examine(store, catalog, artefact)
        if stands_against(store, artefact, found):
            escalate(store, context.resources.clock.clock(), artefact, found, why=f"the check {name} fails")
        return verdict_of(store, artefact, found, facts)

    return run_check


def stands_against(store: Store, artefact: Artefact, found: Findings) -> bool:
    """Whether serious findings block this version: they do until a person approves it."""
    return any(map(is_serious, found)) and human_approval(store, artefact) is None


def verdict_of(
    store: Store, artefact: Artefact, found: Findings, facts: Mapping[str, object] | None = None
) -> AssetCheckResult:
    """The check result: passes without blockers and majors, or when a person approved this very version."""
    approval, rejection = human_approval(store, artefact), rejected_by_person(store, artefact)
    serious = sum(map(is_serious, found))
    metadata: dict[str, object] = {
        "looked_at": f"{artefact.title}, version {artefact.version} ({artefact.id}) of {artefact.campaign}",
        "artefact": artefact.id,
        "version": artefact.version,
        "findings": MetadataValue.md(findings_table(found)),
        "serious_findings": serious,
        **(facts or {}),
    }
    if serious and approval:
        metadata["approved_by"] = approval.decided_by
        metadata["note"] = approval.note or "no note"
    if rejection:
        metadata["rejected_by"] = rejection.decided_by
        metadata["note"] = rejection.note or "no note"
    passed = rejection is None and not stands_against(store, artefact, found)
    if not passed:
        metadata[NEXT_STEP] = MetadataValue.text(next_step(store, artefact))
    return AssetCheckResult(
        passed=passed,
        severity=AssetCheckSeverity.ERROR,
        description=None if passed else _reason(found, rejection),
        metadata=metadata,  # pyright: ignore[reportArgumentType]
    )


def _reason(found: Findings, rejection: Approval | None) -> str:
    """Why a check fails, in one line: the first serious finding with its place."""
    if rejection is not None:
        return f"{rejection.decided_by} rejected this version: {rejection.note or 'no note'}"
    serious = [finding for finding in found if is_serious(finding)]
    more = f" (and {len(serious) - 1} more)" if len(serious) > 1 else ""
    return f"{serious[0].where}: {serious[0].problem}{more}" if serious else "not approved"


def next_step(store: Store, artefact: Artefact) -> str:
    """What a person does about a version that a check keeps back: the open question's commands where one is asked."""
    asked = store.approvals.list(campaign=artefact.campaign, state=ApprovalState.PENDING)
    mine = [question for question in asked if question.subject == artefact_subject(artefact)]
    read = f"read it: `marketeer artefact show {artefact.id} --version {artefact.version}`"
    if not mine:
        return f"{read}, then see what the campaign waits for: `marketeer campaign show {artefact.campaign}`"
    answer = mine[-1].id
    return (
        f"{read}, then answer: `marketeer approve {answer}` lets exactly this version go on, "
        f'`marketeer revise {answer} --note "…"` sends it back, `marketeer reject {answer}` stops it'
    )


def nothing_made(campaign: str, skill: str) -> AssetCheckResult:
    """A check that has nothing to look at."""
    return AssetCheckResult(
        passed=False,
        description=f"{campaign} has no finished {skill} yet",
        metadata={
            "looked_at": f"the artefact of {skill} in campaign {campaign}",
            "problem": "nothing was made yet",
            NEXT_STEP: MetadataValue.text(f"see where the campaign stands: `marketeer campaign show {campaign}`"),
        },
    )


def findings_table(found: Findings, by: Mapping[Finding, str] | None = None) -> str:
    """Findings as a Markdown table, with whose each is (code's, where `by` names nobody); a sentence without any."""
    if not found:
        return "No findings."
    rows = [
        " | ".join(
            [
                "", (by or {}).get(f, "code"), f.severity.value, f.dimension, f"`{f.where}`",
                *map(_cell, (f.quote, f.problem, f.suggestion)), "",
            ]
        ).strip()
        for f in found
    ]  # fmt: skip
    head = ["| Who | Severity | About | Where | Words | Problem | Suggestion |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def finders(reviews: Iterable[Review]) -> Mapping[Finding, str]:
    """Who named each finding; of several, all."""
    names: dict[Finding, dict[str, None]] = {}
    for review in reviews:
        for finding in review.findings:
            names.setdefault(finding, {})[review.reviewer] = None
    return {finding: ", ".join(who) for finding, who in names.items()}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
