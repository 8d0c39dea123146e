"""Order among the requests of one process: how many at once, when to hold back, and never two equal ones together.

Steps of one run may work in different threads with event loops of their own, so nothing here belongs to a loop.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import datetime

from marketeer_dagster.model.clock import SystemClock
from resources.calling import retry_after_seconds
from resources.claude.patience import Patience

LONGEST_HOLD_S = 60.0
"""However far away a vendor's reset is, requests are tried again after this long; limits are by the minute. A 429 that
names a longer wait is believed: those are seen to last eight minutes."""
LONGEST_WISH_S = 3600.0
"""A wish to come back later than this is not believed: one wrong header must not silence a process for days."""
_LIMITED = ("requests", "tokens", "input-tokens", "output-tokens")


class Slots:
    """At most `count` holders at a time, over all threads and event loops of this process; first come, first served."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._free = count
        self._waiting: deque[Future[None]] = deque()

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        await self._acquire()
        try:
            yield
        finally:
            self._release()

    async def _acquire(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            ticket: Future[None] = Future()
            self._waiting.append(ticket)
        try:
            await asyncio.shield(asyncio.wrap_future(ticket))
        except asyncio.CancelledError:
            with self._lock:
                waiting = ticket in self._waiting
                if waiting:
                    self._waiting.remove(ticket)
            if not waiting:  # it was called up at the very moment it gave up
                self._release()
            raise

    def _release(self) -> None:
        with self._lock:
            if not self._waiting:
                self._free += 1
                return
            ticket = self._waiting.popleft()
        ticket.set_result(None)


class Flights:
    """One request per key at a time; who comes second waits for the first to end, whatever its end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[str, Future[None]] = {}

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncGenerator[None]:
        landed: Future[None] = Future()
        while (other := self._enter(key, landed)) is not None:
            await asyncio.shield(asyncio.wrap_future(other))
        try:
            yield
        finally:
            with self._lock:
                del self._flying[key]
            landed.set_result(None)

    def _enter(self, key: str, landed: Future[None]) -> "Future[None] | None":
        with self._lock:
            other = self._flying.setdefault(key, landed)
        return None if other is landed else other


class Pace:
    """Holds new requests back while the vendor says that a limit is used up."""

    def __init__(self) -> None:
        self._until = 0.0

    def note(self, headers: Mapping[str, str], now: float, *, turned_away: bool = False) -> None:
        """Read `anthropic-ratelimit-*` of an answer that came `now`, and Retry-After of a 429 (`turned_away`): whole
        answers carry one at times, which means nothing."""
        hold = min(max(_until_reset(headers, kind) for kind in _LIMITED), LONGEST_HOLD_S)
        if turned_away:
            hold = max(hold, min(retry_after_seconds(headers.get("retry-after")) or 0.0, LONGEST_WISH_S))
        self._until = max(self._until, now + hold)

    async def wait(self, patience: Patience) -> None:
        """Return when requests may go out. Raises TryLater when that is further off than `patience` lasts."""
        while (left := self._until - patience.now()) > 0:
            await patience.hold(left)


def _until_reset(headers: Mapping[str, str], kind: str) -> float:
    """Seconds until a used-up limit is refilled; 0 when it is not used up or the headers do not say."""
    if headers.get(f"anthropic-ratelimit-{kind}-remaining") != "0":
        return 0.0
    try:
        reset = datetime.fromisoformat(headers.get(f"anthropic-ratelimit-{kind}-reset", ""))
    except ValueError:
        return 0.0
    if reset.tzinfo is None:
        return 0.0
    return max(0.0, (reset - SystemClock().now()).total_seconds())
