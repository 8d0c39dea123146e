"""What changed in the store since a reader last looked, and the rows themselves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.goal import Goal
from marketeer_dagster.model.learning import Learning
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import Approval, Review
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.llm_rows import LlmCall, call_of
from marketeer_dagster.store.records import Records

_KEPT: Mapping[str, Records[Any]] = {
    "goals": Records(schema.goals, Goal, noun="goal"),
    "campaigns": Records(schema.campaigns, Campaign, noun="campaign", key="key"),
    "artefacts": Records(schema.artefacts, Artefact, noun="artefact"),
    "reviews": Records(schema.reviews, Review, noun="review"),
    "approvals": Records(schema.approvals, Approval, noun="approval"),
    "publications": Records(schema.publications, Publication, noun="publication"),
    "signals": Records(schema.signals, Signal, noun="signal"),
    "experiments": Records(schema.experiments, Experiment, noun="experiment"),
    "learnings": Records(schema.learnings, Learning, noun="learning"),
}
_KEYS_AT_ONCE = 500
_NUMBER = schema.changes.c.number


@dataclass(frozen=True)
class Changed:
    """What changed since a mark."""

    mark: int
    """Ask from here the next time."""
    keys: Mapping[str, Sequence[str]]
    """Relation -> keys of the rows that changed; those that are not there any more were deleted."""


class Changes:
    """Changes of what is copied elsewhere (watching.WATCHED)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def since(self, mark: int) -> Changed | None:
        """What changed at or after `mark`; None when this store never gave that mark: it is another's, or was restored.

        Nothing is missed and little is told twice: on PostgreSQL the next mark is the oldest transaction still open,
        so one that commits after a younger one was told is found all the same.
        """
        with self._db.reading() as connection:
            upto, following = self._marks(connection)
            if mark > following:
                return None
            where = [mark <= _NUMBER]
            if upto is not None:
                where.append(upto > _NUMBER)
            found = connection.execute(
                select(schema.changes.c.relation, schema.changes.c.row_key).where(*where).order_by(_NUMBER)
            ).all()
        keys: dict[str, list[str]] = {}
        for relation, key in found:
            keys.setdefault(relation, []).append(key)
        return Changed(following, keys)

    def mark(self) -> int:
        """Where to ask from, for what changes after now."""
        with self._db.reading() as connection:
            return self._marks(connection)[1]

    def values(self, relation: str, keys: Collection[str] | None = None) -> tuple[Any, ...]:
        """The rows of a relation as values of the vocabulary, of `keys` or all, in order of arrival."""
        kept = _KEPT[relation]
        with self._db.reading() as connection:
            return tuple(value for some in _parts(kept.key, keys) for value in kept.all(connection, *some))

    def heads(self) -> frozenset[tuple[str, int]]:
        """(id, version) of every artefact's head."""
        columns = schema.artefacts.c
        with self._db.reading() as connection:
            found = connection.execute(select(columns.id, columns.version).where(columns.is_head.is_(True))).all()
        return frozenset((id, version) for id, version in found)

    def calls(self, keys: Collection[str] | None = None) -> tuple[LlmCall, ...]:
        """Calls of the Claude ledger, of `keys` or all, in order of arrival."""
        table = schema.llm_calls
        columns = [column for column in table.c if column.name != "answer"]
        with self._db.reading() as connection:
            return tuple(
                call_of(row)
                for some in _parts(table.c.id, keys)
                for row in connection.execute(select(*columns).where(*some).order_by(table.c.seq))
            )

    def _marks(self, connection: Connection) -> tuple[int | None, int]:
        """Before which change number to look (None: any), and the next mark."""
        if self._db.is_sqlite:
            return None, int(connection.execute(select(func.coalesce(func.max(_NUMBER), 0) + 1)).scalar_one())
        now = literal_column("txid_current_snapshot()")
        upto, following = connection.execute(select(func.txid_snapshot_xmax(now), func.txid_snapshot_xmin(now))).one()
        return int(upto), int(following)


def _parts(column: ColumnElement[str], keys: Collection[str] | None) -> Iterable[list[ColumnElement[bool]]]:
    """Conditions that together ask for `keys`: a database takes only so many parameters at once."""
    if keys is None:
        return [[]]
    wanted = sorted(keys)
    return [[column.in_(wanted[n : n + _KEYS_AT_ONCE])] for n in range(0, len(wanted), _KEYS_AT_ONCE)]
