"""Streams of hourly or quicker figures: what outdoes the stream's own noise is told once, from the past alone."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from marketeer_dagster.optimise.anomaly_stream import StreamRules, score_stream


def hourly(days: int = 30, seed: int = 0) -> NDArray[np.float64]:
    t = np.arange(days * 24)
    return 100 + 30 * np.sin(2 * np.pi * t / 24) + np.random.default_rng(seed).normal(0, 3, len(t))


def test_a_spike_fires_on_its_row_and_its_length_is_not_told_again() -> None:
    y = hourly()
    y[500:506] += 90
    found = score_stream(y, per_day=24)
    assert found.fired[500] and found.level_z[500] > 3
    assert found.low[500] < found.expected[500] < found.high[500] < found.observed[500] == pytest.approx(y[500])
    assert found.expected[500] == pytest.approx(y[500 - 24] if found.seasonal[500] else y[499], abs=1)
    assert not found.fired[501:530].any()


def test_an_hour_that_is_wrong_for_its_time_of_day_fires_though_its_size_is_ordinary() -> None:
    y = hourly(seed=1)
    y[20 * 24 + 18] = y[20 * 24 + 6]
    found = score_stream(y, per_day=24)
    assert found.fired[20 * 24 + 18] and found.season_z[20 * 24 + 18] > 3


def test_bursts_that_are_this_stream_s_habit_are_no_news() -> None:
    y = hourly(60, seed=2)
    y[::10] += 80
    assert score_stream(y, per_day=24).fired[24 * 20 :].mean() < 0.01


def test_gaps_are_not_judged_and_the_row_after_them_is() -> None:
    y = hourly()
    y[400:420] = np.nan
    y[420] += 120
    found = score_stream(y, per_day=24)
    assert not found.strength[400:420].any() and found.fired[420]


def test_a_counter_that_never_moved_and_then_does_fires() -> None:
    y = np.full(400, 7.0)
    y[300] = 8
    assert np.flatnonzero(score_stream(y, per_day=288).fired).tolist() == [300]


def test_nothing_is_said_before_enough_was_seen() -> None:
    y = hourly(4)
    y[90] += 500
    assert not score_stream(y, per_day=24).fired.any()


@pytest.mark.parametrize(
    ("values", "per_day", "field"),
    [
        ([], 24, "values"),
        ([math.nan] * 9, 24, "values"),
        ([math.inf, 1.0], 24, "values"),
        ([[1.0]], 24, "values"),
        ([1.0, 2.0], 1, "per_day"),
        ([1.0, 2.0], math.nan, "per_day"),
    ],
)
def test_bad_input_is_refused_by_field(values: list[float], per_day: float, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        score_stream(values, per_day=per_day)


@pytest.mark.parametrize("field", ["memory_days", "least_rows", "line"])
def test_bad_rules_are_refused_by_field(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        StreamRules(**{field: 0})


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(1, 600), st.floats(1.5, 400))
def test_never_fires_on_a_constant(value: float, rows: int, per_day: float) -> None:
    assert not score_stream(np.full(rows, value), per_day=per_day).strength.any()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), min_size=1, max_size=200), st.sampled_from([2, 24, 90])
)
def test_never_nan_whatever_the_numbers(values: list[float], per_day: int) -> None:
    if all(math.isnan(value) for value in values):
        return
    found = score_stream(values, per_day=per_day, rules=StreamRules(least_rows=3))
    assert not np.isnan(found.expected[found.fired]).any()
    for part in (found.strength, found.level_z, found.season_z):
        assert np.isfinite(part).all() and (part >= 0).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(1e-3, 1e4), st.floats(-1e4, 1e4), st.integers(0, 30))
def test_unit_and_zero_do_not_matter(factor: float, offset: float, seed: int) -> None:
    y = hourly(10, seed)
    ours, theirs = score_stream(y, per_day=24), score_stream(y * factor + offset * factor, per_day=24)
    np.testing.assert_allclose(theirs.strength, ours.strength, rtol=1e-5, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), st.integers(0, 30))
def test_a_row_is_scored_from_its_past_alone(end: int, seed: int) -> None:
    y = hourly(20, seed)
    whole, part = score_stream(y, per_day=24), score_stream(y[:end], per_day=24)
    np.testing.assert_allclose(part.strength, whole.strength[:end], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.floats(20, 200), st.integers(0, 30))
def test_a_larger_jump_is_stronger_evidence(jump: float, seed: int) -> None:
    small, large = hourly(20, seed), hourly(20, seed)
    small[-1] = small[-2] + jump
    large[-1] = large[-2] + 2 * jump
    assert score_stream(large, per_day=24).level_z[-1] >= score_stream(small, per_day=24).level_z[-1]
