"""What a test will cost, before it starts: visitors, days, and the chance to find what is there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from marketeer_dagster.optimise import normal
from marketeer_dagster.optimise.experiment_model import Mode
from marketeer_dagster.optimise.inputs import InvalidInput, count, number

INFLATION = {Mode.HORIZON: 1.11, Mode.ANYTIME: 1.85}
"""Longest test over a test looked at once, for the same power; most end sooner (docs/engines/experiment.md)."""
REVENUE_INFLATION = {Mode.HORIZON: 1.16, Mode.ANYTIME: 1.85}
"""The same for revenue, whose horizon test spends less of its alpha (`experiment.SPENT`)."""


@dataclass(frozen=True)
class SampleSize:
    """Visitors needed per arm."""

    per_arm: int
    """Where the test ends at the latest: `Plan.sample_per_arm`."""
    one_look: int
    """The same for a test looked at once, at its end."""
    power: float
    alpha: float
    mde: float


@dataclass(frozen=True)
class PowerPoint:
    """Chance to declare a lift of this size within the planned sample."""

    lift: float
    power: float


def sample_size(
    base_rate: float,
    mde: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    variants: int = 2,
    mode: Mode = Mode.HORIZON,
) -> SampleSize:
    """Visitors an arm to find a relative lift of `mde` on a conversion rate with probability `power`.

    (z_{1-a/2} + z_power)^2 (p_c (1 - p_c) + p_t (1 - p_t)) / (p_t - p_c)^2 with a = alpha / (variants - 1), times the
    price of looking. +10 % on 3 % needs 53,200 visitors an arm at one look, on 20 % 6,500.
    """
    p = number(base_rate, "base_rate", low=0, high=1, open_low=True)
    lift = number(mde, "mde", low=0, open_low=True)
    if p * (1 + lift) >= 1:
        raise InvalidInput(f"is {lift:g} on a base rate of {p:g}", where="mde", expected="a rate below 100 %")
    treated = p * (1 + lift)
    spread = p * (1 - p) + treated * (1 - treated)
    return _size(spread / (treated - p) ** 2, mde, power, alpha, variants, INFLATION[mode])


def sample_size_revenue(
    mean: float,
    deviation: float,
    mde: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    variants: int = 2,
    mode: Mode = Mode.HORIZON,
) -> SampleSize:
    """The same for revenue per visitor with the given mean and standard deviation over visitors, buyers or not."""
    m = number(mean, "mean", low=0, open_low=True)
    s = number(deviation, "deviation", low=0, open_low=True)
    lift = number(mde, "mde", low=0, open_low=True)
    return _size(2 * s**2 / (m * lift) ** 2, mde, power, alpha, variants, REVENUE_INFLATION[mode])


def _size(unit: float, mde: float, power: float, alpha: float, variants: int, inflation: float) -> SampleSize:
    number(power, "power", low=0.05, high=0.999)
    number(alpha, "alpha", low=1e-6, high=0.5)
    challengers = count(variants, "variants", low=2) - 1
    z = normal.quantile(1 - alpha / challengers / 2) + normal.quantile(power)
    one_look = math.ceil(z**2 * unit)
    return SampleSize(math.ceil(one_look * inflation), one_look, power, alpha, mde)


def duration_days(per_arm: int, daily_visitors: float, shares: Sequence[float] = (0.5, 0.5)) -> int:
    """Whole weeks, in days, until the smallest arm has `per_arm` visitors: weekdays and weekends must weigh alike."""
    n = count(per_arm, "per_arm", low=1)
    daily = number(daily_visitors, "daily_visitors", low=0, open_low=True)
    if not shares or min(shares) <= 0:
        raise InvalidInput("has an arm without visitors", where="shares", expected="positive shares")
    return 7 * math.ceil(n / (daily * min(shares) / sum(shares)) / 7)


def power_curve(
    base_rate: float,
    per_arm: int,
    lifts: Sequence[float] = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5),
    *,
    alpha: float = 0.05,
    variants: int = 2,
    mode: Mode = Mode.HORIZON,
) -> tuple[PowerPoint, ...]:
    """Power at `per_arm` visitors for each relative lift, by the normal approximation behind `sample_size`."""
    p = number(base_rate, "base_rate", low=0, high=1, open_low=True)
    n = count(per_arm, "per_arm", low=1) / INFLATION[mode]
    critical = normal.quantile(1 - alpha / (count(variants, "variants", low=2) - 1) / 2)
    points: list[PowerPoint] = []
    for lift in lifts:
        treated = number(p * (1 + number(lift, "lifts", low=-1)), "lifts", low=0, high=1)
        drift = abs(treated - p) / math.sqrt((p * (1 - p) + treated * (1 - treated)) / n)
        points.append(PowerPoint(lift, float(normal.cdf(drift - critical) + normal.cdf(-drift - critical))))
    return tuple(points)
