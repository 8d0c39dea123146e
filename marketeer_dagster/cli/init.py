"""`marketeer init`."""

from typing import Annotated

import typer

from marketeer_dagster.cli.home import create_home
from marketeer_dagster.cli.output import console
from marketeer_dagster.model.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(help="Create the home (config, store, warehouse, Dagster instance). Safe to repeat.")
    def init(
        sandbox: Annotated[
            bool, typer.Option(help="Simulate tools that are not connected, and Claude without a key.")
        ] = True,
    ) -> None:
        """Example: MARKETEER_HOME=/srv/marketeer marketeer init --no-sandbox"""
        settings = Settings.load()
        for line in create_home(settings, sandbox=sandbox):
            console.print(line)
        console.print(f"home {settings.home} is ready")
