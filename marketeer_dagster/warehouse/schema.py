"""The whole schema, and how a database is brought to it."""

import hashlib

import duckdb

from marketeer_dagster.warehouse.copies import COPIES
from marketeer_dagster.warehouse.facts import FACTS
from marketeer_dagster.warehouse.logs import LOGS
from marketeer_dagster.warehouse.marts import MARTS, mart
from marketeer_dagster.warehouse.pages import MACROS
from marketeer_dagster.warehouse.source import CREATE as CREATE_SOURCE
from marketeer_dagster.warehouse.source import SOURCE_COMMENTS, forget_source
from marketeer_dagster.warehouse.stale import STALE_ARTEFACTS
from marketeer_dagster.warehouse.tables import Table, comments

TABLES: dict[str, Table] = {table.name: table for table in (*FACTS, *COPIES, STALE_ARTEFACTS, *LOGS)}
"""Every table that is written, by name. Marts are computed, see marts.py."""

_ABOUT = (
    *comments(
        "warehouse_schema",
        "Which state of the schema this file has. Kept by the software.",
        {"fingerprint": "Fingerprint of all table and mart definitions."},
    ),
    *SOURCE_COMMENTS,
)


def fingerprint() -> str:
    """A hash of every definition: a file with another one is brought up to date."""
    statements = [*MACROS, *(s for table in TABLES.values() for s in (table.create(), *table.comments()))]
    statements += [s for name in MARTS for s in mart(name).statements()]
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()[:16]


def ensure(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing, in one transaction; rows stay. Quick when nothing is to do."""
    wanted = fingerprint()
    connection.execute("CREATE TABLE IF NOT EXISTS warehouse_schema (fingerprint VARCHAR NOT NULL)")
    if connection.execute("SELECT fingerprint FROM warehouse_schema").fetchall() == [(wanted,)]:
        return
    connection.execute("BEGIN")
    try:
        for table in TABLES.values():
            _ensure_table(connection, table)
        for statement in (*MACROS, *CREATE_SOURCE):
            connection.execute(statement)
        for statement in (*(s for name in MARTS for s in mart(name).statements()), *_ABOUT):
            connection.execute(statement)
        forget_source(connection)  # new columns are filled by copying everything once more
        connection.execute("DELETE FROM warehouse_schema")
        connection.execute("INSERT INTO warehouse_schema VALUES (?)", [wanted])
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _ensure_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    connection.execute(table.create())
    rows = connection.execute(f'SELECT column_name, column_type, "null" FROM (DESCRIBE "{table.name}")').fetchall()
    found: dict[str, str] = {name: type_ for name, type_, _ in rows}
    never_null = {name for name, _, null in rows if null == "NO"}
    for column in table.columns:
        if column.name not in found:
            connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN "{column.name}" {column.type}')
        elif found[column.name] != column.type:
            connection.execute(f'ALTER TABLE "{table.name}" ALTER "{column.name}" TYPE {column.type}')
        if column.nullable and column.name in never_null:
            connection.execute(f'ALTER TABLE "{table.name}" ALTER "{column.name}" DROP NOT NULL')
    for statement in table.comments():
        connection.execute(statement)
