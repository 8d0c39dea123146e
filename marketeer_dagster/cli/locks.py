"""Who holds the store or the warehouse: asked without waiting, and without writing anything."""

import fcntl
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import duckdb

BRIEFLY_S = 1.0
"""How long the store may be busy before it counts as locked: our own transactions take milliseconds."""


@contextmanager
def untaken(lock: Path) -> Generator[str | None]:
    """Hold the lock of a file for the block and yield None, or yield who holds it; at once in either case."""
    if not lock.exists():
        yield None
        return
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield holder(lock) or "another process"
        else:
            yield None


def holder(lock: Path) -> str | None:
    """The process that holds a file's lock, as `process 12 (its command)`; None where the system does not say."""
    inode = str(lock.stat().st_ino)
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        # "1: FLOCK ADVISORY WRITE 4711 08:01:133 0 EOF"; a line with "->" is of one that waits.
        if len(fields) >= 8 and fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode:
            return _named(fields[4])
    return None


def _named(pid: str) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        command = ""
    return f"process {pid} ({command[:80]})" if command else f"process {pid}"


def warehouse_trouble(file: Path) -> str | None:
    """Why nobody could write the working file, while none of our writers does; None when it is free."""
    if not file.exists():
        return None
    try:
        duckdb.connect(str(file), read_only=True).close()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return None


def store_trouble(file: Path) -> str | None:
    """Why nobody could write a SQLite store now; None when it is free or not there."""
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=BRIEFLY_S)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return str(error)
    return None
