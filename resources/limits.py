"""Vendors' call rates, held across threads, processes and machines.

One sliding-window log per (tool, account): a file-locked SQLite bucket in the home on one machine, a table in
PostgreSQL where the store lives there. The rates come from the catalog, never from code.
"""

import atexit
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pyrate_limiter import AbstractBucket, Limiter, Rate, RateItem, SQLiteBucket
from pyrate_limiter.limiter import SingleBucketFactory

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.catalog.models import ToolLimit
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.model.settings import Settings
from resources.calling import LONGEST_WAIT_S

_CALLS_BETWEEN_SWEEPS = 200


def request_windows(limit: ToolLimit) -> tuple[Rate, ...]:
    """A tool's request rates as windows, shortest first, without those that another one already implies."""
    windows = [_window(rate.amount, rate.seconds) for rate in limit.rates_of("requests")]
    windows.sort(key=lambda window: (window.interval, window.limit))
    kept: list[Rate] = []
    for window in windows:
        if kept and window.limit * kept[-1].interval >= kept[-1].limit * window.interval:
            continue  # the shorter window is at least as strict over any longer time
        while kept and kept[-1].limit >= window.limit:
            kept.pop()
        kept.append(window)
    return tuple(kept)


def _window(amount: float, seconds: float) -> Rate:
    if amount < 1:
        amount, seconds = 1, seconds / amount
    return Rate(int(amount), round(seconds * 1000))


class RateLimits:
    """Holds every tool to its rates; a tool without rates is not held. Safe to share between threads."""

    def __init__(self, limits: Mapping[str, ToolLimit], *, database: Path, postgres_url: str | None = None) -> None:
        """`limits` by tool; `database` is the SQLite file (created on first use), unless `postgres_url` is given."""
        self._windows = {tool: request_windows(limit) for tool, limit in limits.items()}
        self._database = database
        self._postgres_url = postgres_url
        self._pool: Any = None
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._lock = threading.Lock()

    @classmethod
    def at(cls, settings: Settings, limits: Mapping[str, ToolLimit]) -> "RateLimits":
        """The limits shared by every process that has these settings."""
        url = settings.database_url
        postgres_url = url if url.startswith("postgres") else None
        return cls(limits, database=settings.home / "limits.db", postgres_url=postgres_url)

    def acquire(self, tool: str, account: str) -> None:
        """Wait for a free place in the tool's windows, at most LONGEST_WAIT_S; raises ToolError(quota) beyond that."""
        windows = self._windows.get(tool, ())
        if not windows or self._account(tool, account, windows).acquire():
            return
        # The longest window is named as the wait, so that nobody retries against a spent daily quota.
        longest = windows[-1]
        raise ToolError(
            tool,
            ToolErrorKind.QUOTA,
            f"{longest.limit} calls in {longest.interval / 1000:g} s are spent for {account or 'this account'}",
            hint="later runs take this up; raise the limit in the catalog if your account tier allows more",
            retry_after_s=max(longest.interval / 1000, LONGEST_WAIT_S + 1),
        )

    def _account(self, tool: str, account: str, windows: Sequence[Rate]) -> "_Account":
        with self._lock:
            key = (tool, account)
            if key not in self._accounts:
                self._accounts[key] = _Account(self._bucket(tool, account, windows))
            return self._accounts[key]

    def _bucket(self, tool: str, account: str, windows: Sequence[Rate]) -> AbstractBucket:
        table = f"{tool.replace('-', '_')}_{content_hash(account)}"
        if self._postgres_url is None:
            self._database.parent.mkdir(parents=True, exist_ok=True)
            return SQLiteBucket.init_from_file(
                list(windows), table=table, db_path=str(self._database), use_file_lock=True
            )
        from pyrate_limiter import PostgresBucket

        return PostgresBucket(self._postgres_pool(), table, list(windows))

    def _postgres_pool(self) -> Any:
        if self._pool is None:
            from psycopg_pool import ConnectionPool

            scheme, _, rest = str(self._postgres_url).partition("://")
            conninfo = f"{scheme.partition('+')[0]}://{rest}"
            self._pool = ConnectionPool(conninfo, min_size=0, max_size=4, open=True)
            atexit.register(self._pool.close)
        return self._pool


class _Account:
    """One account's limiter, swept now and then so that its log stays as long as its windows."""

    def __init__(self, bucket: AbstractBucket) -> None:
        # No background sweeper: it would cost a thread for each account.
        self._bucket = bucket
        self._limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=5)
        self._calls = 0

    def acquire(self) -> bool:
        if self._calls % _CALLS_BETWEEN_SWEEPS == 0:
            # A caller that waits goes by the moment it came: what it must still count may not be swept away.
            now: Any = self._bucket.now()
            self._bucket.leak(int(now) - int(LONGEST_WAIT_S * 1000))
        self._calls += 1
        if self._limiter.try_acquire("call", blocking=False):
            return True
        return self._soon() and bool(self._limiter.try_acquire("call", timeout=LONGEST_WAIT_S))

    def _soon(self) -> bool:
        now: Any = self._bucket.now()
        wait_ms: Any = self._bucket.waiting(RateItem("call", int(now)))
        return int(wait_ms) <= LONGEST_WAIT_S * 1000


def limiter(settings: Settings | None = None) -> RateLimits:
    """The limits that all calls of this process share, by the settings' home and catalog; opened on the first call."""
    settings = settings or Settings.load()
    return _shared(settings.home, settings.database_url, settings.catalog)


@cache
def _shared(home: Path, database_url: str, root: Path | None) -> RateLimits:
    settings = Settings.load(home=home).model_copy(update={"database_url": database_url})
    return RateLimits.at(settings, Catalog.load(root).limits)
