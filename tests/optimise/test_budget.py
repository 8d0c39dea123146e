"""Budget moves are small, explained, within every rule, and only made when the data carry them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.optimise.budget import History, Rules, allocate
from marketeer_dagster.optimise.response import fit, marginal_at, reached, revenue_at

CALM = Rules(explore=0)


def channel(
    name: str, scale: float, half: float, spend: float, *, weeks: int = 40, seed: int = 0, noise: float = 0.08
) -> History:
    g = np.random.default_rng(seed)
    spends = spend * np.exp(0.15 * g.standard_normal(weeks))
    spends[-1] = spend
    revenue = scale * spends / (spends + half) * np.exp(noise * g.standard_normal(weeks))
    return History(name, tuple(spends.tolist()), tuple(revenue.tolist()))


def market(seed: int = 0) -> list[History]:
    """Search is far from saturated, social is drowned in money."""
    return [channel("search", 900, 200, 40, seed=seed), channel("social", 120, 10, 60, seed=seed + 1)]


def test_money_moves_to_where_the_next_unit_earns_more() -> None:
    result = allocate(market(), rules=CALM)
    search, social = result.moves
    assert result.supported and result.gain > 0 and result.confidence > 0.9
    assert search.proposed > search.current and social.proposed < social.current
    assert search.marginal > social.marginal
    assert "gains" in search.reason and "gives up" in social.reason


def test_no_step_is_larger_than_a_fifth() -> None:
    for move in allocate(market(), seed=3).moves:
        assert abs(move.proposed / move.current - 1) <= 0.2 + 1e-9


def test_the_allocation_converges_to_equal_marginal_returns() -> None:
    histories = market()
    responses = fit(tuple(histories))
    for _ in range(12):
        moves = allocate(histories, rules=Rules(explore=0, min_confidence=0.5)).moves
        histories = [
            History(h.channel, (*h.spend[1:], m.proposed), (*h.revenue[1:], h.revenue[-1]))
            for h, m in zip(histories, moves, strict=True)
        ]
    assert responses[0].weight.sum() == pytest.approx(1)
    assert moves[0].proposed > 70


def test_alike_channels_are_left_alone() -> None:
    twins = [channel("a", 300, 40, 50, seed=1), channel("b", 300, 40, 50, seed=1)]
    result = allocate(twins, rules=Rules(explore=0, min_confidence=0.9))
    assert not result.supported
    assert all(move.proposed == pytest.approx(move.current) for move in result.moves)
    assert "cannot support" in result.summary


def test_a_short_history_moves_nothing() -> None:
    young = [channel("a", 900, 200, 40, weeks=5), channel("b", 120, 10, 60, weeks=5)]
    result = allocate(young)
    assert not result.supported and "too few" in result.summary
    assert [move.proposed for move in result.moves] == pytest.approx([40, 60])


def test_floors_and_ceilings_hold() -> None:
    result = allocate(market(), floors={"social": 58}, ceilings={"search": 41}, rules=CALM)
    search, social = result.moves
    assert search.proposed <= 41 + 1e-9 and social.proposed >= 58 - 1e-9


def test_a_new_total_is_spread() -> None:
    result = allocate(market(), total=150)
    assert sum(move.proposed for move in result.moves) == pytest.approx(150)


def test_the_response_recovers_a_known_curve() -> None:
    (response,) = fit((channel("a", 400, 30, 50, weeks=120, noise=0.03),))
    scale, half, steep, tail = response.draws(500, seed=1)
    at = np.array([40.0, 50.0, 60.0])
    estimate = revenue_at(at[:, None], scale, half, steep, tail).mean(axis=1)
    assert estimate == pytest.approx(400 * at / (at + 30), rel=0.05)


@pytest.mark.parametrize(
    ("histories", "options", "field"),
    [
        ([], {}, "histories"),
        ([channel("a", 1, 1, 1)], {}, "histories"),
        ([channel("a", 1, 1, 1), channel("a", 1, 1, 1)], {}, "histories"),
        ([History("a", (), ()), channel("b", 1, 1, 1)], {}, r"a\.spend"),
        ([History("a", (1, -1), (1, 1)), channel("b", 1, 1, 1)], {}, r"a\.spend"),
        ([History("a", (1, math.inf), (1, 1)), channel("b", 1, 1, 1)], {}, r"a\.spend"),
        ([History("a", (1, 1), (1, math.nan)), channel("b", 1, 1, 1)], {}, r"a\.revenue"),
        ([History("a", (1, 1), (1,)), channel("b", 1, 1, 1)], {}, r"a\.revenue"),
        ([History("a", (0, 0), (1, 1)), channel("b", 1, 1, 1)], {}, r"a\.spend"),
        (market(), {"total": 0}, "total"),
        (market(), {"total": math.inf}, "total"),
        (market(), {"floors": {"search": 80, "social": 80}}, "floors"),
        (market(), {"ceilings": {"search": 10, "social": 10}}, "ceilings"),
        (market(), {"floors": {"tv": 1}}, r"floors\.tv"),
        (market(), {"floors": {"search": 30}, "ceilings": {"search": 20}}, r"floors\.search"),
    ],
)
def test_bad_input_is_refused_by_field(histories: list[History], options: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        allocate(histories, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("tail", [1.0, 6.0, 1000.0])
def test_the_marginal_is_the_slope_of_the_revenue(tail: float) -> None:
    at, scale, half, steep, q = (np.array([x]) for x in (25.0, 300.0, 20.0, 0.7, tail))
    slope = (revenue_at(at + 1e-4, scale, half, steep, q) - revenue_at(at - 1e-4, scale, half, steep, q)) / 2e-4
    assert marginal_at(at, scale, half, steep, q) == pytest.approx(slope, rel=1e-6)


def test_the_family_holds_the_usual_forms() -> None:
    spend, half = np.array([1.0, 10.0, 60.0]), np.array([15.0])
    assert reached(spend, half, np.array([1.0])) == pytest.approx(spend / (spend + half))
    assert reached(spend, half, np.array([1e6])) == pytest.approx(1 - np.exp(-spend / half), rel=1e-4)


def test_exploration_never_slows_a_move_that_goes_as_far_as_it_may() -> None:
    calm = allocate(market(), rules=CALM)
    assert [m.proposed for m in calm.moves] == [m.proposed for m in allocate(market(), rules=Rules(explore=0.1)).moves]
    twins = [channel(name, 300, 40, 50, seed=1) for name in "abc"]
    varied = allocate(twins, rules=Rules(explore=0.05), seed=4)
    assert max(abs(m.proposed / m.current - 1) for m in varied.moves) > 0.005


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(4)))
def test_the_order_of_channels_does_not_matter(order: list[int]) -> None:
    histories = [channel(str(i), 300 + 200 * i, 20 + 30 * i, 50, seed=i) for i in range(4)]
    straight = {m.channel: m.proposed for m in allocate(histories, rules=CALM).moves}
    turned = {m.channel: m.proposed for m in allocate([histories[i] for i in order], rules=CALM).moves}
    assert turned == pytest.approx(straight, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    spends=st.lists(st.floats(1, 1e5), min_size=2, max_size=5),
    seed=st.integers(0, 100),
    factor=st.floats(0.5, 2),
)
def test_the_split_adds_up_stays_in_bounds_and_is_never_nan(spends: list[float], seed: int, factor: float) -> None:
    histories = [channel(str(i), 3 * s, s, s, weeks=15, seed=seed + i, noise=0.3) for i, s in enumerate(spends)]
    total = factor * sum(spends)
    result = allocate(histories, total=total, seed=seed)
    assert sum(move.proposed for move in result.moves) == pytest.approx(total, rel=1e-9)
    for move in result.moves:
        assert 0.8 - 1e-9 <= move.proposed / (move.current * factor) <= 1.2 + 1e-9
        assert all(
            math.isfinite(v) for v in (move.marginal, move.marginal_low, move.marginal_high, move.marginal_after)
        )
    assert math.isfinite(result.gain)


@settings(max_examples=15, deadline=None)
@given(unit=st.floats(0.01, 1e4))
def test_the_split_does_not_depend_on_the_currency(unit: float) -> None:
    scaled = [
        History(h.channel, tuple(unit * s for s in h.spend), tuple(unit * r for r in h.revenue)) for h in market()
    ]
    ours, theirs = allocate(market(), rules=CALM), allocate(scaled, rules=CALM)
    for mine, other in zip(ours.moves, theirs.moves, strict=True):
        assert other.proposed / unit == pytest.approx(mine.proposed, rel=1e-4)
