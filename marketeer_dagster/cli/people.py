"""`marketeer inbox`, `approve`, `reject`, `revise`: what waits for a person, and the answers."""

import getpass
from datetime import datetime
from typing import Annotated

import typer

from marketeer_dagster.campaigns.consequences import what_follows
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.inbox import Question, held, meant, questions
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.output import AsJson, beside, print_json, print_table, say
from marketeer_dagster.cli.tenancy import owner_of
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import BadInput, ToolError
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.pausing import said_of
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
        tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's.")] = None,
        detail: Annotated[bool, typer.Option("--detail", help="Show what each question is about.")] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        store, owner = home.store, owner_of(home, tenant)
        asked, waiting = questions(store, owner), held(store, owner)
        pauses = {t.id: said_of(t) for t in store.tenants.list() if owner in (None, t.id)}
        if as_json:
            told = [*map(_told, asked), *map(_told_held, waiting)]
            print_json([{**one, "paused": pauses.get(TenantId(str(one["tenant"])), "")} for one in told])
            return
        lines = [line for question in asked for line in _lines(question)]
        print_table("Inbox", ("id", "campaign", "why", "what"), lines, "Nothing waits for you.")
        for row in waiting:
            say(f"held: {row.skill} version {row.version} of {row.campaign}: {waiting_words(row.target, row.held_by)}")
        for said in filter(None, pauses.values()):
            beside(f"{said}; what is approved goes out once it is resumed")
        if detail:
            for approval in (item for question in asked for item in question.items):
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


def _decide(id: str, state: ApprovalState, note: str, by: str | None, tenant: str | None, *, as_json: bool) -> None:
    home = open_home()
    store, owner = home.store, owner_of(home, tenant)
    if state is ApprovalState.REVISE and not note.strip():
        raise BadInput("sending work back needs a reason", where="--note", expected="what should be different")
    who = by or getpass.getuser()
    wanted = meant(store, id, state, owner)
    answered = [
        decide(
            store, _SameTime(home), question.id, state, by=who, note=note, tenant=owner, catalog=lambda: home.catalog
        )
        for question in wanted.answered
    ]
    if as_json:
        told = [{**one.model_dump(mode="json"), "follows": what_follows(store, one)} for one in answered]
        print_json({**told[0], "answered": told, "left": wanted.left})
        return
    for approval in answered:
        say(f"{approval.id} {approval.state.value}: {approval.title}")
        if said := what_follows(store, approval):
            say(said)
    for question in wanted.left:
        say(f"still open, to be answered by its own id: {question.id} ({question.reason.value}): {question.title}")
