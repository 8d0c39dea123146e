"""Prompt caching as it is billed: prefixes by model and account, five minutes or an hour, a smallest size per model.

Order of the prefix: schema, tools, system, messages. A breakpoint writes the prefix that ends there and reads the
longest earlier one, looking back at most 20 blocks from each breakpoint. A read renews the entry's time to live.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.api.reading import MessagesRequest

LOOKBACK = 20
_TTL_S = {"5m": 300.0, "1h": 3600.0}
_KEPT = 20_000


@dataclass(frozen=True)
class CacheUse:
    """How the input tokens of one request divide."""

    read: int
    write_5m: int
    write_1h: int
    full: int
    """Tokens at the full price."""


class PromptCache:
    """All accounts' cached prefixes. Thread-safe; times come from `clock` (seconds)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, tuple[float, float]] = {}
        """Prefix key to (expiry, time to live)."""

    def use(self, account: str, request: MessagesRequest) -> CacheUse:
        """Account for one answered request: what it read, what it wrote, what it paid in full."""
        keys, sizes = _prefixes(account, request)
        marks = [i for i, segment in enumerate(request.segments) if segment.ttl]
        marks = [i for i in marks if sizes[i] >= request.model.min_cacheable_tokens]
        if not marks:
            return CacheUse(0, 0, 0, request.tokens)
        with self._lock:
            now = self._clock()
            self._forget(now)
            hit = self._longest(keys, marks, request, now)
            read = sizes[hit] if hit is not None else 0
            written = {"5m": 0, "1h": 0}
            reached = read
            for mark in marks:
                ttl = request.segments[mark].ttl
                if sizes[mark] > reached:
                    written[ttl] += sizes[mark] - reached
                    reached = sizes[mark]
                self._keep(keys[mark], now, ttl)
        return CacheUse(read, written["5m"], written["1h"], request.tokens - reached)

    def _longest(self, keys: list[str], marks: list[int], request: MessagesRequest, now: float) -> int | None:
        for mark in reversed(marks):
            for position in range(mark, max(-1, mark - LOOKBACK), -1):
                entry = self._until.get(keys[position])
                if entry is not None and entry[0] > now:
                    self._until[keys[position]] = (now + entry[1], entry[1])
                    return position
        return None

    def _keep(self, key: str, now: float, ttl: str) -> None:
        seconds = _TTL_S[ttl]
        known = self._until.get(key)
        if known is None or known[0] < now + seconds:
            self._until[key] = (now + seconds, seconds)

    def _forget(self, now: float) -> None:
        if len(self._until) > _KEPT:
            self._until = {key: entry for key, entry in self._until.items() if entry[0] > now}


def _prefixes(account: str, request: MessagesRequest) -> tuple[list[str], list[int]]:
    """Running hash and running token count after each segment."""
    digest = hashlib.sha256(f"{account}\x1f{request.model.id}".encode())
    keys: list[str] = []
    sizes: list[int] = []
    total = 0
    for segment in request.segments:
        digest.update(b"\x1e" + segment.text.encode())
        total += segment.tokens
        keys.append(digest.hexdigest())
        sizes.append(total)
    return keys, sizes
