"""Is the newest day of a metric out of the ordinary, since when, and how sure are we?

`score_series` and `score_rate` judge one series, `score_newest` many at once, `backfill` every day of many. The
arithmetic is in `anomaly_model`, the same as one SQL statement in `anomaly_sql`.

Assumes a weekly rhythm, noise that the transform makes even, and at least three weeks of history. Broken by yearly
peaks without a `holidays` entry, rhythms other than weekly, and slow declines (see `decay`): a slide of less than about
2 % a week is followed, not reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marketeer_dagster.optimise.anomaly_model import WEEK, DayScores, MetricKind, Tuning, score_folded
from marketeer_dagster.optimise.anomaly_reading import (
    Direction,
    Judgement,
    Policy,
    Reading,
    Shape,
    Status,
    judge,
    reading,
)
from marketeer_dagster.optimise.inputs import (
    Floats,
    InvalidInput,
    increasing_dates,
    matrix,
    non_negative,
    same_length,
    vector,
)

__all__ = [
    "Backfill",
    "Direction",
    "MetricKind",
    "Policy",
    "Reading",
    "Shape",
    "Status",
    "Tuning",
    "backfill",
    "score_newest",
    "score_rate",
    "score_series",
]

RARE_ZERO = 0.05
"""Zeros are gaps, not figures, when a smaller share than this of the days older than two weeks is zero."""


@dataclass(frozen=True)
class Backfill:
    """Every day of n series judged as if it were the newest; arrays of shape (n, days)."""

    score: Floats
    """Evidence in alarm lines, 0 where nothing could be judged."""
    fired: NDArray[np.bool_]
    status: NDArray[np.str_]
    expected: Floats
    low: Floats
    high: Floats
    """The day's expectation and 95 % interval; NaN where unknown."""


def score_series(
    dates: Sequence[date],
    values: ArrayLike,
    *,
    kind: MetricKind = MetricKind.COUNT,
    policy: Policy | None = None,
    as_of: date | None = None,
) -> Reading:
    """Judges the newest day of one daily series.

    Args:
        dates: ascending, each once; days may be missing.
        values: one per date, NaN for a day whose figure is unknown. Fill in zeros that the source leaves out.
        kind: COUNT, AMOUNT or VALUE; for RATE use `score_rate`.
        policy: what counts as an alarm.
        as_of: the day to judge, the last of `dates` by default. A later day means that data stopped coming.

    Raises:
        InvalidInput: naming `dates`, `values` or `as_of`.
    """
    if kind is MetricKind.RATE:
        raise InvalidInput("needs successes and trials", where="kind", expected="score_rate for a rate")
    y = vector(values, "values", allow_nan=True)
    if kind is not MetricKind.VALUE:
        non_negative(y, "values")
    increasing_dates(dates)
    same_length(dates, y, ("dates", "values"))
    return _score_one(dates, y, None, kind, policy or Policy(), as_of)


def score_rate(
    dates: Sequence[date],
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    policy: Policy | None = None,
    as_of: date | None = None,
) -> Reading:
    """Judges the newest day of a rate such as conversions per session; binomial noise is part of the scale.

    A rate on 200 sessions a day is noisy by itself: a halving from 5 % shows within about a week, as a level shift.

    Args:
        dates: ascending, each once.
        successes: conversions, 0 <= successes <= trials.
        trials: sessions. Days with 0 trials carry no information.
        policy: what counts as an alarm.
        as_of: the day to judge.

    Raises:
        InvalidInput: naming `dates`, `successes`, `trials` or `as_of`.
    """
    s = vector(successes, "successes", allow_nan=True)
    n = vector(trials, "trials", allow_nan=True)
    increasing_dates(dates)
    same_length(dates, s, ("dates", "successes"))
    same_length(dates, n, ("dates", "trials"))
    _check_rate(s, n)
    return _score_one(dates, s, n, MetricKind.RATE, policy or Policy(), as_of)


def score_newest(
    values: ArrayLike,
    *,
    day: date,
    kind: MetricKind = MetricKind.COUNT,
    trials: ArrayLike | None = None,
    policy: Policy | None = None,
) -> tuple[Reading, ...]:
    """Judges the last column of a matrix of daily series.

    Args:
        values: (n, days), consecutive days ending with `day`, NaN where missing; successes for RATE.
        day: the date of the last column.
        kind: of all series.
        trials: (n, days), for RATE only.
        policy: of all series.
    """
    policy = policy or Policy()
    y, n = _matrices(values, trials, kind)
    return _readings(*_prepare(y, n, kind, policy, day), kind, policy, day)


