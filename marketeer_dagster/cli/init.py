"""`marketeer init`."""

from typing import Annotated

import typer

from marketeer_dagster.cli.home import create_home
from marketeer_dagster.cli.output import AsJson, tell
from marketeer_dagster.model.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(help="Create the home (config, store, warehouse, Dagster instance). Safe to repeat.")
    def init(
        sandbox: Annotated[
            bool, typer.Option(help="Simulate tools that are not connected, and Claude without a key.")
        ] = True,
        as_json: AsJson = False,
    ) -> None:
        """Example: MARKETEER_HOME=/srv/marketeer marketeer init --no-sandbox"""
        settings = Settings.load()
        done = create_home(settings, sandbox=sandbox)
        ready = f"home {settings.home} is ready"
        tell({"home": settings.home, "done": done}, "\n".join([*done, ready]), as_json=as_json)
