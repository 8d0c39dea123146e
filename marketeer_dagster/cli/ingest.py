"""`marketeer ingest`: metric days into the warehouse, one run for a range."""

from datetime import date, timedelta
from typing import Annotated

import typer

from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.output import AsJson, beside, print_json, say
from marketeer_dagster.cli.tenancy import owner_of
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("ingest", help="Read metric days into the warehouse. Example: marketeer ingest --from 2026-10-01")
    def ingest(
        tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant.")] = None,
        first: Annotated[str | None, typer.Option("--from", help="YYYY-MM-DD; default: 90 days ago.")] = None,
        last: Annotated[str | None, typer.Option("--to", help="YYYY-MM-DD; default: yesterday.")] = None,
        as_json: AsJson = False,
    ) -> None:
        from assets.partitions import metrics_start
        from marketeer_dagster.cli.drive import dagster_instance  # bring Dagster along
        from marketeer_dagster.cli.metrics import FIRST_DAYS, ingest_days

        home = open_home()
        owner = owner_of(home, tenant)
        with running_market(home):
            newest = today(home.clock) - timedelta(days=1)
            to = _day(last, "--to") if last else newest
            begin = metrics_start()
            since = _day(first, "--from") if first else max(begin, to - timedelta(days=FIRST_DAYS - 1))
            if since < begin:
                raise BadInput(f"{since} is too early", where="--from", expected=f"{begin} or later")
            if since > to:
                raise BadInput(f"{since} is after {to}", where="--from", expected="a day not after --to")
            with dagster_instance(home) as instance:
                run_id = ingest_days(home, instance, since, to, owner, beside)
        if as_json:
            print_json({"run": run_id, "from": since, "to": to})
        else:
            say(f"metrics from {since} to {to} are in the warehouse")


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where=where, expected="YYYY-MM-DD") from None
