"""Anomalies in figures that come more often than daily: every five minutes, every hour.

The daily engine (`anomaly`) takes ten weeks to know a weekly rhythm. A stream has a day's rhythm at most, far more
rows, and noise with bursts, so the same two comparisons are made differently; for each row, from earlier rows alone:

1. level: the value against the last one; season: the mean of the last hour against the same hour a day before.
2. z = |difference - mean| / standard deviation, both over all earlier differences of the stream: what its own bursts
   make ordinary is not news. The deviation cannot fall below 1e-6 of the range seen so far.
3. news = z / the largest z of the last `memory_days`, where z passes `least_z`: an alarm must outdo everything seen
   lately. A burst that comes hourly is reported once, and so is one that lasts.

The strength of a row is the larger news of the two comparisons, at most 50. Nothing is scored before `least_rows`
differences have been seen. Constants tuned on half of the Numenta Anomaly Benchmark's files (those at even places of
their sorted names); `benchmarks/engines/nab_bench.py` reports the others as well.

Broken by rhythms other than daily, and by a second, smaller event soon after a large one: it is not news.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marketeer_dagster.optimise.inputs import Floats, number, vector

HIGHEST = 50.0


@dataclass(frozen=True)
class StreamRules:
    """Constants of the method."""

    memory_days: float = 1.5
    """How long an alarm must be outdone to be repeated."""
    least_z: float = 3.0
    """Standard deviations below which nothing is news."""
    least_rows: int = 100
    """Differences that must have been seen."""
    line: float = 1.2
    """Strength at which a row fires."""

    def __post_init__(self) -> None:
        number(self.memory_days, "memory_days", low=0, open_low=True)
        number(self.least_z, "least_z", low=0)
        number(self.least_rows, "least_rows", low=2)
        number(self.line, "line", low=0, open_low=True)


@dataclass(frozen=True)
class StreamScores:
    """Every row judged as if it were the newest; arrays of shape (rows,)."""

    strength: Floats
    fired: NDArray[np.bool_]
    level_z: Floats
    """Standard deviations from the value before; 0 where unknown."""
    season_z: Floats
    """Standard deviations of the last hour from the same hour a day before; 0 where unknown."""
    seasonal: NDArray[np.bool_]
    """Whether the season, not the level, gave the strength: then the figures below are of the last hour's mean."""
    observed: Floats
    expected: Floats
    low: Floats
    high: Floats
    """The interval of 1.96 standard deviations in which `observed` was expected; NaN where nothing was known."""


def score_stream(values: ArrayLike, *, per_day: float, rules: StreamRules | None = None) -> StreamScores:
    """Scores every row of one evenly spaced stream from the rows before it.

    Args:
        values: (rows,) oldest first, NaN where missing; any unit.
        per_day: rows a day, more than 1: 24 for hourly figures, 288 for every five minutes.
        rules: constants.

    Raises:
        InvalidInput: naming `values` or `per_day`.
    """
    x = vector(values, "values", allow_nan=True)
    number(per_day, "per_day", low=1, high=86_400, open_low=True)
    rules = rules or StreamRules()
    known = np.where(np.isnan(x), -np.inf, np.arange(len(x)))
    last = np.maximum.accumulate(known)
    y = x - x[int(np.argmax(np.isfinite(known)))]
    floor = 1e-6 * _range(y)
    before = np.where(np.isfinite(last), y[np.maximum(last, 0).astype(int)], np.nan)
    level = y - _delayed(before, 1)
    hour = _trailing_mean(y, max(1, round(per_day / 24)))
    season = hour - _delayed(hour, round(per_day))
    level_z, *level_usual = _standardised(level, floor, rules.least_rows)
    season_z, *season_usual = _standardised(season, floor, rules.least_rows)
    memory = max(1, round(rules.memory_days * per_day))
    level_news, season_news = (_news(z, memory, rules.least_z) for z in (level_z, season_z))
    seasonal = season_news > level_news
    observed, difference = np.where(seasonal, hour, y), np.where(seasonal, season, level)
    mean, scale = (np.where(seasonal, b, a) for a, b in zip(level_usual, season_usual, strict=True))
    expected = observed - difference + mean + (x - y)
    strength = np.maximum(level_news, season_news)
    return StreamScores(
        strength=strength,
        fired=strength >= rules.line,
        level_z=level_z,
        season_z=season_z,
        seasonal=seasonal,
        observed=observed + (x - y),
        expected=expected,
        low=expected - 1.96 * scale,
        high=expected + 1.96 * scale,
    )


def _delayed(y: Floats, rows: int) -> Floats:
    return np.concatenate([np.full(min(rows, len(y)), np.nan), y[: max(len(y) - rows, 0)]])


def _range(y: Floats) -> Floats:
    """Largest minus smallest of the values up to each row."""
    return np.maximum.accumulate(np.nan_to_num(y)) - np.minimum.accumulate(np.nan_to_num(y))


def _trailing_mean(y: Floats, rows: int) -> Floats:
    """Mean of the values present in the last `rows`, NaN where the newest is missing."""
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(y))])
    present = np.concatenate([[0], np.cumsum(~np.isnan(y))])
    end = np.arange(1, len(y) + 1)
    begin = np.maximum(end - rows, 0)
    mean = (total[end] - total[begin]) / np.maximum(present[end] - present[begin], 1)
    return np.where(np.isnan(y), np.nan, mean)


def _standardised(difference: Floats, floor: Floats, least: int) -> tuple[Floats, Floats, Floats]:
    """|difference| in standard deviations of the earlier ones, at most 1e6, 0 where it is unknown; their mean and
    standard deviation, NaN where there are fewer than `least`."""
    seen = ~np.isnan(difference)
    d = np.nan_to_num(difference)
    n = np.cumsum(seen) - seen
    mean = (np.cumsum(d) - d) / np.maximum(n, 1)
    variance = (np.cumsum(d**2) - d**2) / np.maximum(n, 1) - mean**2
    scale = np.maximum(np.sqrt(np.maximum(variance, 0.0)), floor)
    z = np.divide(np.abs(d - mean), scale, out=np.zeros_like(d), where=scale > 0)
    enough = n >= least
    mean, scale = np.where(enough, mean, np.nan), np.where(enough, scale, np.nan)
    return np.where(seen & enough, np.minimum(z, 1e6), 0.0), mean, scale


def _news(z: Floats, memory: int, least: float) -> Floats:
    """z over the largest of the `memory` rows before."""
    largest = np.concatenate([[0.0], z[:-1]])
    span = 1
    while span < memory:
        step = min(span, memory - span)
        largest = np.maximum(largest, np.concatenate([np.zeros(min(step, len(z))), largest[: max(len(z) - step, 0)]]))
        span += step
    return np.where(z > least, np.minimum(z / np.maximum(largest, 1e-9), HIGHEST), 0.0)
