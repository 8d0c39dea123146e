"""The warehouse: one DuckDB file with one writer at a time, and a snapshot that everybody else reads.

DuckDB lets either one process write a file or several read it. So nothing but the writer opens the working file; after
each write it is closed, copied byte for byte, and the copy replaces the snapshot in one step. Readers never wait, never
block a writer, and see one finished state for as long as they hold their connection.
"""

import os
import re
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import duckdb

from marketeer_dagster.model.errors import ConfigError, Conflict
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.warehouse.lock import file_lock
from marketeer_dagster.warehouse.schema import ensure
from marketeer_dagster.warehouse.tables import quoted
from marketeer_dagster.warehouse.writer import Writer

LOCK_TIMEOUT_S = 900.0
"""How long a writer waits for others. A write takes a second; a first load of years may take minutes."""
_OPEN_ATTEMPTS = 50
_REMOTE = re.compile(r"^(md|motherduck|ducklake|quack):")
_URI = re.compile(r"^[a-z][a-z0-9+.-]+:(?!\\)", re.IGNORECASE)
_DATA_PATH = re.compile(r"[?&;]\s*data_path=([^&;]+)", re.IGNORECASE)


class Warehouse:
    """Where figures are kept. Opens nothing until it is written or read.

    `path` is the working file, or a MotherDuck or DuckLake URI: these let readers and writers in by themselves, so
    there is no snapshot then.
    """

    def __init__(self, path: Path | str, snapshot: Path) -> None:
        self.path = path
        self.snapshot = snapshot

    @classmethod
    def at(cls, settings: Settings) -> Self:
        """The warehouse that the settings name."""
        if _REMOTE.match(settings.warehouse):
            return cls(settings.warehouse, Path(settings.warehouse))
        if _URI.match(settings.warehouse):
            raise ConfigError(
                f"{settings.warehouse.partition(':')[0]}: is no warehouse that can be written and read",
                where="MARKETEER_WAREHOUSE",
                expected="a path, or an address that begins with md: or ducklake:",
            )
        return cls(Path(settings.warehouse), settings.warehouse_snapshot)

    @property
    def remote(self) -> bool:
        """Whether a service or catalogue holds it instead of one local file."""
        return _REMOTE.match(str(self.path)) is not None

    def state(self) -> tuple[int, int, int] | None:
        """What tells the present snapshot from every other; None where there is none, or no telling (remote)."""
        if self.remote:
            return None
        try:
            found = self.snapshot.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    @contextmanager
    def writing(self, *, timeout_s: float = LOCK_TIMEOUT_S) -> Generator[Writer]:
        """The one writer, after waiting for any other up to `timeout_s`; on a clean exit the snapshot is replaced.

        After an error the snapshot stays as it was; what the writer had committed appears with the next one.
        Never hold it across a network call. Raises Conflict when another program keeps the file, ConfigError when it
        cannot be used.
        """
        if self.remote:
            with _closing(duckdb.connect(str(self.path))) as connection:
                ensure(connection)
                yield Writer(connection)
            return
        path = Path(self.path)
        with file_lock(path.with_name(f"{path.name}.lock"), timeout_s=timeout_s):
            with _closing(_open_to_write(path)) as connection:
                ensure(connection)
                yield Writer(connection)
                connection.execute("CHECKPOINT")  # nothing is left in the log beside the file, which is not copied
            self._copy(path).replace(self.snapshot)

    @contextmanager
    def reading(self) -> Generator[duckdb.DuckDBPyConnection]:
        """A connection to the newest snapshot that can change nothing, not even other files; empty tables before the
        first write. A remote warehouse is attached for reading alone, and locked in the same way. Raises ConfigError
        when it cannot be opened so.
        """
        with _closing(self._open_to_read()) as connection:
            yield connection

    def open_for_export(self, folder: Path) -> duckdb.DuckDBPyConnection:
        """A connection like that of `reading`, which may also write files, in `folder` only. The caller closes it."""
        return self._open_to_read(folder)

    def _copy(self, path: Path) -> Path:
        # Only when the connection is closed: to close any handle of an open database file drops DuckDB's lock on it.
        fresh = self.snapshot.with_name(f".{self.snapshot.name}.new")
        shutil.copyfile(path, fresh)  # over whatever a writer left that was killed while copying
        with fresh.open("rb") as copied:
            os.fsync(copied.fileno())
        return fresh

    def _open_to_read(self, writes_to: Path | None = None) -> duckdb.DuckDBPyConnection:
        # Attached to a database of its own: `duckdb.connect(path)` would hand out the instance that another reader of
        # this process still holds, and with it a snapshot that was replaced meanwhile.
        connection = duckdb.connect(":memory:")
        try:
            allowed = [] if writes_to is None else [str(writes_to)]
            if self.remote:
                allowed += self._attach_remote(connection)
            elif self._attach(connection):
                connection.execute("USE warehouse")
            else:
                ensure(connection)
            if allowed:
                connection.execute(f"SET allowed_directories = [{', '.join(map(quoted, allowed))}]")
            lock(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _attach_remote(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Attach it; the folders that its queries have to touch: a lake's own files, nothing else of this machine."""
        where = str(self.path)
        try:
            connection.execute(f"ATTACH {quoted(where)} AS warehouse (READ_ONLY)")
            connection.execute("USE warehouse")
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise ConfigError(f"cannot be opened for reading: {said}", where="MARKETEER_WAREHOUSE") from None
        data = _DATA_PATH.search(where)
        return [data[1].strip()] if data else []

    def _attach(self, connection: duckdb.DuckDBPyConnection) -> bool:
        for attempt in range(_OPEN_ATTEMPTS):
            if not self.snapshot.exists():
                return False
            try:
                connection.execute(f"ATTACH {quoted(str(self.snapshot))} AS warehouse (READ_ONLY)")
            except duckdb.Error as error:
                # An opening that crosses a replacement may fail; a second look finds the new file.
                if attempt == _OPEN_ATTEMPTS - 1:
                    hint = "delete it, the next write makes it anew"
                    raise ConfigError(str(error).splitlines()[0], where=str(self.snapshot), hint=hint) from None
                time.sleep(0.01)
            else:
                break
        return True


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep whatever SQL runs on this connection from files, other databases, extensions and settings, for good."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def _closing(connection: duckdb.DuckDBPyConnection) -> Generator[duckdb.DuckDBPyConnection]:
    try:
        yield connection
    finally:
        connection.close()


def _open_to_write(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path))
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0]
        if "lock" in reason.lower():
            raise Conflict(
                f"{path}: another program has the working file open", hint="read the snapshot beside it instead"
            ) from None
        raise ConfigError(f"cannot be opened: {reason}", where=str(path), hint="check MARKETEER_WAREHOUSE") from None
