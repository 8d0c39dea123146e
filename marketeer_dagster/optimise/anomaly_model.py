"""The arithmetic of anomaly detection, vectorised over series. `anomaly_sql` states the same in SQL.

History is folded backwards from the scored day into `weeks` rows of seven ages (age 0 is the scored day), so that a
column is one weekday and a row is one trailing week. For the scored day of each series:

1. x = f(y), a variance-stabilising transform by kind of metric (`transform`).
2. season_w = median of column w, centred; d = x - season.
3. scale = 1.4826 median |d_i - median of the week before i|: how far a day lands from what the week before promised.
   It cannot fall below sampling noise (`noise_floor`).
4. level = exponentially weighted mean of d, Huber-clipped around its own median; once up to yesterday, for the spike
   test, and once up to `shift_days` ago, for the level test, so that a shift does not raise its own baseline.
5. spike z = (d_0 - level) / scale.
   shift g = max over 2 <= m <= shift_days of |sum of the last m clipped z| / sqrt(m + rho m^2): a window-limited CUSUM
   with curved boundary. rho is the variance of the baseline and of slow drift, in units of scale^2.

Sources: Brown (1959) exponential smoothing; Huber (1964) clipping; Anscombe (1948) transforms of counts and
proportions; Page (1954) CUSUM; Lai (1995) for limiting its window.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from marketeer_dagster.optimise.inputs import Floats

WEEK = 7
"""Days in a season."""
OVERDISPERSION = 0.01
"""Counts have variance mu + OVERDISPERSION mu^2: beyond 100 a day, noise is proportional (10 %)."""
ANSCOMBE = 0.375
"""Anscombe's 3/8, which keeps zero from being an outlier among small counts."""
STARTED = 0.2
"""Amounts go through log(y + STARTED * typical): noise is proportional for large ones, and zero is no outlier."""
LEAST_START, LARGEST_LOG = 1e-9, 700.0
"""Keep the logarithm of an amount that was always zero, and the way back from it, finite."""
NORMAL_MAD = 1.4826
"""Standard deviation of a normal variable over its median absolute deviation."""


class MetricKind(StrEnum):
    """What a metric is decides its transform and its smallest believable noise."""

    COUNT = "count"
    """Events in a day: sessions, clicks, conversions. Never below Poisson noise."""
    AMOUNT = "amount"
    """A non-negative quantity of any unit: revenue, cost."""
    VALUE = "value"
    """Any real number, seasonality additive: average position, net new MRR."""
    RATE = "rate"
    """Successes over trials: conversion rate, click rate. Never below binomial noise."""


@dataclass(frozen=True)
class Tuning:
    """Constants of the method, tuned on seeds 1-8 of `benchmarks.engines.anomaly_data`, reported on others."""

    weeks: int = 10
    """Weeks of history used; at least 4."""
    min_history: int = 21
    """Observed days before the scored one, below which nothing fires."""
    smoothing: float = 0.2
    """Weight of the newest day in the level, (0, 1)."""
    clip: float = 2.5
    """Days further than this many scales from the median count as that far, in the level."""
    shift_clip: float = 4.0
    """The same, in the sum of the level test: one wild day is not a level."""
    shift_days: int = 7
    """Longest level shift looked for; after that many days the new level is the normal one."""
    rate_shift_days: int = 14
    """The same for rates, whose daily noise is larger."""
    rate_smoothing: float = 0.06
    """`smoothing` for rates: their level hardly drifts, so it pays to average longer."""
    rho: float = 0.1
    """Variance of the baseline against the level, in scale^2."""
    rate_rho: float = 0.03
    """The same for rates, whose baseline averages more days."""
    lasting: float = 0.3
    """A shift is reported only while the newest day is off by this share of the shift's mean: not once it is over."""
    threshold: float = 3.8
    """Alarm line for both tests; 3.8 gave about one false alarm per series and year."""
    rate_threshold: float = 3.2
    """The same for rates, whose noise is better behaved."""
    young: float = 8.0
    """Scale is widened by 1 + young / days of history."""
    gap_expected: float = 20.0
    """A zero is a broken counter, not a bad day, when at least this much was expected and no zero seen lately."""

    def window(self, kind: MetricKind) -> int:
        """Longest level shift looked for, days."""
        return self.rate_shift_days if kind is MetricKind.RATE else self.shift_days

    def line(self, kind: MetricKind) -> float:
        """Alarm line."""
        return self.rate_threshold if kind is MetricKind.RATE else self.threshold

    def alpha(self, kind: MetricKind) -> float:
        """Weight of the newest day in the level."""
        return self.rate_smoothing if kind is MetricKind.RATE else self.smoothing

    def drift(self, kind: MetricKind) -> float:
        """Variance of the baseline against the level, in scale^2."""
        return self.rate_rho if kind is MetricKind.RATE else self.rho


