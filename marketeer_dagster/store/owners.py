"""Who holds something open in the store, and whether that process still lives.

On its own machine a process is known by pid and start time, so its death is seen at once and a reused pid is not taken
for it. SQLite needs no more: its file belongs to one machine. On PostgreSQL, processes of other machines are known by
their heartbeat: a thread says every BEAT_S that its process lives, by the server's clock, and one that has been silent
for LEASE_S is taken for dead.
"""

import logging
import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.sql import func

from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database

BEAT_S = 10.0
"""Seconds between two heartbeats of a process that holds something."""
LEASE_S = 60.0
"""Seconds of silence after which a process of another machine is taken for dead."""
_KEPT = timedelta(days=1)
_T = schema.processes
_GONE = "gone"
_log = logging.getLogger(__name__)


def this_process() -> str:
    """This process as `place:pid:start`; the place is the host's name and a mark of its boot and pid namespace."""
    return owner_of(os.getpid())


def owner_of(pid: int) -> str:
    """A process of this place, as `this_process`."""
    return f"{place()}:{pid}:{start_time(pid)}"


@cache
def place() -> str:
    """Where pids mean the same thing: `host/boot.namespace`. Just the host's name where there is no /proc."""
    host = socket.gethostname().replace(":", "-")
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return host
    return f"{host}/{boot}.{namespace}"


def start_time(pid: int) -> str:
    """When a process of this place started, in an opaque form; `gone` when there is none (or only its zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return _GONE
        return "alive"
    state, started = fields[0], fields[19]
    return _GONE if state in "ZX" else started


def lives_here(owner: str) -> bool | None:
    """Whether `owner` (see `this_process`; what follows a # is its own) lives; None when it is of another place."""
    parts = owner.partition("#")[0].rsplit(":", 2)
    if len(parts) != 3:
        return False
    where, pid, started = parts
    if where.rpartition("/")[2] != place().rpartition("/")[2]:
        return None
    return start_time(int(pid)) == started


class Owners:
    """The processes that work on one store."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._lock = threading.Lock()
        self._announced = 0
        self._ended = threading.Event()

    def announce(self) -> str:
        """This process's name as an owner; from now on it is seen to live. Cheap to repeat."""
        with self._lock:
            if self._announced != os.getpid():  # also after a fork, which takes no thread along
                if not self._db.is_sqlite:
                    self.beat(this_process())
                    self._ended = threading.Event()
                    threading.Thread(target=self._keep_beating, args=(self._ended,), daemon=True).start()
                self._announced = os.getpid()
        return this_process()

    def beat(self, owner: str) -> None:
        """Note that `owner` lives at this moment, and forget processes silent for a day."""
        with self._db.writing("owners", owner) as connection:
            at = moment(connection, self._db)
            seen = update(_T).where(_T.c.id == owner).values(seen_at=at)
            if not connection.execute(seen).rowcount:
                connection.execute(insert(_T).values(id=owner, seen_at=at))
                connection.execute(delete(_T).where(_T.c.seen_at < at - _KEPT))

    def lives(self, connection: Connection, owner: str) -> bool:
        """Whether this owner is to be waited for."""
        here = lives_here(owner)
        if here is not None or self._db.is_sqlite:  # of another place on SQLite: of before this machine's last start
            return bool(here)
        seen = connection.execute(select(_T.c.seen_at).where(_T.c.id == owner.partition("#")[0])).scalar()
        return seen is not None and moment(connection, self._db) - seen < timedelta(seconds=LEASE_S)

    def close(self) -> None:
        """End the heartbeat: what this process still holds, others may take after LEASE_S."""
        with self._lock:
            self._ended.set()
            self._announced = 0

    def _keep_beating(self, ended: threading.Event) -> None:
        while not ended.wait(BEAT_S):
            try:
                self.beat(this_process())
            except MarketeerError as error:  # the server may be back for the next one
                _log.warning("no heartbeat: %s", error)


def moment(connection: Connection, database: Database) -> datetime:
    """The present moment by the clock that all of a store's users share: the server's, or this machine's for SQLite."""
    if database.is_sqlite:
        return datetime.now(UTC)
    return connection.execute(select(func.clock_timestamp())).scalar_one()
