"""The bandit feeds what works, stops what does not, and starts from what past tests taught."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.optimise.bandit import ArmCounts, Prior, allocate, learn_prior

PRIOR = Prior(level=-4, between=0.7, within=0.2, tests=30)


def arms(*counts: tuple[int, int]) -> list[ArmCounts]:
    return [ArmCounts(f"s{i}", shown, clicked) for i, (shown, clicked) in enumerate(counts)]


def test_without_data_all_arms_get_about_the_same() -> None:
    plan = allocate(arms((0, 0), (0, 0), (0, 0), (0, 0)), PRIOR, remaining=1)
    assert all(arm.share == pytest.approx(0.25, abs=0.03) for arm in plan.arms)


def test_a_clear_loser_gets_nothing_more() -> None:
    plan = allocate(arms((5000, 150), (5000, 145), (5000, 40)), PRIOR)
    assert plan.arms[2].dropped and plan.arms[2].share == 0
    assert "s2" in plan.summary and plan.leader in ("s0", "s1")


def test_nearing_the_end_less_is_explored() -> None:
    early, late = (allocate(arms((2000, 40), (2000, 30)), PRIOR, remaining=r).arms[0].share for r in (1.0, 0.1))
    assert late > early > 0.5


def test_small_samples_are_shrunk_to_what_is_usual() -> None:
    lucky = allocate(arms((20, 3), (20, 0)), PRIOR).arms[0]
    assert lucky.rate < 0.05 < 3 / 20


def test_the_expected_loss_falls_as_evidence_grows() -> None:
    small, large = allocate(arms((500, 12), (500, 9)), PRIOR), allocate(arms((50_000, 1200), (50_000, 900)), PRIOR)
    assert large.expected_loss < 0.001 < small.expected_loss


def history(within: float, n: int = 60, seed: int = 0) -> list[list[ArmCounts]]:
    g = np.random.default_rng(seed)
    tests: list[list[ArmCounts]] = []
    for _ in range(n):
        rate = 1 / (1 + np.exp(-(g.normal(-4, 0.6) + g.normal(0, within, 4))))
        tests.append([ArmCounts(str(i), 4000, int(g.binomial(4000, p))) for i, p in enumerate(rate)])
    return tests


@pytest.mark.parametrize("within", [0.1, 0.2, 0.4])
def test_the_prior_recovers_how_much_variants_matter(within: float) -> None:
    prior = learn_prior(history(within))
    assert prior.within == pytest.approx(within, abs=0.06)
    assert prior.level == pytest.approx(-4, abs=0.35)
    assert prior.tests == 60


def test_few_own_tests_lean_on_the_platform() -> None:
    mixed = learn_prior(history(0.05, n=2, seed=1), history(0.4, n=80, seed=2))
    own = learn_prior(history(0.05, n=80, seed=1), history(0.4, n=80, seed=2))
    assert mixed.within > 0.25 > own.within


def test_no_past_gives_the_default() -> None:
    assert learn_prior([]) == Prior() == learn_prior([arms((3, 1), (4, 0))])


@pytest.mark.parametrize(
    ("counts", "remaining", "field"),
    [([(10, 1)], 0.5, "arms"), ([], 0.5, "arms"), ([(10, 1), (10, 1)], 1.5, "remaining")],
)
def test_bad_input_is_refused(counts: list[tuple[int, int]], remaining: float, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        allocate(arms(*counts), remaining=remaining)


@pytest.mark.parametrize(("shown", "clicked", "field"), [(-1, 0, "shown"), (5, 6, "clicked"), (5, -1, "clicked")])
def test_bad_counts_are_refused(shown: int, clicked: int, field: str) -> None:
    with pytest.raises(ValueError, match=f"b.{field}"):
        ArmCounts("b", shown, clicked)


@pytest.mark.parametrize(("prior", "field"), [((math.nan, 0.7, 0.2), "level"), ((-4, 0, 0.2), "between")])
def test_a_prior_without_spread_or_number_is_refused(prior: tuple[float, float, float], field: str) -> None:
    with pytest.raises(ValueError, match=f"prior.{field}"):
        Prior(*prior)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_arms_does_not_matter(order: list[int]) -> None:
    data = arms((3000, 40), (2500, 55), (3500, 50), (2000, 10))
    straight = {arm.name: arm for arm in allocate(data, PRIOR).arms}
    for arm in allocate([data[i] for i in order], PRIOR).arms:
        assert arm.rate == pytest.approx(straight[arm.name].rate, rel=0.02)
        assert arm.chance_best == pytest.approx(straight[arm.name].chance_best, abs=0.04)


counts = st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(max_examples=60, deadline=None)
@given(st.lists(counts, min_size=2, max_size=7), st.floats(0, 1))
def test_shares_add_up_and_nothing_is_nan(data: list[tuple[int, int]], remaining: float) -> None:
    plan = allocate(arms(*data), remaining=remaining)
    assert sum(arm.share for arm in plan.arms) == pytest.approx(1)
    assert all(0 <= arm.low <= arm.rate <= arm.high <= 1 and arm.share >= 0 for arm in plan.arms)
    assert math.isfinite(plan.expected_loss) and plan.expected_loss >= 0


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 60), st.integers(1, 60))
def test_more_clicks_never_cost_an_arm_its_chance(clicked: int, more: int) -> None:
    low = allocate(arms((3000, clicked), (3000, 40)), PRIOR).arms[0].chance_best
    high = allocate(arms((3000, clicked + more), (3000, 40)), PRIOR).arms[0].chance_best
    assert high >= low - 0.02
