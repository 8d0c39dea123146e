"""Whole values in tables: one statement writes the JSON and the columns beside it, one reads it back."""

import difflib
from collections.abc import Sequence
from enum import Enum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from marketeer_dagster.model.errors import NotFound

V = TypeVar("V", bound=BaseModel)

_OWN_COLUMNS = frozenset({"seq", "body"})


class Records(Generic[V]):
    """The rows of `table` as values of `kind`. Columns named like a field are filled from it."""

    def __init__(self, table: Table, kind: type[V], *, noun: str, key: str = "id") -> None:
        self.table = table
        self.kind = kind
        self.noun = noun
        self.key = table.c[key]
        self._copied = [c.name for c in table.columns if c.name not in _OWN_COLUMNS and c.name in kind.model_fields]

    def insert(self, connection: Connection, value: V, **extra: object) -> V:
        """Write a new row; `extra` fills the columns that are not fields of the value."""
        connection.execute(insert(self.table).values(**self._columns(value), **extra))
        return value

    def update(self, connection: Connection, value: V, *where: ColumnElement[bool], **extra: object) -> V:
        """Overwrite the row found by `where` (by the value's key when none is given)."""
        found = where or (self.key == getattr(value, self.key.name),)
        connection.execute(update(self.table).where(*found).values(**self._columns(value), **extra))
        return value

    def first(
        self, connection: Connection, *where: ColumnElement[bool], newest: bool = False, lock: bool = False
    ) -> V | None:
        """The first row in order of arrival, or the last one when `newest`; `lock` holds it for this transaction."""
        order = self.table.c.seq.desc() if newest else self.table.c.seq
        statement = select(self.table.c.body).where(*where).order_by(order).limit(1)
        body = connection.execute(statement.with_for_update() if lock else statement).scalar()
        return None if body is None else self.kind.model_validate_json(body)

    def all(
        self,
        connection: Connection,
        *where: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]] = (),
        limit: int | None = None,
    ) -> tuple[V, ...]:
        """All rows found, in order of arrival unless told otherwise."""
        statement = select(self.table.c.body).where(*where).order_by(*order, self.table.c.seq).limit(limit)
        return tuple(self.kind.model_validate_json(body) for body in connection.execute(statement).scalars())

    def get(self, connection: Connection, key: str, *, lock: bool = False, tenant: str | None = None) -> V:
        """The row with this key, held for this transaction if `lock`; NotFound otherwise, also when `tenant` is given
        and the row is another tenant's."""
        statement = select(self.table.c.body).where(self.key == key, *self.matching(tenant=tenant))
        body = connection.execute(statement.with_for_update() if lock else statement).scalar()
        if body is None:
            raise self.missing(connection, key, tenant=tenant)
        return self.kind.model_validate_json(body)

    def missing(self, connection: Connection, key: str, *, tenant: str | None = None) -> NotFound:
        """The error for a key that is not there, with close matches among what is `tenant`'s.

        Without a tenant nothing is named: what lies near a mistyped key may be anybody's.
        """
        if tenant is None:
            return NotFound(f"no {self.noun} {key!r}", hint="check its spelling; `list` and `inbox` show what there is")
        own = select(self.key).distinct().where(self.table.c.tenant == tenant).order_by(self.key).limit(5000)
        close = difflib.get_close_matches(key, connection.execute(own).scalars().all(), n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(close)}?" if close else f"{tenant} has none by that name"
        return NotFound(f"no {self.noun} {key!r}", hint=hint)

    def matching(self, **wanted: object) -> list[ColumnElement[bool]]:
        """Conditions for columns that must equal a value; None asks nothing."""
        return [self.table.c[name] == plain(value) for name, value in wanted.items() if value is not None]

    def _columns(self, value: V) -> dict[str, object]:
        columns = {name: plain(getattr(value, name)) for name in self._copied}
        return columns | {"body": value.model_dump_json()}


def plain(value: object) -> object:
    """The database form of a field: an enum's value, anything else unchanged."""
    return value.value if isinstance(value, Enum) else value


def changed(value: V, **fields: object) -> V:
    """A validated copy with other field values (`model_copy` alone would not validate)."""
    return type(value).model_validate({name: getattr(value, name) for name in type(value).model_fields} | fields)
