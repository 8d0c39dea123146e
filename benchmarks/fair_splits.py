"""Fair A/A splits of people who come back often: how many are called broken, judged at the end of every day.

The people are the sandbox market's, but come back more often: eight in ten sessions are made by somebody who was there
before, half of these by one person in fifty. Each world has about 16,000 people in sixty days. Beside ours stands what
was done before: the sum of each day's own people, in which a loyal person counts on every day they come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.rows import Row
from marketeer_dagster.campaigns.readout import COUNT_ERROR, EXACT_BELOW
from marketeer_dagster.optimise.experiment import Arm, Mode, Outcome, Plan, evaluate
from marketeer_dagster.sandbox.crowd import Crowd
from marketeer_dagster.sandbox.state import State

GROUP = "fair-splits"
ARMS = [("control", 0.5), ("b", 0.5)]
TEST = ("marketeer_test_1", "/")
DAYS, SESSIONS, RETURNING = 60, 1500, 0.8
JUDGED = Plan(Mode.ANYTIME, 10**6, count_error=COUNT_ERROR, exact_below=EXACT_BELOW)
MOST = 0.01


@dataclass(frozen=True)
class Called:
    """Worlds in which a fair split was called broken on some day."""

    people_once: int
    sums_of_days: int
    counted_again: float
    """The sum of the days' people over the people there are."""


def broken(seen: Sequence[int]) -> bool:
    """Whether an experiment with so many people in its arms is called broken."""
    arms = [Arm(name, visitors, 0, share=share) for (name, share), visitors in zip(ARMS, seen, strict=True)]
    return evaluate(arms, JUDGED).outcome is Outcome.BROKEN_SPLIT


def measured(worlds: int, seed: int = 1) -> Called:
    """Lives through so many fair tests."""
    once = summed = 0
    again = 0.0
    for world in range(worlds):
        people, sums = zip(*_lived(seed + world), strict=True)
        once += any(broken(day) for day in people)
        summed += any(broken(day) for day in sums)
        again += sum(sums[-1]) / sum(people[-1]) / worlds
    return Called(once, summed, again)


def _lived(seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Day by day and arm: the people so far, and the sum of each day's own people."""
    state, rng = State(None), np.random.default_rng(seed)
    people: list[set[int]] = [set() for _ in ARMS]
    sums = [0 for _ in ARMS]
    for _ in range(DAYS):
        crowd = Crowd(state, "acme", returning=RETURNING)
        crowd.arrive((f"exp_{seed}", *TEST), ARMS, SESSIONS, rng)
        for number, row in enumerate(crowd.rows()):
            people[number].update(row.seen)
            sums[number] += len(row.seen)
        yield [len(arm) for arm in people], list(sums)
    state.close()


def run(worlds: int = 2000) -> list[Row]:
    """All rows."""
    called = measured(worlds)
    share, before = called.people_once / worlds, called.sums_of_days / worlds
    measure = f"fair tests called broken, of {worlds:,}, {called.counted_again:.2f} visits in days a person"
    return [Row(GROUP, measure, f"<= {MOST}", f"sum of days {before:.4f}", f"{share:.4f}", share <= MOST)]
