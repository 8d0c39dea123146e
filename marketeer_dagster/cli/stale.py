"""`marketeer stale`: artefacts that were made from something older than today's, and from what."""

from typing import Annotated

import typer

from marketeer_dagster.campaigns.stale import Stale, stale_artefacts
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.output import AsJson, console, print_json, print_table
from marketeer_dagster.model.clock import SystemClock, today
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.sandbox.client import SandboxAdmin


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("stale", help="Which artefacts are out of date, and why. Example: marketeer stale --tenant acme")
    def stale(
        tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's.")] = None,
        live: Annotated[bool, typer.Option("--live", help="Only what is in its channel now.")] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        owners = [home.store.tenants.get(TenantId(tenant))] if tenant else list(home.store.tenants.list())
        found = [one for owner in owners for one in _of(home, owner) if one.live or not live]
        if as_json:
            print_json([{**one.model_dump(mode="json"), "next_step": one.next_step} for one in found])
            return
        columns = ("campaign", "artefact", "version", "live", "made from an older", "why")
        rows = ((o.campaign, o.artefact, o.version, "yes" if o.live else "no", o.ground.value, o.why) for o in found)
        print_table("Out of date", columns, rows, "Nothing is out of date.")
        for step in dict.fromkeys(one.next_step for one in found):
            console.print(f"to write anew: {step}", markup=False)


def _of(home: Home, owner: Tenant) -> tuple[Stale, ...]:
    """By the market's day where it can be asked; a command that only reads does not start one."""
    url = home.settings.sandbox_url
    clock = home.clock if url is None or SandboxAdmin(url).healthy() else SystemClock()
    return stale_artefacts(home.store, home.catalog, today(clock, owner.timezone), owner.id)
