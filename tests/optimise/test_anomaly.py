"""Anomaly detection reads like a colleague: it names what happened, since when, and stays silent otherwise."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from marketeer_dagster.optimise.anomaly import (
    Direction,
    MetricKind,
    Policy,
    Shape,
    Status,
    Tuning,
    backfill,
    score_newest,
    score_rate,
    score_series,
)
from marketeer_dagster.optimise.inputs import InvalidInput

FIRST = date(2026, 1, 5)


def days(n: int) -> list[date]:
    return [FIRST + timedelta(days=i) for i in range(n)]


def traffic(n: int = 100, level: float = 500, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    weekend = np.where(np.arange(n) % 7 >= 5, 0.6, 1.0)
    return random.poisson(level * weekend * np.exp(random.normal(0, 0.05, n))).astype(float)


def test_an_ordinary_day_is_normal_and_inside_its_interval() -> None:
    reading = score_series(days(100), traffic())
    assert reading.status is Status.NORMAL
    assert reading.low is not None and reading.high is not None and reading.observed is not None
    assert reading.low < reading.observed < reading.high


def test_a_quiet_weekend_is_not_a_drop() -> None:
    readings = [score_series(days(n), traffic(n)) for n in range(70, 84)]
    assert not any(reading.fired for reading in readings)


def test_one_bad_day_is_a_spike_with_its_size() -> None:
    y = traffic()
    y[-1] *= 0.5
    reading = score_series(days(100), y)
    assert (reading.status, reading.shape) == (Status.ANOMALY, Shape.SPIKE)
    assert reading.since == reading.day == days(100)[-1]
    assert reading.relative_change == pytest.approx(-0.5, abs=0.1)
    assert reading.confidence > 0.999 and reading.looks == 1


def test_a_lasting_drop_is_a_level_shift_dated_to_its_first_day() -> None:
    y = traffic()
    y[-4:] *= 0.7
    reading = score_series(days(100), y)
    assert (reading.status, reading.shape) == (Status.ANOMALY, Shape.LEVEL_SHIFT)
    assert reading.since == days(100)[-4]
    assert reading.relative_change == pytest.approx(-0.3, abs=0.08)
    assert reading.looks == 7


def test_a_small_shift_that_no_single_day_shows_is_found_by_accumulation() -> None:
    y = traffic(level=2000)
    y[-6:] *= 0.85
    reading = score_series(days(100), y)
    assert reading.fired and reading.shape is Shape.LEVEL_SHIFT


def test_a_new_level_becomes_normal_after_its_window() -> None:
    y = traffic(120)
    y[-25:] *= 0.6
    assert not score_series(days(120), y).fired


def test_a_drop_that_is_over_is_not_reported_again() -> None:
    y = traffic(101)
    y[-6:-1] *= 0.5
    assert score_series(days(100), y[:-1]).fired
    assert score_series(days(101), y).status is Status.NORMAL


def test_three_weeks_are_needed() -> None:
    y = traffic(21)
    y[-1] = 5_000
    reading = score_series(days(21), y)
    assert reading.status is Status.NOT_ENOUGH_HISTORY
    assert reading.expected is None and reading.score == 0
    more = traffic(22)
    more[-1] = 5_000
    assert score_series(days(22), more).fired


@pytest.mark.parametrize("kind", [MetricKind.COUNT, MetricKind.AMOUNT])
def test_zeros_where_there_never_were_any_are_broken_tracking(kind: MetricKind) -> None:
    y = traffic()
    y[-3:] = 0
    reading = score_series(days(100), y, kind=kind)
    assert reading.status is Status.TRACKING_BROKEN
    assert reading.since == days(100)[-3]


def test_data_that_stops_coming_is_broken_tracking_not_a_drop() -> None:
    reading = score_series(days(100), traffic(), as_of=days(103)[-1])
    assert reading.status is Status.TRACKING_BROKEN
    assert reading.since == days(101)[-1]


def test_the_day_after_an_outage_is_judged_against_the_time_before_it() -> None:
    y = traffic()
    y[-4:-1] = 0
    assert score_series(days(100), y).status is Status.NORMAL


def test_a_missing_figure_of_a_tiny_metric_is_no_alarm() -> None:
    y = np.random.default_rng(1).poisson(2, 100).astype(float)
    assert score_series(days(100), y, as_of=days(101)[-1]).status is Status.NO_DATA


def test_missing_days_inside_history_do_not_matter() -> None:
    y = traffic()
    keep = np.random.default_rng(2).random(100) > 0.15
    keep[-1] = True
    y[-1] *= 0.5
    reading = score_series([d for d, k in zip(days(100), keep, strict=True) if k], y[keep])
    assert reading.fired and reading.shape is Shape.SPIKE


def test_holidays_are_neither_judged_nor_learned_from() -> None:
    y = traffic()
    y[-1] *= 0.3
    policy = Policy(holidays=frozenset({days(100)[-1]}))
    assert score_series(days(100), y, policy=policy).status is Status.HOLIDAY
    later = np.append(y, traffic(101)[-1])
    assert score_series(days(101), later, policy=policy).status is Status.NORMAL


def test_direction_silences_the_other_side() -> None:
    y = traffic()
    y[-1] *= 2
    assert score_series(days(100), y, policy=Policy(direction=Direction.UP)).fired
    assert not score_series(days(100), y, policy=Policy(direction=Direction.DOWN)).fired


def test_a_change_too_small_to_matter_does_not_fire() -> None:
    y = traffic(level=200_000)
    y[-1] *= 0.7
    assert score_series(days(100), y, policy=Policy(min_effect=0.2)).fired
    assert not score_series(days(100), y, policy=Policy(min_effect=0.4)).fired


def rates(level: Sequence[float], visits: int = 200, seed: int = 3) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    trials = random.poisson(visits, len(level))
    return random.binomial(trials, level), trials


def test_a_halved_conversion_rate_on_200_sessions_a_day_is_found_within_ten_days() -> None:
    found = 0
    for seed in range(20):
        s, n = rates([0.045] * 90 + [0.0225] * 10, seed=seed)
        found += any(score_rate(days(90 + k), s[: 90 + k], n[: 90 + k]).fired for k in range(1, 11))
    assert found >= 19


def test_an_unchanged_rate_on_low_traffic_stays_silent() -> None:
    fired = 0
    for seed in range(60):
        s, n = rates([0.03] * 90, visits=40, seed=seed)
        fired += score_rate(days(90), s, n).fired
    assert fired <= 1


def test_no_visits_on_a_small_page_is_not_broken_tracking() -> None:
    s, n = rates([0.1] * 60, visits=8)
    s[-1] = n[-1] = 0
    assert score_rate(days(60), s, n).status is Status.NO_DATA
    s, n = rates([0.1] * 60, visits=300)
    s[-1] = n[-1] = 0
    assert score_rate(days(60), s, n).status is Status.TRACKING_BROKEN


def test_no_conversions_on_many_visits_is_a_drop_of_the_rate() -> None:
    s, n = rates([0.05] * 60, visits=500)
    s[-1] = 0
    reading = score_rate(days(60), s, n)
    assert reading.fired and reading.relative_change == pytest.approx(-1, abs=0.01)


def test_backfill_says_of_each_day_what_that_day_would_have_said() -> None:
    y = np.stack([traffic(110, seed=seed) for seed in range(4)])
    y[1, 90] *= 2
    y[2, 95:] *= 0.6
    y[3, 50] = np.nan
    history = backfill(y, last_day=days(110)[-1])
    for t in (20, 21, 50, 90, 97, 109):
        newest = score_newest(y[:, : t + 1], day=days(t + 1)[-1])
        assert [r.status for r in newest] == list(history.status[:, t])
        np.testing.assert_allclose([r.score for r in newest], history.score[:, t], atol=1e-12)
    assert history.fired[1, 90] and history.fired[2, 98] and not history.fired[0].any()


@pytest.mark.parametrize(
    ("dates", "values", "field"),
    [
        ([], [], "values"),
        (days(3), [np.nan] * 3, "values"),
        (days(3), [1, -1, 2], "values"),
        (days(3), [1, np.inf, 2], "values"),
        (days(3), [1, 2], "values"),
        (days(3)[::-1], [1, 2, 3], "dates"),
        ([FIRST, FIRST, FIRST + timedelta(1)], [1, 2, 3], "dates"),
    ],
)
def test_bad_series_are_refused_by_field(dates: list[date], values: list[float], field: str) -> None:
    with pytest.raises(ValueError, match=field) as caught:
        score_series(dates, values)
    assert isinstance(caught.value, InvalidInput) and caught.value.where == field


@pytest.mark.parametrize(
    ("successes", "trials", "field"),
    [([1, 2, 3], [5, 1, 5], "successes"), ([1, 2, -3], [5, 5, 5], "successes"), ([1, 2, 3], [5, 5, -5], "trials")],
)
def test_bad_rates_are_refused_by_field(successes: list[int], trials: list[int], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        score_rate(days(3), successes, trials)


def test_a_day_before_the_last_date_is_refused() -> None:
    with pytest.raises(ValueError, match="as_of"):
        score_series(days(30), traffic(30), as_of=FIRST)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weeks", 4.5),
        ("weeks", 3),
        ("smoothing", 0),
        ("rate_smoothing", 2),
        ("min_history", np.nan),
        ("shift_days", 15),
        ("rate_shift_days", 1),
        ("threshold", 0),
    ],
)
def test_bad_tuning_is_refused_by_field(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=field):
        Policy(tuning=Tuning(**{field: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize("effect", [-0.1, np.nan, np.inf])
def test_a_bad_minimum_effect_is_refused(effect: float) -> None:
    with pytest.raises(ValueError, match="min_effect"):
        Policy(min_effect=effect)


def test_a_large_revenue_with_proportional_noise_is_judged_in_percent() -> None:
    g = np.random.default_rng(5)
    y = 250_000 * np.exp(np.cumsum(g.normal(0, 0.01, 100)) + g.normal(0, 0.04, 100))
    policy = Policy(min_effect=0)
    assert not score_series(days(100), y, kind=MetricKind.AMOUNT, policy=policy).fired
    y[-1] *= 0.6
    reading = score_series(days(100), y, kind=MetricKind.AMOUNT, policy=policy)
    assert reading.fired and reading.relative_change == pytest.approx(-0.4, abs=0.1)


finite = st.floats(0, 1e6, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(value=finite, length=st.integers(22, 90), kind=st.sampled_from([MetricKind.COUNT, MetricKind.AMOUNT]))
def test_never_fires_on_a_constant(value: float, length: int, kind: MetricKind) -> None:
    assert not score_series(days(length), np.full(length, value), kind=kind).fired


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(finite, st.just(float("nan"))), min_size=22, max_size=60))
def test_never_nan_whatever_the_numbers(values: list[float]) -> None:
    if all(np.isnan(values)):
        return
    for kind in (MetricKind.COUNT, MetricKind.AMOUNT, MetricKind.VALUE):
        reading = score_series(days(len(values)), values, kind=kind)
        figures = (reading.observed, reading.expected, reading.low, reading.high, reading.relative_change)
        assert all(figure is None or np.isfinite(figure) for figure in figures)
        assert np.isfinite(reading.score) and 0 <= reading.confidence <= 1


@settings(max_examples=40, deadline=None)
@given(factor=st.floats(1e-3, 1e4), seed=st.integers(0, 50), drop=st.floats(0.3, 1.5))
def test_amounts_do_not_depend_on_their_currency(factor: float, seed: int, drop: float) -> None:
    y = traffic(60, seed=seed)
    y[-2:] *= drop
    ours = score_series(days(60), y, kind=MetricKind.AMOUNT)
    theirs = score_series(days(60), y * factor, kind=MetricKind.AMOUNT)
    assert theirs.score == pytest.approx(ours.score, rel=1e-6)
    assert theirs.status is ours.status


@settings(max_examples=40, deadline=None)
@given(offset=st.floats(-1e4, 1e4), seed=st.integers(0, 50))
def test_values_do_not_depend_on_their_zero(offset: float, seed: int) -> None:
    y = np.random.default_rng(seed).normal(0, 50, 60)
    policy = Policy(min_effect=0)
    ours = score_series(days(60), y, kind=MetricKind.VALUE, policy=policy)
    theirs = score_series(days(60), y + offset, kind=MetricKind.VALUE, policy=policy)
    assert theirs.score == pytest.approx(ours.score, rel=1e-6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(6)))
def test_tenants_do_not_influence_each_other(order: list[int]) -> None:
    y = np.stack([traffic(60, level=100 * (seed + 1), seed=seed) for seed in range(6)])
    y[2, -1] *= 3
    straight = score_newest(y, day=FIRST)
    shuffled = score_newest(y[order], day=FIRST)
    assert tuple(straight[i] for i in order) == shuffled


@settings(max_examples=40, deadline=None)
@given(near=st.floats(0.05, 0.95), seed=st.integers(0, 30))
def test_a_deeper_drop_is_stronger_evidence(near: float, seed: int) -> None:
    y = traffic(80, seed=seed)
    shallow, deep = y.copy(), y.copy()
    shallow[-1] = y[-8] * near
    deep[-1] = y[-8] * near * 0.5
    policy = Policy(direction=Direction.DOWN, min_effect=0, rare_zero_is_gap=False)
    assert score_series(days(80), deep, policy=policy).score >= score_series(days(80), shallow, policy=policy).score


def test_after_weeks_in_the_dark_the_first_day_is_judged_against_the_time_before_them() -> None:
    y = traffic()
    y[-20:-1] = np.nan
    calm = score_series(days(100), y)
    assert calm.status is Status.NORMAL and calm.expected is not None
    y[-1] *= 0.3
    assert score_series(days(100), y).fired
