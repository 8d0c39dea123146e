"""A reviewer that cannot overlook what code can see: channel rules and unsupported claims join its findings."""

from collections.abc import Callable
from datetime import datetime

from marketeer_dagster.agents.assignment import Assignment, Reviewed
from marketeer_dagster.agents.revision import Judges
from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.review import Finding, Severity, Verdict
from marketeer_dagster.quality import claims, rules
from marketeer_dagster.quality.claims import Sources

Examine = Callable[[ArtefactContent], tuple[Finding, ...]]


def examination(assignment: Assignment) -> Examine:
    """The deterministic findings for one assignment: rules of the channel, then claims against what was handed out."""
    sources = sources_of(assignment)

    def examine(content: ArtefactContent) -> tuple[Finding, ...]:
        found = rules.check(content, assignment.tenant, assignment.brief)
        return (*found, *claims.check(content, sources))

    return examine


def sources_of(assignment: Assignment) -> Sources:
    """What an artefact may state facts from: context and metrics, the brief, work it was told to read, live page."""
    texts = [assignment.brief.model_dump_json(exclude={"id", "campaign", "tenant", "created_at"})]
    texts += [artefact.content for artefact in assignment.upstream]
    texts += [learning.statement for learning in assignment.learnings]
    if assignment.live_page:
        texts.append(assignment.live_page.text)
    return Sources(context=assignment.context.context, metrics=assignment.metrics, texts=tuple(texts))


class ExaminedReviewer:
    """Wraps a judge: a version with a serious deterministic finding is never approved, and the author hears of it."""

    def __init__(self, judge: Judges, examine: Examine) -> None:
        self._judge = judge
        self._examine = examine

    async def review(
        self,
        assignment: Assignment,
        reviewer: str,
        content: ArtefactContent,
        version: int,
        round: int,
        at: datetime,
    ) -> Reviewed:
        reviewed = await self._judge.review(assignment, reviewer, content, version, round, at)
        return with_findings(reviewed, self._examine(content))


def with_findings(reviewed: Reviewed, found: tuple[Finding, ...]) -> Reviewed:
    """The review with more findings; APPROVE turns into REVISE when any of them is serious."""
    if not found:
        return reviewed
    review = reviewed.review
    serious = any(finding.severity is not Severity.MINOR for finding in found)
    verdict = Verdict.REVISE if serious and review.verdict is Verdict.APPROVE else review.verdict
    return Reviewed(
        review.model_copy(update={"findings": (*found, *review.findings), "verdict": verdict}), reviewed.spend
    )
