"""What becomes of a publication that a tool did not take: when it is tried again by itself, and when a person is asked.

An outage or a full quota passes: such a publication stays `writing` and is tried again after a wait that doubles from a
minute up to an hour, for as long as it takes. A refusal (revoked credentials, content the tool does not accept) is
`failed`, and a question in the inbox says so. It is tried again once a person says so, or once the tool is connected
anew, where the connection was the cause. Waits are told by the clock on the wall, as outages are.
"""

from datetime import datetime, timedelta

from marketeer_dagster.model.clock import Clock, SystemClock
from marketeer_dagster.model.errors import Conflict, ToolErrorKind
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.lifecycle import FINAL, MOVES, Event
from marketeer_dagster.publishing.questions import close_questions, failure_id
from marketeer_dagster.store import Store

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
OF_CONNECTION = (ToolErrorKind.AUTH, ToolErrorKind.MISSING)
"""Refusals that another connection may mend: credentials, or an address where nothing was found."""
WALL: Clock = SystemClock()


def next_try(attempts: int, asked_for_s: float | None = None) -> datetime:
    """When a publication that was tried so often is tried again; never earlier than the tool asked for (seconds)."""
    wait = min(SHORTEST * 2 ** min(max(attempts - 1, 0), 10), LONGEST)
    return WALL.now() + max(wait, timedelta(seconds=asked_for_s or 0))


def waits(publication: Publication, now: datetime) -> bool:
    """Whether what went wrong with it last has it wait still; what a kill cut off told nothing, and need not wait."""
    going = publication.state not in (PublicationState.FAILED, *FINAL)
    return going and bool(publication.error) and publication.retry_at is not None and publication.retry_at > now


def try_now(store: Store, clock: Clock, campaign: str) -> tuple[Publication, ...]:
    """A person wants the campaign to go on at once: nothing of it waits for its time any more; returns what waited."""
    waiting = [row for row in store.publications.list(campaign=campaign) if waits(row, WALL.now())]
    return tuple(_at_once(store, clock, row) for row in waiting)


def ask_to_mend(store: Store, clock: Clock, failed: Publication) -> Approval:
    """The question that a refusal leaves in the inbox: one for each time it was refused, and one open at most."""
    close_questions(store, clock, failed, "it was tried again, and refused again")
    return store.approvals.open(
        Approval(
            id=failure_id(failed),
            tenant=failed.tenant,
            campaign=failed.campaign,
            subject=failed.id,
            reason=ApprovalReason.PUBLICATION_FAILED,
            title=f"Publishing {failed.target or failed.kind} in {failed.tool} failed: {failed.error}"[:300],
            detail=f"{failed.skill} version {failed.version} of {failed.campaign} was refused by {failed.tool} "
            f"(attempt {failed.attempts}):\n\n{failed.error}\n\nMend the cause, then approve to try again"
            f"{_by_itself(failed)}. Reject to give it up."[:4000],
            created_at=clock.now(),
        )
    )


def retry(store: Store, clock: Clock, id: str, *, by: str, note: str = "") -> Publication:
    """Have a failed publication tried again, and close its question; one that waits for its time goes at once.

    Of two who ask at once about a failed one, one succeeds. Raises Conflict, with the state it is in, for one that
    neither failed nor waits; NotFound.
    """
    failed = store.publications.get(id)
    if waits(failed, WALL.now()):
        return _at_once(store, clock, failed)
    if failed.state is not PublicationState.FAILED:
        raise Conflict(
            f"publication {id} is {failed.state.value}, not failed: there is nothing to try again",
            hint=_instead(failed),
        )
    again = _again(store, clock, failed)
    _answered(store, clock, failed, by, note or "tried again")
    return again


def retry_refused(store: Store, clock: Clock, tenant: str, tool: str) -> tuple[Publication, ...]:
    """After a tool was connected anew: what its former connection failed is tried again; returns that."""
    revived: list[Publication] = []
    for failed in store.publications.list(tenant=tenant, tool=tool, state=PublicationState.FAILED):
        if failed.failure in OF_CONNECTION:
            try:
                revived.append(retry(store, clock, failed.id, by="connect", note=f"{tool} was connected anew"))
            except Conflict:
                continue  # somebody else had it tried again meanwhile
    return tuple(revived)


def follow_refusal(store: Store, clock: Clock, answer: Approval) -> Publication:
    """What a person's answer to `ask_to_mend` means for the publication. Safe to repeat."""
    row = store.publications.get(answer.subject)
    if row.state is not PublicationState.FAILED or answer.id != failure_id(row):
        return row  # tried again, given up or refused once more since
    if answer.state is ApprovalState.APPROVED:
        try:
            return _again(store, clock, row)
        except Conflict:
            return store.publications.get(row.id)
    given_up = f"given up by {answer.decided_by}: {answer.note}".rstrip(": ")
    error = f"{given_up}; it had failed: {row.error}"
    final: dict[str, str] = {"error": error}
    if answer.state is ApprovalState.REJECTED:
        final["refused_by"] = answer.decided_by
    allowed, to = MOVES[Event.REJECT if answer.state is ApprovalState.REJECTED else Event.WITHDRAW]
    return store.publications.transition(row.id, allowed, to, at=clock.now(), **final)


def _answered(store: Store, clock: Clock, failed: Publication, by: str, note: str) -> None:
    """Who has it tried again has answered the question about its refusal."""
    for question in store.approvals.list(subject=failed.id, state=ApprovalState.PENDING):
        if question.reason is ApprovalReason.PUBLICATION_FAILED:
            try:
                store.approvals.decide(question.id, ApprovalState.APPROVED, by, note, clock.now())
            except Conflict:
                continue  # answered otherwise in this very moment; the publication is tried again all the same


def _at_once(store: Store, clock: Clock, row: Publication) -> Publication:
    try:
        return store.publications.transition(row.id, {row.state}, row.state, at=clock.now(), retry_at=None)
    except Conflict:
        return store.publications.get(row.id)  # it went on meanwhile


def _again(store: Store, clock: Clock, failed: Publication) -> Publication:
    allowed, to = MOVES[Event.RETRY]
    return store.publications.transition(failed.id, allowed, to, at=clock.now(), retry_at=None)


def _by_itself(failed: Publication) -> str:
    if failed.failure not in OF_CONNECTION:
        return ""
    return f"; `marketeer connect {failed.tool} --tenant {failed.tenant} …` tries again by itself"


def _instead(publication: Publication) -> str | None:
    if publication.state is PublicationState.PENDING:
        return "it waits for a person: marketeer inbox"
    if publication.state in (PublicationState.APPROVED, PublicationState.WRITING):
        return f"the daemon delivers it; without one: marketeer campaign continue {publication.campaign}"
    return None
