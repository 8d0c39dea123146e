"""The engine and the two kinds of transaction, `reading` and `writing`. Driver errors become errors to act upon."""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, exc, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.sql import func

from marketeer_dagster.model.errors import ConfigError, Conflict, MarketeerError, NotFound

BUSY_TIMEOUT_MS = 60_000
"""How long a SQLite transaction waits for another writer. Ours take milliseconds; a backup tool may take longer."""

LOCK_LOOK_S = 0.1
"""Between two attempts at a lock that another session holds."""
LOCK_KEEPALIVE = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
"""Seconds, seconds, probes: how the server finds out that a lock's holder can no longer be reached."""


class Database:
    """A SQLite file or a PostgreSQL database. Safe to use from many threads and processes."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.engine = _engine(self.url)
        self._held = threading.local()
        self._writer = self.engine.execution_options(marketeer_write=True)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "").absolute()

    @property
    def where(self) -> str:
        """The database's address, without a password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A transaction that only reads; sees one state of the database throughout (SQLite) or per statement."""
        held: Connection | None = getattr(self._held, "connection", None)
        if held is not None:
            yield held
            return
        with self._translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def held_open(self) -> Generator[None]:
        """Reads of this thread in the block share one transaction. Write nothing in it: SQLite would wait for us."""
        if getattr(self._held, "connection", None) is not None:
            yield
            return
        with self.reading() as connection:
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None

    @contextmanager
    def writing(self, *lock: str) -> Generator[Connection]:
        """A transaction that may write, committed on a clean exit.

        Transactions of the same `lock` (its words name what is decided on) run one after the other, across processes.
        SQLite has one writer at a time anyway, taken at once by BEGIN IMMEDIATE so that a read inside is never stale.
        """
        with self._translated(), self._writer.connect() as connection, connection.begin():
            if lock and not self.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(_lock_number(lock))))
            yield connection

    @contextmanager
    def session_lock(self, *lock: str) -> Generator[None]:
        """Hold a lock of the PostgreSQL server for the block, on a connection of its own; others wait.

        The server frees it when the connection ends: at once when the holder is killed, after a minute (LOCK_KEEPALIVE)
        when its machine or network is lost.
        """
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        number = _lock_number(lock)
        with self._translated(), engine.connect() as connection:
            for name, value in LOCK_KEEPALIVE.items():
                connection.execute(text(f"SET {name} = {value}"))
            # Asked for again and again instead of waited for: a signal must be able to end the wait.
            while not connection.execute(select(func.pg_try_advisory_lock(number))).scalar_one():
                time.sleep(LOCK_LOOK_S)
            yield

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except exc.IntegrityError as error:
            raise _integrity(error) from error
        except exc.DBAPIError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: exc.DBAPIError) -> MarketeerError:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "unknown error"
        if self.is_sqlite and not self.path.exists() and self.path.parent.is_dir():
            return ConfigError("there is no store yet", where=self.where, hint="run `marketeer init`")
        if "no such table" in reason or ("relation" in reason and "does not exist" in reason):
            return ConfigError("the store has no tables yet", where=self.where, hint="run `marketeer init`")
        if "locked" in reason:
            return Conflict(
                f"{self.where}: another program has held the store for {BUSY_TIMEOUT_MS // 1000} s",
                hint="close what keeps it open, then try again",
            )
        hint = "check that the file and its folder exist and can be read and written" if self.is_sqlite else (
            "check that the server runs and MARKETEER_DATABASE_URL names a database you may use"
        )  # fmt: skip
        return ConfigError(f"the store cannot be used: {reason}", where=self.where, hint=hint)


def _parsed(url: str) -> URL:
    expected = "sqlite:////folder/store.db or postgresql://user:password@host:5432/database"
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise ConfigError("not a database URL", where="MARKETEER_DATABASE_URL", expected=expected) from None
    backend = parsed.get_backend_name()
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg2")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise ConfigError(f"cannot use {parsed.drivername!r}", where="MARKETEER_DATABASE_URL", expected=expected)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, creator=lambda: _connect_sqlite(url), poolclass=QueuePool)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=40)


def _connect_sqlite(url: URL) -> sqlite3.Connection:
    # mode=rw: a store that is not there is an error to tell, not an empty file to leave behind.
    address = f"file:{quote(str(Path(url.database or '').absolute()))}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, check_same_thread=False)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself: `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    # An answer paid for must survive a power cut; the usual setting with WAL may lose the last transactions.
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("marketeer_write", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # Takes no lock and cannot fail for one, so the driver is asked directly: most transactions are one short read.
    driver = connection.connection.driver_connection
    assert driver is not None, "it is connected"
    driver.execute("BEGIN")


def _lock_number(words: tuple[str, ...]) -> int:
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _integrity(error: exc.IntegrityError) -> MarketeerError:
    reason = str(error.orig).strip()
    if "foreign key" in reason.lower():
        return NotFound("the row names a tenant that does not exist", hint="run `marketeer tenant list`")
    return Conflict(f"the row is there already: {reason.splitlines()[0]}")
