"""The market's calendar: starts in the past, moves only when told to, never reaches a day that has not happened yet."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.sandbox.state import State

FIRST_DAY = date(2026, 4, 6)
"""A Monday. Fixed, so that a seed gives the same market on any machine."""
_ROOM_DAYS = 200
"""Where the machine's calendar leaves less room than this, the market starts earlier instead."""
_OPENS_AT = clock_time(9, 0, tzinfo=UTC)
_LONGEST_DAY_S = 3599
"""Real seconds that may pass within one simulated day: the hour never changes under a caller."""


def default_start(today: date | None = None) -> date:
    """FIRST_DAY, or 200 days before `today` (the machine's own) where that is earlier."""
    today = today or datetime.now(UTC).date()
    return min(FIRST_DAY, today - timedelta(days=_ROOM_DAYS))


class WorldClock:
    """Implements model.clock.Clock. Within a day it runs with real seconds from 09:00 UTC."""

    def __init__(self, state: State, start: date | None) -> None:
        self._state = state
        if state.meta("day") is None:
            self._set(start or default_start())

    @property
    def day(self) -> date:
        return date.fromisoformat(self._state.meta("day") or "")

    def now(self) -> datetime:
        since = float(self._state.meta("day_began") or 0)
        passed = min(max(time.time() - since, 0.0), _LONGEST_DAY_S)
        return datetime.combine(self.day, _OPENS_AT) + timedelta(seconds=passed)

    def room(self) -> int:
        """How many days it can still move before it would reach the real today."""
        return (datetime.now(UTC).date() - self.day).days

    def check(self, days: int) -> None:
        """Raises BadInput when `days` is not positive or would pass the real today."""
        if days < 1:
            raise BadInput(f"cannot advance by {days} days", expected="1 or more")
        if days > self.room():
            raise BadInput(
                f"the market stands at {self.day} and cannot pass today", expected=f"at most {max(self.room(), 0)} days"
            )

    def next_day(self) -> date:
        """Move to the next day and return it."""
        self._set(self.day + timedelta(days=1))
        return self.day

    def _set(self, day: date) -> None:
        self._state.set_meta("day", day.isoformat())
        self._state.set_meta("day_began", str(time.time()))
