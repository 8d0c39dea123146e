"""How warehouse tables appear in Dagster: Markdown previews, column schemas, addresses."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb
from dagster import DataVersion, TableColumn, TableColumnConstraints, TableConstraints, TableSchema

from marketeer_dagster.warehouse import TABLES
from marketeer_dagster.warehouse.answers import readable
from marketeer_dagster.warehouse.marts import Mart

DATABASE = "warehouse"


def table_metadata(name: str) -> dict[str, object]:
    """Definition metadata of a written table: address, columns with types and comments, the key."""
    return {**address(name), "dagster/column_schema": table_schema(name)}


def table_schema(name: str) -> TableSchema:
    """A written table's columns with types and meanings, and its key."""
    table = TABLES[name]
    columns = [
        TableColumn(c.name, c.type, c.comment, constraints=TableColumnConstraints(nullable=c.nullable))
        for c in table.columns
    ]
    return TableSchema(columns, TableConstraints(other=[f"one row per {', '.join(table.key)}"]))


def address(name: str) -> dict[str, object]:
    """Where a table of the warehouse is found."""
    return {"dagster/table_name": f"{DATABASE}.main.{name}", "dagster/storage_kind": "duckdb"}


def mart_schema(connection: duckdb.DuckDBPyConnection, mart: Mart) -> TableSchema:
    """A mart's columns: types as it was computed, meanings from its file."""
    types = connection.execute(f'SELECT column_name, column_type FROM (DESCRIBE "{mart.name}")').fetchall()
    return TableSchema([TableColumn(name, type_, mart.columns.get(name)) for name, type_ in types])


def rows_version(
    connection: duckdb.DuckDBPyConnection, relation: str, parameters: Sequence[object] = ()
) -> DataVersion:
    """A data version that says what the rows of `relation` (what may follow FROM) are, in whatever order they lie."""
    query = f"SELECT count(*), bit_xor(hash(row)) FROM (SELECT rows AS row FROM (SELECT * FROM {relation}) AS rows)"
    found = connection.execute(query, list(parameters)).fetchone()
    count, fingerprint = found or (0, None)
    return DataVersion(f"{count}.{fingerprint or 0:x}")


def row_count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of a table or of a query in parentheses."""
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0


def preview(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> str:
    """A query's rows as a Markdown table; says so when there are none."""
    found = connection.execute(query, list(parameters))
    names = [str(column[0]) for column in found.description or ()]
    rows = found.fetchall()
    return markdown_table(names, rows) if rows else "no rows yet"


def markdown_table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; pipes and line breaks in cells are made harmless."""
    return "\n".join([_line(names), "|" + "---|" * len(names), *(_line(row) for row in rows)])


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 1 else f"{cell:,.2f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return readable(cell).replace("|", "\\|").replace("\n", " ")
