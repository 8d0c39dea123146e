"""`marketeer publication list|retry`: the outbox, and another try for what a tool refused."""

import getpass
from datetime import datetime
from typing import Annotated

import typer

from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, print_json, print_table, say
from marketeer_dagster.cli.tenancy import OfTenant, owner_of
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.publishing.retrying import retry
from marketeer_dagster.publishing.standing import waits_for
from marketeer_dagster.store import Store


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help="Publications: what is meant for, on its way to, or in a channel.", no_args_is_help=True)
    app.add_typer(group, name="publication")

    @group.command("list", help="The outbox, newest last. Example: marketeer publication list --state failed")
    def list_(
        tenant: OfTenant = None,
        campaign: Annotated[str | None, typer.Option("--campaign", "-c", help="Only this campaign's.")] = None,
        state: Annotated[PublicationState | None, typer.Option("--state", help="Only those in this state.")] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        store = home.store
        owner = owner_of(home, tenant)
        key = store.campaigns.get(CampaignKey(campaign), tenant=owner).key if campaign else None
        found = store.publications.list(tenant=owner, campaign=key, state=state)
        now = home.clock.now() if found else SystemClock().now()
        if as_json:
            print_json([_told(store, publication, now) for publication in found])
            return
        rows = (
            (p.id, p.campaign, p.tool, p.target, p.state.value, p.attempts, _age(p, now), waits_for(store, p), p.error)
            for p in found
        )
        columns = ("id", "campaign", "tool", "target", "state", "attempts", "age", "waits for", "reason")
        print_table("Publications", columns, rows, "Nothing is or was on its way out.")

    @group.command("retry", help="Try one again that a tool refused, once the cause is mended.")
    def retry_(
        id: Annotated[str, typer.Argument(help="Id of the publication, as `publication list` shows it.")],
        tenant: OfTenant = None,
        by: Annotated[str | None, typer.Option(help="Who decides; default: the user of this machine.")] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        owner = owner_of(home, tenant)
        wanted = home.store.publications.get(id, tenant=owner)
        again = retry(home.store, home.clock, wanted.id, by=by or getpass.getuser())
        if as_json:
            print_json(_told(home.store, again, home.clock.now()))
            return
        say(f"{again.id} is {again.state.value}: {again.tool} {again.target}")
        say(f"the daemon delivers it; without one: marketeer campaign continue {again.campaign}")


def _told(store: Store, publication: Publication, now: datetime) -> dict[str, object]:
    told = publication.model_dump(mode="json", exclude={"payload", "error"})
    age = round((now - publication.created_at).total_seconds())
    return {**told, "reason": publication.error, "waits_for": waits_for(store, publication), "age_s": age}


def _age(publication: Publication, now: datetime) -> str:
    """Time since it was intended, in its largest whole unit, on the business clock."""
    seconds = max(0, round((now - publication.created_at).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