def backfill(
    values: ArrayLike,
    *,
    last_day: date,
    kind: MetricKind = MetricKind.COUNT,
    trials: ArrayLike | None = None,
    policy: Policy | None = None,
) -> Backfill:
    """Judges every day of a matrix, each from the days before it alone. Arguments as in `score_newest`."""
    policy = policy or Policy()
    y, n = _matrices(values, trials, kind)
    width = y.shape[1]
    shape = y.shape
    score, expected, low, high = (np.full(shape, fill) for fill in (0.0, np.nan, np.nan, np.nan))
    status = np.full(shape, Status.NOT_ENOUGH_HISTORY.value)
    for t in range(policy.tuning.min_history, width):
        day = last_day - timedelta(days=width - 1 - t)
        folded, weights, typical, _ = _prepare(y[:, : t + 1], n[:, : t + 1], kind, policy, day)
        scores = score_folded(kind, folded, weights, policy.tuning)
        judged = judge(scores, kind, policy, typical=typical, holiday=day in policy.holidays)
        score[:, t], status[:, t] = judged.score, judged.status
        known = scores.days >= policy.tuning.min_history
        expected[:, t] = np.where(known, scores.expected, np.nan)
        low[:, t], high[:, t] = np.where(known, scores.low, np.nan), np.where(known, scores.high, np.nan)
    return Backfill(score, status == Status.ANOMALY.value, status, expected, low, high)


def _check_rate(successes: Floats, trials: Floats) -> None:
    non_negative(successes, "successes")
    non_negative(trials, "trials")
    if (successes > trials).any():
        raise InvalidInput("exceed trials on some day", where="successes", expected="successes <= trials")


def _matrices(values: ArrayLike, trials: ArrayLike | None, kind: MetricKind) -> tuple[Floats, Floats]:
    y = matrix(values, "values", allow_nan=True)
    if (trials is None) == (kind is MetricKind.RATE):
        raise InvalidInput(
            f"does not fit kind {kind.value}", where="trials", expected="trials for a rate, none otherwise"
        )
    if trials is None:
        if kind is not MetricKind.VALUE:
            non_negative(y, "values")
        return y, np.ones_like(y)
    n = matrix(trials, "trials", allow_nan=True)
    if n.shape != y.shape:
        raise InvalidInput(f"has shape {n.shape}", where="trials", expected=f"{y.shape}, that of values")
    _check_rate(y, n)
    return y, n


def _score_one(
    dates: Sequence[date], values: Floats, trials: Floats | None, kind: MetricKind, policy: Policy, as_of: date | None
) -> Reading:
    day = as_of or dates[-1]
    if day < dates[-1]:
        raise InvalidInput(
            f"is {day}, before the last date {dates[-1]}", where="as_of", expected="the last date or later"
        )
    width = policy.tuning.weeks * WEEK
    y = np.full((1, width), np.nan)
    n = np.full((1, width), np.nan) if trials is not None else np.ones((1, width))
    for index, moment in enumerate(dates):
        age = (day - moment).days
        if age < width:
            y[0, width - 1 - age] = values[index]
            if trials is not None:
                n[0, width - 1 - age] = trials[index]
    return _readings(*_prepare(y, n, kind, policy, day), kind, policy, day)[0]


def _prepare(
    values: Floats, trials: Floats, kind: MetricKind, policy: Policy, day: date
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Folds (n, days) newest first to the history's width, without holidays and failed counters.

    Returns values, trials, the typical size of a day (n,) and the length of the gap up to `day` (n,).
    """
    width = policy.tuning.weeks * WEEK
    y, n = (_newest_first(part, width) for part in (values, trials))
    empty = np.isnan(y) | np.isnan(n) | (n == 0)
    size = n if kind is MetricKind.RATE else y
    typical = _mean_past(np.where(np.isnan(size), np.nan, size))
    if kind in (MetricKind.COUNT, MetricKind.AMOUNT) and policy.rare_zero_is_gap:
        older = y[:, 2 * WEEK :]
        share = np.sum(older == 0, axis=1) / np.maximum(np.sum(~np.isnan(older), axis=1), 1)
        large = typical >= policy.tuning.gap_expected if kind is MetricKind.COUNT else typical > 0
        empty |= (y == 0) & ((share < RARE_ZERO) & large)[:, None]
    gap = np.argmax(np.column_stack([~empty, np.ones(len(y), dtype=bool)]), axis=1)
    free = np.array([day - timedelta(days=age) in policy.holidays for age in range(width)])
    drop = empty | (free & (np.arange(width) > 0))
    return np.where(drop, np.nan, y), np.where(drop, 1.0, n), typical, gap.astype(np.int64)


def _newest_first(part: Floats, width: int) -> Floats:
    recent = part[:, -width:][:, ::-1]
    return np.pad(recent, ((0, 0), (0, width - recent.shape[1])), constant_values=np.nan)


def _mean_past(size: Floats) -> Floats:
    past = size[:, 1:]
    return np.nansum(past, axis=1) / np.maximum(np.sum(~np.isnan(past), axis=1), 1)


def _readings(
    values: Floats,
    trials: Floats,
    typical: Floats,
    gap: NDArray[np.int64],
    kind: MetricKind,
    policy: Policy,
    day: date,
) -> tuple[Reading, ...]:
    scores: DayScores = score_folded(kind, values, trials, policy.tuning)
    judged: Judgement = judge(scores, kind, policy, typical=typical, holiday=day in policy.holidays)
    return tuple(
        reading(
            judged,
            row,
            day=day,
            length=int(scores.shift.length[row]),
            gap=int(gap[row]),
            history=int(scores.days[row]),
        )
        for row in range(len(values))
    )
