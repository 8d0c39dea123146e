"""Nothing is asked of a market that is not this home's, or not the one that a connection was made with.

Looked at where everything begins: when the store is handed out, and when a connection is used. What was seen holds for
a few seconds, so that a run with many steps does not ask before each.
"""

import threading
import time
from typing import TYPE_CHECKING

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.settings import Settings

if TYPE_CHECKING:  # the code location does not bring the sandbox along: a home without one never asks
    from marketeer_dagster.sandbox.identity import MarketFace

HOLDS_S = 5.0
"""Seconds for which a look at an address is believed."""
SLOW_S = 1.0
"""Seconds after which silence is believed as long: an address that drops packets must not hold up every step."""

_lock = threading.Lock()
_seen: "dict[str, tuple[float, MarketFace | None]]" = {}


def assure_market(settings: Settings) -> None:
    """Raises ConfigError when the sandbox that answers for this home is another home's, or was made anew.

    Silence is no mismatch: who needs the market says that it does not answer.
    """
    if settings.sandbox_url is None:
        return
    face = _face(settings.sandbox_url)
    if face is not None:
        from marketeer_dagster.sandbox.identity import refuse_stranger

        refuse_stranger(settings.home, settings.sandbox_url, face)


def assure_connection(connection: Connection) -> None:
    """Raises ToolError(invalid), which nothing tries again, when another market answers than it was connected to."""
    url = connection.sandbox_at
    if not connection.simulated or not connection.sandbox or not f"{connection.base_url}/".startswith(f"{url}/"):
        return
    face = _face(url)
    if face is not None and face.id != connection.sandbox:
        raise ToolError(
            connection.tool,
            ToolErrorKind.INVALID,
            f"{connection.tenant} is connected to market {connection.sandbox[:8]}, and "
            f"{face.id[:8] or 'one of an older version'} answers at {url}",
            hint="start the market that belongs to this home: marketeer sandbox (or up); or go over to that one: "
            "marketeer sandbox adopt",
        )


def _face(url: str) -> "MarketFace | None":
    with _lock:
        known = _seen.get(url)
    if known is not None and time.monotonic() - known[0] < HOLDS_S:
        return known[1]
    from marketeer_dagster.sandbox.client import SandboxAdmin

    began = time.monotonic()
    face = SandboxAdmin(url).face()
    with _lock:
        # Nobody there is asked again at once, since another market may appear; unless it took long to find out.
        if face is not None or time.monotonic() - began > SLOW_S:
            _seen[url] = (time.monotonic(), face)
        else:
            _seen.pop(url, None)
    return face


def look_again() -> None:
    """Forget what was seen: a market was started, ended or exchanged by this process."""
    with _lock:
        _seen.clear()
