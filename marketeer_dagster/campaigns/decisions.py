"""A person's decisions: what the inbox shows, and what approving, rejecting or sending back does."""

from collections.abc import Callable

from marketeer_dagster.campaigns.closing import artefact_subject, close_dead
from marketeer_dagster.campaigns.direction import RECOMMENDATION, recommended, take_recommendation
from marketeer_dagster.campaigns.escalation import asked_in_this_round
from marketeer_dagster.campaigns.experiments import end_unseen
from marketeer_dagster.campaigns.status import DELIVERING, settle
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import BadInput, Conflict, NotFound
from marketeer_dagster.model.ids import ArtefactId, CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.lifecycle import FINAL, MOVES, Event
from marketeer_dagster.publishing.retrying import follow_refusal
from marketeer_dagster.publishing.standing import was_begun
from marketeer_dagster.store import Store

SIGNAL = "sig_"
WITHOUT_WORK = (SIGNAL, RECOMMENDATION)
"""Beginnings of subjects that are no work of ours: they are approved or rejected, never sent back."""


def human_decision(store: Store, artefact: Artefact) -> Approval | None:
    """A person's last word on this very version: approved, rejected or sent back; None while nobody was asked."""
    answered = store.approvals.list(campaign=artefact.campaign, subject=artefact_subject(artefact))
    no_answers = (ApprovalState.PENDING, ApprovalState.CLOSED)
    decided = [approval for approval in answered if approval.state not in no_answers]
    return decided[-1] if decided else None


def human_approval(store: Store, artefact: Artefact) -> Approval | None:
    """The approval a person gave to this very version, if that was the last word on it."""
    decision = human_decision(store, artefact)
    return decision if decision and decision.state is ApprovalState.APPROVED else None


def rejected_by_person(store: Store, artefact: Artefact) -> Approval | None:
    """A person's no for good to this artefact, in this version or an earlier one: nobody is asked about it again."""
    refused = store.approvals.list(campaign=artefact.campaign, state=ApprovalState.REJECTED)
    return next((answer for answer in refused if answer.subject.partition("@")[0] == artefact.id), None)


def decide(
    store: Store,
    clock: Clock,
    wanted: str,
    state: ApprovalState,
    *,
    by: str,
    note: str = "",
    tenant: str | None = None,
    catalog: Callable[[], Catalog] | None = None,
) -> Approval:
    """Record a person's decision and put what follows from it into the store; sensors take it from there.

    `wanted` is an approval id or the id of what it is about; with `tenant`, and where there is one tenant only, an
    unambiguous beginning of the id is enough. Sending back needs a
    note: it becomes something the brief must address. A question about a campaign as a whole has no work to send back.
    `catalog` is asked whether a recommended pipeline is still there, before anything is recorded. Raises NotFound,
    BadInput, or Conflict when decided otherwise, or when what it asks about is gone: sent, sent back or replaced. The
    same answer again changes nothing, except to finish what a crash left undone.
    """
    if state is ApprovalState.REVISE and not note.strip():
        raise BadInput("sending work back needs a reason", where="--note", expected="what should be different")
    asked = store.approvals.get(wanted, tenant)
    if state is ApprovalState.REVISE and asked.subject.startswith(WITHOUT_WORK):
        raise BadInput(f"{asked.id} is about no work that could be sent back", expected="approve or reject")
    if state is ApprovalState.REVISE and asked.subject == asked.campaign:
        raise BadInput(f"{asked.id} is about a whole campaign: nothing to send back", expected="approve or reject")
    if asked.campaign and asked.state is ApprovalState.PENDING:
        close_dead(store, clock, asked.campaign)
    if state is ApprovalState.APPROVED and asked.subject.startswith(RECOMMENDATION):
        pipeline = recommended(store, asked).pipeline
        if pipeline and catalog is not None:
            catalog().pipeline(pipeline)
    approval = store.approvals.decide(asked.id, state, by, note.strip(), clock.now())
    new = asked.state is ApprovalState.PENDING
    follow(store, clock, approval, new=new)
    if approval.campaign:
        close_dead(store, clock, approval.campaign)
    return approval


