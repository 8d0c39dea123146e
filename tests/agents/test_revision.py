"""The bounded review loop. Judge and author are scripted: what is under test is the loop between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.agents.reviewer import make_review
from marketeer_dagster.agents.revision import MAX_ROUNDS, ReviewOutcome, review_until
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactContent, Spend
from marketeer_dagster.model.artefacts.experiment_plan import Arm, ExperimentPlan
from marketeer_dagster.model.errors import BudgetExceeded, MarketeerError, NoVerdict, ToolError, ToolErrorKind
from marketeer_dagster.model.review import Finding, Review, Severity, Verdict
from tests.support import marketing

APPROVE, REVISE, REJECT, NONE = Verdict.APPROVE, Verdict.REVISE, Verdict.REJECT, Verdict.NONE
FLAW = Finding(dimension="data", severity=Severity.MAJOR, where="hypothesis", problem="no figure")
OUTAGE = ToolError("claude", ToolErrorKind.OUTAGE, "gone")


@cache
def work() -> Assignment:
    return marketing.assignment(Catalog.load(), "ab-test-setup")


def text(number: int) -> ExperimentPlan:
    arms = (Arm(name="control", description="now", share=0.5), Arm(name="b", description="new", share=0.5))
    return ExperimentPlan(
        path="/pricing", hypothesis=f"version {number}", primary_metric="conversion_rate", arms=arms,
        baseline_rate=0.02, minimum_effect=0.2, sample_per_arm=1000, max_days=28, stopping_rule="s", analysis="a",
    )  # fmt: skip


def drafted(number: int) -> Drafted:
    return Drafted(text(number), Spend(calls=1), f"{number:016x}", replayed=False)


@dataclass
class Judge:
    """Gives the scripted verdicts and scores, one a round."""

    script: Sequence[tuple[Verdict, float] | MarketeerError]
    findings: tuple[Finding, ...] = (FLAW,)
    seen: list[tuple[int, int]] = field(default_factory=list)

    async def review(
        self, assignment: Assignment, reviewer: str, content: ArtefactContent, version: int, round: int, at: datetime,
        *, history: Sequence[Review] = (),
    ) -> Reviewed:  # fmt: skip
        self.seen.append((round, version))
        said = self.script[round - 1]
        if isinstance(said, MarketeerError):
            raise said
        verdict, score = said
        findings = self.findings if verdict is REVISE else ()
        review = make_review(assignment, reviewer, version, round, at, verdict=verdict, score=score, findings=findings)
        return Reviewed(review, Spend(calls=1))


@dataclass
class Writer:
    """Writes version after version, or what it is told to."""

    fails: MarketeerError | None = None
    stuck: bool = False
    asked: list[tuple[Finding, ...]] = field(default_factory=list)

    async def revise(self, assignment: Assignment, content: ArtefactContent, findings: tuple[Finding, ...]) -> Drafted:
        self.asked.append(findings)
        if self.fails:
            raise self.fails
        number = int(content.hypothesis.split()[-1])  # type: ignore[attr-defined]
        return drafted(number if self.stuck else number + 1)


@dataclass
class Log:
    """A Recorder that keeps everything in order."""

    kept: list[object] = field(default_factory=list)

    def version(self, drafted: Drafted) -> int:
        self.kept.append(drafted.content)
        return int(drafted.content.hypothesis.split()[-1])  # type: ignore[attr-defined]

    def review(self, reviewed: Reviewed) -> None:
        self.kept.append((reviewed.review.round, reviewed.review.verdict))


async def loop(
    *script: tuple[Verdict, float] | MarketeerError,
    writer: Writer | None = None,
    log: Log | None = None,
    **options: bool,
) -> ReviewOutcome:
    return await review_until(
        writer or Writer(), Judge(script), work(), ("page-cro",), drafted(1), 1,
        record=log or Log(), now=lambda: marketing.NOW, **options,
    )  # fmt: skip


async def test_approval_at_once_writes_nothing_new() -> None:
    outcome = await loop((APPROVE, 8))
    assert (outcome.approved, outcome.best.version, outcome.revisions, len(outcome.reviews)) == (True, 1, 0, 1)


async def test_named_findings_lead_to_a_revision_and_a_new_review() -> None:
    writer, log = Writer(), Log()
    outcome = await loop((REVISE, 6), (APPROVE, 8), writer=writer, log=log)
    assert (outcome.approved, outcome.best.version, outcome.revisions) == (True, 2, 1)
    assert writer.asked == [(FLAW,)]
    assert log.kept == [(1, REVISE), text(2), (2, APPROVE)]
    assert outcome.spend.calls == 3


async def test_three_reviews_are_the_end_and_the_last_is_not_followed_by_a_revision() -> None:
    writer = Writer()
    outcome = await loop((REVISE, 5), (REVISE, 6), (REVISE, 6.5), (APPROVE, 9), writer=writer)
    assert (outcome.verdict, len(outcome.reviews), outcome.revisions, len(writer.asked)) == (REVISE, 3, 2, 2)


async def test_the_best_version_wins_not_the_last() -> None:
    outcome = await loop((REVISE, 5), (REVISE, 6.5), (REVISE, 4.5))
    assert (outcome.best.version, outcome.best.reviews[0].score) == (2, 6.5)
    assert outcome.best.drafted.content == text(2)


async def test_a_worse_verdict_never_beats_a_better_one_by_its_score() -> None:
    outcome = await loop((REVISE, 4.2), (REJECT, 9))
    assert outcome.best.version == 1


@pytest.mark.parametrize("end", [REJECT, NONE])
async def test_rejection_and_silence_end_the_rounds(end: Verdict) -> None:
    writer = Writer()
    outcome = await loop((end, 3), (APPROVE, 9), writer=writer)
    assert (outcome.verdict, len(outcome.reviews), writer.asked) == (end, 1, [])


async def test_a_revision_that_changes_nothing_ends_the_rounds() -> None:
    log = Log()
    outcome = await loop((REVISE, 6), (APPROVE, 9), writer=Writer(stuck=True), log=log)
    assert (outcome.verdict, outcome.revisions, outcome.spend.calls) == (REVISE, 0, 2)
    assert log.kept == [(1, REVISE)]


async def test_without_a_named_finding_there_is_nothing_to_revise() -> None:
    writer = Writer()
    outcome = await review_until(
        writer, Judge([(REVISE, 6)], findings=()), work(), ("page-cro",), drafted(1), 1,
        record=Log(), now=lambda: marketing.NOW,
    )  # fmt: skip
    assert (outcome.verdict, writer.asked) == (REVISE, [])


@pytest.mark.parametrize("error", [OUTAGE, BudgetExceeded("spent"), NoVerdict("refused")])
async def test_reviews_fail_closed(error: MarketeerError) -> None:
    log = Log()
    outcome = await loop((REVISE, 6), error, log=log)
    assert not outcome.approved
    assert outcome.best.version == 1
    assert log.kept == [(1, REVISE), text(2), (2, NONE)]
    assert error.message in outcome.reviews[-1].summary


@pytest.mark.parametrize("error", [OUTAGE, BudgetExceeded("spent"), NoVerdict("refused")])
async def test_a_revision_that_fails_leaves_the_best_so_far(error: MarketeerError) -> None:
    outcome = await loop((REVISE, 6), (APPROVE, 9), writer=Writer(fails=error))
    assert (outcome.verdict, outcome.best.version, len(outcome.reviews)) == (REVISE, 1, 1)


async def test_a_step_with_retries_left_sees_the_outage() -> None:
    with pytest.raises(ToolError):
        await loop(OUTAGE, fail_closed=False)
    with pytest.raises(ToolError):
        await loop((REVISE, 6), (APPROVE, 9), writer=Writer(fails=OUTAGE), fail_closed=False)


async def test_a_second_run_writes_the_same_reviews() -> None:
    one, other = [(await loop((REVISE, 6), (APPROVE, 8))).reviews for _ in range(2)]
    assert one == other
    assert len({review.id for review in one}) == 2


SCRIPTS = st.lists(
    st.tuples(st.sampled_from([APPROVE, REVISE, REVISE, REJECT, NONE]), st.floats(0, 10)),
    min_size=MAX_ROUNDS,
    max_size=MAX_ROUNDS,
)


@given(SCRIPTS)
async def test_no_script_approves_what_no_reviewer_approved(script: list[tuple[Verdict, float]]) -> None:
    outcome = await loop(*script)
    verdicts = [review.verdict for review in outcome.reviews]
    assert outcome.approved == (APPROVE in verdicts)
    assert len(verdicts) <= MAX_ROUNDS
    assert outcome.revisions == len(verdicts) - 1
    assert outcome.best.reviews[0] in outcome.reviews
    rank = [NONE, REJECT, REVISE, APPROVE]
    best = outcome.best.reviews[0]
    assert all((rank.index(r.verdict), r.score) <= (rank.index(best.verdict), best.score) for r in outcome.reviews)
