"""Warehouse writes while a reader runs: rows/s of ours beside the bound, a bare DuckDB insert of the same frame.

    python -m benchmarks.warehouse_writes [--rows 500000] [--repeat 5]

"ours" counts everything a caller waits for: lock, validation, replacement of the days in one transaction, the copy to
the snapshot and its exchange. "bound" is DELETE and INSERT of the same rows into an equal table of an open connection,
checkpointed, with nobody reading and nothing validated. On a machine busy with other work the wall-clock figures of
both fall; rows per second of CPU time of the writing process do not.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import pandas as pd

from benchmarks.rows import Row, table
from marketeer_dagster.warehouse import TABLES, Warehouse

GROUP = "warehouse-writes"
GOAL = 200_000
DAYS = 90
FIRST = date(2026, 1, 1)
LAST = FIRST + timedelta(days=DAYS - 1)


def rows_of(count: int) -> pd.DataFrame:
    """`count` rows of ga4_daily over 90 days, as the GA4 client brings them."""
    number = np.arange(count)
    days = np.array([FIRST + timedelta(days=n) for n in range(DAYS)], dtype=object)
    sources = np.array(["google", "(direct)", "newsletter", "linkedin.com"], dtype=object)
    return pd.DataFrame({
        "date": days[number % DAYS],
        "landing_page": pd.Series(number // (DAYS * 4)).map("/page-{}".format),
        "source": sources[number // DAYS % 4],
        "medium": "organic",
        "campaign": "",
        "sessions": number % 900,
        "users": number % 800,
        "engaged_sessions": number % 500,
        "conversions": number % 20,
        "revenue": (number % 1000) / 10,
    })  # fmt: skip


def read_until(path: str, snapshot: str, stop: Event, looks: "multiprocessing.Queue[tuple[int, int]]") -> None:
    """Ask the snapshot again and again; report how often, and how often that failed."""
    warehouse, done, failed = Warehouse(Path(path), Path(snapshot)), 0, 0
    while not stop.is_set():
        try:
            with warehouse.reading() as connection:
                connection.execute("SELECT source, sum(sessions) FROM ga4_daily GROUP BY 1").fetchall()
        except Exception:
            failed += 1
        done += 1
        time.sleep(0.02)
    looks.put((done, failed))


@dataclass(frozen=True)
class Taken:
    """Seconds of one write: on the clock, and of this process's CPU time."""

    wall: float
    cpu: float


def timed(write: Callable[[], None]) -> Taken:
    """Run a write and measure it."""
    wall, cpu = time.perf_counter(), time.process_time()
    write()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


def bound(rows: pd.DataFrame, folder: Path, repeat: int) -> list[Taken]:
    """Each bare replacement."""
    table = TABLES["ga4_daily"]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    connection = duckdb.connect(str(folder / "bound.duckdb"))
    connection.execute(table.create())

    def write() -> None:
        connection.register("given", rows)
        connection.execute("BEGIN")
        connection.execute("DELETE FROM ga4_daily")
        connection.execute(
            f"INSERT INTO ga4_daily ({names}) SELECT 'acme', date::DATE, * EXCLUDE (date), false FROM given"
        )
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")

    taken = [timed(write) for _ in range(repeat)]
    connection.close()
    return taken


def ours(rows: pd.DataFrame, folder: Path, repeat: int) -> tuple[list[Taken], int, int]:
    """Each write with a reader running, the reader's looks, and how many of them failed."""
    warehouse = Warehouse(folder / "w.duckdb", folder / "w.snapshot.duckdb")
    with warehouse.writing():
        pass
    context = multiprocessing.get_context("spawn")
    stop, looks = context.Event(), context.Queue()
    reader = context.Process(target=read_until, args=(str(warehouse.path), str(warehouse.snapshot), stop, looks))
    reader.start()

    def write() -> None:
        with warehouse.writing() as w:
            w.replace("ga4_daily", "acme", FIRST, LAST, rows)

    taken = [timed(write) for _ in range(repeat)]
    stop.set()
    done, failed = looks.get()
    reader.join()
    return taken, done, failed


def run(count: int = 500_000, repeat: int = 5) -> list[Row]:
    """The median of `repeat` replacements of `count` rows, ours and bare."""
    rows = rows_of(count)
    with tempfile.TemporaryDirectory() as name:
        bare = bound(rows, Path(name), repeat)
        own, looks, failed = ours(rows, Path(name), repeat)
    wall, of_bare = (count / median(taken.wall for taken in each) for each in (own, bare))
    cpu, bare_cpu = (count / median(taken.cpu for taken in each) for each in (own, bare))
    return [
        Row(
            GROUP, f"rows/s while a reader runs, {count:,} rows, median of {repeat}", f">= {GOAL:,}",
            f"bare DuckDB, no reader {of_bare:,.0f}", f"{wall:,.0f}", wall >= GOAL,
        ),
        Row(GROUP, "the same, rows per second of CPU time", "", f"{bare_cpu:,.0f}", f"{cpu:,.0f}"),
        Row(GROUP, "failed reads meanwhile", "0", "", f"{failed} of {looks}", failed == 0),
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=5)
    asked = parser.parse_args()
    print(table(run(asked.rows, asked.repeat), "benchmark"))


if __name__ == "__main__":
    main()
