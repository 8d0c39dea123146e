"""`marketeer up`, `daemon` and `doctor`."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated

import typer

from marketeer_dagster.cli.checkup import Diagnosis, checkup
from marketeer_dagster.cli.home import create_home, open_home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.output import AsJson, console, print_json, print_table, say, tell, warn
from marketeer_dagster.cli.platform import Platform
from marketeer_dagster.model.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command(
        "up", help="Start webserver and daemon, and the sandbox while something is simulated. Ctrl-C ends them."
    )
    def up(
        port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the Dagster UI; 0 takes a free one.")] = 3000,
        as_json: AsJson = False,
    ) -> None:
        create_home(Settings.load())
        with Platform(open_home(), ui_port=port) as platform:
            platform.await_ui()
            said = f"Dagster UI: {platform.ui_url}\nCtrl-C ends it; what was done is kept"
            tell({"dagster_ui": platform.ui_url}, said, as_json=as_json)
            platform.wait()

    @app.command("daemon", help="Start the daemon (and sandbox) without a UI.")
    def daemon(as_json: AsJson = False) -> None:
        create_home(Settings.load())
        with Platform(open_home(), ui_port=None) as platform:
            tell({"daemon": "running"}, "daemon running; Ctrl-C ends it", as_json=as_json)
            platform.wait()

    @app.command("doctor", help="What is wrong here, and how to mend it; --claude asks Claude, for a few cents.")
    def doctor(
        claude: Annotated[
            bool, typer.Option("--claude", help="Ask Claude with every answer format; says before what it costs.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        findings = checkup(home)
        if claude:
            from marketeer_dagster.cli.claude_checkup import ClaudeCheckup  # brings the SDK along

            asking = ClaudeCheckup(home)
            warn(asking.announcement)
            with running_market(home) if asking.simulated else nullcontext():
                findings += asking.look()
        if as_json:
            print_json([finding.__dict__ for finding in findings])
        else:
            _print_checkup(findings)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


def _print_checkup(findings: Sequence[Diagnosis]) -> None:
    """One line each on a screen, with the remedy below what is wrong."""
    if console.wide is None:
        rows = ((f.about, "ok" if f.ok else "WRONG", f.detail, "" if f.ok else f.remedy) for f in findings)
        print_table("", ("about", "state", "detail", "remedy"), rows, "")
        return
    for found in findings:
        state = "ok" if found.ok else "WRONG"
        say(f"{state:<5}  {found.about}: {found.detail}", style="" if found.ok else "bold red", later=7)
        if not found.ok:
            say(f"       mend: {found.remedy}", later=6)
    wrong = sum(not found.ok for found in findings)
    say(f"{wrong} of {len(findings)} want mending" if wrong else f"nothing of {len(findings)} wants mending")
