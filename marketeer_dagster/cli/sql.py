"""`marketeer sql`: read-only questions to the warehouse's snapshot, after its copies of the store are up to date."""

import math
import sys
from collections.abc import Sequence
from contextlib import suppress
from csv import writer
from typing import Annotated

import duckdb
import typer

from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, beside, console, print_json, print_table
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.warehouse.answers import ask, readable

SHOWN = 500
"""Rows on a screen. A pipe, --csv and --json get all."""
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command("sql", help='Ask the snapshot. Example: marketeer sql "select * from channel_performance limit 5"')
    def sql(
        query: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL; - reads it from standard input.")],
        as_json: AsJson = False,
        as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header.")] = False,
    ) -> None:
        text = sys.stdin.read() if query == "-" else query
        columns, rows = _asked(text)
        if as_csv:
            writer(sys.stdout, lineterminator="\n").writerows([columns, *([readable(v) for v in row] for row in rows)])
        elif as_json:
            print_json([dict(zip(columns, map(_known, row), strict=True)) for row in rows])
        elif console.wide is None:
            print_table("", columns, rows, "No rows.")
        else:
            print_table("", columns, rows[:SHOWN], "No rows.")
            if len(rows) > SHOWN:
                beside(f"the first {SHOWN} of {len(rows):,} rows; --csv, --json and a pipe get all")


def _asked(text: str) -> tuple[list[str], list[tuple[object, ...]]]:
    home = open_home()
    with home.warehouse.reading() as connection:
        try:
            _refuse_nonsense(connection, text)
        except duckdb.Error as error:
            raise BadInput(str(error), where="sql", hint="`SHOW ALL TABLES` lists what there is") from None
    freshen(home)
    with home.warehouse.reading() as connection:
        try:
            found = ask(connection, text)
            return _distinct(found.columns), found.rows
        except duckdb.Error as error:
            raise BadInput(str(error), where="sql", hint="`SHOW ALL TABLES` lists what there is") from None


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names, a repeated one with its number: two columns of a name would be one key of JSON."""
    count: dict[str, int] = {}
    named: list[str] = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        named.append(name if count[name] == 1 else f"{name}_{count[name]}")
    return named


def _known(value: object) -> object:
    """JSON has no word for what is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _refuse_nonsense(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Before the copies are brought up to date: what is no question writes nothing. A table may come with them."""
    statements = connection.extract_statements(text)
    _refuse_writes(statements)
    if statements[0].type is duckdb.StatementType.SELECT:
        with suppress(duckdb.CatalogException):
            connection.execute(f"EXPLAIN {text}")


def _refuse_writes(statements: list[duckdb.Statement]) -> None:
    """One statement that reads. The connection could not change anything anyway; this says so before it is tried."""
    if len(statements) != 1 or statements[0].type not in READING:
        kinds = ", ".join(statement.type.name for statement in statements) or "nothing"
        raise BadInput(f"got {kinds}", where="sql", expected="one SELECT (or SHOW, DESCRIBE, EXPLAIN)")
