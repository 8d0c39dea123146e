"""When did the level of a daily metric change, over a whole period? For reports, looking back; alarms are `anomaly`'s.

The figures are brought to even noise (`anomaly_model.transform`), the weekday pattern is taken out, and the days are
split into stretches of constant level so that

    sum of squared distances from each stretch's mean + penalty sigma^2 log(n) * (number of changes)

is least, over all splits with stretches of at least `min_days`: exactly, by dynamic programming with pruning
(Killick, Fearnhead and Eckley 2012), as `KernelCPD` with a linear kernel in the package `ruptures` does it in C. sigma
is the scale (MAD) of the differences from day to day, widened by their autocorrelation; the penalty is of the kind of
Yao (1988).

`ruptures` is not among the base dependencies: `pip install "marketeer-dagster[reports]"`.

Assumes levels that jump: a slope comes out as a staircase. The weekday pattern must be the same all through.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.optimise.anomaly_model import NORMAL_MAD, WEEK, MetricKind, inverse, median, transform
from marketeer_dagster.optimise.inputs import (
    Floats,
    InvalidInput,
    increasing_dates,
    non_negative,
    number,
    same_length,
    vector,
)

PENALTY = 4.0
"""Times sigma^2 log n for each change; chosen on seeds 1-8 of `benchmarks.engines.changes_data`."""


@dataclass(frozen=True)
class Change:
    """The level from `day` on is another one."""

    day: date
    before: float
    after: float
    """Levels of the stretches before and after, of an average weekday, in the metric's unit."""
    relative_change: float | None
    """after / before - 1; None from nothing."""
    z: float
    """Size of the step in standard errors of the two levels: how sure it is."""


@dataclass(frozen=True)
class Changes:
    """All changes of one series, in order of time."""

    changes: tuple[Change, ...]
    levels: tuple[float, ...]
    """Of each stretch, one more than there are changes."""
    days: int
    """Days with a figure."""
    summary: str


def change_points(
    dates: Sequence[date],
    values: ArrayLike,
    *,
    kind: MetricKind = MetricKind.COUNT,
    min_days: int = WEEK,
    penalty: float = PENALTY,
) -> Changes:
    """Finds the days on which the level of a daily series changed.

    Args:
        dates: ascending, each once; days may be missing.
        values: one per date, NaN where unknown.
        kind: COUNT, AMOUNT or VALUE.
        min_days: shortest stretch of days with figures, at least 2.
        penalty: price of a change; more means fewer.

    Raises:
        InvalidInput: naming `dates`, `values`, `kind`, `min_days` or `penalty`.
        ConfigError: when `ruptures` is not installed.
    """
    if kind is MetricKind.RATE:
        raise InvalidInput("needs successes and trials", where="kind", expected="count, amount or value")
    y = vector(values, "values", allow_nan=True)
    if kind is not MetricKind.VALUE:
        non_negative(y, "values")
    increasing_dates(dates)
    same_length(dates, y, ("dates", "values"))
    number(min_days, "min_days", low=2)
    number(penalty, "penalty", low=0, open_low=True)
    here = np.flatnonzero(~np.isnan(y))
    days = [dates[int(i)] for i in here]
    if len(days) < 2 * max(min_days, WEEK):
        return Changes((), (), len(days), f"Not enough history: {len(days)} days observed.")
    typical = np.array(y[here].mean())
    x = transform(kind, y[here], np.ones(len(here)), typical)
    d = x - _weekdays(x, days)
    cuts = _split(d, min_days, penalty)
    return _told(kind, d, typical, days, cuts)


def _split(d: Floats, min_days: int, penalty: float) -> list[int]:
    """Places at which a new level begins."""
    try:
        from ruptures import KernelCPD
    except ImportError as error:
        raise ConfigError(
            "Change points need the package ruptures, which is not installed.",
            hint='pip install "marketeer-dagster[reports]"',
        ) from error
    sigma = _noise(d)
    if sigma == 0:
        return []
    model = KernelCPD(kernel="linear", min_size=min_days)
    ends: list[int] = [int(end) for end in model.fit_predict((d / sigma)[:, None], pen=penalty * np.log(len(d))) or ()]
    return ends[:-1]


def _weekdays(x: Floats, days: Sequence[date]) -> Floats:
    """Each day's weekday effect: the median distance from the median of the seven days around it, centred."""
    weekday = np.array([day.weekday() for day in days])
    padded = np.pad(x, WEEK // 2, constant_values=np.nan)
    around = median(np.lib.stride_tricks.sliding_window_view(padded, WEEK), axis=1)
    effect = np.zeros(WEEK)
    for each in range(WEEK):
        if (weekday == each).sum() >= 2:
            effect[each] = np.median((x - around)[weekday == each])
    return (effect - effect.mean())[weekday]


def _noise(d: Floats) -> float:
    """Standard deviation of a day for sums over days: from differences, which levels do not enter, times the spread
    that neighbouring days' likeness adds, (1 + r) / (1 - r), with r from differences one and two days apart."""
    one, two = (NORMAL_MAD * float(np.median(np.abs(d[lag:] - d[:-lag]))) for lag in (1, 2))
    if min(one, two) < 1e-9 * max(float(np.abs(d).max()), 1e-9):
        return float(np.std(np.diff(d)) / np.sqrt(2))
    alike = float(np.clip((two / one) ** 2 - 1, 0.0, 0.6))
    return one / np.sqrt(2 * (1 - alike)) * np.sqrt((1 + alike) / (1 - alike))


def _told(kind: MetricKind, d: Floats, typical: Floats, days: Sequence[date], cuts: list[int]) -> Changes:
    edges = [0, *cuts, len(d)]
    parts = [d[a:b] for a, b in pairwise(edges)]
    means = np.array([part.mean() for part in parts])
    levels = [float(level) for level in inverse(kind, means, typical)]
    sigma = _noise(d)
    changes: list[Change] = []
    for place, cut in enumerate(cuts):
        before, after = levels[place], levels[place + 1]
        error = sigma * np.sqrt(1 / len(parts[place]) + 1 / len(parts[place + 1]))
        changes.append(
            Change(
                day=days[cut],
                before=before,
                after=after,
                relative_change=(after - before) / abs(before) if abs(before) > 1e-12 else None,
                z=float((means[place + 1] - means[place]) / error) if error > 0 else 0.0,
            )
        )
    return Changes(tuple(changes), tuple(levels), len(d), _sentence(changes, levels))


def _sentence(changes: Sequence[Change], levels: Sequence[float]) -> str:
    if not changes:
        return f"One level all through: {levels[0]:.4g} a day."
    said = [
        f"on {c.day} from {c.before:.4g} to {c.after:.4g}"
        + ("" if c.relative_change is None else f" ({c.relative_change:+.0%})")
        for c in changes
    ]
    return f"The level changed {'; '.join(said)}."
