"""Places where a test may kill the process, to show that what follows loses nothing and does nothing twice.

A crash in production can come between any two statements. The ones that matter stand between a decision and
its record, so they carry a name: `crash_point("after_write")`. Nothing happens unless the environment names it.
"""

import os
import signal
from collections import Counter
from typing import Final

VARIABLE: Final = "MARKETEER_CRASH_AT"
"""Environment variable that picks the point: `name`, or `name:N` for its Nth passage in this process."""

_passages: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Kill this process with SIGKILL (no cleanup, no handlers) when MARKETEER_CRASH_AT names this point."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    point, _, count = wanted.partition(":")
    if point != name:
        return
    _passages[name] += 1
    if _passages[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
