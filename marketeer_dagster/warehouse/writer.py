"""Writing into the warehouse: whole days or whole tables, validated, each in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.warehouse.marts import mart
from marketeer_dagster.warehouse.schema import TABLES
from marketeer_dagster.warehouse.source import note_built
from marketeer_dagster.warehouse.tables import Table, quoted

if TYPE_CHECKING:
    import pandas as pd

_INCOMING = "incoming_rows"


class Writer:
    """The one open connection to the working file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def replace(
        self, table: str, tenant: str, first: date, last: date, rows: pd.DataFrame, *, simulated: bool = False
    ) -> int:
        """Put `rows` in place of the tenant's days from `first` to `last` (both included); returns how many.

        `rows` has the table's columns; `tenant` and `simulated` may be missing and are then filled in. All or nothing:
        BadInput, with nothing changed, when a column is missing, unknown or of a type that does not fit, a value is
        missing, a day lies outside, a row is another tenant's, or two rows have one key. NotFound for a table.
        """
        target = _table(table)
        if target.column("date") is None:
            raise BadInput(f"table {table} has no days", expected="a daily fact table; use replace_all")
        filled = {"tenant": quoted(tenant), "simulated": "true" if simulated else "false"}
        with self._incoming(target, rows, filled), self._transaction():
            self._refuse_rows(table, f"tenant <> {quoted(tenant)}", f"rows of another tenant than {tenant}")
            outside = f"date NOT BETWEEN DATE '{first}' AND DATE '{last}'"
            self._refuse_rows(table, outside, f"days outside of {first} to {last}")
            self.connection.execute(
                f'DELETE FROM "{table}" WHERE tenant = ? AND date BETWEEN ? AND ?', [tenant, first, last]
            )
            return self._insert(target)

    def replace_all(self, table: str, rows: pd.DataFrame) -> int:
        """Put `rows`, which name their tenants, in place of a whole table; returns how many. Errors as in `replace`."""
        target = _table(table)
        with self._incoming(target, rows, {}), self._transaction():
            self.connection.execute(f'DELETE FROM "{table}"')
            return self._insert(target)

    def replace_rows(self, table: str, column: str, values: Collection[str], rows: pd.DataFrame) -> int:
        """Put `rows` in place of those that have one of `values` in `column`; returns how many. Errors as above."""
        target = _table(table)
        with self._incoming(target, rows, {}), self._transaction():
            self.connection.execute(f'DELETE FROM "{table}" WHERE list_contains(?, "{column}")', [list(values)])
            return self._insert(target)

    def add(self, table: str, rows: pd.DataFrame) -> int:
        """Put `rows`, which name their tenants, beside what is there; returns how many. Errors as above."""
        target = _table(table)
        with self._incoming(target, rows, {}), self._transaction():
            return self._insert(target)

    def build_mart(self, name: str) -> int:
        """Compute a mart anew; returns its rows. NotFound when there is no such mart."""
        with self._transaction():
            for statement in mart(name).statements():
                self.connection.execute(statement)
            note_built(self.connection, name)
            return _count(self.connection, name)

    @contextmanager
    def _incoming(self, table: Table, rows: pd.DataFrame, filled: dict[str, str]) -> Generator[None]:
        """`rows` as a view with the table's columns and types."""
        given = [str(column) for column in rows.columns]
        _check_columns(table, given, filled)
        casts = (f'{_source(c.name, given, filled)}::{c.type} AS "{c.name}"' for c in table.columns)
        self.connection.register("given_rows", rows)
        try:
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {_INCOMING} AS SELECT {', '.join(casts)} FROM given_rows"
            )
            yield
        except duckdb.ConversionException as error:
            raise BadInput(
                str(error).splitlines()[0], where=table.name, expected="values of the column's type"
            ) from None
        finally:
            self.connection.execute(f"DROP TABLE IF EXISTS temp.{_INCOMING}")
            self.connection.unregister("given_rows")

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise

    def _insert(self, table: Table) -> int:
        missing = " OR ".join(f'"{name}" IS NULL' for name in table.required)
        self._refuse_rows(table.name, missing, f"rows with no value in one of {', '.join(table.required)}")
        self._refuse_repeated_keys(table)
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        self.connection.execute(f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {_INCOMING}')
        return _count(self.connection, _INCOMING)

    def _refuse_repeated_keys(self, table: Table) -> None:
        key = ", ".join(f'"{name}"' for name in table.key)
        # Counting hashes is several times quicker than grouping by texts; only when they repeat is the key looked at.
        if not _count(self.connection, f"(SELECT 1 FROM {_INCOMING} HAVING count(*) > count(DISTINCT hash({key})))"):
            return
        grouped = f"SELECT {key} FROM {_INCOMING} GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
        for same in self.connection.execute(grouped).fetchall():
            shown = ", ".join(str(part) for part in same)
            raise BadInput(f"two rows for {shown}", where=table.name, expected=f"one row per {', '.join(table.key)}")

    def _refuse_rows(self, table: str, condition: str, problem: str) -> None:
        bad = _count(self.connection, f"{_INCOMING} WHERE {condition}")
        if bad:
            raise BadInput(f"{bad} {problem}", where=table)


def _table(name: str) -> Table:
    if name not in TABLES:
        raise NotFound(f"no table {name!r} to write to", hint=f"there are {', '.join(TABLES)}")
    return TABLES[name]


def _check_columns(table: Table, given: list[str], filled: Iterable[str]) -> None:
    wanted = [column.name for column in table.columns]
    missing = [name for name in wanted if name not in given and name not in filled]
    unknown = [name for name in given if name not in wanted]
    problems = [f"no column {name}" for name in missing] + [f"unknown column {name}" for name in unknown]
    if problems:
        raise BadInput(", ".join(problems), where=table.name, expected=", ".join(wanted))


def _source(name: str, given: list[str], filled: dict[str, str]) -> str:
    return f'"{name}"' if name in given else filled[name]


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])
