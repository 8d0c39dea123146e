"""Questions about publications: opened once each, and closed when what they ask about is gone."""

from datetime import datetime
from typing import Final

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import Conflict, NotFound
from marketeer_dagster.model.ids import ApprovalId, derived
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.lifecycle import ENDINGS, FINAL, Step
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.publishing.standing import Standing, standing_of
from marketeer_dagster.store import Store

CLOSER: Final = "marketeer"
"""Who closes a question whose subject is gone."""
_DETAIL_LIMIT: Final = 3900


def ask_release(store: Store, clock: Clock, standing: Standing, artefact: Artefact) -> Approval:
    """The question whether a publication may go out; the one that stands, answered or not, else a new one."""
    if standing.question is not None:
        return standing.question
    row = standing.publication
    closed = sum(asked.reason is ApprovalReason.APPROVAL_REQUIRED for asked in store.approvals.list(subject=row.id))
    what = f"Publish {artefact.title} (version {artefact.version}) in {row.tool}: {row.target}"
    return store.approvals.open(
        Approval(
            id=ApprovalId(derived("apr", row.id, *([str(closed)] if closed else []))),
            tenant=row.tenant,
            campaign=row.campaign,
            subject=row.id,
            reason=ApprovalReason.APPROVAL_REQUIRED,
            title=what[:300],
            detail=artefact.parsed().render()[:_DETAIL_LIMIT],
            created_at=clock.now(),
        )
    )


def failure_id(failed: Publication) -> ApprovalId:
    """The question about this very refusal: one for each attempt that was refused."""
    return ApprovalId(derived("apr", failed.id, "failed", str(failed.attempts)))


def why_dead(store: Store, question: Approval, reading: Reading | None = None) -> str:
    """Why nobody needs to answer a question about a publication any more; empty while somebody must."""
    try:
        row = store.publications.get(question.subject)
        standing = standing_of(store, row, reading=reading)
    except NotFound:
        return ""  # about something that this store does not know: a person may know it
    if row.state is PublicationState.PUBLISHED:
        return f"it was published{_on(row.published_at)}"
    if row.state in FINAL:
        return row.error or f"it is {row.state.value}"
    if standing.step in ENDINGS:
        return standing.why
    if question.reason is ApprovalReason.PUBLICATION_FAILED:
        same = row.state is PublicationState.FAILED and question.id == failure_id(row)
        return "" if same else "it was tried again"
    if standing.step is Step.ASK:
        return "" if standing.question is None or standing.question.id == question.id else "it was asked anew"
    if standing.step is Step.HOLD:
        return f"it waits: {standing.why}; you are asked when it can go on"
    if standing.step is Step.WAIT:
        return standing.why
    return f"{row.tool} asks nobody any more: its policy is {standing.facts.autonomy.value}"


def close_questions(store: Store, clock: Clock, row: Publication, note: str) -> None:
    """Take every open question about a publication out of the inbox, saying why."""
    for question in store.approvals.list(subject=row.id, state=ApprovalState.PENDING):
        close(store, clock, question, note)


def close(store: Store, clock: Clock, question: Approval, note: str) -> None:
    """Close one question that nobody needs to answer; an answer given in this very moment stands."""
    try:
        store.approvals.decide(question.id, ApprovalState.CLOSED, CLOSER, note[:2000], clock.now())
    except Conflict:
        return


def _on(moment: datetime | None) -> str:
    return f" on {moment:%Y-%m-%d}" if moment else ""
