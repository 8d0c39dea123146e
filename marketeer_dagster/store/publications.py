"""The outbox's rows. Every change of state is a compare-and-set, so two workers never take the same step."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.errors import BadInput, Conflict
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed

_PUBLICATIONS = Records(schema.publications, Publication, noun="publication")
_VERSIONS = Records(schema.artefacts, Artefact, noun="artefact")

CHANGEABLE = frozenset(
    {
        "external_id", "url", "error", "experiment", "payload", "published_at", "failure", "attempts", "retry_at",
        "held_by", "after", "refused_by",
    }
)  # fmt: skip
"""Fields that a transition may set beside the state."""


class Publications:
    """What is meant for, on its way to, or in a channel."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def intend(self, publication: Publication) -> Publication:
        """Record an intent; one with the tenant's same idempotency key returns the stored row, whatever its state."""
        table = schema.publications.c
        here = (table.tenant == publication.tenant, table.idempotency_key == publication.idempotency_key)
        with self._db.writing("publications", publication.tenant, publication.idempotency_key) as connection:
            stored = _PUBLICATIONS.first(connection, *here)
            return stored or _PUBLICATIONS.insert(connection, publication)

    def get(self, id: str, tenant: str | None = None) -> Publication:
        """The publication with this id; NotFound, with near matches where `tenant` says whose it must be."""
        with self._db.reading() as connection:
            return _PUBLICATIONS.get(connection, id, tenant=tenant)

    def list(
        self,
        tenant: str | None = None,
        campaign: str | None = None,
        state: PublicationState | None = None,
        tool: str | None = None,
        target: str | None = None,
        artefact: str | None = None,
    ) -> tuple[Publication, ...]:
        """Publications in order of arrival."""
        where = _PUBLICATIONS.matching(
            tenant=tenant, campaign=campaign, state=state, tool=tool, target=target, artefact=artefact
        )
        with self._db.reading() as connection:
            return _PUBLICATIONS.all(connection, *where)

    def transition(
        self,
        id: str,
        allowed_from: Collection[PublicationState],
        to: PublicationState,
        *,
        at: datetime,
        **fields: Any,
    ) -> Publication:
        """Move a publication from one of `allowed_from` to `to`, setting `fields` with it, in one atomic step.

        Reaching PUBLISHED for the first time sets `published_at`. Conflict, naming the present state, when that is not
        among `allowed_from`; BadInput for a field that is not CHANGEABLE; NotFound.
        """
        fields = _checked(fields)
        with self._db.writing() as connection:
            return _moved(connection, id, allowed_from, to, at, fields)

    def begin(
        self, id: str, allowed_from: Collection[PublicationState], *, at: datetime, of_head: bool, **fields: Any
    ) -> Publication:
        """`transition` to WRITING, if in this very moment its version is approved and, with `of_head`, the head.

        A version that is sent back, rejected or replaced before is never written; Conflict says how it stands then.
        """
        fields = _checked(fields)
        with self._db.writing() as connection:
            stored = _PUBLICATIONS.get(connection, id)
            c = schema.artefacts.c
            wanted = [c.id == stored.artefact, c.version == stored.version, *([c.is_head] if of_head else [])]
            version = _VERSIONS.first(connection, *wanted, lock=True)
            if version is None or version.status is not ArtefactStatus.APPROVED:
                how = f"is {version.status.value}" if version else "is not the present version any more"
                raise Conflict(f"{stored.skill} version {stored.version} {how}: publication {id} is not written")
            return _moved(connection, id, allowed_from, PublicationState.WRITING, at, fields)


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - CHANGEABLE:
        raise BadInput(f"cannot change {', '.join(sorted(unknown))}", expected=", ".join(sorted(CHANGEABLE)))
    return fields | ({"error": redact(fields["error"])} if "error" in fields else {})


def _moved(
    connection: Connection,
    id: str,
    allowed_from: Collection[PublicationState],
    to: PublicationState,
    at: datetime,
    fields: dict[str, Any],
) -> Publication:
    stored = _PUBLICATIONS.get(connection, id, lock=True)
    if stored.state not in allowed_from:
        wanted = " or ".join(state.value for state in allowed_from)
        raise Conflict(f"publication {id} is {stored.state.value}, not {wanted}; cannot make it {to.value}")
    if to is PublicationState.PUBLISHED and stored.published_at is None:
        fields = {"published_at": at, **fields}
    return _PUBLICATIONS.update(connection, changed(stored, state=to, updated_at=at, **fields))
