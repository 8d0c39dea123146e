"""Loop: a complete day that the warehouse does not hold yet is read, with the days before it that vendors revise."""

from datetime import date, timedelta

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.jobs import Job
from assets.metrics import ingest_tags, range_tags, scope_config
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
    def metrics_due(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        if not store.connections.list():
            return SensorResult(skip_reason="No tool is connected yet.")
        last = today(clock) - timedelta(days=1)
        newest = _newest_days(context)
        asked = bool(context.cursor) and date.fromisoformat(context.cursor or "") >= last
        unread = [c.tenant for c in store.connections.list() if c.tool == "ga4" and c.tenant not in newest]
        if asked and not unread:
            return SensorResult(skip_reason=f"{last} was asked for already.")
        if _is_reading(context.instance):
            return SensorResult(skip_reason="A read is under way; what it leaves out is asked for after it.")
        beginning = last - timedelta(days=FIRST_DAYS - 1)
        if not newest:
            return _once(last, RunRequest(run_key=f"metrics:{last}", tags=range_tags(beginning, last)))
        requests = [
            RunRequest(
                run_key=f"metrics:{tenant}:{last}",
                tags=ingest_tags(beginning, last, tenant),
                run_config=scope_config([tenant]),
            )
            for tenant in unread
        ]
        if not asked:
            first = min(*newest.values(), last) - timedelta(days=RE_READ_DAYS)
            requests.append(RunRequest(run_key=f"metrics:{last}", tags=range_tags(first, last)))
        return _once(last, *requests)

    return metrics_due


def _is_reading(instance: DagsterInstance) -> bool:
    filters = RunsFilter(job_name="ingest", statuses=list(NOT_FINISHED_STATUSES))
    return bool(instance.get_run_records(filters, limit=1))


def _once(last: date, *requests: RunRequest) -> SensorResult:
    return SensorResult(run_requests=list(requests), cursor=last.isoformat())


def _newest_days(context: SensorEvaluationContext) -> dict[str, date]:
    """Each tenant's newest day of figures; a tenant that was never read is missing."""
    with context.resources.warehouse.warehouse().reading() as connection:
        rows = connection.execute("select tenant, max(date) from ga4_daily group by tenant").fetchall()
    return dict(rows)
