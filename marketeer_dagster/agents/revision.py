"""The bounded review loop: review, revise on named findings, review again; the best version wins, not the last.

Pure of storage and of any orchestrator: a Recorder persists what happens, in the order it happens, so that a step
which is killed and run again replays its paid answers and writes the same rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.agents.reviewer import no_verdict
from marketeer_dagster.model.artefacts import ArtefactContent, Spend
from marketeer_dagster.model.errors import BudgetExceeded, NoVerdict, ToolError
from marketeer_dagster.model.review import Finding, Review, Severity, Verdict

MAX_ROUNDS = 3
"""Reviews by one reviewer of one artefact: catalog.md, Review."""

_RANK = {Verdict.NONE: 0, Verdict.REJECT: 1, Verdict.REVISE: 2, Verdict.APPROVE: 3}


class Revises(Protocol):
    """Whoever mends a draft: Author."""

    async def revise(
        self, assignment: Assignment, content: ArtefactContent, findings: tuple[Finding, ...]
    ) -> Drafted: ...


class Judges(Protocol):
    """Whoever judges a version: Reviewer."""

    async def review(
        self,
        assignment: Assignment,
        reviewer: str,
        content: ArtefactContent,
        version: int,
        round: int,
        at: datetime,
    ) -> Reviewed: ...


class Recorder(Protocol):
    """Where versions and reviews are kept."""

    def version(self, drafted: Drafted) -> int:
        """Store a version and return its number; equal content returns the number it already has."""
        ...

    def review(self, reviewed: Reviewed) -> None:
        """Store a review; the same id twice is one row."""
        ...


@dataclass(frozen=True)
class Candidate:
    """A version and the newest review of it by this reviewer."""

    drafted: Drafted
    version: int
    review: Review

    @property
    def rank(self) -> tuple[int, float, int, int]:
        """Order of preference: verdict, score, fewer blockers, then the newer version."""
        blockers = sum(finding.severity is Severity.BLOCKER for finding in self.review.findings)
        return _RANK[self.review.verdict], self.review.score, -blockers, self.version


@dataclass(frozen=True)
class ReviewOutcome:
    """How one reviewer's rounds ended."""

    best: Candidate
    reviews: tuple[Review, ...]
    """Every review, in order."""
    revisions: int
    """How many new versions were written."""
    spend: Spend
    """Reviews and revisions together."""

    @property
    def verdict(self) -> Verdict:
        return self.best.review.verdict

    @property
    def approved(self) -> bool:
        return self.verdict is Verdict.APPROVE


async def review_until(
    author: Revises,
    judge: Judges,
    assignment: Assignment,
    reviewer: str,
    drafted: Drafted,
    version: int,
    *,
    record: Recorder,
    now: Callable[[], datetime],
    max_rounds: int = MAX_ROUNDS,
    fail_closed: bool = True,
) -> ReviewOutcome:
    """Let `reviewer` judge `drafted` and the author revise it until approval, rejection or `max_rounds` reviews.

    Ends early on APPROVE, on REJECT, on NONE (revising cannot bring back a missing answer) and when a revision changes
    nothing. With `fail_closed` a vendor's or budget's refusal becomes Verdict.NONE and the best version so far
    stands; otherwise it passes, so that a step with retries left can run again and replay what was paid for.
    """
    current, number = drafted, version
    candidates: list[Candidate] = []
    reviews: list[Review] = []
    spend = Spend()
    revisions = 0
    for round_ in range(1, max_rounds + 1):
        reviewed = await _review(judge, assignment, reviewer, current, number, round_, now(), fail_closed)
        record.review(reviewed)
        reviews.append(reviewed.review)
        spend += reviewed.spend
        candidates.append(Candidate(current, number, reviewed.review))
        if reviewed.review.verdict is not Verdict.REVISE or round_ == max_rounds:
            break
        revised = await _revise(author, assignment, current, reviewed.review.findings, fail_closed)
        if revised is None:
            break
        spend += revised.spend
        if revised.content == current.content:
            break
        current, number = revised, record.version(revised)
        revisions += 1
    best = max(candidates, key=lambda candidate: candidate.rank)
    return ReviewOutcome(best, tuple(reviews), revisions, spend)


async def _review(
    judge: Judges,
    assignment: Assignment,
    reviewer: str,
    drafted: Drafted,
    version: int,
    round_: int,
    at: datetime,
    fail_closed: bool,
) -> Reviewed:
    try:
        return await judge.review(assignment, reviewer, drafted.content, version, round_, at)
    except (NoVerdict, ToolError, BudgetExceeded) as error:
        if not fail_closed:
            raise
        return no_verdict(assignment, reviewer, version, round_, at, error)


async def _revise(
    author: Revises,
    assignment: Assignment,
    drafted: Drafted,
    findings: tuple[Finding, ...],
    fail_closed: bool,
) -> Drafted | None:
    """The mended version, or None when there is none to be had and the best so far must do."""
    if not findings:
        return None
    try:
        return await author.revise(assignment, drafted.content, findings)
    except NoVerdict:
        return None
    except (ToolError, BudgetExceeded):
        if fail_closed:
            return None
        raise
