"""Metric days into the warehouse, as a run in this process."""

from datetime import date, timedelta

from dagster import DagsterInstance

from assets.executor import PROCESS_TAG
from assets.metrics import ingest_tags, scope_config
from marketeer_dagster.cli.drive import Progress, execute
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
        raise MarketeerError(f"ingest of {first} to {last} failed", hint=f"see run {result.run_id} in the Dagster UI")
    return result.run_id


def ensure_metrics(home: Home, instance: DagsterInstance, tenant: TenantId, progress: Progress) -> None:
    """Read the first 90 days of a connected tenant that has no metrics yet: a plan without figures is a guess."""
    if not home.store.connections.list(tenant=tenant) or _has_metrics(home, tenant):
        return
    last = today(home.clock) - timedelta(days=1)
    ingest_days(home, instance, last - timedelta(days=FIRST_DAYS - 1), last, tenant, progress)


def _has_metrics(home: Home, tenant: TenantId) -> bool:
    with home.warehouse.reading() as connection:
        return connection.execute("select 1 from ga4_daily where tenant = ? limit 1", [tenant]).fetchone() is not None
