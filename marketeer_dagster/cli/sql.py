"""`marketeer sql`: read-only questions to the warehouse's snapshot, after its copies of the store are up to date."""

import sys
from csv import writer
from typing import Annotated

import duckdb
import typer

from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, print_json, print_table
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.warehouse.answers import ask, readable

SHOWN = 500
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("sql", help='Ask the snapshot. Example: marketeer sql "select * from channel_performance limit 5"')
    def sql(
        query: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL; - reads it from standard input.")],
        as_json: AsJson = False,
        csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")] = False,
    ) -> None:
        text = sys.stdin.read() if query == "-" else query
        home = open_home()
        freshen(home)
        with home.warehouse.reading() as connection:
            try:
                _refuse_writes(connection.extract_statements(text))
                found = ask(connection, text)
            except duckdb.Error as error:
                raise BadInput(str(error), where="sql", hint="`SHOW ALL TABLES` lists what there is") from None
        if csv:
            lines = ([readable(cell) for cell in row] for row in found.rows)
            writer(sys.stdout, lineterminator="\n").writerows([found.columns, *lines])
        elif as_json:
            print_json(found.records())
        else:
            rows = ([readable(cell) for cell in row] for row in found.rows[:SHOWN])
            title = "" if len(found.rows) <= SHOWN else f"first {SHOWN} of {len(found.rows):,} rows"
            print_table(title, found.columns, rows, "No rows.")


def _refuse_writes(statements: list[duckdb.Statement]) -> None:
    """One statement that reads. The connection could not change anything anyway; this says so before it is tried."""
    if len(statements) != 1 or statements[0].type not in READING:
        kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise BadInput(f"got {kinds}", where="sql", expected="one SELECT (or SHOW, DESCRIBE, EXPLAIN)")
