"""`marketeer ingest`: metric days into the warehouse, one run for a range."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.output import AsJson, console, errors, print_json
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId

if TYPE_CHECKING:
    from assets.metrics.reasons import Reason


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
        from marketeer_dagster.cli.metrics import FIRST_DAYS, explained, ingest_days

        home = open_home()
        owner = home.store.tenants.get(TenantId(tenant)).id if tenant else None
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
                done = ingest_days(home, instance, since, to, owner, lambda line: errors.print(f"[dim]{line}[/]"))
        if as_json:
            state = "failed" if not done.success else "partly" if done.failed else "landed"
            told = {"failed": done.failed, "doubts": done.doubts, "other_failures": done.others}
            print_json({"run": done.run, "from": since, "to": to, "state": state, **told})
            raise typer.Exit(0 if done.success else 1)
        for doubt in done.doubts:
            errors.print(doubt, markup=False)
        if not done.success and not done.failed:
            raise explained(done, since, to)
        for line in [*_lines(done.failed), *done.others]:
            errors.print(line, markup=False)
        if not done.success:
            raise typer.Exit(1)
        but = ", but for what is told above" if done.failed else ""
        console.print(f"metrics from {since} to {to} are in the warehouse{but}")


def _lines(failed: "Sequence[Reason]") -> list[str]:
    """Reason and next step of each tool and tenant: its tables together, since one cause keeps all of them away."""
    lines: list[str] = []
    by_cause: dict[tuple[str, str, str], list[Reason]] = {}
    for reason in failed:
        by_cause.setdefault((reason.tool, reason.tenant, reason.said), []).append(reason)
    for (tool, tenant, said), reasons in by_cause.items():
        one = reasons[0]
        lines += [
            f"not landed: {', '.join(r.table for r in reasons)} of {tenant}, {one.days}",
            f"  why    {said if said.startswith(tool) else f'{tool}: {said}'}",
            f"  next   {one.next_step.replace('`', '')}",
            f"  again  {one.tried_again.replace('`', '')}",
        ]
    return lines


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where=where, expected="YYYY-MM-DD") from None
