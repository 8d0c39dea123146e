"""Where Claude is reached, and the connections this process holds to it."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from marketeer_dagster.model.settings import Settings
from resources.claude.traffic import Pace, Slots

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

_NO_KEY = "none"
"""Sent where no credentials are known: the sandbox and other local servers want a header, not a secret."""
_CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Endpoint:
    """An address and how to speak to it. `base_url` None is the SDK's default, the vendor itself."""

    base_url: str | None
    api_key: str | None = field(repr=False)
    timeout_s: float
    """Seconds that a whole answer may take."""
    concurrency: int
    simulated: bool = False
    idle_s: float = 90.0
    """Seconds that a connection may say nothing."""

    @classmethod
    def of(cls, settings: Settings) -> "Endpoint":
        """The configured server, else the sandbox when there is no key, else the vendor."""
        key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else None
        base, simulated = settings.anthropic_base_url, False
        if base is None and key is None and settings.sandbox_url:
            base, key, simulated = f"{settings.sandbox_url.rstrip('/')}/anthropic", _NO_KEY, True
        idle = min(settings.claude_idle_s, settings.claude_timeout_s)
        return cls(base, key, settings.claude_timeout_s, settings.claude_concurrency, simulated, idle)


class Line:
    """All traffic of this process to one endpoint. Every Claude object of the process shares it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.slots = Slots(endpoint.concurrency)
        self.pace = Pace()
        self._lock = threading.Lock()
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncAnthropic] = WeakKeyDictionary()

    def client(self) -> "AsyncAnthropic":
        """The SDK's client of the running event loop: its connections cannot be used from another loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            client = self._clients.get(loop)
            if client is None:
                client = self._clients[loop] = _client(self.endpoint)
            return client

    async def close(self) -> None:
        """Close the running loop's connections. The line may be used again."""
        with self._lock:
            client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()


_lines: dict[Endpoint, Line] = {}
_lines_lock = threading.Lock()


def line_to(endpoint: Endpoint) -> Line:
    """The one line of this process to `endpoint`."""
    with _lines_lock:
        return _lines.setdefault(endpoint, Line(endpoint))


def _client(endpoint: Endpoint) -> "AsyncAnthropic":
    from anthropic import AsyncAnthropic, Timeout

    client = AsyncAnthropic(
        api_key=endpoint.api_key,
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=Timeout(endpoint.idle_s, connect=min(_CONNECT_TIMEOUT_S, endpoint.idle_s)),
    )
    if endpoint.base_url and not (client.api_key or client.auth_token or client.credentials):
        return client.with_options(api_key=_NO_KEY)
    return client
