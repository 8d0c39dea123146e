"""Metric days into the warehouse, as a run in this process."""

from datetime import date, timedelta

from dagster import DagsterEventType, DagsterInstance
from dagster._core.execution.job_execution_result import JobExecutionResult

from assets.executor import PROCESS_TAG
from assets.metrics import ingest_tags, scope_config
from marketeer_dagster.cli.drive import Progress, execute
from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.processes import process_tag
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.model.ids import TenantId

FIRST_DAYS = 90
"""How far back a tenant's first ingest reaches."""


def ingest_days(
    home: Home, instance: DagsterInstance, first: date, last: date, tenant: TenantId | None, progress: Progress
) -> str:
    """Materialise all metric tables for a range of days in one run, then the marts; returns the run's id."""
    progress(f"ingest {first} to {last}")
    tags = {**ingest_tags(first, last, tenant), PROCESS_TAG: process_tag()}
    result = execute(instance, "ingest", tags=tags, run_config=scope_config([tenant] if tenant else []))
    if not result.success:
        freshen(home)  # what has landed is in the marts all the same
        why = "\n".join(_failures(result)) or "the run says no reason"
        raise MarketeerError(
            f"ingest of {first} to {last} failed:\n{why}", hint=f"all of it: run {result.run_id} in the Dagster UI"
        )
    for line in _left_out(result):
        progress(line)
    return result.run_id


def _failures(result: JobExecutionResult) -> list[str]:
    """Why steps failed, in the words of the error that a person can act on."""
    said: dict[str, None] = {}
    for event in result.all_events:
        if event.event_type is not DagsterEventType.STEP_FAILURE:
            continue
        failed = event.step_failure_data
        words = failed.user_failure_data.description if failed.user_failure_data else None
        if not words and failed.error is not None:
            cause = failed.error
            while cause.cause is not None:
                cause = cause.cause
            words = cause.message.strip()
        said[words or f"{event.step_key} failed"] = None
    return list(said)


def _left_out(result: JobExecutionResult) -> list[str]:
    """What is not, or not wholly, in the warehouse although the run ended well: by table and tenant."""
    return [
        f"{found.asset_key.to_user_string()}: {found.description}\n{found.metadata['why'].value}"
        for found in result.get_asset_check_evaluations()
        if not found.passed and "why" in found.metadata
    ]


def ensure_metrics(home: Home, instance: DagsterInstance, tenant: TenantId, progress: Progress) -> None:
    """Read the first 90 days of a connected tenant that has no metrics yet: a plan without figures is a guess."""
    if not home.store.connections.list(tenant=tenant) or _has_metrics(home, tenant):
        return
    last = today(home.clock) - timedelta(days=1)
    ingest_days(home, instance, last - timedelta(days=FIRST_DAYS - 1), last, tenant, progress)


def _has_metrics(home: Home, tenant: TenantId) -> bool:
    with home.warehouse.reading() as connection:
        return connection.execute("select 1 from ga4_daily where tenant = ? limit 1", [tenant]).fetchone() is not None
