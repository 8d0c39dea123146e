"""Loop: a complete day that the warehouse does not hold yet is read, with the days before it that vendors revise."""

from datetime import date, timedelta

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.jobs import Job
from assets.metrics import range_tags
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.store import Store

RE_READ_DAYS = 3
"""Newest days that are read again with each new one."""
FIRST_DAYS = 90
"""How far back the first read reaches."""


def build_metrics_due(job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `metrics_due`."""

    @sensor(
        name="metrics_due",
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        description="Reads each complete day once it is over, in one run for all tenants and tables.",
    )
    def metrics_due(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        if not store.connections.list():
            return SkipReason("No tool is connected yet.")
        last = today(clock) - timedelta(days=1)
        if context.cursor and date.fromisoformat(context.cursor) >= last:
            return SkipReason(f"{last} was asked for already.")
        if _is_reading(context.instance):
            return SkipReason("A read is under way; what it leaves out is asked for after it.")
        held = _held(context)
        first = min(held, last) - timedelta(days=RE_READ_DAYS) if held else last - timedelta(days=FIRST_DAYS - 1)
        context.update_cursor(last.isoformat())
        return RunRequest(run_key=f"metrics:{last}", tags=range_tags(first, last))

    return metrics_due


def _is_reading(instance: DagsterInstance) -> bool:
    filters = RunsFilter(job_name="ingest", statuses=list(NOT_FINISHED_STATUSES))
    return bool(instance.get_run_records(filters, limit=1))


def _held(context: SensorEvaluationContext) -> date | None:
    """The newest day that every tenant with figures has."""
    with context.resources.warehouse.warehouse().reading() as connection:
        row = connection.execute(
            "select min(newest) from (select max(date) as newest from ga4_daily group by tenant)"
        ).fetchone()
    return row[0] if row else None
