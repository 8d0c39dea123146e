"""Learnings are promoted on evidence that survives peeking, and let go when it fades."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.learning.validate import (
    Candidate,
    Verdict,
    applied,
    combine_orders,
    e_bh,
    evidence,
    portfolio,
    wealth,
)

TODAY = date(2026, 6, 1)


def test_the_coin_is_fair_repeatable_and_different_for_each_learning() -> None:
    flips = [applied("short-subjects", f"run-{i}", salt="t1") for i in range(4000)]
    assert abs(np.mean(flips) - 0.5) < 0.03
    assert flips == [applied("short-subjects", f"run-{i}", salt="t1") for i in range(4000)]
    other = [applied("name-the-price", f"run-{i}", salt="t1") for i in range(4000)]
    assert abs(np.corrcoef(flips, other)[0, 1]) < 0.05
    assert not any(applied("x", f"{i}", salt="s", share=0) for i in range(50))


def test_a_judge_who_prefers_what_comes_first_says_nothing() -> None:
    assert combine_orders(1, -1) == 0
    assert combine_orders(1, 0.5) == 0.75


def test_wealth_averages_one_when_the_learning_does_nothing() -> None:
    random = np.random.default_rng(0)
    for x in (random.normal(0, 0.3, (40_000, 12)), random.choice([-1.0, 0.0, 1.0], (40_000, 12))):
        final = wealth(np.clip(x, -1, 1))[:, -1]
        assert final.mean() == pytest.approx(1, abs=5 * final.std() / math.sqrt(len(final)))


def test_looking_after_every_pair_rarely_promotes_a_useless_learning() -> None:
    x = np.random.default_rng(1).normal(0, 0.4, (4000, 150)).clip(-1, 1)
    assert (wealth(x).max(axis=1) >= 50).mean() <= 0.02


def test_half_a_standard_deviation_is_found_within_forty_pairs_as_a_rule() -> None:
    x = np.random.default_rng(2).normal(0.2, 0.4, (1000, 60)).clip(-1, 1)
    assert np.median(np.argmax(wealth(x) >= 50, axis=1) + 1) <= 40


def test_a_portfolio_of_mostly_useless_learnings_keeps_its_promise() -> None:
    random = np.random.default_rng(3)
    shares = []
    for _ in range(60):
        useful = np.arange(40) < 8
        x = random.normal(np.where(useful, 0.2, 0.0)[:, None], 0.4, (40, 80)).clip(-1, 1)
        chosen = e_bh({str(i): float(peak) for i, peak in enumerate(wealth(x)[:, -1])})
        shares.append(np.mean([int(name) >= 8 for name in chosen]) if chosen else 0.0)
        assert len(chosen) >= 4
    assert np.mean(shares) <= 0.1


def steady(name: str, mean: float, n: int = 80, seed: int = 0) -> Candidate:
    x = np.random.default_rng(seed).normal(mean, 0.3, n).clip(-1, 1)
    return Candidate(name, tuple(x.tolist()), TODAY - timedelta(days=3))


def test_verdicts() -> None:
    good, bad, idle, new = steady("good", 0.3), steady("bad", -0.3), steady("idle", 0), Candidate("new", ())
    old = Candidate("old", good.pairs, TODAY - timedelta(days=400))
    turned = Candidate("turned", good.pairs + tuple([-0.5] * 20), TODAY)
    verdicts = portfolio([good, bad, idle, new, old, turned], today=TODAY)
    assert verdicts == {
        "good": Verdict.HELPS,
        "bad": Verdict.HARMS,
        "idle": Verdict.UNDECIDED,
        "new": Verdict.UNDECIDED,
        "old": Verdict.EXPIRED,
        "turned": Verdict.EXPIRED,
    }


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_candidates_does_not_matter(order: list[int]) -> None:
    all_ = [steady(str(i), mean, seed=i) for i, mean in enumerate((0.3, -0.3, 0.0, 0.2, 0.1))]
    assert portfolio([all_[i] for i in order], today=TODAY) == portfolio(all_, today=TODAY)


def test_evidence_says_what_it_rests_on() -> None:
    said = evidence([0.5] * 12 + [-0.2] * 3 + [0.0]).summary
    assert "16 pairs" in said and "12 won" in said and "3 lost" in said and "help" in said
    assert "harm" in evidence([-0.5] * 12).summary


def test_e_bh_asks_more_of_a_longer_list() -> None:
    assert e_bh({"a": 25}, rate=0.1) == {"a"}
    assert e_bh({"a": 25, "b": 1, "c": 1}, rate=0.1) == frozenset()
    assert e_bh({"a": 25, "b": 25, "c": 16}, rate=0.1) == {"a", "b", "c"}
    assert e_bh({}, rate=0.1) == frozenset()


@pytest.mark.parametrize(
    ("pairs", "field"), [([], "pairs"), ([math.nan], "pairs"), ([2.0], "pairs"), ([[0.1]], "pairs")]
)
def test_bad_pairs_are_refused(pairs: list[float], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        evidence(pairs)


def test_bad_arguments_are_refused_by_field() -> None:
    with pytest.raises(ValueError, match="shown_first"):
        combine_orders(2, 0)
    with pytest.raises(ValueError, match=r"e_values\.a"):
        e_bh({"a": -1})
    with pytest.raises(ValueError, match="keep_days"):
        portfolio([], today=TODAY, keep_days=-1)
    with pytest.raises(ValueError, match="share"):
        applied("a", "b", salt="c", share=1.5)
    with pytest.raises(ValueError, match="candidates"):
        portfolio([Candidate("a", ()), Candidate("a", ())], today=TODAY)


xs = st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=1, max_size=40)


@settings(max_examples=100, deadline=None)
@given(xs)
def test_evidence_is_never_nan_and_both_sides_cannot_win_at_once(pairs: list[float]) -> None:
    found = evidence(pairs)
    assert all(math.isfinite(v) for v in (found.e_value, found.peak, found.harm_e_value, found.mean))
    assert min(found.e_value, found.harm_e_value) <= 1 + 1e-9


@settings(max_examples=60, deadline=None)
@given(xs, st.floats(0.01, 1))
def test_evidence_does_not_depend_on_the_scale_of_the_judge(pairs: list[float], factor: float) -> None:
    x = np.array([p if abs(p) > 1e-3 else 0.0 for p in pairs])
    np.testing.assert_allclose(wealth(x * factor), wealth(x), rtol=1e-6)


@given(st.integers(1, 60))
def test_ties_are_no_evidence(n: int) -> None:
    assert evidence([0.0] * n).peak == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(xs)
def test_one_more_win_is_more_evidence(pairs: list[float]) -> None:
    assert wealth(np.array([*pairs, 1.0]))[-1] > wealth(np.array([*pairs, -1.0]))[-1]
