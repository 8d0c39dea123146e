"""Where a campaign stands, derived from what the store holds of it."""

from collections.abc import Mapping, Sequence

from marketeer_dagster.campaigns.closing import close_dead
from marketeer_dagster.campaigns.escalation import ended_by_person, waits_for_person
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus, Plan
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.standing import waiting_words
from marketeer_dagster.store import Store

OPEN = (CampaignStatus.DRAFTED, CampaignStatus.PLANNED, CampaignStatus.RUNNING)
"""Statuses of campaigns that still want a run."""
WITH_PEOPLE = (CampaignStatus.WAITING, CampaignStatus.ESCALATED)
"""Statuses that a person's decision, or what was delivered after it, can change without another run."""
DELIVERING = (*WITH_PEOPLE, CampaignStatus.HELD)
"""Statuses of campaigns whose work is done, and of which something is still to go out or to be answered."""
UNDER_WAY = (*OPEN, *DELIVERING, CampaignStatus.POSTPONED)
"""Statuses of campaigns that have not come to their end."""
_AT_REST = (PublicationState.DRAFT, PublicationState.HELD)
LIVE = (PublicationState.PUBLISHED, PublicationState.DRAFT, PublicationState.SUPERSEDED)


def settle(
    store: Store, clock: Clock, key: CampaignKey, *, complete: bool = True, causes: Sequence[str] = ()
) -> Campaign:
    """Write and return the campaign's status, and why it stands there, once no run works on it any more.

    `complete` says whether the last run came to its end: what a run that did not may have left out (a publication never
    intended) is not seen in the store, so such a campaign is FAILED rather than PUBLISHED. `causes` are what stopped
    it, in words.
    POSTPONED when the run met an outage that only time can end, or a publication waits for one to end, unless a person
    is asked about the whole campaign. ESCALATED when an artefact was not approved, a tool refused a publication for
    good, or a person is asked about the whole campaign, WAITING when a person must release a publication, FAILED when
    planned work is missing or nothing of what was meant for a channel is to reach it, HELD when what is left waits for
    a test to end, PUBLISHED otherwise (also when nothing in the plan goes to a channel). Questions that nobody must
    answer any more are closed first: they keep no campaign waiting.
    """
    campaign = store.campaigns.get(key)
    status, why = _derived(store, campaign, close_dead(store, clock, key))
    ended = ended_by_person(store, campaign)
    if not complete and campaign.resume_at is not None and not ended and not waits_for_person(store, campaign):
        status, why, causes = CampaignStatus.POSTPONED, campaign.reason, ()
    if status is CampaignStatus.PUBLISHED and not complete:
        status, why = CampaignStatus.FAILED, "its last run did not come to its end"
    if status is campaign.status and not causes:
        return campaign
    if status is CampaignStatus.FAILED and ended:
        causes = (f"ended by {ended.decided_by}: {ended.note}".rstrip(": "), *(causes or campaign.reason.splitlines()))
    reason = "" if status is CampaignStatus.PUBLISHED else "\n".join(dict.fromkeys(causes)) or why
    return store.campaigns.set_status(key, status, clock.now(), reason)


def _derived(store: Store, campaign: Campaign, questions: Sequence[Approval]) -> tuple[CampaignStatus, str]:
    """The status, and in words what in the store makes it so. `questions` are those that somebody must answer."""
    asked = "\n".join(question.title for question in questions)
    if waits_for_person(store, campaign):
        return CampaignStatus.ESCALATED, campaign.reason or asked
    if campaign.plan is None:
        return CampaignStatus.FAILED, campaign.reason or "it has no plan"
    heads = {artefact.skill: artefact for artefact in store.artefacts.heads(campaign.key)}
    publications = store.publications.list(campaign=campaign.key)
    refused = any(question.reason is ApprovalReason.PUBLICATION_FAILED for question in questions)
    if refused or any(artefact.status is ArtefactStatus.ESCALATED for artefact in heads.values()):
        return CampaignStatus.ESCALATED, asked
    if questions:
        return CampaignStatus.WAITING, asked
    if lacking := _lacking(store, campaign.plan, heads, publications):
        return CampaignStatus.FAILED, "\n".join(lacking)
    if late := [p for p in publications if p.state not in FINAL and p.state not in _AT_REST]:
        return CampaignStatus.POSTPONED, "\n".join(f"{p.tool} {p.target}: {p.error or p.state.value}" for p in late)
    if held := [p for p in publications if p.state is PublicationState.HELD]:
        return CampaignStatus.HELD, "\n".join(f"{p.tool} {waiting_words(p.target, p.held_by)}" for p in held)
    if publications and not any(p.state in LIVE for p in publications):
        return CampaignStatus.FAILED, "\n".join(
            f"{p.tool} {p.target}: {p.error or p.state.value}" for p in publications
        )
    return CampaignStatus.PUBLISHED, ""


def _lacking(store: Store, plan: Plan, heads: Mapping[str, Artefact], publications: Sequence[Publication]) -> list[str]:
    """What keeps a campaign from being done, in words; nothing of it changes without another run or a person."""
    said = [f"{skill} was not made" for skill in plan.skills if skill not in heads]
    for skill, head in heads.items():
        if head.status is not ArtefactStatus.APPROVED:
            said.append(f"{skill} version {head.version} is {head.status.value}{_by_whom(store, head)}")
    said += [f"{p.tool} {p.target}: {p.error}" for p in publications if p.state is PublicationState.FAILED]
    return said


def _by_whom(store: Store, artefact: Artefact) -> str:
    asked = store.approvals.list(campaign=artefact.campaign, subject=f"{artefact.id}@{artefact.version}")
    decided = [approval for approval in asked if approval.decided_by]
    return f" by {decided[-1].decided_by}: {decided[-1].note}".rstrip(": ") if decided else ""


def was_rejected(store: Store, campaign: Campaign) -> bool:
    """Whether a person's no is what the campaign ended with: then nobody is asked again."""
    heads = store.artefacts.heads(campaign.key)
    rejected = any(artefact.status is ArtefactStatus.REJECTED for artefact in heads)
    refused = any(publication.refused_by for publication in store.publications.list(campaign=campaign.key))
    return rejected or refused or ended_by_person(store, campaign) is not None


def stage_of(campaign: Campaign) -> str:
    """What the campaign's next run does, as a tag that one run of it carries.

    A pipeline plans and works in one run; a goal is planned first, since its plan chooses what is worked on.
    """
    if campaign.pipeline and campaign.round == 0:
        return "pipeline:0"
    return f"{'run' if campaign.plan else 'plan'}:{campaign.round}"


def round_of(stage: str) -> int:
    """The round that a run's tag `stage_of` names."""
    return int(stage.partition(":")[2])
