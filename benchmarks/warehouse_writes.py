"""Warehouse writes while a reader runs: rows/s of ours beside the bound, a bare DuckDB insert of the same frame.

    python benchmarks/warehouse_writes.py [--rows 500000] [--repeat 3]

"ours" counts everything a caller waits for: lock, validation, replacement of the days in one transaction, the copy to
the snapshot and its exchange. "bound" is DELETE and INSERT of the same rows into an equal table of an open connection,
checkpointed, with nobody reading and nothing validated.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from datetime import date, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import pandas as pd

from marketeer_dagster.warehouse import TABLES, Warehouse

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


def bound(rows: pd.DataFrame, folder: Path, repeat: int) -> list[float]:
    """Seconds of each bare replacement."""
    table = TABLES["ga4_daily"]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    connection = duckdb.connect(str(folder / "bound.duckdb"))
    connection.execute(table.create())
    seconds = []
    for _ in range(repeat):
        begun = time.perf_counter()
        connection.register("given", rows)
        connection.execute("BEGIN")
        connection.execute("DELETE FROM ga4_daily")
        connection.execute(
            f"INSERT INTO ga4_daily ({names}) SELECT 'acme', date::DATE, * EXCLUDE (date), false FROM given"
        )
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")
        seconds.append(time.perf_counter() - begun)
    connection.close()
    return seconds


def ours(rows: pd.DataFrame, folder: Path, repeat: int) -> tuple[list[float], int, int]:
    """Seconds of each write with a reader running, the reader's looks, and how many of them failed."""
    warehouse = Warehouse(folder / "w.duckdb", folder / "w.snapshot.duckdb")
    with warehouse.writing():
        pass
    context = multiprocessing.get_context("spawn")
    stop, looks = context.Event(), context.Queue()
    reader = context.Process(target=read_until, args=(str(warehouse.path), str(warehouse.snapshot), stop, looks))
    reader.start()
    seconds = []
    for _ in range(repeat):
        begun = time.perf_counter()
        with warehouse.writing() as w:
            w.replace("ga4_daily", "acme", FIRST, LAST, rows)
        seconds.append(time.perf_counter() - begun)
    stop.set()
    done, failed = looks.get()
    reader.join()
    return seconds, done, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    rows = rows_of(asked.rows)
    with tempfile.TemporaryDirectory() as name:
        bare = bound(rows, Path(name), asked.repeat)
        own, looks, failed = ours(rows, Path(name), asked.repeat)
    figures = {
        "rows": asked.rows,
        "ours_rows_per_s": round(asked.rows / median(own)),
        "bound_rows_per_s": round(asked.rows / median(bare)),
        "goal_rows_per_s": GOAL,
        "goal_met": asked.rows / median(own) >= GOAL,
        "reads_meanwhile": looks,
        "failed_reads": failed,
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
