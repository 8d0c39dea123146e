"""Claims: who may act on a thing next, decided in one transaction, so that two who look at once do not both act."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.owners import Owners, moment

_T = schema.claims


class Claims:
    """Exclusive claims on names, held by processes or, for a limited time, by roles such as a sensor."""

    def __init__(self, database: Database, owners: Owners) -> None:
        self._db = database
        self._owners = owners

    def take(self, name: str) -> str | None:
        """Claim `name` until it is released or this process dies; who holds it now, or None while another does.

        Another thread of this process is another holder.
        """
        holder = f"{self._owners.announce()}#{secrets.token_hex(4)}"
        return holder if self._take(name, holder, None) else None

    def take_for(self, name: str, role: str, seconds: float) -> bool:
        """Claim `name` for a role, for so many seconds by the store's clock; the role itself may renew it."""
        return self._take(name, role, seconds)

    def release(self, name: str, holder: str) -> None:
        """Give a claim back; one that another holds stays."""
        with self._db.writing("claims", name) as connection:
            connection.execute(delete(_T).where(_T.c.id == name, _T.c.owner == holder))

    def holder(self, name: str) -> str | None:
        """The owner or role that holds `name` now."""
        with self._db.reading() as connection:
            return self._holder(connection, name)

    @contextmanager
    def held(self, name: str) -> Generator[bool]:
        """Claim `name` for the length of the block; the block is told whether it was to be had."""
        holder = self.take(name)
        try:
            yield holder is not None
        finally:
            if holder is not None:
                self.release(name, holder)

    def _take(self, name: str, owner: str, seconds: float | None) -> bool:
        with self._db.writing("claims", name) as connection:
            holder = self._holder(connection, name)
            if holder not in (None, owner):
                return False
            now = moment(connection, self._db)
            until = None if seconds is None else now + timedelta(seconds=seconds)
            connection.execute(delete(_T).where(_T.c.id == name))
            connection.execute(insert(_T).values(id=name, owner=owner, taken_at=now, expires_at=until))
            return True

    def _holder(self, connection: Connection, name: str) -> str | None:
        row = connection.execute(select(_T.c.owner, _T.c.expires_at).where(_T.c.id == name)).one_or_none()
        if row is None:
            return None
        if row.expires_at is not None:
            return row.owner if row.expires_at > moment(connection, self._db) else None
        return row.owner if self._owners.lives(connection, row.owner) else None
