"""Change points: the days on which a level changed, dated and sized, and none where there are none."""

import math
import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from ruptures import Pelt

from marketeer_dagster.optimise.anomaly_model import MetricKind
from marketeer_dagster.optimise.changes import change_points

FIRST = date(2026, 1, 5)


def days(n: int) -> list[date]:
    return [FIRST + timedelta(days=i) for i in range(n)]


def traffic(n: int = 180, seed: int = 0, level: float = 400) -> NDArray[np.float64]:
    g = np.random.default_rng(seed)
    week = np.where(np.arange(n) % 7 >= 5, 0.6, 1.0)
    return g.poisson(level * week * np.exp(g.normal(0, 0.06, n))).astype(float)


def test_two_changes_are_dated_and_sized() -> None:
    y = traffic()
    y[60:] *= 0.7
    y[130:] *= 1.5
    found = change_points(days(180), y)
    first, second = found.changes
    assert abs((first.day - days(180)[60]).days) <= 1 and abs((second.day - days(180)[130]).days) <= 1
    assert first.relative_change == pytest.approx(-0.3, abs=0.06)
    assert second.relative_change == pytest.approx(0.5, abs=0.08)
    assert first.z < -5 and second.z > 5 and len(found.levels) == 3
    assert str(first.day) in found.summary and "-3" in found.summary


def test_weekends_and_noise_are_no_changes() -> None:
    assert sum(bool(change_points(days(180), traffic(seed=seed)).changes) for seed in range(40)) <= 2


def test_missing_days_move_no_date() -> None:
    y = traffic()
    y[90:] *= 0.6
    y[30:50] = np.nan
    (change,) = change_points(days(180), y).changes
    assert abs((change.day - days(180)[90]).days) <= 1


def test_a_short_history_is_said_to_be_short() -> None:
    found = change_points(days(13), traffic(13))
    assert found.changes == () and "Not enough history" in found.summary


def test_the_split_is_the_one_that_pelt_finds() -> None:
    y = np.random.default_rng(1).normal(0, 1, 120)
    y[40:] += 3
    y[80:] -= 5
    sigma_free = change_points(days(120), y, kind=MetricKind.VALUE, penalty=4)
    slow = Pelt(model="l2", min_size=7, jump=1).fit_predict(y, pen=4 * math.log(120))
    assert [(c.day - FIRST).days for c in sigma_free.changes] == [int(place) for place in slow[:-1]] == [40, 80]


@pytest.mark.parametrize(
    ("dates", "values", "options", "field"),
    [
        ([], [], {}, "values"),
        (days(3), [math.nan] * 3, {}, "values"),
        (days(3), [1, -1, 2], {}, "values"),
        (days(3), [1, math.inf, 2], {}, "values"),
        (days(3), [1, 2], {}, "values"),
        (days(3)[::-1], [1, 2, 3], {}, "dates"),
        ([FIRST] * 3, [1, 2, 3], {}, "dates"),
        (days(3), [1, 2, 3], {"min_days": 1}, "min_days"),
        (days(3), [1, 2, 3], {"penalty": 0}, "penalty"),
        (days(3), [1, 2, 3], {"kind": MetricKind.RATE}, "kind"),
    ],
)
def test_bad_input_is_refused_by_field(
    dates: list[date], values: list[float], options: dict[str, object], field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        change_points(dates, values, **options)  # type: ignore[arg-type]


def test_without_the_package_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['ruptures'] = None\n"
        "from datetime import date, timedelta\n"
        "from marketeer_dagster.model.errors import ConfigError\n"
        "from marketeer_dagster.optimise.changes import change_points\n"
        "try:\n    change_points([date(2026, 1, 1) + timedelta(days=i) for i in range(30)], range(30))\n"
        "except ConfigError as error:\n    print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "ruptures" in said and "marketeer-dagster[reports]" in said


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 1e6), st.integers(14, 200), st.sampled_from([MetricKind.COUNT, MetricKind.AMOUNT, MetricKind.VALUE])
)
def test_a_constant_never_changes(value: float, n: int, kind: MetricKind) -> None:
    assert change_points(days(n), np.full(n, value), kind=kind).changes == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.floats(0, 1e6), st.just(math.nan)), min_size=14, max_size=80))
def test_never_nan_whatever_the_numbers(values: list[float]) -> None:
    if all(math.isnan(value) for value in values):
        return
    found = change_points(days(len(values)), values)
    figures = [*found.levels, *(f for c in found.changes for f in (c.before, c.after, c.z))]
    assert all(math.isfinite(figure) for figure in figures)
    assert len(found.levels) in (0, len(found.changes) + 1)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e4), st.integers(0, 20))
def test_the_currency_does_not_matter(factor: float, seed: int) -> None:
    y = traffic(seed=seed)
    y[100:] *= 1.4
    ours = change_points(days(180), y, kind=MetricKind.AMOUNT)
    theirs = change_points(days(180), y * factor, kind=MetricKind.AMOUNT)
    assert [c.day for c in ours.changes] == [c.day for c in theirs.changes] != []