def follow(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    """Put into the store what follows from an answer; with `new` False only what a crash may have left undone."""
    if approval.subject.startswith(SIGNAL):
        return  # a person has seen it; the loop measures when it is mended
    if approval.subject.startswith(RECOMMENDATION):
        if approval.state is ApprovalState.APPROVED:
            take_recommendation(store, clock, approval)
    elif approval.subject == approval.campaign:
        _follow_campaign(store, clock, approval, new=new)
    elif approval.subject.startswith("pub_"):
        _follow_publication(store, clock, approval, new=new)
    else:
        _follow_artefact(store, clock, approval, new=new)


def _follow_campaign(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    campaign = store.campaigns.get(approval.campaign)
    undone = asked_in_this_round(campaign, approval) and campaign.status is CampaignStatus.ESCALATED
    if not new and not undone:  # no crash came here
        return
    if approval.state is ApprovalState.APPROVED:
        store.campaigns.reopen(campaign.key, clock.now())
        return
    for row in store.publications.list(campaign=campaign.key, state=PublicationState.HELD):
        if row.held_by == approval.id:
            no = f"left as it was by {approval.decided_by}: {approval.note}".rstrip(": ")
            _move(store, clock, row, Event.REJECT, error=no, refused_by=approval.decided_by)
    settle(store, clock, campaign.key, complete=False)


def _follow_publication(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    if approval.reason is ApprovalReason.PUBLICATION_FAILED:
        _follow_refusal(store, clock, approval, new=new)
        return
    row = store.publications.get(approval.subject)
    artefact = store.artefacts.get(row.artefact, row.version)
    if approval.state is ApprovalState.REVISE:
        if new or _left_undone(store, approval, artefact):
            _send_back(store, clock, artefact, approval.note)
        return
    granted = approval.state is ApprovalState.APPROVED
    if granted and row.state is PublicationState.PENDING:
        _move(store, clock, row, Event.RELEASE)
    elif not granted and row.state not in FINAL and not was_begun(row):
        no = f"rejected by {approval.decided_by}: {approval.note}".rstrip(": ")
        _move(store, clock, row, Event.REJECT, error=no, refused_by=approval.decided_by)
    if not granted:
        _settle_ended(store, clock, row.campaign)


def _follow_refusal(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    row = follow_refusal(store, clock, approval)
    artefact = store.artefacts.get(row.artefact, row.version)
    if approval.state is ApprovalState.REVISE and (new or _left_undone(store, approval, artefact)):
        _send_back(store, clock, artefact, approval.note)
    elif approval.state is ApprovalState.REJECTED:
        _settle_ended(store, clock, row.campaign)


def _follow_artefact(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    identifier, _, version = approval.subject.partition("@")
    artefact = store.artefacts.get(ArtefactId(identifier), int(version))
    if not new and not _left_undone(store, approval, artefact):
        return
    if approval.state is ApprovalState.APPROVED:
        # In this order: an approved version in a campaign that nobody takes up again would look finished.
        store.campaigns.reopen(artefact.campaign, clock.now())
        store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.APPROVED)
    elif approval.state is ApprovalState.REJECTED:
        store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.REJECTED)
        _settle_ended(store, clock, artefact.campaign)
    else:
        _send_back(store, clock, artefact, approval.note)


def _left_undone(store: Store, approval: Approval, artefact: Artefact) -> bool:
    """Whether a crash came between an answer and what follows from it, and its version is still the present one."""
    if store.artefacts.get(artefact.id).version != artefact.version:
        return False
    campaign = store.campaigns.get(artefact.campaign)
    if approval.decided_at is not None and campaign.updated_at < approval.decided_at:
        return True
    if approval.state is ApprovalState.REVISE:
        return approval.note not in store.briefs.get(artefact.brief).must_address
    return artefact.status is ArtefactStatus.ESCALATED


def _send_back(store: Store, clock: Clock, artefact: Artefact, note: str) -> None:
    """The note joins the brief; the campaign waits for a run, in which all other approved work is kept."""
    now = clock.now()
    store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.DRAFT)
    for row in store.publications.list(campaign=artefact.campaign, artefact=artefact.id):
        mine = row.version == artefact.version and row.state not in FINAL
        if mine and not was_begun(row):  # of what was begun, the outbox first learns whether it arrived
            _move(store, clock, row, Event.WITHDRAW, error=f"version {row.version} was sent back: {note}")
    brief = store.briefs.get(artefact.brief)
    # Last, and in one step: a note that is not in the brief tells that a crash came before (tending.py).
    wanted = tuple(dict.fromkeys((*brief.must_address, note)))
    store.briefs.amend(brief.id, must_address=wanted, at=now, reopen=True)


def _move(store: Store, clock: Clock, row: Publication, event: Event, **fields: object) -> None:
    allowed, to = MOVES[event]
    try:
        store.publications.transition(row.id, allowed, to, at=clock.now(), **fields)
    except Conflict:
        return  # the outbox moved it in this very moment, and looks at the answer itself


def _settle_ended(store: Store, clock: Clock, key: CampaignKey) -> None:
    """After a no: a test that nobody will see ends, and the campaign says how it stands now."""
    try:
        campaign = store.campaigns.get(key)
    except NotFound:
        return  # a publication without its campaign: nothing to settle
    end_unseen(store, clock, campaign)
    if campaign.status in DELIVERING:
        settle(store, clock, key)
