"""Metric days into the warehouse, as a run in this process."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from dagster import AssetCheckEvaluation, DagsterEventType, DagsterInstance
from dagster._core.execution.job_execution_result import JobExecutionResult

from assets.executor import PROCESS_TAG
from assets.metrics import ingest_tags, scope_config
from assets.metrics.factory import WHOLE
from assets.metrics.reasons import Reason, told_in
from marketeer_dagster.cli.drive import Progress, execute
from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.processes import process_tag
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.model.ids import TenantId

FIRST_DAYS = 90
"""How far back a tenant's first ingest reaches."""
_READ_RUN = "the run's log has all of it: run {run} in Dagster, Runs; then give the command again"


@dataclass(frozen=True)
class Ingested:
    """What became of an ingest."""

    run: str
    failed: tuple[Reason, ...]
    """Whose days of which table are missing, why, and what follows."""
    doubts: tuple[str, ...]
    """What is in the warehouse and not the whole truth: figures that a vendor holds back."""
    others: tuple[str, ...]
    """What else failed in the run: none of it a vendor's."""
    success: bool
    """Whether the run ended well; with one tenant of several missing it does."""


def ingest_days(
    home: Home, instance: DagsterInstance, first: date, last: date, tenant: TenantId | None, progress: Progress
) -> Ingested:
    """Materialise all metric tables for a range of days in one run, then the marts; says what did not land."""
    progress(f"ingest {first} to {last}")
    tags = {**ingest_tags(first, last, tenant), PROCESS_TAG: process_tag()}
    result = execute(instance, "ingest", tags=tags, run_config=scope_config([tenant] if tenant else []))
    if not result.success:
        freshen(home)  # what has landed is in the marts all the same
    newest = {found.asset_check_key: found for found in result.get_asset_check_evaluations()}  # a step may try twice
    missing = tuple(reason for found in newest.values() for reason in told_in(found.metadata))
    tables = {reason.table for reason in missing}
    return Ingested(
        run=result.run_id,
        failed=missing,
        doubts=tuple(_doubt(found) for found in newest.values() if not found.passed and found.check_name == WHOLE),
        others=tuple(_failures(result, tables)),
        success=result.success,
    )


def explained(ingested: Ingested, first: date, last: date) -> MarketeerError:
    """A failed ingest as an error: the reason and the next step of each table and tenant."""
    lines = [reason.line.replace("**", "").replace("`", "") for reason in ingested.failed]
    why = "\n".join([*lines, *ingested.others]) or "the run says no reason"
    hint = ingested.failed[0].next_step.replace("`", "") if ingested.failed else _READ_RUN.format(run=ingested.run)
    return MarketeerError(f"ingest of {first} to {last} failed:\n{why}", hint=hint)


def _failures(result: JobExecutionResult, landed: Collection[str]) -> list[str]:
    """Why steps failed, in the words of the error that a person can act on; without those that reasons tell of."""
    said: dict[str, None] = {}
    for event in result.all_events:
        if event.event_type is not DagsterEventType.STEP_FAILURE or event.step_key in landed:
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


def _doubt(found: AssetCheckEvaluation) -> str:
    return f"{found.asset_key.to_user_string()}: {found.description}\n{found.metadata['why'].value}"


def ensure_metrics(home: Home, instance: DagsterInstance, tenant: TenantId, progress: Progress) -> None:
    """Read the first 90 days of a connected tenant that has no metrics yet: a plan without figures is a guess."""
    if not home.store.connections.list(tenant=tenant) or _has_metrics(home, tenant):
        return
    last = today(home.clock) - timedelta(days=1)
    first = last - timedelta(days=FIRST_DAYS - 1)
    ingested = ingest_days(home, instance, first, last, tenant, progress)
    if not ingested.success:
        raise explained(ingested, first, last)
    for line in (*(reason.line for reason in ingested.failed), *ingested.doubts):
        progress(line)


def _has_metrics(home: Home, tenant: TenantId) -> bool:
    with home.warehouse.reading() as connection:
        return connection.execute("select 1 from ga4_daily where tenant = ? limit 1", [tenant]).fetchone() is not None
