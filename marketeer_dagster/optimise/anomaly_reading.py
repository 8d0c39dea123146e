"""From scores to a statement a person can act on: what happened, since when, how sure."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from marketeer_dagster.optimise import normal
from marketeer_dagster.optimise.anomaly_model import DayScores, MetricKind, Tuning
from marketeer_dagster.optimise.inputs import Floats, count, number


class Status(StrEnum):
    """What can be said of a day. Only ANOMALY fires."""

    NORMAL = "normal"
    ANOMALY = "anomaly"
    NOT_ENOUGH_HISTORY = "not_enough_history"
    """Fewer observed days than `Tuning.min_history`."""
    TRACKING_BROKEN = "tracking_broken"
    """No figure, or an impossible zero, where there always was one: mend the counter before judging the business."""
    NO_DATA = "no_data"
    """No figure for a metric so small that this is ordinary."""
    HOLIDAY = "holiday"
    """The day was named as one that obeys other rules."""
    TOO_SPARSE = "too_sparse"
    """An amount that is zero on most days: there is no rhythm to depart from."""


class Shape(StrEnum):
    """How the day departs."""

    SPIKE = "spike"
    """This day alone."""
    LEVEL_SHIFT = "level_shift"
    """Two or more days in a row that agree."""


class Direction(StrEnum):
    """Which departures are worth an alarm."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass(frozen=True)
class Policy:
    """What counts as an alarm for one metric."""

    direction: Direction = Direction.BOTH
    min_effect: float = 0.10
    """Least |relative change|, 0.1 is 10 %."""
    holidays: frozenset[date] = frozenset()
    """Days neither judged nor learned from."""
    rare_zero_is_gap: bool = True
    """Whether zeros on fewer than one day in twenty mean that the counter failed (not used for RATE and VALUE)."""
    tuning: Tuning = field(default_factory=Tuning)

    def __post_init__(self) -> None:
        number(self.min_effect, "min_effect", low=0)
        number(self.tuning.threshold, "tuning.threshold", low=0, open_low=True)
        number(self.tuning.rate_threshold, "tuning.rate_threshold", low=0, open_low=True)
        for name in ("smoothing", "rate_smoothing"):
            number(getattr(self.tuning, name), f"tuning.{name}", low=0, high=1, open_low=True)
        count(self.tuning.weeks, "tuning.weeks", low=4)
        count(self.tuning.min_history, "tuning.min_history", low=7)
        for name in ("shift_days", "rate_shift_days"):
            number(count(getattr(self.tuning, name), f"tuning.{name}", low=2), f"tuning.{name}", high=14)


@dataclass(frozen=True)
class Reading:
    """The judgement of one series on one day.

    For a level shift `observed` and `expected` are means per day since `since`; otherwise they are the day's. All
    figures are in the metric's unit (a share for rates) and None where they cannot be known; none is ever NaN.
    """

    status: Status
    day: date
    shape: Shape | None
    since: date | None
    """First day off; for TRACKING_BROKEN the first day without a figure."""
    observed: float | None
    expected: float | None
    low: float | None
    high: float | None
    """The 95 % interval in which `observed` was expected."""
    relative_change: float | None
    """observed / expected - 1; None when nothing was expected."""
    score: float
    """Strength of evidence in alarm lines: >= 1 passes the line."""
    confidence: float
    """1 - the chance that a day of ordinary, normal noise looks this odd; a guide, as real noise has heavier tails."""
    looks: int
    """Tests of this day that `confidence` pays for: one, or one per length of a level shift."""
    history_days: int
    summary: str
    """One plain sentence."""

    @property
    def fired(self) -> bool:
        """Whether this is an alarm."""
        return self.status is Status.ANOMALY


@dataclass(frozen=True)
class Judgement:
    """`DayScores` judged; arrays of shape (n,)."""

    status: NDArray[np.str_]
    shifted: NDArray[np.bool_]
    """Level shift rather than spike."""
    observed: Floats
    expected: Floats
    low: Floats
    high: Floats
    change: Floats
    """NaN where nothing was expected."""
    score: Floats
    p: Floats
    """Chance of a score this high in normal noise."""
    looks: NDArray[np.int64]
    """Tests that p pays for."""


