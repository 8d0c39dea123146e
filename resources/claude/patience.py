"""How long a vendor is waited for that takes no requests now, and what is said when that was not enough.

Waiting in place costs nothing and spares a campaign a stop, up to a quarter of an hour: overloads last minutes, and
a small account that used up its minute is told to come back after eight. What lasts longer is left to whoever takes
the campaign up again (TryLater), so that no run sits in a queue for hours. This is the only layer that waits: the op's
RetryPolicy does not repeat what ends here.
"""

import asyncio
import random
import time
from typing import Protocol

from marketeer_dagster.model.errors import ToolError, TryLater

OFFLINE_S = 60.0
"""How long nobody at the other end is waited for: a network that is gone, or an address that is wrong, says so soon."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
"""Bounds of one wait where the vendor names none; it doubles from one to the next."""
MOST_JITTER_S = 5.0
"""Beyond what the vendor asked for, so that those it sent away together do not come back together."""


class Waits(Protocol):
    """Time as waiting sees it: seconds that only go forward. Tests bring their own."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class WallWaits:
    """Time that passes by itself."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Patience:
    """The waiting of one question, all its tries together."""

    def __init__(self, waits: Waits, longest_s: float) -> None:
        """`longest_s`: seconds that may be waited in all."""
        self._waits = waits
        self._left = longest_s
        self._offline_left = min(OFFLINE_S, longest_s)
        self._tries = 0
        self._waited = 0.0

    async def after(self, error: ToolError, *, offline: bool = False, pointless: bool = False) -> None:
        """Wait before the next try after `error`: as long as the vendor asks, else a little more each time.

        `offline`: nobody was reached. `pointless`: the vendor says that a repetition now will not do.
        Raises TryLater, without waiting, when the wait would pass what is left.
        """
        self._tries += 1
        wait = _next_wait(self._tries, error.retry_after_s)
        left = self._offline_left if offline else self._left
        if pointless or wait > left:
            raise self._over(error.message, error.hint, error.retry_after_s or 0.0)
        if offline:
            self._offline_left -= wait
        await self._sleep(wait)

    def now(self) -> float:
        """The time that is waited in, seconds."""
        return self._waits.now()

    async def hold(self, seconds: float) -> None:
        """Wait because others were told to; raises TryLater when that is longer than what is left."""
        if seconds > self._left:
            raise self._over("claude: the account's limit is used up", None, seconds)
        await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        self._left -= seconds
        self._waited += seconds
        await self._waits.sleep(seconds)

    def _over(self, message: str, hint: str | None, retry_after_s: float) -> TryLater:
        waited = f" after {self._tries} tries in {self._waited / 60:.0f} minutes" if self._waited >= 1 else ""
        return TryLater(f"{message}{waited}", retry_after_s=retry_after_s, hint=hint)


def _next_wait(tries: int, wanted: float | None) -> float:
    own = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
    if wanted is None:
        return own
    return max(own, wanted + random.uniform(0.0, min(MOST_JITTER_S, wanted / 10)))  # noqa: S311
