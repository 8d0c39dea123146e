"""`marketeer sandbox`: the simulated market, its clock and its faults."""

from pathlib import Path
from typing import Annotated

import typer

from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, console, print_json
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.faults import FaultKind

Url = Annotated[str | None, typer.Option("--url", help="Default: the home's sandbox.")]


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help="The simulated market: serve it, move its clock, make its vendors fail.")
    app.add_typer(group, name="sandbox")

    @group.callback(invoke_without_command=True)
    def serve(
        context: typer.Context,
        port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
        seed: Annotated[int, typer.Option(help="Equal seeds, equal markets.")] = 7,
        state: Annotated[Path | None, typer.Option(help="SQLite file to continue from or to make.")] = None,
    ) -> None:
        if context.invoked_subcommand is not None:
            return
        from marketeer_dagster.sandbox.server import serve as serve_forever

        errors_url = f"http://127.0.0.1:{port}" if port else "a free port"
        console.print(f"sandbox on {errors_url}, seed {seed}{f', state {state}' if state else ''}; Ctrl-C ends it")
        serve_forever(port=port, seed=seed, state=state)

    @group.command("advance", help="Live through days. Example: marketeer sandbox advance --days 7")
    def advance(days: Annotated[int, typer.Option(min=1)] = 1, url: Url = None, as_json: AsJson = False) -> None:
        clock = _admin(url).advance(days)
        if as_json:
            print_json(clock)
        else:
            console.print(f"the market stands at {clock.day}; {clock.room_days} days of room")

    @group.command("fault", help="Make a vendor fail. Example: marketeer sandbox fault wordpress 500 --rate 0.2")
    def fault(
        vendor: Annotated[
            str, typer.Argument(help="ga4, searchconsole, stripe, wordpress, mailchimp, anthropic, oauth or *.")
        ],
        kind: Annotated[FaultKind, typer.Argument(help="What happens.")],
        rate: Annotated[float, typer.Option(min=0, max=1, help="Probability per request.")] = 1.0,
        count: Annotated[int | None, typer.Option(min=1, help="At most so often.")] = None,
        url: Url = None,
    ) -> None:
        _admin(url).fault(vendor, kind, rate=rate, count=count)
        console.print(f"{vendor}: {kind.value} for {rate:.0%} of requests{f', at most {count} times' if count else ''}")

    @group.command("heal", help="End all faults.")
    def heal(url: Url = None) -> None:
        _admin(url).clear_faults()
        console.print("no faults")


def _admin(url: str | None) -> SandboxAdmin:
    found = url or open_home().settings.sandbox_url
    if found is None:
        raise ConfigError("this home has no sandbox", hint="name one with --url")
    return SandboxAdmin(found)
