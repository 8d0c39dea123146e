"""Nobody waits for a lock, and nobody sees half of a write."""

import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Empty
from typing import Any

import duckdb
import pytest

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.warehouse import TABLES, Warehouse
from tests.warehouse.frames import ask, at, ga4, put

SPAWN = multiprocessing.get_context("spawn")


def read_until(folder: str, ready: Event, stop: Event, results: Any) -> None:
    """Look again and again, both with our reader and with a plain client; report what was ever seen."""
    warehouse, seen, errors, looks = at(Path(folder)), set(), [], 0
    while not stop.is_set():
        try:
            seen |= set(ask(warehouse, "SELECT count(*), min(sessions), max(sessions) FROM ga4_daily"))
            with duckdb.connect(str(warehouse.snapshot), read_only=True) as plain:
                plain.execute("SELECT sum(sessions) FROM ga4_daily").fetchall()
        except Exception as error:
            errors.append(repr(error))
        looks += 1
        ready.set()
    results.put((looks, sorted(seen), errors))


def test_a_reader_in_another_process_never_fails_and_never_sees_half_of_fifty_writes(tmp_path: Path) -> None:
    """Every write gives all rows one value: a mixture would show as a minimum unlike the maximum."""
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(40, sessions=0))
    ready, stop, results = SPAWN.Event(), SPAWN.Event(), SPAWN.Queue()
    reader = SPAWN.Process(target=read_until, args=(str(tmp_path), ready, stop, results))
    reader.start()
    try:
        assert ready.wait(120)
        for number in range(1, 51):
            put(warehouse, "acme", ga4(40, sessions=number))
    finally:
        stop.set()
    try:
        looks, seen, errors = results.get(timeout=120)
    except Empty:
        pytest.fail(f"the reader died with exit code {reader.exitcode}")
    reader.join()
    assert errors == []
    assert looks > 1
    assert len(seen) > 1, "the reader must have seen the figures change"
    assert all(count == 40 and low == high for count, low, high in seen)


def test_an_open_reader_keeps_its_state_while_a_new_one_sees_the_new(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1))
    with warehouse.reading() as old:
        put(warehouse, "acme", ga4(5))
        assert old.execute("SELECT count(*) FROM ga4_daily").fetchall() == [(1,)]
        assert ask(warehouse, "SELECT count(*) FROM ga4_daily") == [(5,)]
        assert old.execute("SELECT count(*) FROM ga4_daily").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (a INT)", "DELETE FROM ga4_daily", "DROP TABLE ga4_daily",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.duckdb'", "SELECT * FROM read_csv('/etc/hosts')", "SET enable_external_access = true",
        "SELECT * FROM read_text('/etc/hosts')", "SELECT * FROM glob('{folder}/*')", "SELECT * FROM '{folder}/a.csv'",
        "EXPORT DATABASE '{folder}/export'", "INSTALL httpfs", "LOAD httpfs", "SET lock_configuration = false",
        "SET allowed_directories = ['/']", "SET temp_directory = '{folder}/tmp'", "UPDATE ga4_daily SET sessions = 0",
        "COPY ga4_daily FROM '/etc/hosts'", "SET secret_directory = '{folder}'", "ATTACH 'postgres:host=127.0.0.1'",
    ],
)  # fmt: skip
def test_a_reading_connection_can_change_nothing_and_touch_no_other_file(tmp_path: Path, statement: str) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1))
    before = sorted(tmp_path.iterdir())
    with warehouse.reading() as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(folder=tmp_path))
    assert sorted(tmp_path.iterdir()) == before
    assert ask(warehouse, "SELECT count(*) FROM ga4_daily") == [(1,)]


def test_writers_take_turns(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: put(at(tmp_path), f"t{n}", ga4(2)), range(12)))
    assert ask(warehouse, "SELECT count(DISTINCT tenant), count(*) FROM ga4_daily") == [(12, 24)]


KILLED = """
import sys, time
from pathlib import Path
from tests.warehouse.frames import FIRST, at, ga4
with at(Path(sys.argv[1])).writing() as w:
    w.connection.execute("BEGIN")
    w.connection.execute("DELETE FROM ga4_daily")
    print("half way", flush=True)
    time.sleep(600)
"""


def test_a_writer_killed_half_way_leaves_a_readable_snapshot_and_a_free_lock(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(3))
    writer = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half way\n"
    assert ask(warehouse, "SELECT count(*) FROM ga4_daily") == [(3,)]
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    assert ask(warehouse, "SELECT count(*) FROM ga4_daily") == [(3,)]
    put(warehouse, "globex", ga4(2))
    assert ask(warehouse, "SELECT tenant, count(*) FROM ga4_daily GROUP BY 1 ORDER BY 1") == [
        ("acme", 3),
        ("globex", 2),
    ]


def test_a_writer_killed_while_copying_does_not_trip_the_next(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1))
    (tmp_path / ".warehouse.snapshot.duckdb.new").write_bytes(b"half a copy")
    put(warehouse, "acme", ga4(2))
    assert ask(warehouse, "SELECT count(*) FROM ga4_daily") == [(2,)]
    assert not (tmp_path / ".warehouse.snapshot.duckdb.new").exists()


def test_every_comment_is_in_the_snapshot(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1))
    columns = dict(
        ask(warehouse, "SELECT table_name || '.' || column_name, comment FROM duckdb_columns() WHERE NOT internal")
    )
    assert [name for name, comment in columns.items() if not comment] == []
    assert columns["ga4_daily.sessions"] == TABLES["ga4_daily"].column("sessions").comment  # type: ignore[union-attr]
    assert [row for row in ask(warehouse, "SELECT table_name, comment FROM duckdb_tables()") if not row[1]] == []


@pytest.mark.parametrize("address", ["ducklake:{folder}/meta.ducklake", "ducklake:{folder}/m?data_path={folder}/data"])
def test_a_remote_warehouse_is_opened_for_reading_alone_or_not_at_all(tmp_path: Path, address: str) -> None:
    """Where its extension is missing, or it does not exist yet, a reader is told so and makes nothing."""
    where = address.format(folder=tmp_path)
    remote = Warehouse(where, Path(where))
    assert remote.remote
    with pytest.raises(ConfigError, match="for reading"), remote.reading():
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_no_warehouse_is_refused_without_its_password(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="", warehouse="postgresql://me:hunter2@db/warehouse")
    with pytest.raises(ConfigError, match="md: or ducklake:") as refused:
        Warehouse.at(settings)
    assert "hunter2" not in str(refused.value)
