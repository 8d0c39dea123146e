"""`marketeer sandbox`: the simulated market, its clock and its faults."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.market import adopt, attended_market, make_way
from marketeer_dagster.cli.output import AsJson, beside, print_json, print_table, say, tell
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.seeds import chosen_seed
from resources.market_identity import assure_market

DEFAULT_PORT = 8765
LOOPBACK = ("127.0.0.1", "localhost")
Url = Annotated[str | None, typer.Option("--url", help="Default: the home's sandbox.")]


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help="The simulated market: serve it, move its clock, make its vendors fail.")
    app.add_typer(group, name="sandbox")

    @group.callback(invoke_without_command=True)
    def serve(
        context: typer.Context,
        port: Annotated[
            int | None, typer.Option(min=0, max=65535, help="0 takes a free one; default: the home's sandbox, or 8765.")
        ] = None,
        seed: Annotated[
            int | None, typer.Option(help="Equal seeds, equal markets; default: the market's own, 7 for a new one.")
        ] = None,
        state: Annotated[
            Path | None,
            typer.Option(
                help="SQLite file to continue from or to make; without --port, the home's sandbox has its own."
            ),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        if context.invoked_subcommand is not None:
            return
        from marketeer_dagster.sandbox.server import serve as serve_forever

        home = open_home()
        if port is None:
            for line in make_way(home) if home.settings.config_file.exists() else ():
                beside(line)
            port, state = _own(home, state)
        seed = chosen_seed(state, seed)
        where = f"http://127.0.0.1:{port}" if port else "a free port"
        said = f"sandbox on {where}, seed {seed}{f', state {state}' if state else ''}; Ctrl-C ends it"
        tell({"sandbox": where, "seed": seed, "state": state}, said, as_json=as_json)
        serve_forever(port=port, seed=seed, state=state)

    @group.command("advance", help="Live through days. Example: marketeer sandbox advance --days 7")
    def advance(
        days: Annotated[int, typer.Option(min=1, help="How many.")] = 1, url: Url = None, as_json: AsJson = False
    ) -> None:
        clock = _admin(url).advance(days)
        said = f"the market stands at {clock.day}; {clock.room_days} days of room"
        tell(clock.model_dump(mode="json"), said, as_json=as_json)

    @group.command("fault", help="Make a vendor fail. Example: marketeer sandbox fault wordpress 500 --rate 0.2")
    def fault(
        vendor: Annotated[
            str, typer.Argument(help="ga4, searchconsole, stripe, wordpress, mailchimp, anthropic, oauth or *.")
        ],
        kind: Annotated[
            FaultKind, typer.Argument(metavar="KIND", help=f"What happens: {', '.join(FaultKind)}.", show_choices=False)
        ],
        rate: Annotated[float, typer.Option(min=0, max=1, help="Probability per request.")] = 1.0,
        count: Annotated[int | None, typer.Option(min=1, help="At most so often.")] = None,
        seconds: Annotated[float | None, typer.Option(min=0.1, help="Over after so long, on the wall.")] = None,
        url: Url = None,
        as_json: AsJson = False,
    ) -> None:
        _admin(url).fault(vendor, kind, rate=rate, count=count, lasts_s=seconds)
        said = f"{vendor}: {kind.value} for {rate:.0%} of requests{f', at most {count} times' if count else ''}"
        fault = {"vendor": vendor, "kind": kind.value, "rate": rate, "count": count, "seconds": seconds}
        tell(fault, said, as_json=as_json)

    @group.command(
        "habits", help="In which ways the vendors are unkind. Example: marketeer sandbox habits --tenant acme"
    )
    def habits(
        tenant: Annotated[str, typer.Option(help="For one tenant; default: what holds for all.")] = "",
        url: Url = None,
        as_json: AsJson = False,
    ) -> None:
        found = _admin(url).habits(tenant)
        if as_json:
            print_json([habit.model_dump() for habit in found])
            return
        rows = [(habit.vendor, habit.name, "yes" if habit.on else "no", habit.means) for habit in found]
        print_table("Habits", ("vendor", "habit", "on", "what a caller meets"), rows, "no vendor declares a habit")

    @group.command("habit", help="Turn a habit. Example: marketeer sandbox habit wordpress firewall --tenant acme")
    def habit(
        vendor: Annotated[str, typer.Argument(help="Whose habit.")],
        name: Annotated[str, typer.Argument(help="As `marketeer sandbox habits` lists it.")],
        on: Annotated[bool, typer.Option("--on/--off", help="In force or not.")] = True,
        tenant: Annotated[str, typer.Option(help="Towards one tenant; default: all.")] = "",
        url: Url = None,
        as_json: AsJson = False,
    ) -> None:
        _admin(url).habit(vendor, name, on=on, tenant=tenant)
        said = f"{vendor}: {name} is {'on' if on else 'off'}{f' for {tenant}' if tenant else ''}"
        tell({"vendor": vendor, "habit": name, "on": on, "tenant": tenant or None}, said, as_json=as_json)

    @group.command("adopt", help="Go over to the market that answers: new accounts for all simulated tenants.")
    def adopt_(as_json: AsJson = False) -> None:
        home = open_home()
        if home.settings.sandbox_url is None:
            raise ConfigError("this home has no sandbox", hint="set sandbox_url in config.toml")
        with attended_market(home) as admin:
            moved = adopt(home, admin)
        if as_json:
            print_json({"market": admin.url, "tenants": moved})
            return
        say(f"this home's market is the one at {admin.url} now; moved: {', '.join(moved) or 'nobody'}")
        if moved:
            say("what these tenants had published in the former market is not in this one")

    @group.command("heal", help="End all faults.")
    def heal(url: Url = None, as_json: AsJson = False) -> None:
        _admin(url).clear_faults()
        tell({"faults": []}, "no faults", as_json=as_json)


def _own(home: Home, state: Path | None) -> tuple[int, Path | None]:
    """Port and state of the home's sandbox, so that what was opened in it is there; a market of no home otherwise."""
    parts = urlsplit(home.settings.sandbox_url or "")
    if parts.hostname not in LOOPBACK or parts.port is None:
        return DEFAULT_PORT, state
    return parts.port, state or home.sandbox_state


def _admin(url: str | None) -> SandboxAdmin:
    if url is not None:
        return SandboxAdmin(url)
    home = open_home()
    if home.settings.sandbox_url is None:
        raise ConfigError("this home has no sandbox", hint="name one with --url")
    assure_market(home.settings)
    return SandboxAdmin(home.settings.sandbox_url)