@dataclass(frozen=True)
class Shift:
    """The level test for n series; arrays of shape (n,)."""

    strength: Floats
    """g, signed; 0 where there is nothing to sum."""
    length: NDArray[np.int64]
    """Days since the level moved, the scored day included."""
    observed: Floats
    expected: Floats
    margin: Floats
    """Means per day over the shift, and half the width of the 95 % interval of the expected one; natural unit."""


@dataclass(frozen=True)
class DayScores:
    """One scored day of n series; arrays of shape (n,). NaN where a figure does not exist."""

    days: NDArray[np.int64]
    """Observed days of history."""
    zeros: Floats
    """Share of history that is exactly zero."""
    observed: Floats
    expected: Floats
    low: Floats
    high: Floats
    """Central 95 % interval for the day, natural unit."""
    z: Floats
    """Spike test, in scales."""
    shift: Shift


def transform(kind: MetricKind, values: Floats, trials: Floats, typical: Floats) -> Floats:
    """Natural unit to working scale.

    COUNT: (2 / sqrt k) asinh sqrt(k (y + 3/8)) with k = OVERDISPERSION; AMOUNT: log(y + STARTED typical), the started
    log of Tukey (1957), which no unit or currency enters; RATE: asin sqrt((s + 3/8) / (n + 3/4)); VALUE: y.
    `typical` is the mean of the days before, for AMOUNT; the three functions take it alike.
    """
    if kind is MetricKind.COUNT:
        return 2 / np.sqrt(OVERDISPERSION) * np.arcsinh(np.sqrt(OVERDISPERSION * (values + ANSCOMBE)))
    if kind is MetricKind.AMOUNT:
        return np.log(values + _start(typical))
    if kind is MetricKind.RATE:
        return np.arcsin(np.sqrt((values + ANSCOMBE) / (trials + 2 * ANSCOMBE)))
    return values


def inverse(kind: MetricKind, x: Floats, typical: Floats) -> Floats:
    """Working scale to natural unit; values below the range of the transform give its least value."""
    if kind is MetricKind.COUNT:
        half = np.maximum(x, 0) * np.sqrt(OVERDISPERSION) / 2
        return np.maximum(np.sinh(half) ** 2 / OVERDISPERSION - ANSCOMBE, 0)
    if kind is MetricKind.AMOUNT:
        return np.maximum(np.exp(np.minimum(x, LARGEST_LOG)) - _start(typical), 0)
    if kind is MetricKind.RATE:
        return np.sin(np.clip(x, 0, np.pi / 2)) ** 2
    return x


def slope(kind: MetricKind, x: Floats) -> Floats:
    """Derivative of `inverse`: turns an error on the working scale into natural units."""
    if kind is MetricKind.COUNT:
        half = np.maximum(x, 0) * np.sqrt(OVERDISPERSION) / 2
        return np.sinh(half) * np.cosh(half) / np.sqrt(OVERDISPERSION)
    if kind is MetricKind.AMOUNT:
        return np.exp(np.minimum(x, LARGEST_LOG))
    if kind is MetricKind.RATE:
        return np.sin(2 * np.clip(x, 0, np.pi / 2))
    return np.ones_like(x)


def _start(typical: Floats) -> Floats:
    return np.maximum(STARTED * typical, LEAST_START)


def noise_floor(kind: MetricKind, centre: Floats) -> Floats:
    """Least believable scale, in a day's noise: Poisson for counts, binomial for rates, else .1 % of a usual day."""
    if kind is MetricKind.COUNT:
        return 1 / np.sqrt(1 + OVERDISPERSION * inverse(kind, centre, centre))
    if kind is MetricKind.VALUE:
        return np.maximum(1e-3 * np.abs(centre), 1e-12)
    return np.full_like(centre, 1e-3 if kind is MetricKind.AMOUNT else 1.0)


