"""Vendors' rates hold across threads and processes."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.catalog.models import Rate, ToolLimit
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.limits import RateLimits, request_windows

_WORKER = """
import sys
from pathlib import Path
from marketeer_dagster.catalog.models import Rate, ToolLimit
from resources.limits import RateLimits
held = ToolLimit(tool="acme", tier="standard", rates=(Rate(amount=5, seconds=0.5),))
limits = RateLimits({"acme": held}, database=Path(sys.argv[1]))
for _ in range(5):
    limits.acquire("acme", "site")
"""


def _held(*rates: tuple[float, float]) -> dict[str, ToolLimit]:
    windows = tuple(Rate(amount=amount, seconds=seconds) for amount, seconds in rates)
    return {"acme": ToolLimit(tool="acme", tier="standard", rates=windows)}


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
    limits = RateLimits(_held((4, 0.3)), database=tmp_path / "limits.db")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: limits.acquire("acme", "site"), range(10)))
    stamps = _stamps(tmp_path / "limits.db")
    assert len(stamps) == 10
    assert _most_in_a_window(stamps, 300) <= 4


def test_a_spent_daily_quota_is_an_error_that_nobody_retries_at_once(tmp_path: Path) -> None:
    limits = RateLimits(_held((2, 86_400)), database=tmp_path / "limits.db")
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


def test_windows_that_another_implies_are_dropped() -> None:
    def windows(*rates: tuple[float, float]) -> list[tuple[int, int]]:
        return [(window.limit, window.interval) for window in request_windows(_held(*rates)["acme"])]

    assert windows((100, 1), (25, 1)) == [(25, 1000)]
    assert windows((10, 1), (1200, 60)) == [(10, 1000)]
    assert windows((5000, 3600), (80, 60)) == [(80, 60_000)]
    assert windows((100, 900), (250, 86_400)) == [(100, 900_000), (250, 86_400_000)]
    assert windows((100, 1), (20, 60)) == [(20, 60_000)]
    assert windows((0.25, 1)) == [(1, 4000)]


def test_every_limit_of_the_catalog_can_be_held(tmp_path: Path) -> None:
    limits = Catalog.load().limits
    held = RateLimits(limits, database=tmp_path / "limits.db")
    for tool in limits:
        held.acquire(tool, "account")


@pytest.mark.postgres
def test_processes_on_postgresql_share_one_rate(postgres: str, tmp_path: Path) -> None:
    workers = [RateLimits(_held((4, 0.5)), database=tmp_path / "unused.db", postgres_url=postgres) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda limits: [limits.acquire("acme", "site") for _ in range(3)], workers))
    with psycopg2.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("select table_name from information_schema.tables where table_name like 'ratelimit%'")
        (table,) = cursor.fetchone() or ("",)
        cursor.execute(f'select extract(epoch from item_timestamp) * 1000 from "{table}" order by 1')
        stamps = [int(row[0]) for row in cursor.fetchall()]
    connection.close()
    assert len(stamps) == 9
    assert _most_in_a_window(stamps, 500) <= 4
    assert not list(tmp_path.iterdir())
