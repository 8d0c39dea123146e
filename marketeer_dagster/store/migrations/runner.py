"""Runs the migrations from Python: no alembic.ini, no working directory to be in."""

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.watching import watch

FOLDER = Path(__file__).parent


def config() -> Config:
    """Alembic's configuration for this folder. Attribute `connection` says where to work."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return settings


def upgrade(database: Database) -> None:
    """Bring the database to the newest revision in one transaction, one process at a time."""
    if database.is_sqlite:
        _prepare_file(database.path, database.where)
    settings = config()
    with database.writing("migrate") as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise ConfigError(
                f"the store was made by a newer version of this software: {error}",
                where=database.where,
                hint="upgrade marketeer-dagster, or name another database",
            ) from error
        watch(database, connection)


def due(database: Database) -> str | None:
    """What is between the database and this version, in words; None when they fit."""
    scripts = ScriptDirectory.from_config(config())
    with database.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    head = scripts.get_current_head()
    if found == head:
        return None
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        return f"made by a newer version of this software (revision {found}, known up to {head})"
    return f"its tables are of revision {found or 'none'}, this version needs {head}"


def _prepare_file(path: Path, where: str) -> None:
    """See that there is a file in WAL mode, so that readers and the writer work at once.

    A new one is made beside its place and linked into it whole: two processes that switched one file to WAL
    would block each other without end.
    """
    hint = "mend its permissions, or set MARKETEER_HOME to a folder you can write to"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        _use_wal(path)
    except OSError as error:
        raise ConfigError(f"cannot be created: {error.strerror}", where=str(path), hint=hint) from None
    except sqlite3.Error as error:
        raise ConfigError(f"the store cannot be used: {error}", where=where, hint=hint) from None


def _create(path: Path) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    os.close(handle)
    new = Path(name)
    try:
        _use_wal(new)
        with suppress(FileExistsError):  # another process was quicker
            path.hardlink_to(new)
    finally:
        new.unlink()


def _use_wal(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
