"""The operational store: one object that holds every part of it. Each method is one short transaction; thread-safe."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from marketeer_dagster.store.artefact_sources import SourcesOfArtefacts
from marketeer_dagster.store.artefacts import Artefacts
from marketeer_dagster.store.campaigns import Briefs, Campaigns
from marketeer_dagster.store.changes import Changes
from marketeer_dagster.store.claims import Claims
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.llm import LlmLedger
from marketeer_dagster.store.owners import Owners
from marketeer_dagster.store.period_reviews import PeriodReviews
from marketeer_dagster.store.publications import Publications
from marketeer_dagster.store.reviews import Approvals, Reviews
from marketeer_dagster.store.secrets import SecretBox
from marketeer_dagster.store.signals import Experiments, Learnings, Signals
from marketeer_dagster.store.step_outputs import StepOutputs
from marketeer_dagster.store.tenants import Connections, Contexts, Goals, Tenants


class Store:
    """Tenants and everything they own, in SQLite or PostgreSQL. Opens connections only when asked something."""

    def __init__(self, database: Database, secret_key: SecretStr | None) -> None:
        self._database = database
        self.tenants = Tenants(database)
        self.contexts = Contexts(database)
        self.goals = Goals(database)
        self.connections = Connections(database, SecretBox(secret_key))
        self.campaigns = Campaigns(database)
        self.briefs = Briefs(database)
        self.artefacts = Artefacts(database)
        self.artefact_sources = SourcesOfArtefacts(database)
        self.reviews = Reviews(database)
        self.approvals = Approvals(database)
        self.publications = Publications(database)
        self.period_reviews = PeriodReviews(database)
        self.signals = Signals(database)
        self.experiments = Experiments(database)
        self.learnings = Learnings(database)
        self.step_outputs = StepOutputs(database)
        self.owners = Owners(database)
        self.claims = Claims(database, self.owners)
        self.llm = LlmLedger(database, self.owners)
        self.changes = Changes(database)

    @classmethod
    def open(cls, url: str, *, secret_key: SecretStr | None = None) -> Self:
        """A store at a SQLAlchemy URL (`sqlite:////path/store.db` or `postgresql://…`); creates nothing.

        Raises ConfigError when the URL names neither. `secret_key` is needed once secrets are stored or read.
        """
        return cls(Database(url), secret_key)

    @property
    def where(self) -> str:
        """The database's address, without a password."""
        return self._database.where

    def exclusive(self, name: str) -> AbstractContextManager[None] | None:
        """Holds `name` for one block at a time over all machines, freed by the holder's death; None on SQLite."""
        return None if self._database.is_sqlite else self._database.session_lock("exclusive", name)

    def snapshot(self) -> AbstractContextManager[None]:
        """Reads of this thread in the block see one moment (on SQLite) and cost one transaction; nothing is written."""
        return self._database.held_open()

    def migrate(self) -> None:
        """Create the tables, or bring them to this version; safe to repeat and to run from many processes at once.

        Raises ConfigError when the database cannot be used or is newer than this version.
        """
        from marketeer_dagster.store.migrations.runner import upgrade  # Alembic takes 0.2 s to import

        upgrade(self._database)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        return self._database.path if self._database.is_sqlite else None

    def migration_due(self) -> str | None:
        """What is between the tables and this version, in words; None when they fit. Changes nothing.

        Raises ConfigError when the database cannot be read.
        """
        from marketeer_dagster.store.migrations.runner import due  # Alembic takes 0.2 s to import

        return due(self._database)

    def close(self) -> None:
        """Close idle connections. The store may be used again afterwards."""
        self.owners.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
