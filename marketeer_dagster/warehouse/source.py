"""Which store the copies were made of, and how far: what the next writer goes on from."""

from dataclasses import dataclass

import duckdb

_TABLE = "warehouse_source"
CREATE = f"CREATE TABLE IF NOT EXISTS {_TABLE} (store VARCHAR NOT NULL, mark BIGINT NOT NULL, skills VARCHAR NOT NULL)"


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
    """Say where the copies stand now. The caller holds the transaction."""
    forget_source(connection)
    connection.execute(f"INSERT INTO {_TABLE} VALUES (?, ?, ?)", [source.store, source.mark, source.skills])


def forget_source(connection: duckdb.DuckDBPyConnection) -> None:
    """Have everything copied anew by the next writer."""
    connection.execute(f"DELETE FROM {_TABLE}")
