"""Random chains: whatever reviewers, Director, author and machine do, in whatever order, only what everybody approved
on the very version passes; a rejection or a missing verdict ends the work at once."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketeer_dagster.agents import MAX_ASKED_AGAIN, MAX_ROUNDS, Author, Director, Reviewer, no_verdict, review_until
from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.agents.prompt import DIRECTOR
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactContent, Spend
from marketeer_dagster.model.errors import MarketeerError, ToolError
from marketeer_dagster.model.review import Review, Verdict
from marketeer_dagster.quality.gate import gate
from tests.adversaries.scripted_model import ENDINGS, REVIEWS, Killed, ScriptedModel, number_of, plan
from tests.support import marketing

REVIEWERS = ("analytics-tracking", "page-cro", "copy-editing", "seo-audit")
UNKNOWN = "nobody"
HONEST = ("APPROVE", "REVISE", "FLAKY", "CONTRADICT", "DOWN")
AGREEABLE = ("APPROVE", "APPROVE", "REVISE")
"""Chains of these come to their end, and so to work that others changed after it was approved."""


@cache
def catalog() -> Catalog:
    return Catalog.load()


def assignment(reviewers: Sequence[str]) -> Assignment:
    work = marketing.assignment(catalog(), "ab-test-setup")
    return replace(work, skill=work.skill.model_copy(update={"reviewers": tuple(reviewers)}))


@dataclass
class Kept:
    """The store's part: numbered versions, one row a question."""

    versions: list[ArtefactContent] = field(default_factory=list)
    rows: dict[str, Review] = field(default_factory=dict)

    def version(self, drafted: Drafted) -> int:
        if drafted.content not in self.versions:
            self.versions.append(drafted.content)
        return 1 + self.versions.index(drafted.content)

    def review(self, reviewed: Reviewed) -> None:
        self.rows[reviewed.review.id] = reviewed.review

    def drafted(self, version: int) -> Drafted:
        return Drafted(self.versions[version - 1], Spend(), "0" * 16, replayed=True)


@dataclass(frozen=True)
class State:
    """What one op hands to the next."""

    version: int
    history: tuple[Review, ...] = ()
    ended: tuple[Verdict, str] | None = None


@dataclass
class Chain:
    """The ops of one artefact, as Dagster runs them: a step that fails or is killed runs again from what came in."""

    model: ScriptedModel
    work: Assignment
    kept: Kept = field(default_factory=Kept)

    async def run(self) -> tuple[State, bool]:
        state = State(self.kept.version(Drafted(plan(1), Spend(), "0" * 16, replayed=False)))
        turns = [((name,), MAX_ROUNDS) for name in dict.fromkeys(self.work.skill.reviewers)]
        again = [(self.work.skill.reviewers, MAX_ASKED_AGAIN)] if len(turns) > 1 else []
        for reviewers, rounds in [*turns, *again]:
            state = await self._step(lambda closed, r=reviewers, n=rounds, s=state: self._ask(s, r, n, closed))
        decided = await self._step(lambda closed, s=state: self._decide(s, closed))
        self.kept.review(decided)
        standing = gate(self.kept.rows.values(), (*self.work.skill.reviewers, DIRECTOR), state.version)
        return state, standing.approved and state.ended is None

    async def _step(self, op: Callable):
        for _ in range(2):
            try:
                return await op(False)
            except Killed:
                continue
            except MarketeerError:
                break
        try:
            return await op(True)
        except Killed:
            return await op(True)

    async def _ask(self, state: State, reviewers: Sequence[str], rounds: int, closed: bool) -> State:
        if state.ended:
            return state
        outcome = await review_until(
            Author(self.model), Reviewer(self.model, catalog()), self.work, reviewers,
            self.kept.drafted(state.version), state.version, record=self.kept, now=lambda: marketing.NOW,
            history=state.history, max_rounds=rounds, fail_closed=closed,
        )  # fmt: skip
        history = (*state.history, *outcome.reviews)
        return State(outcome.best.version, history, None if outcome.approved else (outcome.verdict, outcome.cause))

    async def _decide(self, state: State, closed: bool) -> Reviewed:
        content = self.kept.versions[state.version - 1]
        try:
            return await Director(self.model, catalog()).decide(
                self.work, content, state.history, (), marketing.NOW, version=state.version, ended=state.ended
            )
        except ToolError as error:
            if not closed:
                raise
            return no_verdict(self.work, DIRECTOR, state.version, 1, marketing.NOW, error)


def approves(move: str) -> bool:
    return move in ("APPROVE", "FLAKY", "FORGET")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_only_what_everybody_approved_on_the_very_version_passes(data: st.DataObject) -> None:
    reviewers = [
        *data.draw(st.permutations(REVIEWERS))[: data.draw(st.integers(0, 4))],
        *data.draw(st.sampled_from([(), (), (), (REVIEWERS[0],), (UNKNOWN,)])),
    ]
    moods = data.draw(st.sampled_from([REVIEWS, HONEST, AGREEABLE]), label="moods")
    dice = random.Random(data.draw(st.integers(0, 2**32), label="seed"))  # drawn moves would too often be all alike

    def choose(who: str, moves: tuple[str, ...]) -> str:
        calm = moods is not REVIEWS
        options = moods if who != "revise" else ("NEW",) if calm else moves
        return dice.choice(options)

    model = ScriptedModel(choose, kill_at=data.draw(st.integers(0, 6)))
    chain = Chain(model, assignment(reviewers))
    state, approved = asyncio.run(chain.run())

    said = list(model.said.values())
    # Every version of this script is an ExperimentPlan.
    here = number_of(chain.kept.versions[state.version - 1].hypothesis)  # type: ignore[attr-defined]
    newest = {word.who: word.move for word in said if word.number == here and word.who != "revise"}
    wanted = {*reviewers, DIRECTOR}
    if approved:
        assert UNKNOWN not in wanted
        assert wanted <= set(newest)
        assert all(approves(newest[name]) for name in wanted)
    elif state.ended is None:
        assert not approves(newest.get(DIRECTOR, "NONE")), "all reviewers agree: only the Director can be against it"
    else:
        assert state.ended[1], "the person who is asked is told why"

    endings = [index for index, word in enumerate(said) if word.who != "revise" and word.move in ENDINGS]
    if endings:
        assert not approved
        assert endings[0] == len(said) - 1, "nothing is asked of anybody after it"
    for name in set(reviewers):
        rounds = [word for word in said if word.who == name]
        assert len(rounds) <= MAX_ROUNDS + MAX_ASKED_AGAIN
    revisions = [word.number for word in said if word.who == "revise"]
    assert len(revisions) <= 3 * len(set(reviewers))
    assert all(one < other for one, other in pairwise(revisions)), "the work goes on, never back"


def test_the_property_is_not_empty() -> None:
    """Two reviewers, one revision by the second: the first is asked again, and then it passes."""
    words = iter(["APPROVE", "REVISE", "NEW", "APPROVE", "APPROVE", "APPROVE"])
    model = ScriptedModel(lambda who, moves: next(words))
    state, approved = asyncio.run(Chain(model, assignment(REVIEWERS[:2])).run())
    assert approved
    assert [(word.who, word.number) for word in model.said.values()] == [
        ("analytics-tracking", 1), ("page-cro", 1), ("revise", 1), ("page-cro", 2), ("analytics-tracking", 2),
        ("director", 2),
    ]  # fmt: skip
    assert state.version == 2
