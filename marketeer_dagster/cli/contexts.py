"""`marketeer context import|show|history|diff`."""

from pathlib import Path
from typing import Annotated

import typer

from marketeer_dagster.cli.documents import read_document
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.market import SIMULATED_TOOLS, open_account, running_market
from marketeer_dagster.cli.output import AsJson, print_json, print_table, say
from marketeer_dagster.cli.tenancy import ForTenant, tenant_for
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.context import ProductContext, diff
from marketeer_dagster.model.tenant import Tenant

MARKET_NOTES = {
    "begun anew": "nothing was published yet, so the simulated market of {tenant} begins anew with these words. "
    "Figures read before are of the former one; read them again: marketeer ingest --tenant {tenant}",
    "kept": "the simulated market keeps the visitors it has, and what they look for: something was published to it",
}
"""What to say of a market that a later context met."""


def _to_the_market(home: Home, owner: Tenant, context: ProductContext, account: Path | None) -> tuple[list[str], str]:
    """Tell a simulated tenant's market of its context. Returns the tools that were connected, and what it made of it:
    opened, begun anew, unchanged, kept (as it was, since something was published), or none.
    """
    simulated = [c for c in home.store.connections.list(tenant=owner.id) if c.simulated]
    lacking = any(home.store.connections.get(owner.id, tool) is None for tool in SIMULATED_TOOLS)
    if not owner.simulated or not (simulated or lacking):
        return [], "none"
    with running_market(home) as market:
        if market is None:
            return [], "none"
        before = market.account(owner.id)
        connected = open_account(home, market, owner, account)
        after = market.account(owner.id)
    if before is None:
        return connected, "opened"
    if after != before:
        return connected, "begun anew"
    return connected, "unchanged" if after and after.context_markdown == context.render() else "kept"


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help="The 12-section product context of a tenant.", no_args_is_help=True)
    app.add_typer(group, name="context")

    @group.command("import", help="Read a context document; a changed one becomes the next version.")
    def import_(
        file: Annotated[
            Path, typer.Argument(help="Markdown with the twelve sections; see examples/context-template.md.")
        ],
        tenant: ForTenant = None,
        note: Annotated[str, typer.Option(help="Why it changed.")] = "",
        account: Annotated[
            Path | None,
            typer.Option(help="For simulated tenants: YAML with monthly_sessions, conversion_rate, plans …"),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        owner = tenant_for(home, tenant)
        context, hidden = ProductContext.read(read_document(file), where=str(file))
        stored = home.store.contexts.add(owner.id, context, note, SystemClock().now())
        connected, market_words = _to_the_market(home, owner, context, account)
        if as_json:
            print_json(
                {
                    "tenant": owner.id,
                    "version": stored.version,
                    "name": context.name,
                    "connected": connected,
                    "left_out_lines": list(hidden),
                    "market": market_words,
                }
            )
            return
        say(f"context of {owner.id}: version {stored.version} ({context.name})")
        if hidden:
            where = ", ".join(map(str, hidden))
            say(f"left out, since a reader does not see them (comments, struck-out words): line {where}")
        if connected:
            say(f"simulated for {owner.id}: {', '.join(connected)}")
        if note_of_market := MARKET_NOTES.get(market_words):
            say(note_of_market.format(tenant=owner.id))

    @group.command("show", help="The context, newest version by default.")
    def show(
        tenant: ForTenant = None,
        version: Annotated[int | None, typer.Option(min=1, help="Default: the newest.")] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        store, owner = home.store, tenant_for(home, tenant).id
        found = store.contexts.get(owner, version) if version else store.contexts.latest(owner)
        if as_json:
            print_json(found)
        else:
            typer.echo(found.context.render(), nl=False)

    @group.command("history", help="All versions.")
    def history(tenant: ForTenant = None, as_json: AsJson = False) -> None:
        home = open_home()
        owner = tenant_for(home, tenant).id
        versions = home.store.contexts.history(owner)
        if as_json:
            print_json(
                [{"version": v.version, "at": v.created_at, "note": v.note, "hash": v.context.hash} for v in versions]
            )
            return
        rows = ((v.version, f"{v.created_at:%Y-%m-%d %H:%M}", v.note, v.context.hash) for v in versions)
        print_table(f"Context of {owner}", ("version", "at", "note", "hash"), rows, "No context yet.")

    @group.command("diff", help="What changed between two versions; by default between the newest two.")
    def diff_(
        tenant: ForTenant = None,
        old: Annotated[int | None, typer.Option("--from", min=1, help="Default: the one before --to.")] = None,
        new: Annotated[int | None, typer.Option("--to", min=1, help="Default: the newest.")] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        store, owner = home.store, tenant_for(home, tenant).id
        newest = store.contexts.get(owner, new) if new else store.contexts.latest(owner)
        before = store.contexts.get(owner, old or max(newest.version - 1, 1))
        changes = diff(before.context, newest.context)
        if as_json:
            print_json({"tenant": owner, "from": before.version, "to": newest.version, "diff": changes})
        else:
            typer.echo(changes or "no difference")
