"""One DuckDB statement says the same of every tenant and metric as the arithmetic does one by one."""

from datetime import date, timedelta

import duckdb
import numpy as np
import pytest

from marketeer_dagster.optimise.anomaly import Direction, MetricKind, Policy, Reading, Status, score_rate, score_series
from marketeer_dagster.optimise.anomaly_sql import newest_day_sql

FIRST = date(2026, 1, 5)
LENGTH = 100
LAST = FIRST + timedelta(days=LENGTH - 1)
HOLIDAY = FIRST + timedelta(days=70)
Row = tuple[str, str, str, str, float, date, float | None, float | None]


def make(kind: MetricKind, case: str, seed: int) -> tuple[list[date], list[float], list[float] | None]:
    random = np.random.default_rng(seed)
    level = (3.0, 40.0, 600.0, 20_000.0)[seed // 100 % 4]
    week = np.where(np.arange(LENGTH) % 7 >= 5, 0.6, 1.0)
    noise = np.exp(random.normal(0, 0.08, LENGTH))
    trials = random.poisson(300 * week).astype(float)
    if kind is MetricKind.RATE:
        values = random.binomial(trials.astype(int), 0.08).astype(float)
    elif kind is MetricKind.VALUE:
        values = random.normal(level / 100, 1, LENGTH)
    elif kind is MetricKind.AMOUNT:
        values = level * week * noise
    else:
        values = random.poisson(level * week * noise).astype(float)
    values[70] *= 0.2
    match case:
        case "spike":
            values[-1] *= 0.4
        case "shift":
            values[-5:] = np.floor(values[-5:] * 0.5)
        case "rise" if kind is not MetricKind.RATE:
            values[-3:] *= 1.8
        case "zeros":
            values[-2:] = 0
        case "stopped":
            values[-2:] = np.nan
        case "holes":
            values[random.random(LENGTH) < 0.2] = np.nan
        case "outage":
            values[-17:-1] = np.nan
            values[-1] *= 1.7
        case "back":
            values[-12:-4] = np.nan
            values[-4:] = np.floor(values[-4:] * 0.5)
        case "sparse":
            values[random.random(LENGTH) < 0.7] = 0
    keep = slice(LENGTH - 20, LENGTH) if case == "young" else slice(0, LENGTH)
    dates = [FIRST + timedelta(days=i) for i in range(LENGTH)][keep]
    return dates, values[keep].tolist(), trials[keep].tolist() if kind is MetricKind.RATE else None


CASES = ("calm", "spike", "shift", "rise", "zeros", "stopped", "holes", "outage", "back", "sparse", "young")


def series() -> list[tuple[str, str, MetricKind, Direction, float, tuple[list[date], list[float], list[float] | None]]]:
    return [
        (f"tenant-{seed}", f"{case}-{kind}", kind, direction, effect, make(kind, case, seed * 100 + place))
        for seed in range(6)
        for place, case in enumerate(CASES)
        for kind in MetricKind
        for direction, effect in [(list(Direction)[(seed + place) % 3], 0.1 if seed % 2 else 0.0)]
    ]


def in_python(
    kind: MetricKind, direction: Direction, effect: float, data: tuple[list[date], list[float], list[float] | None]
) -> Reading:
    policy = Policy(direction=direction, min_effect=effect, holidays=frozenset({HOLIDAY}))
    dates, values, trials = data
    if trials is None:
        return score_series(dates, values, kind=kind, policy=policy)
    return score_rate(dates, values, trials, policy=policy)


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str], dict[str, object]]:
    rows: list[Row] = []
    for tenant, metric, kind, direction, effect, (dates, values, trials) in series():
        for i, day in enumerate(dates):
            value = None if np.isnan(values[i]) else values[i]
            rows.append(
                (tenant, metric, kind.value, direction.value, effect, day, value, trials[i] if trials else None)
            )
    with duckdb.connect() as connection:
        columns = ("tenant", "metric", "kind", "direction", "min_effect", "date", "value", "trials")
        unnested = ", ".join(f"unnest(${name}) AS {name}" for name in columns)
        connection.execute(
            f"CREATE TABLE metrics AS SELECT {unnested}",
            {name: list(column) for name, column in zip(columns, zip(*rows, strict=True), strict=True)},
        )
        cursor = connection.execute(newest_day_sql("metrics"), {"day": LAST, "holidays": [HOLIDAY]})
        names = [column[0] for column in cursor.description or ()]
        return {(row[0], row[1]): dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def test_both_say_the_same(answers: dict[tuple[str, str], dict[str, object]]) -> None:
    seen: set[Status] = set()
    for tenant, metric, kind, direction, effect, data in series():
        ours, theirs = in_python(kind, direction, effect, data), answers[tenant, metric]
        where = f"{tenant} {metric}"
        assert theirs["status"] == ours.status.value, where
        assert theirs["shape"] == (ours.shape.value if ours.shape else None), where
        if ours.fired:
            assert theirs["since"] == ours.since, where
        assert theirs["history_days"] == ours.history_days, where
        for field in ("observed", "expected", "low", "high", "relative_change", "score"):
            figure = getattr(ours, field)
            wanted = None if figure is None else pytest.approx(figure, rel=1e-7, abs=1e-9)
            assert theirs[field] == wanted, f"{where} {field}"
        seen.add(ours.status)
    assert seen >= {
        Status.NORMAL,
        Status.ANOMALY,
        Status.NOT_ENOUGH_HISTORY,
        Status.TRACKING_BROKEN,
        Status.NO_DATA,
        Status.TOO_SPARSE,
    }


def test_a_holiday_is_not_judged() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE m AS SELECT 'a' AS tenant, 'b' AS metric, 'count' AS kind, 'both' AS direction, "
            "0.1 AS min_effect, DATE '2026-01-01' + d::INT AS date, 50.0 AS value, NULL::DOUBLE AS trials "
            "FROM range(60) r(d)"
        )
        last = date(2026, 3, 1)
        row = connection.execute(newest_day_sql("m"), {"day": last, "holidays": [last]}).fetchone()
    assert row is not None and row[3] == "holiday"


@pytest.mark.parametrize("relation", ["", "a b", "x; DROP TABLE y", "(SELECT 1)"])
def test_only_plain_names_are_read(relation: str) -> None:
    with pytest.raises(ValueError, match="relation"):
        newest_day_sql(relation)
