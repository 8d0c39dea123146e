"""Triggers that note which rows changed, so that copies elsewhere follow without asking for everything.

The database notes it and not our code: a change cannot be made that is not noted. A row is noted once, with the number
of its newest change. On SQLite numbers count up, since there is one writer. On PostgreSQL a change has the id of its
transaction, because those are committed in another order than they begin in; see `Changes` for how they are read.
"""

from typing import Final

from sqlalchemy import Connection, text

from marketeer_dagster.store.database import Database

WATCHED: Final[dict[str, tuple[str, str]]] = {
    "tenants": ("tenants", "id"),
    "connections": ("tenants", "tenant"),  # where a tenant's site is stands in its connection
    "goals": ("goals", "id"),
    "campaigns": ("campaigns", "key"),
    "artefacts": ("artefacts", "id"),
    "reviews": ("reviews", "id"),
    "approvals": ("approvals", "id"),
    "publications": ("publications", "id"),
    "signals": ("signals", "id"),
    "experiments": ("experiments", "id"),
    "learnings": ("learnings", "id"),
    "llm_calls": ("llm_calls", "id"),
}
"""Table -> what is noted as changed when a row of it is: a relation, and the column with its key."""


def watch(database: Database, connection: Connection) -> None:
    """Install the triggers that are missing; safe to repeat."""
    for table, (relation, key) in WATCHED.items():
        if database.is_sqlite:
            _watch_sqlite(connection, table, relation, key)
        else:
            _watch_postgres(connection, table, relation, key)


def _watch_sqlite(connection: Connection, table: str, relation: str, key: str) -> None:
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        number = "(SELECT coalesce(max(number), 0) + 1 FROM changes)"
        connection.execute(
            text(
                f"CREATE TRIGGER IF NOT EXISTS note_change_{table}_{event.lower()} AFTER {event} ON {table} BEGIN "
                f"INSERT INTO changes (relation, row_key, number) VALUES ('{relation}', {row}.{key}, {number}) "
                "ON CONFLICT (relation, row_key) DO UPDATE SET number = excluded.number; END"
            )
        )


def _watch_postgres(connection: Connection, table: str, relation: str, key: str) -> None:
    name = f"note_change_{table}"
    connection.execute(
        text(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "INSERT INTO changes (relation, row_key, number) "
            f"VALUES ('{relation}', CASE TG_OP WHEN 'DELETE' THEN OLD.{key} ELSE NEW.{key} END, txid_current()) "
            "ON CONFLICT (relation, row_key) DO UPDATE SET number = excluded.number; RETURN NULL; END $$"
        )
    )
    known = text("SELECT 1 FROM pg_trigger WHERE tgname = :name AND tgrelid = CAST(:relation AS regclass)")
    if connection.execute(known, {"name": name, "relation": table}).first() is None:
        connection.execute(
            text(
                f"CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}()"
            )
        )
