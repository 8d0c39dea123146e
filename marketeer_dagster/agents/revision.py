"""The bounded review chain: review, revise on named findings, review again, until every reviewer approves one version.

Two uses. In a reviewer's turn that reviewer alone is asked, MAX_ROUNDS times at most. After the last turn all are asked
again whose word is on an older version than the one that came out, each MAX_ASKED_AGAIN times at most, and the work may
still change. So a chain of n reviewers holds at most 5 n reviews and 3 n revisions.

The first REJECT or missing verdict ends the chain: nobody revises on top of it and nothing more is paid. So does a
bound that is reached, and a revision that brings nothing new. A person decides then, about the best version seen.

Pure of storage and of any orchestrator: a Recorder persists what happens, in the order it happens, so that a step
which is killed and run again replays its paid answers and writes the same rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.agents.reviewer import no_verdict
from marketeer_dagster.model.artefacts import ArtefactContent, Spend
from marketeer_dagster.model.errors import BudgetExceeded, MarketeerError, NotFound, NoVerdict, ToolError
from marketeer_dagster.model.review import Finding, Review, Verdict
from marketeer_dagster.quality.earlier import open_findings
from marketeer_dagster.quality.gate import gate, objection, worth

MAX_ROUNDS = 3
"""Reviews by one reviewer in its turn: catalog.md, Review."""
MAX_ASKED_AGAIN = 2
"""Further reviews by one reviewer after the turns, because others changed what it had approved."""

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
        *,
        history: Sequence[Review] = (),
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
    """A version and what was said of it here."""

    drafted: Drafted
    version: int
    reviews: tuple[Review, ...]

    @property
    def rank(self) -> tuple[int, float, int, int]:
        """Order of preference: gravest verdict, lowest score, fewer serious findings, then the newer version."""
        serious = sum(finding.serious for review in self.reviews for finding in review.findings)
        verdict = min((_RANK[worth(review)] for review in self.reviews), default=_RANK[Verdict.APPROVE])
        return verdict, min((review.score for review in self.reviews), default=0.0), -serious, self.version


@dataclass(frozen=True)
class ReviewOutcome:
    """How the asking ended."""

    best: Candidate
    """The version all of them approved; else the best seen."""
    verdict: Verdict
    """APPROVE, or what ended the chain."""
    cause: str
    """Why it ended without approval, for a person; empty when it was approved."""
    reviews: tuple[Review, ...]
    """Every review made here, in order."""
    revisions: int
    """How many new versions were written."""
    spend: Spend
    """Reviews and revisions together."""

    @property
    def approved(self) -> bool:
        return self.verdict is Verdict.APPROVE


async def review_until(
    author: Revises,
    judge: Judges,
    assignment: Assignment,
    reviewers: Sequence[str],
    drafted: Drafted,
    version: int,
    *,
    record: Recorder,
    now: Callable[[], datetime],
    history: Sequence[Review] = (),
    max_rounds: int = MAX_ROUNDS,
    fail_closed: bool = True,
) -> ReviewOutcome:
    """Ask `reviewers` about `drafted`, and the author to revise it, until all of them approve one version.

    Asked is whoever has not judged the version at hand, `max_rounds` times each; `history` are the reviews of this take
    so far, in order. With `fail_closed` a vendor's or budget's refusal becomes Verdict.NONE and the best version so far
    stands; otherwise it passes, so that a step with retries left can run again and replay what was paid for.
    """
    chain = _Chain(author, judge, assignment, record, now, fail_closed, drafted, version, history)
    while not chain.ended:
        standing = gate(chain.reviews, reviewers, chain.version)
        if standing.approved:
            return chain.outcome(Verdict.APPROVE, "")
        if not standing.unheard:
            return chain.outcome(standing.verdict, standing.cause)
        await chain.ask(chain.next_of(standing.unheard), max_rounds)
    return chain.outcome(*chain.ended)


class _Chain:
    """The work on one artefact while reviewers are asked."""

    def __init__(
        self,
        author: Revises,
        judge: Judges,
        assignment: Assignment,
        record: Recorder,
        now: Callable[[], datetime],
        fail_closed: bool,
        drafted: Drafted,
        version: int,
        history: Sequence[Review],
    ) -> None:
        self._author, self._judge, self._assignment = author, judge, assignment
        self._record, self._now, self._fail_closed = record, now, fail_closed
        self.version = version
        self.reviews = list(history)
        self.ended: tuple[Verdict, str] | None = None
        self._before = len(history)
        self._versions = {version: drafted}
        self._revisions = 0
        self._spend = Spend()
        self._sent_back_by = ""

    def next_of(self, unheard: Sequence[str]) -> str:
        """Who is asked next: whoever sent the work back must see the mend first."""
        return self._sent_back_by if self._sent_back_by in unheard else unheard[0]

    async def ask(self, reviewer: str, most: int) -> None:
        """One review, and the revision that follows a REVISE; sets `ended` when nobody may be asked any more."""
        asked = sum(review.reviewer == reviewer for review in self.reviews[self._before :])
        if asked >= most:
            self.ended = Verdict.REVISE, f"{reviewer} was asked {asked} times and has not approved what came out."
            return
        review = await self._reviewed(reviewer)
        verdict = worth(review)
        if verdict is Verdict.APPROVE:
            return
        if verdict is not Verdict.REVISE:
            self.ended = verdict, objection(review)
        elif asked + 1 == most:
            self.ended = verdict, f"Not approved in {most} rounds. {objection(review)}"
        elif (failed := await self._revised(review)) is not None:
            self.ended = verdict, f"{objection(review)} {failed}"

    def outcome(self, verdict: Verdict, cause: str) -> ReviewOutcome:
        """How it ended: with the version at hand when it is approved, else with the best seen."""
        made = tuple(self.reviews[self._before :])
        said = {number: tuple(r for r in made if r.version == number) for number in self._versions}
        seen = [Candidate(drafted, number, said[number]) for number, drafted in self._versions.items()]
        here = next(candidate for candidate in seen if candidate.version == self.version)
        judged = [candidate for candidate in seen if candidate.reviews]
        best = here if verdict is Verdict.APPROVE or not judged else max(judged, key=lambda c: c.rank)
        return ReviewOutcome(best, verdict, cause, made, self._revisions, self._spend)

    async def _reviewed(self, reviewer: str) -> Review:
        round_ = 1 + sum(review.reviewer == reviewer for review in self.reviews)
        at, content = self._now(), self._versions[self.version].content
        try:
            reviewed = await self._judge.review(
                self._assignment, reviewer, content, self.version, round_, at, history=tuple(self.reviews)
            )
        except (NoVerdict, ToolError, BudgetExceeded, NotFound) as error:
            if not self._fail_closed and not isinstance(error, NotFound):
                raise
            reviewed = no_verdict(self._assignment, reviewer, self.version, round_, at, error)
        self._record.review(reviewed)
        self.reviews.append(reviewed.review)
        self._spend += reviewed.spend
        return reviewed.review

    async def _revised(self, review: Review) -> str | None:
        """Go on with a mended version; why there is none otherwise."""
        findings = _to_mend(review, self.reviews)
        if not findings:
            return "It named nothing that could be mended."
        current = self._versions[self.version]
        try:
            revised = await self._author.revise(self._assignment, current.content, findings)
        except (NoVerdict, ToolError, BudgetExceeded) as error:
            if not self._fail_closed and not isinstance(error, NoVerdict):
                raise
            return _no_revision(error)
        self._spend += revised.spend
        if revised.content == current.content:
            return "The revision changed nothing."
        number = self._record.version(revised)
        if number in self._versions or any(known.version == number for known in self.reviews):
            return f"The revision went back to version {number}."
        self.version, self._sent_back_by = number, review.reviewer
        self._versions[number] = revised
        self._revisions += 1
        return None


def _to_mend(review: Review, reviews: Sequence[Review]) -> tuple[Finding, ...]:
    """What this review names, and what others left open before it."""
    named = {finding.id for finding in review.findings if finding.id}
    others = (raised.finding for raised in open_findings(reviews) if raised.finding.id not in named)
    return (*review.findings, *others)


def _no_revision(error: MarketeerError) -> str:
    return f"There is no revision: {error.message}."
