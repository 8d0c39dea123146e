"""`marketeer tenant pause|resume`."""

import getpass
from datetime import date
from typing import Annotated

import typer

from marketeer_dagster.campaigns.pausing import pause, resume
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, tell
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.pausing import said_of


def register(group: typer.Typer) -> None:
    """Add the commands to the group `tenant`."""

    @group.command(
        "pause",
        help="Let nothing new start for a tenant and publish nothing; figures are read on. "
        "Example: marketeer tenant pause acme --reason relaunch --until 2026-12-01",
    )
    def pause_(
        tenant: Annotated[str, typer.Argument(help="Id of the tenant.")],
        reason: Annotated[str, typer.Option(help="Why; shown wherever its work waits.")] = "",
        until: Annotated[
            str | None, typer.Option(help="First day on which it goes on by itself, YYYY-MM-DD; default: resume.")
        ] = None,
        by: Annotated[str | None, typer.Option(help="Who pauses it; default: the user of this machine.")] = None,
        as_json: AsJson = False,
    ) -> None:
        day = None if until is None else _day(until)
        found = pause(open_home().store, tenant, by=by or getpass.getuser(), reason=reason, until=day)
        said = f"{said_of(found)}; to go on: marketeer tenant resume {found.id}"
        tell({"tenant": found.id, "paused": said_of(found)}, said, as_json=as_json)

    @group.command("resume", help="Let a paused tenant's work go on: what waited is taken up by the daemon.")
    def resume_(
        tenant: Annotated[str, typer.Argument(help="Id of the tenant.")],
        by: Annotated[str | None, typer.Option(help="Who resumes it; default: the user of this machine.")] = None,
        as_json: AsJson = False,
    ) -> None:
        ended = resume(open_home().store, tenant, by=by or getpass.getuser())
        said = f"{tenant} goes on" if ended else f"{tenant} was not paused"
        tell({"tenant": tenant, "paused": "", "changed": ended}, said, as_json=as_json)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where="--until", expected="YYYY-MM-DD") from None
