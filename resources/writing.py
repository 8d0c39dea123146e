"""Writes that may have arrived: asked about before they are tried again, never repeated blindly."""

import time
from collections.abc import Callable
from typing import TypeVar

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import LONGEST_WAIT_S

Result = TypeVar("Result")

ATTEMPTS = 4
PAUSE_S = 0.5
"""Before the first look-up; doubles each time, so that a server that is still busy with the write has finished it."""


def write_once(
    write: Callable[[], Result],
    look_up: Callable[[], Result | None],
    *,
    attempts: int = ATTEMPTS,
    pause_s: float = PAUSE_S,
) -> Result:
    """The result of `write`, or of `look_up` when the answer was lost but the write had arrived.

    `write` must not repeat itself on an outage. Raises the last ToolError when it never arrived, and at once where the
    tool asks for a longer pause than a run takes (a firewall, maintenance): a later run takes it up.
    """
    for attempt in range(1, attempts + 1):
        try:
            return write()
        except ToolError as error:
            if error.kind is not ToolErrorKind.OUTAGE:
                raise
            time.sleep(pause_s * 2 ** (attempt - 1))
            arrived = look_up()
            if arrived is not None:
                return arrived
            if attempt == attempts or (error.retry_after_s or 0) > LONGEST_WAIT_S:
                raise
    raise AssertionError("the loop either returns or raises")
