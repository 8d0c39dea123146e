"""Which store the copies were made of and how far, and when each mart was computed: what a writer goes on from."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.warehouse.marts import MARTS, mart
from marketeer_dagster.warehouse.tables import comments

_TABLE = "warehouse_source"
CREATE = (
    f"CREATE TABLE IF NOT EXISTS {_TABLE} (store VARCHAR NOT NULL, mark BIGINT NOT NULL, skills VARCHAR NOT NULL)",
    "CREATE TABLE IF NOT EXISTS warehouse_marts (mart VARCHAR NOT NULL, built_at TIMESTAMP NOT NULL)",
)
SOURCE_COMMENTS = (
    *comments(
        _TABLE,
        "Which store the copies were made of, and how far. Kept by the software.",
        {
            "store": "Address of the store, without a password.",
            "mark": "All changes before this mark of the store's are in the copies.",
            "skills": "Fingerprint of the skills that were copied last; empty when none were.",
        },
    ),
    *comments(
        "warehouse_marts",
        "When each mart was computed. Kept by the software.",
        {"mart": "Name of the mart.", "built_at": "When it was computed last (UTC, by the clock on the wall)."},
    ),
)
_READ = """
SELECT table_name, max(read_at) FROM landings WHERE state <> 'failed' GROUP BY table_name
UNION ALL SELECT 'landings', max(read_at) FROM landings HAVING count(*) > 0
"""


@dataclass(frozen=True)
class Source:
    """Where the copies stand."""

    store: str
    """Address of the store, without a password: another one's marks mean nothing here."""
    mark: int
    """All changes before this mark of the store's are in the copies."""
    skills: str
    """Fingerprint of the skills in force; empty when they were never copied."""


def read_source(connection: duckdb.DuckDBPyConnection) -> Source | None:
    """Where the copies stand; None when nothing was copied yet, or by an older version."""
    try:
        rows = connection.execute(f"SELECT store, mark, skills FROM {_TABLE}").fetchall()
    except duckdb.CatalogException:
        return None
    return Source(*rows[0]) if rows else None


def write_source(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Say where the copies stand now. Who is cut off in between has everything copied anew."""
    forget_source(connection)
    connection.execute(f"INSERT INTO {_TABLE} VALUES (?, ?, ?)", [source.store, source.mark, source.skills])


def forget_source(connection: duckdb.DuckDBPyConnection) -> None:
    """Have everything copied anew by the next writer."""
    connection.execute(f"DELETE FROM {_TABLE}")


def note_built(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    """Say that a mart was computed now. The caller holds the transaction."""
    now = SystemClock().now().replace(tzinfo=None)
    connection.execute("DELETE FROM warehouse_marts WHERE mart = ?", [mart])
    connection.execute("INSERT INTO warehouse_marts VALUES (?, ?)", [mart, now])


def read_since_built(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Tables that were read from vendors after a mart made of them was computed: its run failed on the way."""
    try:
        built: dict[str, datetime] = dict(connection.execute("SELECT mart, built_at FROM warehouse_marts").fetchall())
        read: dict[str, datetime] = dict(connection.execute(_READ).fetchall())
    except duckdb.CatalogException:
        return frozenset()
    never = datetime.min
    return frozenset(
        table for table, at in read.items() for name in MARTS
        if table in mart(name).reads and built.get(name, never) < at
    )  # fmt: skip
