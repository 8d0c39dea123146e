"""Reviews of artefact versions, and the inbox of what waits for a person."""

from datetime import datetime

from sqlalchemy import Connection, or_

from marketeer_dagster.model.errors import BadInput, Conflict
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.model.review import Approval, ApprovalState, Review
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed

_REVIEWS = Records(schema.reviews, Review, noun="review")
_APPROVALS = Records(schema.approvals, Approval, noun="approval")


class Reviews:
    """What reviewers said; never changed afterwards."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, review: Review) -> Review:
        """Store a review; an id stored already returns that review."""
        with self._db.writing("reviews", review.id) as connection:
            stored = _REVIEWS.first(connection, schema.reviews.c.id == review.id)
            return stored or _REVIEWS.insert(connection, review)

    def list(
        self,
        campaign: str | None = None,
        artefact: str | None = None,
        version: int | None = None,
        tenant: str | None = None,
    ) -> tuple[Review, ...]:
        """Reviews in order of arrival."""
        where = _REVIEWS.matching(campaign=campaign, artefact=artefact, version=version, tenant=tenant)
        with self._db.reading() as connection:
            return _REVIEWS.all(connection, *where)


class Approvals:
    """Questions to a person, and the answers."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, approval: Approval) -> Approval:
        """Ask; an id stored already returns that question, decided or not."""
        asked = changed(approval, title=redact(approval.title), detail=redact(approval.detail))
        with self._db.writing("approvals", approval.id) as connection:
            stored = _APPROVALS.first(connection, schema.approvals.c.id == approval.id)
            return stored or _APPROVALS.insert(connection, asked)

    def get(self, id: str) -> Approval:
        """The approval with this id, an unambiguous beginning of it, or about this subject; NotFound otherwise."""
        with self._db.reading() as connection:
            return _found(connection, id)

    def list(
        self,
        tenant: str | None = None,
        state: ApprovalState | None = None,
        campaign: str | None = None,
        subject: str | None = None,
    ) -> tuple[Approval, ...]:
        """Approvals in order of arrival."""
        where = _APPROVALS.matching(tenant=tenant, state=state, campaign=campaign, subject=subject)
        with self._db.reading() as connection:
            return _APPROVALS.all(connection, *where)

    def decide(self, id: str, state: ApprovalState, by: str, note: str, at: datetime) -> Approval:
        """Answer. `id` may be abbreviated or be the subject's.

        The same answer again changes nothing; Conflict when it was answered otherwise, BadInput for PENDING or an
        ambiguous id, NotFound.
        """
        if state is ApprovalState.PENDING:
            raise BadInput("pending is not a decision", expected="approved, rejected or revise")
        with self._db.writing("approvals") as connection:
            approval = _found(connection, id)
            if approval.state is state:
                return approval
            if approval.state is not ApprovalState.PENDING:
                when = f"{approval.decided_at:%Y-%m-%d %H:%M}" if approval.decided_at else "earlier"
                raise Conflict(f"{approval.id} was {approval.state.value} by {approval.decided_by} on {when}")
            decided = changed(approval, state=state, decided_by=by, note=note, decided_at=at)
            return _APPROVALS.update(connection, decided)


def _found(connection: Connection, id: str) -> Approval:
    table = schema.approvals.c
    if not id.strip():
        raise BadInput("no id", expected="an approval's id, its beginning, or its subject's id")
    exact = _APPROVALS.first(connection, table.id == id)
    if exact is not None:
        return exact
    found = _APPROVALS.all(connection, or_(table.id.startswith(id, autoescape=True), table.subject == id))
    open_ones = tuple(a for a in found if a.state is ApprovalState.PENDING)
    if len(open_ones) > 1:
        raise BadInput(f"{id!r} fits {', '.join(a.id for a in open_ones)}", expected="an unambiguous id")
    if open_ones:
        return open_ones[0]
    if not found:
        raise _APPROVALS.missing(connection, id)
    return found[-1]
