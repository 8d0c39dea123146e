"""Vendors' rates hold across threads and processes."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.limits import CallRate, RateLimits

_WORKER = """
import sys
from pathlib import Path
from resources.limits import CallRate, RateLimits
limits = RateLimits({"acme": [CallRate(5, 0.5)]}, database=Path(sys.argv[1]))
for _ in range(5):
    limits.acquire("acme", "site")
"""


def _stamps(database: Path) -> list[int]:
    with sqlite3.connect(database) as con:
        (table,) = con.execute("select name from sqlite_master where type = 'table' and name like 'acme%'").fetchone()
        return [row[0] for row in con.execute(f'select item_timestamp from "{table}" order by 1')]


def _most_in_a_window(stamps: list[int], window_ms: int) -> int:
    return max(sum(start <= other < start + window_ms for other in stamps) for start in stamps)


def test_three_processes_share_one_rate(tmp_path: Path) -> None:
    database = tmp_path / "limits.db"
    workers = [subprocess.Popen([sys.executable, "-c", _WORKER, str(database)]) for _ in range(3)]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    stamps = _stamps(database)
    assert len(stamps) == 15
    assert _most_in_a_window(stamps, 500) <= 5


def test_threads_share_one_rate(tmp_path: Path) -> None:
    limits = RateLimits({"acme": [CallRate(4, 0.3)]}, database=tmp_path / "limits.db")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: limits.acquire("acme", "site"), range(10)))
    stamps = _stamps(tmp_path / "limits.db")
    assert len(stamps) == 10
    assert _most_in_a_window(stamps, 300) <= 4


def test_a_spent_daily_quota_is_an_error_that_nobody_retries_at_once(tmp_path: Path) -> None:
    limits = RateLimits({"acme": [CallRate(2, 86_400)]}, database=tmp_path / "limits.db")
    limits.acquire("acme", "p1")
    limits.acquire("acme", "p1")
    limits.acquire("acme", "p2")
    with pytest.raises(ToolError, match="2 calls in 86400 s are spent for p1") as caught:
        limits.acquire("acme", "p1")
    assert caught.value.kind is ToolErrorKind.QUOTA
    assert caught.value.retry_after_s == 86_400


def test_a_tool_without_rates_is_not_held_and_opens_nothing(tmp_path: Path) -> None:
    RateLimits({}, database=tmp_path / "limits.db").acquire("acme", "site")
    assert not list(tmp_path.iterdir())
