"""What each stored version of an artefact was written from."""

from marketeer_dagster.model.artefact_sources import ArtefactSources
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records

_C = schema.artefact_sources.c
_SOURCES = Records(schema.artefact_sources, ArtefactSources, noun="artefact's sources", key="artefact")


class SourcesOfArtefacts:
    """One row a version; written again when the same text is handed in with other material."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, sources: ArtefactSources) -> ArtefactSources:
        """Keep the sources of a version, in place of earlier ones."""
        here = (_C.artefact == sources.artefact, _C.version == sources.version)
        with self._db.writing("artefact_sources", sources.artefact) as connection:
            if _SOURCES.first(connection, *here) is None:
                return _SOURCES.insert(connection, sources)
            return _SOURCES.update(connection, sources, *here)

    def get(self, artefact: str, version: int) -> ArtefactSources | None:
        """The sources of a version; None when nothing was kept."""
        with self._db.reading() as connection:
            return _SOURCES.first(connection, _C.artefact == artefact, _C.version == version)
