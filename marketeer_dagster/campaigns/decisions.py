"""A person's decisions: what the inbox shows, and what approving, rejecting or sending back does."""

from collections.abc import Callable

from marketeer_dagster.campaigns.direction import RECOMMENDATION, recommended, take_recommendation
from marketeer_dagster.campaigns.status import WITH_PEOPLE, settle
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import BadInput, Conflict
from marketeer_dagster.model.ids import ArtefactId, PublicationId
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.retrying import follow_refusal
from marketeer_dagster.store import Store

SIGNAL = "sig_"
WITHOUT_WORK = (SIGNAL, RECOMMENDATION)
"""Beginnings of subjects that are no work of ours: they are approved or rejected, never sent back."""


def artefact_subject(artefact: Artefact) -> str:
    """How an approval names one version of an artefact."""
    return f"{artefact.id}@{artefact.version}"


def human_decision(store: Store, artefact: Artefact) -> Approval | None:
    """A person's last word on this very version: approved, rejected or sent back; None while nobody was asked."""
    answered = store.approvals.list(campaign=artefact.campaign, subject=artefact_subject(artefact))
    decided = [approval for approval in answered if approval.state is not ApprovalState.PENDING]
    return decided[-1] if decided else None


def human_approval(store: Store, artefact: Artefact) -> Approval | None:
    """The approval a person gave to this very version, if that was the last word on it."""
    decision = human_decision(store, artefact)
    return decision if decision and decision.state is ApprovalState.APPROVED else None


def rejected_by_person(store: Store, artefact: Artefact) -> Approval | None:
    """The rejection of this very version by a person, if that was the last word on it."""
    decision = human_decision(store, artefact)
    return decision if decision and decision.state is ApprovalState.REJECTED else None


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
    BadInput, or Conflict when decided otherwise or when a newer version has taken its place. The same answer again
    changes nothing, except to finish what a crash left undone.
    """
    if state is ApprovalState.REVISE and not note.strip():
        raise BadInput("sending work back needs a reason", where="--note", expected="what should be different")
    asked = store.approvals.get(wanted, tenant)
    if state is ApprovalState.REVISE and asked.subject.startswith(WITHOUT_WORK):
        raise BadInput(f"{asked.id} is about no work that could be sent back", expected="approve or reject")
    if state is ApprovalState.REVISE and asked.subject == asked.campaign:
        raise BadInput(f"{asked.id} is about a whole campaign: nothing to send back", expected="approve or reject")
    if asked.state is ApprovalState.PENDING and state is not ApprovalState.REJECTED:
        _refuse_overtaken(store, asked)
    if state is ApprovalState.APPROVED and asked.subject.startswith(RECOMMENDATION):
        pipeline = recommended(store, asked).pipeline
        if pipeline and catalog is not None:
            catalog().pipeline(pipeline)
    approval = store.approvals.decide(asked.id, state, by, note.strip(), clock.now())
    new = asked.state is ApprovalState.PENDING
    if approval.subject.startswith(SIGNAL):
        return approval  # a person has seen it; the loop measures when it is mended
    if approval.subject.startswith(RECOMMENDATION):
        if approval.state is ApprovalState.APPROVED:
            take_recommendation(store, clock, approval)
    elif approval.subject == approval.campaign:
        _follow_campaign(store, clock, approval, new=new)
    elif approval.subject.startswith("pub_"):
        _follow_publication(store, clock, approval, new=new)
    else:
        _follow_artefact(store, clock, approval, new=new)
    return approval


def _refuse_overtaken(store: Store, asked: Approval) -> None:
    """Nobody approves or sends back what is not the present version any more: the newer one has its own question."""
    identifier, separator, version = asked.subject.partition("@")
    if separator:
        head = store.artefacts.get(ArtefactId(identifier))
        if head.version > int(version):
            raise Conflict(
                f"{asked.subject} is not the present version any more: {artefact_subject(head)} is",
                hint=f"marketeer artefact show {identifier}, then decide on that; this question can be rejected",
            )
    elif asked.subject.startswith("pub_"):
        row = store.publications.get(asked.subject)
        there = store.publications.list(tenant=row.tenant, tool=row.tool, target=row.target, campaign=row.campaign)
        newer = [other for other in there if other.artefact == row.artefact and other.version > row.version]
        if newer:
            raise Conflict(
                f"{row.skill} version {row.version} is not the present version any more, {newer[-1].version} is",
                hint=f"decide on {newer[-1].id}; this question can be rejected",
            )


def _follow_campaign(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    campaign = store.campaigns.get(approval.campaign)
    untouched = approval.decided_at is None or campaign.updated_at <= approval.decided_at
    if not new and not (untouched and campaign.status is CampaignStatus.ESCALATED):  # no crash came here
        return
    if approval.state is ApprovalState.APPROVED:
        store.campaigns.reopen(campaign.key, clock.now())
    else:
        settle(store, clock, campaign.key, complete=False)


def _follow_publication(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    publication = PublicationId(approval.subject)
    if approval.reason is ApprovalReason.PUBLICATION_FAILED:
        _follow_refusal(store, clock, approval, new=new)
        return
    row = store.publications.get(publication)
    granted = approval.state is ApprovalState.APPROVED
    to = PublicationState.APPROVED if granted else PublicationState.REJECTED
    if row.state is PublicationState.PENDING:
        store.publications.transition(publication, {PublicationState.PENDING}, to, at=clock.now())
    artefact = store.artefacts.get(row.artefact, row.version)
    if approval.state is ApprovalState.REVISE and (new or _left_undone(store, approval, artefact)):
        _send_back(store, clock, artefact, approval.note)


def _follow_refusal(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    row = follow_refusal(store, clock, approval)
    artefact = store.artefacts.get(row.artefact, row.version)
    if approval.state is ApprovalState.REVISE and (new or _left_undone(store, approval, artefact)):
        _send_back(store, clock, artefact, approval.note)
    elif approval.state is ApprovalState.REJECTED and store.campaigns.get(row.campaign).status in WITH_PEOPLE:
        settle(store, clock, row.campaign)


def _follow_artefact(store: Store, clock: Clock, approval: Approval, *, new: bool) -> None:
    identifier, _, version = approval.subject.partition("@")
    artefact = store.artefacts.get(ArtefactId(identifier), int(version))
    if not new and not _left_undone(store, approval, artefact):
        return
    if approval.state is ApprovalState.APPROVED:
        store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.APPROVED)
        store.campaigns.reopen(artefact.campaign, clock.now())
    elif approval.state is ApprovalState.REJECTED:
        store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.REJECTED)
        if store.campaigns.get(artefact.campaign).status in WITH_PEOPLE:
            settle(store, clock, artefact.campaign)
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
    brief = store.briefs.get(artefact.brief)
    store.briefs.amend(brief.id, must_address=tuple(dict.fromkeys((*brief.must_address, note))), at=now)
    store.campaigns.reopen(artefact.campaign, now)
