"""The app: every command group, and one place where errors become exit codes."""

import logging
import sys
import warnings

import click
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
from marketeer_dagster.cli.next_step import print_next_step
from marketeer_dagster.cli.output import print_error, refuse
from marketeer_dagster.cli.usage import told
from marketeer_dagster.model.errors import BadInput, MarketeerError

INTERRUPTED = 130
"""As shells say that SIGINT ended a command: 128 and the signal's number."""

app = typer.Typer(
    name="marketeer",
    help="Run a company's marketing as a Dagster data platform: state a goal, review the work, read what it brought.",
    rich_markup_mode=None,
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
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
) -> None:
    """Options of every command."""
    if version:
        typer.echo(f"marketeer {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print_next_step()


def main() -> None:
    """Entry point: run a command; errors end with their exit code and no traceback."""
    warnings.filterwarnings("ignore", module="dagster")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    redacted_logs.install()
    logs.quiet()
    command = typer.main.get_command(app)
    try:
        code = command.main(prog_name="marketeer", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(BadInput.exit_code)
    except click.ClickException as error:
        refuse(*told(error), BadInput.exit_code)
        sys.exit(BadInput.exit_code)
    except MarketeerError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        refuse("interrupted; what was done is kept", "give the command again to go on", INTERRUPTED)
        sys.exit(INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)
