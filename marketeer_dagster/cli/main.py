"""The app: every command group, and one place where errors become exit codes."""

import logging
import sys
import warnings

import typer

from marketeer_dagster import __version__, redacted_logs
from marketeer_dagster.cli import (
    campaigns,
    contexts,
    demo,
    goals,
    ingest,
    init,
    logs,
    operate,
    parquet,
    people,
    publications,
    sandbox,
    sql,
    stale,
    tenants,
    tools,
    trace,
)
from marketeer_dagster.cli.output import errors, print_error
from marketeer_dagster.model.errors import MarketeerError

app = typer.Typer(
    name="marketeer",
    help="Run a company's marketing as a Dagster data platform: state a goal, review the work, read what it brought.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (
    init,
    demo,
    operate,
    goals,
    campaigns,
    people,
    publications,
    tenants,
    contexts,
    tools,
    ingest,
    sql,
    parquet,
    stale,
    trace,
    sandbox,
):
    group.register(app)


@app.callback(invoke_without_command=True)
def options(
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
) -> None:
    """Options of every command."""
    if version:
        typer.echo(f"marketeer {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point: run a command; our errors end with their exit code and no traceback."""
    warnings.filterwarnings("ignore", module="dagster")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    redacted_logs.install()
    logs.quiet()
    try:
        app()
    except MarketeerError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        errors.print("interrupted; what was done is kept, give the command again to go on")
        sys.exit(130)
