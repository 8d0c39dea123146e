"""The sandbox's memory: one SQLite database behind one lock, so that a restart loses nothing."""

import json
import sqlite3
import threading
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]
"""A vendor's own document, in the vendor's own shape."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    n INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, vendor TEXT NOT NULL, kind TEXT NOT NULL,
    id TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (tenant, vendor, kind, id));
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ledger (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, vendor TEXT NOT NULL, action TEXT NOT NULL,
    key TEXT NOT NULL, tenant TEXT NOT NULL, amount TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS days (
    tenant TEXT NOT NULL, source TEXT NOT NULL, day TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (tenant, source, day));
"""


class State:
    """Typed access to the tables. Every method is atomic; `transaction()` groups several into one commit."""

    def __init__(self, path: Path | None) -> None:
        self.lock = threading.RLock()
        self._depth = 0
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self.lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Hold the lock and commit once at the end; an exception undoes everything. Nests."""
        with self.lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def meta(self, key: str) -> str | None:
        with self.lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def count_up(self, name: str, start: int = 1) -> int:
        """The next number of the sequence `name`, beginning with `start`."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + 1", (name, start)
            )
            row = self._db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def put(self, tenant: str, vendor: str, kind: str, id: str, body: Json) -> None:
        with self.transaction():
            self._db.execute(
                "INSERT INTO documents (tenant, vendor, kind, id, body) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (tenant, vendor, kind, id) DO UPDATE SET body = excluded.body",
                (tenant, vendor, kind, id, json.dumps(body, ensure_ascii=False)),
            )

    def get(self, tenant: str, vendor: str, kind: str, id: str) -> Json | None:
        with self.lock:
            row = self._db.execute(
                "SELECT body FROM documents WHERE tenant = ? AND vendor = ? AND kind = ? AND id = ?",
                (tenant, vendor, kind, id),
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def delete(self, tenant: str, vendor: str, kind: str, id: str) -> bool:
        with self.transaction():
            done = self._db.execute(
                "DELETE FROM documents WHERE tenant = ? AND vendor = ? AND kind = ? AND id = ?",
                (tenant, vendor, kind, id),
            )
        return done.rowcount > 0

    def forget(self, tenant: str, *, but: str) -> None:
        """Everything of a tenant, documents, days and sequences, except what the vendor `but` keeps of it."""
        with self.transaction():
            self._db.execute("DELETE FROM documents WHERE tenant = ? AND vendor <> ?", (tenant, but))
            self._db.execute("DELETE FROM days WHERE tenant = ?", (tenant,))
            self._db.execute(
                "DELETE FROM counters WHERE name LIKE '%/' || ? OR name LIKE '%/' || ? || '/%'", (tenant, tenant)
            )

    def list(self, tenant: str, vendor: str, kind: str) -> list[Json]:
        """All documents of one kind, oldest first."""
        with self.lock:
            rows = self._db.execute(
                "SELECT body FROM documents WHERE tenant = ? AND vendor = ? AND kind = ? ORDER BY n",
                (tenant, vendor, kind),
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def add_ledger(self, row: tuple[str, str, str, str, str, str, str]) -> int:
        with self.transaction():
            done = self._db.execute(
                "INSERT INTO ledger (at, vendor, action, key, tenant, amount, detail) VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )
        return int(done.lastrowid or 0)

    def ledger(self) -> "list[tuple[int, str, str, str, str, str, str, str]]":
        with self.lock:
            return self._db.execute(
                "SELECT n, at, vendor, action, key, tenant, amount, detail FROM ledger ORDER BY n"
            ).fetchall()

    def put_day(self, tenant: str, source: str, day: str, body: Any) -> None:
        """Store what happened on a lived day; refuses to change one."""
        packed = zlib.compress(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), 1)
        with self.transaction():
            self._db.execute("INSERT INTO days VALUES (?, ?, ?, ?)", (tenant, source, day, packed))

    def get_day(self, tenant: str, source: str, day: str) -> Any:
        with self.lock:
            row = self._db.execute(
                "SELECT body FROM days WHERE tenant = ? AND source = ? AND day = ?", (tenant, source, day)
            ).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))
