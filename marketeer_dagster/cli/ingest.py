"""`marketeer ingest`: metric days into the warehouse, one run for a range."""

from datetime import date, timedelta
from typing import Annotated

import duckdb
import typer
from dagster import DagsterInstance

from assets.metrics import ingest_tags
from marketeer_dagster.cli.drive import PROCESS_TAG, Progress, dagster_instance, execute, process_tag
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.output import AsJson, console, errors, print_json
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import BadInput, MarketeerError
from marketeer_dagster.model.ids import TenantId

FIRST_DAYS = 90
"""How far back a tenant's first ingest reaches."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("ingest", help="Read metric days into the warehouse. Example: marketeer ingest --from 2026-10-01")
    def ingest(
        tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant.")] = None,
        first: Annotated[str | None, typer.Option("--from", help="YYYY-MM-DD; default: 90 days ago.")] = None,
        last: Annotated[str | None, typer.Option("--to", help="YYYY-MM-DD; default: yesterday.")] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        owner = home.store.tenants.get(TenantId(tenant)).id if tenant else None
        with running_market(home):
            newest = today(home.clock) - timedelta(days=1)
            to = _day(last, "--to") if last else newest
            since = _day(first, "--from") if first else to - timedelta(days=FIRST_DAYS - 1)
            if since > to:
                raise BadInput(f"{since} is after {to}", where="--from", expected="a day not after --to")
            with dagster_instance(home) as instance:
                run_id = ingest_days(home, instance, since, to, owner, lambda line: errors.print(f"[dim]{line}[/]"))
        if as_json:
            print_json({"run": run_id, "from": since, "to": to})
        else:
            console.print(f"metrics from {since} to {to} are in the warehouse")


def ingest_days(
    home: Home, instance: DagsterInstance, first: date, last: date, tenant: TenantId | None, progress: Progress
) -> str:
    """Materialise all metric tables for a range of days in one run, then the marts; returns the run's id."""
    progress(f"ingest {first} to {last}")
    tags = {**ingest_tags(first, last, tenant), PROCESS_TAG: process_tag()}
    result = execute(instance, "ingest", tags=tags)
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
        try:
            found = connection.execute("select 1 from ga4_daily where tenant = ? limit 1", [tenant]).fetchone()
        except duckdb.CatalogException:
            return False
    return found is not None


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where=where, expected="YYYY-MM-DD") from None
