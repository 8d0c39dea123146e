"""The embedded Dagster storage says the same as Dagster's own, whether events come one by one or in batches."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from queue import Queue

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    AssetRecordsFilter,
    BackfillPolicy,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    Definitions,
    EventRecordsFilter,
    MaterializeResult,
    asset,
    define_asset_job,
)
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.base import EventLogConnection, EventLogRecord
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.test_utils import create_run_for_test

from marketeer_dagster.cli.drive import EVENT_BATCH
from marketeer_dagster.embedded import EmbeddedStorage
from marketeer_dagster.embedded_watch import RunWatcher

EMBEDDED = """
telemetry: {enabled: false}
storage:
  custom:
    module: marketeer_dagster.embedded
    class: EmbeddedStorage
    config: {base_dir: {env: DAGSTER_HOME}}
"""
DAYS = DailyPartitionsDefinition("2026-01-01", end_date="2026-02-01")
RANGE = {"dagster/asset_partition_range_start": "2026-01-03", "dagster/asset_partition_range_end": "2026-01-09"}


@asset(
    partitions_def=DAYS,
    backfill_policy=BackfillPolicy.single_run(),
    check_specs=[AssetCheckSpec("sound", asset="daily")],
)
def daily(context) -> Iterator[AssetCheckResult | MaterializeResult]:
    for key in context.partition_keys:
        context.add_asset_metadata({"day": key}, partition_key=key)
    yield AssetCheckResult(check_name="sound", passed=True)
    yield MaterializeResult()


@asset(deps=[daily])
def whole() -> None:
    """What is made of all days."""


def told(home: Path, monkeypatch: pytest.MonkeyPatch, yaml: str) -> dict[str, object]:
    """What an instance knows after two runs of a week, opened anew as another process would."""
    home.mkdir()
    (home / "dagster.yaml").write_text(yaml, encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    job = Definitions([daily, whole], jobs=[define_asset_job("week", "*")]).resolve_job_def("week")
    for _ in range(2):
        with DagsterInstance.get() as instance:
            assert job.execute_in_process(instance=instance, tags=RANGE).success
    with DagsterInstance.get() as instance:
        embedded = isinstance(instance.event_log_storage, SqliteEventLogStorage) and yaml == EMBEDDED
        made = instance.fetch_materializations(AssetRecordsFilter(AssetKey("daily")), limit=100).records
        planned = EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, asset_key=AssetKey("daily"))
        newest = instance.get_latest_materialization_event(AssetKey("daily"))
        runs = instance.get_run_records()
        record = instance.get_asset_records([AssetKey("daily")])[0].asset_entry
        checks = instance.event_log_storage.get_latest_asset_check_execution_by_key([daily.check_key])
        return {
            "storage": embedded,
            "days": sorted(instance.get_materialized_partitions(AssetKey("daily"))),
            "metadata": [(m.partition_key, m.asset_materialization.metadata["day"].value) for m in made],
            "planned": [r.partition_key for r in instance.get_event_records(planned, limit=100)],
            "in the newest run": sum(1 for e in instance.all_logs(runs[0].dagster_run.run_id) if e.is_dagster_event),
            "newest": newest.asset_materialization.partition if newest and newest.asset_materialization else None,
            "last run": record.last_run_id == runs[0].dagster_run.run_id,
            "statuses": [record.dagster_run.status for record in runs],
            "check": [c.status for c in checks.values()],
            "assets": sorted(key.to_user_string() for key in instance.all_asset_keys()),
        }


@pytest.mark.parametrize("batch", ["0", "5", "500"])
def test_runs_events_and_assets_are_as_in_dagsters_own_storage(
    batch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(EVENT_BATCH, "0")
    expected = told(tmp_path / "own", monkeypatch, "telemetry: {enabled: false}\n")
    monkeypatch.setenv(EVENT_BATCH, batch)
    found = told(tmp_path / "embedded", monkeypatch, EMBEDDED)
    assert found.pop("storage") and not expected.pop("storage")
    assert len(found["days"]) == 7  # pyright: ignore[reportArgumentType]
    assert found == expected


def test_a_commit_does_not_wait_for_the_disk_and_the_log_is_ahead(tmp_path: Path) -> None:
    storage = EmbeddedStorage(str(tmp_path))
    for connect in (
        storage.run_storage.connect,
        storage.schedule_storage.connect,
        storage.event_log_storage.index_connection,
    ):
        with connect() as connection:  # pyright: ignore[reportGeneralTypeIssues]
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_who_watches_a_run_is_told_its_events_while_their_connection_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_text(EMBEDDED, encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    told: Queue[tuple[str, str]] = Queue()

    def tell(event: EventLogEntry, cursor: str) -> None:
        told.put((event.message, cursor))

    with DagsterInstance.get() as working, DagsterInstance.get() as looking:
        run = create_run_for_test(working, job_name="week")
        working.report_engine_event("stored before", run)
        looking.watch_event_logs(run.run_id, None, tell)
        before = told.get(timeout=60)
        working.report_engine_event("stored while looked at", run)
        while_looked_at = told.get(timeout=60)
        looking.end_watch_event_logs(run.run_id, tell)
        working.report_engine_event("stored while nobody looks", run)
        looking.watch_event_logs(run.run_id, while_looked_at[1], tell)
        assert told.get(timeout=60)[0] == "stored while nobody looks"
    assert (before[0], while_looked_at[0]) == ("stored before", "stored while looked at")
    assert told.empty(), "nobody is told twice"


def test_a_run_that_cannot_be_read_at_this_moment_is_told_at_the_next_look() -> None:
    event = EventLogEntry(None, 10, "an event", "run", 1.0, None, None, None)  # pyright: ignore[reportCallIssue]
    told: Queue[str] = Queue()
    looks = count()

    def read(run_id: str, cursor: str | None, limit: int) -> EventLogConnection:
        if next(looks) == 0:
            raise OSError("the file is locked")
        rows = [] if cursor else [EventLogRecord(1, event)]
        return EventLogConnection(records=rows, cursor=cursor or "", has_more=False)

    watcher = RunWatcher(read)
    watcher.watch("run", None, lambda entry, cursor: told.put(entry.user_message))
    assert told.get(timeout=60) == "an event"
    watcher.close()
    assert told.empty()
