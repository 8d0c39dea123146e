"""`marketeer inbox`, `approve`, `reject`, `revise`: what waits for a person, and the answers."""

import getpass
from datetime import datetime
from typing import Annotated

import typer

from marketeer_dagster.campaigns.consequences import what_follows
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.inbox import Question, held, meant, questions
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.output import AsJson, console, print_json, print_table
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import ToolError
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.publishing.standing import waiting_words

Wanted = Annotated[
    str,
    typer.Argument(
        help="Id of the question or of what it is about, an artefact, or a campaign's key for all that it asks; "
        "with --tenant, the beginning of an id is enough."
    ),
]
OfTenant = Annotated[str | None, typer.Option("--tenant", "-t", help="Whose question it is.")]
Note = Annotated[str, typer.Option(help="Why.")]
By = Annotated[str | None, typer.Option(help="Who decides; default: the user of this machine.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command("inbox", help="What waits for a person.")
    def inbox(
        tenant: Annotated[str | None, typer.Option("--tenant", "-t")] = None,
        detail: Annotated[bool, typer.Option("--detail", help="Show what each question is about.")] = False,
        as_json: AsJson = False,
    ) -> None:
        store = open_home().store
        owner = store.tenants.get(TenantId(tenant)).id if tenant else None
        asked, waiting = questions(store, owner), held(store, owner)
        if as_json:
            print_json([*map(_told, asked), *(_told_held(row) for row in waiting)])
            return
        lines = [line for question in asked for line in _lines(question)]
        print_table("Inbox", ("id", "campaign", "why", "what"), lines, "Nothing waits for you.")
        for row in waiting:
            line = (
                f"held: {row.skill} version {row.version} of {row.campaign}: {waiting_words(row.target, row.held_by)}"
            )
            console.print(line, markup=False)
        if detail:
            for approval in (item for question in asked for item in question.items):
                console.rule(approval.id)
                typer.echo(approval.detail)

    @app.command("approve", help="Let it go on. Example: marketeer approve apr_7k2m --note 'fine'")
    def approve(id: Wanted, note: Note = "", by: By = None, tenant: OfTenant = None) -> None:
        _decide(id, ApprovalState.APPROVED, note, by, tenant)

    @app.command("reject", help="Stop it for good.")
    def reject(id: Wanted, note: Note = "", by: By = None, tenant: OfTenant = None) -> None:
        _decide(id, ApprovalState.REJECTED, note, by, tenant)

    @app.command("revise", help="Send it back; the note says what should be different.")
    def revise(id: Wanted, note: Note = "", by: By = None, tenant: OfTenant = None) -> None:
        _decide(id, ApprovalState.REVISE, note, by, tenant)


def _told(question: Question) -> dict[str, object]:
    """One question as an object; one that stands for several names them in `items`."""
    first = question.items[0].model_dump(mode="json")
    if len(question.items) == 1:
        return {**first, "items": []}
    items = [item.model_dump(mode="json") for item in question.items]
    return {**first, "id": question.id, "subject": question.id, "title": question.title, "detail": "", "items": items}


def _told_held(row: Publication) -> dict[str, object]:
    return {
        "id": row.id,
        "tenant": row.tenant,
        "campaign": row.campaign,
        "subject": row.id,
        "reason": "held",
        "state": row.state.value,
        "title": f"{row.tool} {row.target} (version {row.version}) waits for nobody",
        "waits_for": row.held_by,
        "detail": waiting_words(row.target, row.held_by),
        "items": [],
    }


def _lines(question: Question) -> list[tuple[str, str, str, str]]:
    first = question.items[0]
    if len(question.items) == 1:
        return [(first.id, first.campaign, first.reason.value, first.title)]
    head = (question.id, first.campaign, first.reason.value, question.title)
    return [head, *((f"  {item.id}", "", "", f"  {item.title}") for item in question.items)]


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


def _decide(id: str, state: ApprovalState, note: str, by: str | None, tenant: str | None) -> None:
    home = open_home()
    store = home.store
    owner = store.tenants.get(TenantId(tenant)).id if tenant else None
    who = by or getpass.getuser()
    wanted = meant(store, id, state, owner)
    for question in wanted.answered:
        approval = decide(
            store, _SameTime(home), question.id, state, by=who, note=note, tenant=owner, catalog=lambda: home.catalog
        )
        console.print(f"{approval.id} {approval.state.value}: {approval.title}", markup=False)
        if said := what_follows(store, approval):
            console.print(said, markup=False)
    for question in wanted.left:
        line = f"still open, to be answered by its own id: {question.id} ({question.reason.value}): {question.title}"
        console.print(line, markup=False)
