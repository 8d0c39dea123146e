"""Runs the migrations from Python: no alembic.ini, no working directory to be in."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.store.database import Database

FOLDER = Path(__file__).parent


def config() -> Config:
    """Alembic's configuration for this folder. Attribute `connection` says where to work."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return settings


def upgrade(database: Database) -> None:
    """Bring the database to the newest revision in one transaction, one process at a time."""
    if database.is_sqlite:
        _create_file(database)
        _use_wal(database)
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


def _create_file(database: Database) -> None:
    try:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        database.path.touch(mode=0o600)
    except OSError as error:
        hint = "mend its permissions, or set MARKETEER_HOME to a folder you can write to"
        raise ConfigError(f"cannot be created: {error.strerror}", where=str(database.path), hint=hint) from None


def _use_wal(database: Database) -> None:
    """Let readers and the writer work at once. A property of the file, set outside of any transaction."""
    with database.reading() as connection:
        if connection.execute(text("PRAGMA journal_mode")).scalar() == "wal":
            return
    with database.outside_transaction() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
