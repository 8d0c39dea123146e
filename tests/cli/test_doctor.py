"""The doctor in homes that something is really wrong with."""

import os
import sqlite3
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import duckdb
import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from marketeer_dagster.model.settings import Settings
from marketeer_dagster.warehouse import Warehouse
from tests.cli.homes import CommandLine
from tests.warehouse import frames


def diagnosed(marketeer: CommandLine, about: str) -> dict[str, Any]:
    """The one finding about something, after checking that it and the exit code agree."""
    answer = marketeer("doctor", "--json")
    found = [finding for finding in answer.json if finding["about"] == about]
    assert len(found) == 1, answer.out
    assert answer.code == (0 if all(finding["ok"] for finding in answer.json) else 1)
    return found[0]


def warehouse(marketeer: CommandLine) -> Warehouse:
    return Warehouse.at(Settings.load({"MARKETEER_HOME": str(marketeer.home)}))


@contextmanager
def server_in(moment: timedelta) -> Generator[str]:
    """The address of a server whose clock differs from ours by `moment`."""

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(404)
            self.send_header("Date", format_datetime(datetime.now(UTC) + moment, usegmt=True))
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_clock_that_differs_from_a_tools_is_wrong(marketeer: CommandLine):
    assert diagnosed(marketeer, "clock")["ok"]
    with server_in(timedelta(hours=1)) as url:
        settings = ("--set", f"base_url={url}", "--set", "user=u", "--secret", "application_password=KEY")
        marketeer.ok("connect", "wordpress", "-t", "bare", *settings, KEY="secret")
        found = diagnosed(marketeer, "clock")
        assert not found["ok"]
        assert "behind 127.0.0.1" in found["detail"]
        assert 3500 < int(found["detail"].split()[0]) < 3700
    assert diagnosed(marketeer, "clock")["ok"], "a tool that does not answer is nobody to compare with"


def test_who_writes_the_warehouse_is_named_and_no_trouble(marketeer: CommandLine):
    with warehouse(marketeer).writing():
        found = diagnosed(marketeer, "warehouse")
    assert found["ok"]
    assert f"process {os.getpid()} " in found["detail"]
    assert diagnosed(marketeer, "warehouse")["detail"] == "free"


def test_another_program_on_the_working_file_is_trouble(marketeer: CommandLine):
    with warehouse(marketeer).writing():
        pass
    with duckdb.connect(str(warehouse(marketeer).path)):
        found = diagnosed(marketeer, "warehouse")
    assert not found["ok"]
    assert "lock" in found["detail"].lower() and found["remedy"]


def test_a_locked_store(marketeer: CommandLine):
    with closing(sqlite3.connect(marketeer.home / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = diagnosed(marketeer, "store")
        other.execute("ROLLBACK")
    assert not found["ok"]
    assert "locked" in found["detail"]
    assert diagnosed(marketeer, "store")["ok"]


@pytest.mark.parametrize(("revision", "remedy"), [("9999", "upgrade marketeer-dagster"), (None, "marketeer init")])
def test_a_store_of_another_version(marketeer: CommandLine, revision: str | None, remedy: str):
    with closing(sqlite3.connect(marketeer.home / "store.db", isolation_level=None)) as store:
        (own,) = store.execute("SELECT version_num FROM alembic_version").fetchone()
        store.execute("DELETE FROM alembic_version")
        if revision:
            store.execute("INSERT INTO alembic_version VALUES (?)", [revision])
        found = diagnosed(marketeer, "store")
        store.execute("DELETE FROM alembic_version")
        store.execute("INSERT INTO alembic_version VALUES (?)", [own])
    assert (found["ok"], found["remedy"]) == (False, remedy)
    assert own in found["detail"]


def test_data_older_than_its_vendor_reports_is_stale_table_by_table(marketeer: CommandLine):
    frames.put(warehouse(marketeer), "threlby", frames.ga4(3, first=date(2025, 1, 1)))
    found = diagnosed(marketeer, "ga4_daily threlby")
    assert not found["ok"]
    assert "newest day 2025-01-03" in found["detail"]
    assert "marketeer ingest --tenant threlby" in found["remedy"]
    assert not diagnosed(marketeer, "stripe_daily threlby")["ok"]


def test_data_that_a_run_is_reading_is_not_stale(marketeer: CommandLine, instance: DagsterInstance):
    frames.put(warehouse(marketeer), "threlby", frames.ga4(3, first=date(2025, 1, 1)))
    run = DagsterRun(job_name="ingest", status=DagsterRunStatus.STARTED, tags={"tenant": "bare"})
    instance.add_run(run)
    assert not diagnosed(marketeer, "stripe_daily threlby")["ok"], "another tenant's run reads nothing of this one's"
    for_all = instance.add_run(DagsterRun(job_name="ingest", status=DagsterRunStatus.STARTED))
    found = diagnosed(marketeer, "stripe_daily threlby")
    assert found["ok"]
    assert found["detail"].endswith(f"being read by run {for_all.run_id[:8]}")
    instance.report_run_failed(for_all)
    assert not diagnosed(marketeer, "stripe_daily threlby")["ok"]


@pytest.fixture
def instance(marketeer: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(marketeer.home / "dagster"))
    with DagsterInstance.get() as opened:
        yield opened


def beat(instance: DagsterInstance, at: datetime, *errors: str) -> None:
    told = [SerializableErrorInfo(message=error, stack=[], cls_name="Error") for error in errors]
    for kind in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(at.timestamp(), kind, "one", told))


def test_a_daemon_that_stopped_is_wrong_once_work_waits_for_it(marketeer: CommandLine, instance: DagsterInstance):
    now = datetime.now(UTC)
    assert "never started" in diagnosed(marketeer, "daemon")["detail"]
    beat(instance, now - timedelta(hours=2))
    assert diagnosed(marketeer, "daemon")["ok"]
    marketeer.ok("goal", "Find more bookkeepers", "-t", "threlby")
    stopped = diagnosed(marketeer, "daemon")
    assert not stopped["ok"]
    assert "1 campaign(s) wait" in stopped["detail"]
    beat(instance, now)
    assert diagnosed(marketeer, "daemon")["ok"]
    beat(instance, now, "the code location does not load\n  at line 3")
    broken = diagnosed(marketeer, "daemon")
    assert not broken["ok"]
    assert broken["detail"].endswith("the code location does not load")
