"""The Dagster instance of an embedded home: Dagster's own SQLite storage, with less waiting for the disk.

Dagster opens an engine for every statement and lets SQLite wait for the disk at every commit. A day of metrics is some
hundred events, each two or three commits, so an ingest would spend most of its time there. Here engines are kept
and commits are `synchronous=NORMAL`, SQLite's recommendation for WAL: what was committed survives a killed process, and
a power failure may cost the last moments but never the file (https://www.sqlite.org/pragma.html#pragma_synchronous).
Production uses PostgreSQL; the operational store, which holds money and intents, keeps `synchronous=FULL`.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy
from dagster._core.event_api import EventHandlerFn
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.base import EventLogConnection
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.event import listen
from sqlalchemy.pool import QueuePool

from marketeer_dagster.embedded_watch import RunWatcher

BUSY_TIMEOUT_S = 30
"""Seconds a connection waits for another process's commit."""
_ENGINES = 64
"""Engines kept, each with a connection: every run has a file of its own, and the oldest are let go."""


class EmbeddedStorage(DagsterSqliteStorage):
    """Runs, events and schedules in SQLite files below `base_dir`: `storage: custom` in `dagster.yaml`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        self._run_storage = _opened(_Runs, str(Path(base_dir) / "history"))
        self._event_log_storage = _Events(str(Path(base_dir) / "history" / "runs"))
        self._schedule_storage = _opened(_Schedules, str(Path(base_dir) / "schedules"))
        self._inst_data = inst_data
        # Past the parent, which would open Dagster's own three storages first.
        super(DagsterSqliteStorage, self).__init__()

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EmbeddedStorage":
        """What `dagster.yaml` says, as a storage."""
        return cls(inst_data=inst_data, **config_value)


class _Runs(SqliteRunStorage):
    FILE = "runs"

    @contextmanager
    def connect(self) -> Generator[Connection]:
        with _engine(self._conn_string).begin() as connection:
            yield connection


class _Schedules(SqliteScheduleStorage):
    FILE = "schedules"

    @contextmanager
    def connect(self) -> Generator[Connection]:
        with _engine(self._conn_string).begin() as connection:
            yield connection


class _Events(SqliteEventLogStorage):
    def __init__(self, base_dir: str) -> None:
        super().__init__(base_dir)
        self._runs_watched = RunWatcher(self._after)

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Tell `callback` the run's events after `cursor` as they come; see embedded_watch.py."""
        self._runs_watched.watch(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: EventHandlerFn) -> None:
        """Tell it nothing more."""
        self._runs_watched.end(run_id, handler)

    def dispose(self) -> None:
        """Stop whatever is watched."""
        self._runs_watched.close()

    def _after(self, run_id: str, cursor: str | None, limit: int) -> EventLogConnection:
        return self.get_records_for_run(run_id, cursor, limit=limit)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock:
            engine = _engine(self.conn_string_for_shard(shard))
            path = self.path_for_shard(shard)
            if path not in _CREATED or not Path(path).exists():
                self._initdb(engine)
                _CREATED.add(path)
            with engine.begin() as connection:
                yield connection

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """The materialisations, planned or done, of one run in one transaction per file; all else one by one."""
        batch = [event for event in events if event.is_dagster_event and event.dagster_event_type in _BATCHED]
        if len({event.run_id for event in batch}) != 1:
            batch = []
        kept = set(map(id, batch))
        for event in events:
            if id(event) not in kept:
                self.store_event(event)
        if batch:
            self._store_materialisations(batch)

    def _store_materialisations(self, batch: Sequence[EventLogEntry]) -> None:
        statements = [self.prepare_insert_event(event) for event in batch]
        with self.run_connection(batch[0].run_id) as connection:
            for statement in statements:
                connection.execute(statement)
        with self.index_transaction() as connection:
            numbers = [int((connection.execute(s).inserted_primary_key or (0,))[0]) for s in statements]
            self._store_asset_event_tags(connection, batch, numbers)
            # The row of an asset says what came last: the newest event of each is enough.
            newest = {e.get_dagster_event().asset_key: (e, n) for e, n in zip(batch, numbers, strict=True)}
            for event, number in newest.values():
                self._store_asset_event(connection, event, number)


_CREATED: set[str] = set()
"""Files and folders whose schema this process has checked."""
_BATCHED = {DagsterEventType.ASSET_MATERIALIZATION_PLANNED, DagsterEventType.ASSET_MATERIALIZATION}


_Local = TypeVar("_Local", _Runs, _Schedules)


def _opened(storage: type[_Local], folder: str) -> _Local:
    """A storage whose schema this process has checked once. Every tick of a sensor opens an instance of its own."""
    if folder not in _CREATED or not Path(folder).exists():
        storage.from_local(folder)
        _CREATED.add(folder)
    return storage(create_db_conn_string(folder, storage.FILE))


@lru_cache(maxsize=_ENGINES)
def _engine(url: str) -> Engine:
    # A connection stays open: closing a file's last one makes SQLite copy its log back and wait for the disk.
    engine = sqlalchemy.create_engine(
        url, poolclass=QueuePool, pool_size=1, max_overflow=32, connect_args={"timeout": BUSY_TIMEOUT_S}
    )
    listen(engine, "connect", _trust_the_log)
    return engine


def _trust_the_log(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
