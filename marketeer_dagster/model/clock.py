"""The one clock. Business time is asked of a Clock, so that a simulated market can live in its own days."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells business time. In production the system's, in the sandbox the market's."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until moved; for tests and replays."""

    def __init__(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("a clock needs a timezone-aware moment")
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        return self.moment


def today(clock: Clock, timezone: str = "UTC") -> date:
    """The calendar day it is now in `timezone` (an IANA name)."""
    return clock.now().astimezone(ZoneInfo(timezone)).date()