def judge(scores: DayScores, kind: MetricKind, policy: Policy, *, typical: Floats, holiday: bool) -> Judgement:
    """Status and evidence of each row. `typical` is the mean size of a day (trials for RATE), shape (n,)."""
    tuning, shift = policy.tuning, scores.shift
    missing = np.isnan(scores.observed)
    z = np.where(np.isnan(scores.z), 0.0, scores.z)
    spike_change = _change(scores.observed, scores.expected)
    shift_change = _change(shift.observed, shift.expected)
    line = tuning.line(kind)
    spike = _strength(z / line, spike_change, policy)
    level = np.where(missing, 0.0, _strength(shift.strength / line, shift_change, policy))
    fired = np.maximum(spike, level) >= 1
    shifted = fired & (level > spike)
    short = scores.days < tuning.min_history
    counted = kind in (MetricKind.COUNT, MetricKind.RATE)
    broken = (typical >= tuning.gap_expected) if counted else np.ones_like(missing)
    sparse = (scores.zeros > 0.5) & (kind is MetricKind.AMOUNT)
    status = np.select(
        [short, np.full_like(missing, holiday), missing & broken, missing, sparse, fired],
        [
            Status.NOT_ENOUGH_HISTORY,
            Status.HOLIDAY,
            Status.TRACKING_BROKEN,
            Status.NO_DATA,
            Status.TOO_SPARSE,
            Status.ANOMALY,
        ],
        Status.NORMAL,
    )
    judged = ~short & ~missing & ~sparse & (not holiday)
    tail = np.where(level > spike, tuning.window(kind) * normal.two_sided(shift.strength), normal.two_sided(z))
    return Judgement(
        status=status,
        shifted=shifted,
        observed=np.where(shifted, shift.observed, scores.observed),
        expected=np.where(shifted, shift.expected, scores.expected),
        low=np.where(shifted, _floor(kind, shift.expected - shift.margin), scores.low),
        high=np.where(shifted, shift.expected + shift.margin, scores.high),
        change=np.where(shifted, shift_change, spike_change),
        score=np.where(judged, np.maximum(spike, level), 0.0),
        p=np.where(judged, np.minimum(tail, 1.0), 1.0),
        looks=np.where(~judged, 0, np.where(level > spike, tuning.window(kind), 1)).astype(np.int64),
    )


def _change(observed: Floats, expected: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.abs(expected) > 1e-12, (observed - expected) / np.abs(expected), np.nan)


def _strength(evidence: Floats, change: Floats, policy: Policy) -> Floats:
    """Evidence in alarm lines; 0 in an unwanted direction, capped below 1 when the effect is too small to matter."""
    wanted = evidence > 0 if policy.direction is Direction.UP else evidence < 0
    wanted = wanted | (policy.direction is Direction.BOTH)
    score = np.where(wanted, np.abs(evidence), 0.0)
    small = np.abs(change) < policy.min_effect
    return np.where(small, np.minimum(score, 0.999), score)


def _floor(kind: MetricKind, low: Floats) -> Floats:
    return low if kind is MetricKind.VALUE else np.maximum(low, 0.0)


def reading(judged: Judgement, row: int, *, day: date, length: int, gap: int, history: int) -> Reading:
    """Row `row` as a `Reading`. `length`: days of the shift; `gap`: days without a figure up to `day`."""
    status = Status(str(judged.status[row]))
    shape, since = None, None
    if status is Status.ANOMALY:
        shifted = bool(judged.shifted[row])
        shape = Shape.LEVEL_SHIFT if shifted else Shape.SPIKE
        since = day - timedelta(days=length - 1 if shifted else 0)
    elif status is Status.TRACKING_BROKEN:
        since = day - timedelta(days=max(gap, 1) - 1)
    known = status not in (Status.NOT_ENOUGH_HISTORY, Status.TOO_SPARSE)
    observed, change = _number(judged.observed[row]), _number(judged.change[row])
    expected, low, high = (
        _number(figure[row]) if known else None for figure in (judged.expected, judged.low, judged.high)
    )
    return Reading(
        status=status,
        day=day,
        shape=shape,
        since=since,
        observed=observed,
        expected=expected,
        low=low,
        high=high,
        relative_change=change if known else None,
        score=float(judged.score[row]),
        confidence=float(1 - judged.p[row]),
        looks=int(judged.looks[row]),
        history_days=history,
        summary=_sentence(status, shape, since, observed, expected, low, high, change, gap, history),
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _sentence(
    status: Status,
    shape: Shape | None,
    since: date | None,
    observed: float | None,
    expected: float | None,
    low: float | None,
    high: float | None,
    change: float | None,
    gap: int,
    history: int,
) -> str:
    match status:
        case Status.NOT_ENOUGH_HISTORY:
            return f"Not enough history: {history} days observed."
        case Status.TRACKING_BROKEN:
            return f"No figure for {max(gap, 1)} day(s), since {since}: tracking looks broken; demand may be as usual."
        case Status.NO_DATA:
            return "No figure for this day; ordinary for a metric this small."
        case Status.HOLIDAY:
            return "A holiday: not judged."
        case Status.TOO_SPARSE:
            return "Zero on most days: too sparse to have a normal level."
        case Status.NORMAL:
            if observed is None or expected is None:
                return "Within its usual range."
            return f"{observed:.4g}, within its usual range ({low:.4g} to {high:.4g})."
        case Status.ANOMALY:
            moved = "" if change is None else f" ({change:+.0%})"
            when = f"on {since} alone" if shape is Shape.SPIKE else f"a day since {since}"
            return f"{observed:.4g} {when} where {expected:.4g} was expected ({low:.4g} to {high:.4g}){moved}."