def median(values: Floats, axis: int) -> Floats:
    """Median of the numbers present along `axis`, NaN where there is none. Much faster than `np.nanmedian`."""
    if not np.isnan(values).any():
        return np.median(values, axis=axis)
    ordered = np.sort(values, axis=axis)
    present = np.sum(~np.isnan(values), axis=axis, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum((present - 1) // 2, 0), axis=axis)
    upper = np.take_along_axis(ordered, np.minimum(present // 2, values.shape[axis] - 1), axis=axis)
    middle = np.where(present > 0, (lower + upper) / 2, np.nan)
    return np.squeeze(middle, axis=axis)


def score_folded(kind: MetricKind, values: Floats, trials: Floats, tuning: Tuning) -> DayScores:
    """Scores age 0 of each row.

    Args:
        kind: kind of all rows.
        values: (n, 7 weeks), newest first, NaN where missing; successes for RATE.
        trials: same shape, ones unless RATE.
        tuning: constants.
    """
    n = len(values)
    typical = _mean(values[:, 1:])[:, None]
    x = transform(kind, values, trials, typical)
    noise = 0.5 / np.sqrt(trials) if kind is MetricKind.RATE else np.ones_like(x)
    past = x.copy()
    past[:, 0] = np.nan
    days = np.sum(~np.isnan(past), axis=1)
    season = median(past.reshape(n, tuning.weeks, WEEK), axis=1)
    season = np.nan_to_num(season - _mean(season)[:, None])
    seasonal = np.tile(season, (1, tuning.weeks))
    d = x - seasonal
    scale = _scale(kind, past - seasonal, noise, days, tuning)
    level = _level(d, noise, scale, 1, tuning.alpha(kind), tuning.clip)
    unknown = np.isnan(values[:, 0]) & (kind is MetricKind.RATE)
    margin = 1.96 * scale * np.where(unknown, np.nan, noise[:, 0])
    base = level + season[:, 0]
    return DayScores(
        days=days.astype(np.int64),
        zeros=np.sum(values[:, 1:] == 0, axis=1) / np.maximum(days, 1),
        observed=values[:, 0] / trials[:, 0],
        expected=inverse(kind, base, typical[:, 0]),
        low=inverse(kind, base - margin, typical[:, 0]),
        high=inverse(kind, base + margin, typical[:, 0]),
        z=(d[:, 0] - level) / (scale * noise[:, 0]),
        shift=_shift(kind, values, trials, typical, d, seasonal, noise, scale, tuning),
    )


def _mean(values: Floats) -> Floats:
    present = np.sum(~np.isnan(values), axis=1)
    return np.nansum(values, axis=1) / np.maximum(present, 1)


def _scale(kind: MetricKind, d: Floats, noise: Floats, days: Floats, tuning: Tuning) -> Floats:
    n = len(d)
    weeks = d.reshape(n, tuning.weeks, WEEK)
    before = median(weeks, axis=2)[:, 1:, None]
    error = np.abs(weeks[:, :-1] - before) / noise.reshape(weeks.shape)[:, :-1]
    spread = NORMAL_MAD * np.nan_to_num(median(error.reshape(n, -1), axis=1))
    floor = noise_floor(kind, np.nan_to_num(_centre(d, 1)))
    return np.maximum(spread, floor) * (1 + tuning.young / np.maximum(days, 1))


def _centre(d: Floats, first: int) -> Floats:
    """Median of the two weeks from age `first` on; of everything from there on when those weeks are missing."""
    recent = median(d[:, first : first + 2 * WEEK], axis=1)
    dark = np.isnan(recent)
    if dark.any():
        recent[dark] = median(d[dark, first:], axis=1)
    return recent


def _level(d: Floats, noise: Floats, scale: Floats, first: int, alpha: float, clip: float) -> Floats:
    """Exponentially weighted, clipped mean of the ages >= first; days also weigh by their precision (1 / noise^2)."""
    ages = np.arange(d.shape[1])
    centre = _centre(d, first)[:, None]
    reach = clip * scale[:, None] * noise
    clipped = np.clip(d, centre - reach, centre + reach)
    weight = np.where(ages >= first, (1 - alpha) ** ages, 0.0) / noise**2
    weight = np.where(np.isnan(clipped), 0.0, weight)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sum(weight * np.nan_to_num(clipped), axis=1) / total


def _shift(
    kind: MetricKind,
    values: Floats,
    trials: Floats,
    typical: Floats,
    d: Floats,
    seasonal: Floats,
    noise: Floats,
    scale: Floats,
    tuning: Tuning,
) -> Shift:
    window = tuning.window(kind)
    level = _level(d, noise, scale, window, tuning.alpha(kind), tuning.clip)[:, None]
    d, noise, values, trials = d[:, :window], noise[:, :window], values[:, :window], trials[:, :window]
    seen = ~np.isnan(d) & ~np.isnan(level)
    step = np.clip((d - level) / (scale[:, None] * noise), -tuning.shift_clip, tuning.shift_clip)
    m = np.cumsum(seen, axis=1)
    rho = tuning.drift(kind)
    spread = np.sqrt(m + rho * m**2)
    total = np.cumsum(np.where(seen, step, 0.0), axis=1)
    newest = np.where(seen.any(axis=1), step[np.arange(len(d)), np.argmax(seen, axis=1)], 0.0)[:, None]
    lasting = newest * np.sign(total) >= tuning.lasting * np.abs(total) / np.maximum(m, 1)
    g = np.where(seen & (m >= 2) & lasting, total / np.maximum(spread, 1), 0.0)
    start = np.argmax(np.abs(g), axis=1)
    base = level + seasonal[:, :window]

    def over_shift(part: Floats) -> Floats:
        return np.cumsum(np.where(seen, part, 0.0), axis=1)[np.arange(len(d)), start]

    weight = np.maximum(over_shift(trials), 1e-12)
    days = np.maximum(m[np.arange(len(d)), start], 1)
    sampling = over_shift(trials * slope(kind, base) * noise) / weight
    return Shift(
        strength=g[np.arange(len(d)), start],
        length=(start + 1).astype(np.int64),
        observed=over_shift(values) / weight,
        expected=over_shift(trials * inverse(kind, base, typical)) / weight,
        margin=1.96 * scale * np.sqrt(1 / days + rho) * sampling,
    )
