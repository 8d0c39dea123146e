"""Time that passes as soon as somebody waits for it."""

import asyncio
import time


class JumpingWaits:
    """As resources.claude.patience.Waits: sleeping takes no time, and `now` is ahead by all that was slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        """Every wait, seconds, in order."""

    @property
    def total(self) -> float:
        """All waits together, seconds."""
        return sum(self.slept)

    def now(self) -> float:
        return time.monotonic() + self.total

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
