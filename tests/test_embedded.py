"""The embedded Dagster storage says the same as Dagster's own, whether events come one by one or in batches."""

from collections.abc import Iterator
from pathlib import Path

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
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from marketeer_dagster.cli.drive import EVENT_BATCH
from marketeer_dagster.embedded import EmbeddedStorage

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
