"""Reviews of artefact versions, and the inbox of what waits for a person."""

from datetime import datetime

from sqlalchemy import Connection, select

from marketeer_dagster.model.errors import BadInput, Conflict, NotFound
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.model.review import Approval, ApprovalState, Review
from marketeer_dagster.store import schema
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.records import Records, changed

_REVIEWS = Records(schema.reviews, Review, noun="review")
_APPROVALS = Records(schema.approvals, Approval, noun="approval")

SHORTEST_BEGINNING = len("apr_") + 2
"""Characters of the shortest beginning of an id that is taken for one."""


class Reviews:
    """What reviewers said, one row a question: (artefact, version, reviewer, round, take)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, review: Review) -> Review:
        """Store a review, in place of an earlier answer to the same question.

        Paid answers replay, so a repeated step writes the same row again. Where the answer is another one (none came
        the first time, or figures changed meanwhile), the row must not say what the work no longer rests on.
        """
        with self._db.writing("reviews", review.id) as connection:
            stored = _REVIEWS.first(connection, schema.reviews.c.id == review.id)
            if stored is None:
                return _REVIEWS.insert(connection, review)
            kept = changed(review, created_at=stored.created_at)
            return stored if kept == stored else _REVIEWS.update(connection, kept)

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

    def get(self, id: str, tenant: str | None = None) -> Approval:
        """The approval with this id or about this subject; with `tenant`, an unambiguous beginning of an id is enough.

        BadInput for a beginning that fits several, or is given without a tenant; NotFound.
        """
        with self._db.reading() as connection:
            return _found(connection, id, tenant)

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
        """Answer. `id` may be the subject's.

        The same answer again changes nothing; Conflict when it was answered otherwise, BadInput for PENDING or an
        ambiguous id, NotFound.
        """
        if state is ApprovalState.PENDING:
            raise BadInput("pending is not a decision", expected="approved, rejected or revise")
        with self._db.writing("approvals") as connection:
            approval = _found(connection, id, None)
            if approval.state is state:
                return approval
            if approval.state is not ApprovalState.PENDING:
                when = f"{approval.decided_at:%Y-%m-%d %H:%M}" if approval.decided_at else "earlier"
                if approval.state is ApprovalState.CLOSED:
                    raise Conflict(
                        f"{approval.id} was closed on {when}, nobody needs to answer it: {approval.note}",
                        hint="marketeer inbox shows what waits now",
                    )
                raise Conflict(f"{approval.id} was {approval.state.value} by {approval.decided_by} on {when}")
            decided = changed(approval, state=state, decided_by=by, note=note, decided_at=at)
            return _APPROVALS.update(connection, decided)


def _found(connection: Connection, id: str, tenant: str | None) -> Approval:
    table = schema.approvals.c
    if not id.strip():
        raise BadInput("no id", expected="an approval's id, its beginning, or its subject's id")
    own = _APPROVALS.matching(tenant=tenant)
    exact = _APPROVALS.first(connection, table.id == id, *own)
    if exact is not None:
        return exact
    about = _APPROVALS.all(connection, table.subject == id, *own)
    open_ones = [approval for approval in about if approval.state is ApprovalState.PENDING]
    if len(open_ones) > 1:
        raise BadInput(f"{id!r} fits {', '.join(a.id for a in open_ones)}", expected="an unambiguous id")
    if about:
        return open_ones[0] if open_ones else about[-1]
    return _beginning_with(connection, id, tenant)


def _beginning_with(connection: Connection, id: str, tenant: str | None) -> Approval:
    """The one question whose id begins so. Decided ones count: a beginning that was theirs must not hit another."""
    table = schema.approvals.c
    if tenant is None and _several_tenants(connection):
        raise NotFound(f"no approval {id!r}", hint="give the whole id, or a beginning of it with --tenant")
    found = _APPROVALS.all(connection, table.id.startswith(id, autoescape=True), *_APPROVALS.matching(tenant=tenant))
    if len(found) == 0 or len(id) < SHORTEST_BEGINNING:
        raise _APPROVALS.missing(connection, id, tenant=tenant)
    if len(found) > 1:
        raise BadInput(f"{id!r} fits {', '.join(a.id for a in found[:5])}", expected="an unambiguous id")
    return found[0]


def _several_tenants(connection: Connection) -> bool:
    return len(connection.execute(select(schema.tenants.c.id).limit(2)).all()) > 1
