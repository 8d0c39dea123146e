"""What a loop has looked at: what it found odd, and how near to a signal everything else came."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.signal import Evidence

if TYPE_CHECKING:
    from marketeer_dagster.optimise.anomaly import Reading


@dataclass(frozen=True)
class Sighting:
    """Something judged odd: whose, what it is about, the engine's reading, and what people want to see with it."""

    tenant: TenantId
    subject: str
    metric: str
    reading: "Reading"
    detail: str

    def evidence(self) -> Evidence:
        """The reading as a signal's evidence; the unit is the metric's (a share for rates, a count otherwise)."""
        reading = self.reading
        observed, expected = reading.observed or 0.0, reading.expected or 0.0
        change = reading.relative_change
        return Evidence(
            metric=self.metric,
            observed=observed,
            expected=expected,
            low=reading.low or 0.0,
            high=reading.high or 0.0,
            since=reading.since or reading.day,
            until=reading.day,
            relative_change=(observed / expected - 1 if expected else 0.0) if change is None else change,
            detail=f"{reading.summary}\n\n{self.detail}".strip()[:4000],
        )


@dataclass(frozen=True)
class Looked:
    """One series that was judged, odd or not."""

    subject: str
    nearness: float
    """How much of the way to a signal it has gone: 1 at the threshold, 0 or less for no way at all."""
    says: str
    """The figure, and the threshold beyond which it is a signal."""
    sighting: Sighting | None = None
    """What is odd about it; None when it is as expected, or not surely otherwise."""


def looked(subject: str, metric: str, reading: "Reading", threshold: float, sighting: Sighting | None = None) -> Looked:
    """A series as the engine has read it; `threshold` is the relative fall beyond which it is a signal."""
    change = reading.relative_change
    nearness = 0.0 if change is None or not threshold else -change / threshold
    figure = "nothing to expect yet" if change is None else f"{change:+.1%}"
    chance = ", within chance" if nearness >= 1 and sighting is None else ""
    return Looked(
        subject, nearness, f"{metric.replace('_', ' ')} {figure} (signal beyond -{threshold:.0%}{chance})", sighting
    )


def sightings(of: Iterable[Looked]) -> Iterator[Sighting]:
    """What is odd among it."""
    return (one.sighting for one in of if one.sighting is not None)


def nearest(of: Iterable[Looked], most: int = 3) -> list[Looked]:
    """What went furthest towards a signal without being one, nearest first."""
    fallen = [one for one in of if one.sighting is None and one.nearness > 0]
    return sorted(fallen, key=lambda one: -one.nearness)[:most]
