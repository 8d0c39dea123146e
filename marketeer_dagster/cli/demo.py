"""`marketeer demo`: the whole loop in the sandbox."""

from pathlib import Path
from typing import Annotated

import typer

LEAST_DAYS = 60
"""A first run in a home takes about fifty."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("demo", help="Run the whole loop in the sandbox: goal, plan, work, publication, drop, test, learning.")
    def demo(
        headless: Annotated[
            bool, typer.Option("--headless", help="End when the loop has, without keeping the UI open.")
        ] = False,
        days: Annotated[int, typer.Option(min=LEAST_DAYS, max=120, help="Most market days the loop may take.")] = 110,
        seed: Annotated[
            int | None,
            typer.Option(help="Equal seeds, equal markets; default: the home's market's own, 7 for a new one."),
        ] = None,
        json_file: Annotated[
            Path | None, typer.Option("--json", help="Write the result to this file; - is standard output.")
        ] = None,
    ) -> None:
        from marketeer_dagster.cli.loop.run import run_demo  # brings Dagster along

        raise typer.Exit(run_demo(headless=headless, days=days, seed=seed, json_file=json_file))
