"""`marketeer inbox`, `approve`, `reject`, `revise`: what waits for a person, and the answers."""

import getpass
from datetime import datetime
from typing import Annotated

import typer

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.output import AsJson, beside, print_json, print_table, say
from marketeer_dagster.cli.tenancy import owner_of
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import ToolError
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.review import ApprovalState

Wanted = Annotated[
    str,
    typer.Argument(help="Id of the question or of what it is about; with --tenant, its beginning is enough."),
]
OfTenant = Annotated[str | None, typer.Option("--tenant", "-t", help="Whose question it is.")]
Note = Annotated[str, typer.Option(help="Why.")]
By = Annotated[str | None, typer.Option(help="Who decides; default: the user of this machine.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command("inbox", help="What waits for a person.")
    def inbox(
        tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's.")] = None,
        detail: Annotated[bool, typer.Option("--detail", help="Show what each question is about.")] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        store, owner = home.store, owner_of(home, tenant)
        pending = store.approvals.list(tenant=owner, state=ApprovalState.PENDING)
        pauses = {t.id: said_of(t) for t in store.tenants.list() if owner in (None, t.id)}
        if as_json:
            print_json([{**a.model_dump(mode="json"), "paused": pauses.get(a.tenant, "")} for a in pending])
            return
        rows = ((a.id, a.campaign, a.reason.value, a.title) for a in pending)
        print_table("Inbox", ("id", "campaign", "why", "what"), rows, "Nothing waits for you.")
        for said in filter(None, pauses.values()):
            beside(f"{said}; what is approved goes out once it is resumed")
        if detail:
            for approval in pending:
                say(f"\n{approval.id}", style="bold")
                say(approval.detail)

    @app.command("approve", help="Let it go on. Example: marketeer approve apr_7k2m --note 'fine'")
    def approve(id: Wanted, note: Note = "", by: By = None, tenant: OfTenant = None, as_json: AsJson = False) -> None:
        _decide(id, ApprovalState.APPROVED, note, by, tenant, as_json=as_json)

    @app.command("reject", help="Stop it for good.")
    def reject(id: Wanted, note: Note = "", by: By = None, tenant: OfTenant = None, as_json: AsJson = False) -> None:
        _decide(id, ApprovalState.REJECTED, note, by, tenant, as_json=as_json)

    @app.command("revise", help="Send it back; the note says what should be different.")
    def revise(id: Wanted, note: Note = "", by: By = None, tenant: OfTenant = None, as_json: AsJson = False) -> None:
        _decide(id, ApprovalState.REVISE, note, by, tenant, as_json=as_json)


class _SameTime:
    """The time by which questions are asked, so that it can be told how long they waited; the machine's while a
    simulated market does not answer: a decision does not wait for it."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def now(self) -> datetime:
        if self._home.settings.sandbox_url is None:
            return SystemClock().now()
        try:
            return self._home.clock.now()
        except ToolError:
            return SystemClock().now()


def _decide(id: str, state: ApprovalState, note: str, by: str | None, tenant: str | None, *, as_json: bool) -> None:
    home = open_home()
    owner = owner_of(home, tenant)
    who = by or getpass.getuser()
    approval = decide(
        home.store, _SameTime(home), id, state, by=who, note=note, tenant=owner, catalog=lambda: home.catalog
    )
    if as_json:
        print_json(approval)
        return
    say(f"{approval.id} {approval.state.value}: {approval.title}")
    if approval.campaign:
        say("the daemon goes on with it; without one: marketeer campaign continue " + approval.campaign)
