"""`marketeer context import|show|history|diff`."""

import codecs
from pathlib import Path
from typing import Annotated

import typer

from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.market import SIMULATED_TOOLS, open_account, running_market
from marketeer_dagster.cli.output import AsJson, console, print_json, print_table
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.context import MAX_BYTES, ProductContext, diff
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId

ForTenant = Annotated[str, typer.Option("--tenant", "-t", help="Id of the tenant.")]


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help="The 12-section product context of a tenant.", no_args_is_help=True)
    app.add_typer(group, name="context")

    @group.command("import", help="Read a context document; a changed one becomes the next version.")
    def import_(
        file: Annotated[
            Path, typer.Argument(help="Markdown with the twelve sections; see examples/context-template.md.")
        ],
        tenant: ForTenant,
        note: Annotated[str, typer.Option(help="Why it changed.")] = "",
        account: Annotated[
            Path | None,
            typer.Option(help="For simulated tenants: YAML with monthly_sessions, conversion_rate, plans …"),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        owner = home.store.tenants.get(TenantId(tenant))
        context, hidden = ProductContext.read(read_document(file), where=str(file))
        stored = home.store.contexts.add(owner.id, context, note, SystemClock().now())
        connected: list[str] = []
        if owner.simulated and any(home.store.connections.get(owner.id, tool) is None for tool in SIMULATED_TOOLS):
            with running_market(home) as market:
                if market is not None:
                    connected = open_account(home, market, owner, account)
        if as_json:
            print_json(
                {
                    "tenant": owner.id,
                    "version": stored.version,
                    "name": context.name,
                    "connected": connected,
                    "left_out_lines": list(hidden),
                }
            )
            return
        console.print(f"context of {owner.id}: version {stored.version} ({context.name})")
        if hidden:
            where = ", ".join(map(str, hidden))
            console.print(f"left out, since a reader does not see them (comments, struck-out words): line {where}")
        if connected:
            console.print(f"simulated for {owner.id}: {', '.join(connected)}")

    @group.command("show", help="The context, newest version by default.")
    def show(
        tenant: ForTenant, version: Annotated[int | None, typer.Option(min=1)] = None, as_json: AsJson = False
    ) -> None:
        store = open_home().store
        owner = store.tenants.get(TenantId(tenant)).id
        found = store.contexts.get(owner, version) if version else store.contexts.latest(owner)
        if as_json:
            print_json(found)
        else:
            typer.echo(found.context.render(), nl=False)

    @group.command("history", help="All versions.")
    def history(tenant: ForTenant, as_json: AsJson = False) -> None:
        store = open_home().store
        versions = store.contexts.history(store.tenants.get(TenantId(tenant)).id)
        if as_json:
            print_json(
                [{"version": v.version, "at": v.created_at, "note": v.note, "hash": v.context.hash} for v in versions]
            )
            return
        rows = ((v.version, f"{v.created_at:%Y-%m-%d %H:%M}", v.note, v.context.hash) for v in versions)
        print_table(f"Context of {tenant}", ("version", "at", "note", "hash"), rows, "No context yet.")

    @group.command("diff", help="What changed between two versions; by default between the newest two.")
    def diff_(
        tenant: ForTenant,
        old: Annotated[int | None, typer.Option("--from", min=1)] = None,
        new: Annotated[int | None, typer.Option("--to", min=1)] = None,
        as_json: AsJson = False,
    ) -> None:
        store = open_home().store
        owner = store.tenants.get(TenantId(tenant)).id
        newest = store.contexts.get(owner, new) if new else store.contexts.latest(owner)
        before = store.contexts.get(owner, old or max(newest.version - 1, 1))
        changes = diff(before.context, newest.context)
        if as_json:
            print_json({"tenant": owner, "from": before.version, "to": newest.version, "diff": changes})
        else:
            typer.echo(changes or "no difference")


_MARKS_OF_ENCODINGS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_document(path: Path) -> str:
    """The text of a context file; refused by size before it is read. UTF-8, or what a byte-order mark names."""
    expected = "a Markdown document in UTF-8"
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(
                f"{size:,} bytes",
                where=str(path),
                expected=f"at most {MAX_BYTES:,} bytes",
                hint="pictures that an exporter embedded count too: leave them out",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    if raw.startswith((b"PK\x03\x04", b"{\\rtf", b"%PDF", b"\xd0\xcf\x11\xe0")):
        kind = "a Word, Pages, RTF or PDF file, no text"
        raise BadInput(f"is {kind}", where=str(path), expected=expected, hint="export it as Markdown or plain text")
    encoding = next((name for mark, name in _MARKS_OF_ENCODINGS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"is not UTF-8 text (line {line})", where=str(path), expected=expected, hint="save it again as UTF-8"
        ) from None
    if "\0" in text:
        raise BadInput("is not UTF-8 text: it holds NUL bytes", where=str(path), expected=expected)
    return text
