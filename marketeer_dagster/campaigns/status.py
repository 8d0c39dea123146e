"""Where a campaign stands, derived from what the store holds of it."""

from marketeer_dagster.campaigns.escalation import waits_for_person
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.store import Store

OPEN = (CampaignStatus.DRAFTED, CampaignStatus.PLANNED, CampaignStatus.RUNNING)
"""Statuses of campaigns that still want a run."""
WITH_PEOPLE = (CampaignStatus.WAITING, CampaignStatus.ESCALATED)
"""Statuses that a person's decision, or what was delivered after it, can change without another run."""
UNDER_WAY = (*OPEN, *WITH_PEOPLE, CampaignStatus.POSTPONED)
"""Statuses of campaigns that have not come to their end."""
LIVE = (PublicationState.PUBLISHED, PublicationState.DRAFT, PublicationState.SUPERSEDED)


def settle(store: Store, clock: Clock, key: CampaignKey, *, complete: bool = True) -> Campaign:
    """Write and return the campaign's status once no run works on it any more.

    `complete` says whether the last run came to its end: what a run that did not may have left out (a publication never
    intended) is not seen in the store, so such a campaign is FAILED rather than PUBLISHED.
    POSTPONED when the run met an outage that only time can end, unless a person is asked about the whole campaign.
    ESCALATED when an artefact was not approved or a person is asked about the whole campaign, WAITING when a person
    must release a publication, FAILED when planned work is missing or a tool refused, PUBLISHED otherwise (also when
    nothing in the plan goes to a channel).
    """
    campaign = store.campaigns.get(key)
    status = _derived(store, campaign)
    if not complete and campaign.resume_at is not None and not waits_for_person(store, campaign):
        status = CampaignStatus.POSTPONED
    if status is CampaignStatus.PUBLISHED and not complete:
        status = CampaignStatus.FAILED
    if status is campaign.status:
        return campaign
    store.campaigns.set_status(key, status, clock.now())
    return store.campaigns.get(key)


def _derived(store: Store, campaign: Campaign) -> CampaignStatus:
    if waits_for_person(store, campaign):
        return CampaignStatus.ESCALATED
    if campaign.plan is None:
        return CampaignStatus.FAILED
    heads = {artefact.skill: artefact for artefact in store.artefacts.heads(campaign.key)}
    if any(artefact.status is ArtefactStatus.ESCALATED for artefact in heads.values()):
        return CampaignStatus.ESCALATED
    if store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING):
        return CampaignStatus.WAITING
    publications = store.publications.list(campaign=campaign.key)
    if any(publication.state is PublicationState.PENDING for publication in publications):
        return CampaignStatus.WAITING
    missing = set(campaign.plan.skills) - set(heads)
    rejected = any(artefact.status is not ArtefactStatus.APPROVED for artefact in heads.values())
    undelivered = any(publication.state not in (*LIVE, PublicationState.REJECTED) for publication in publications)
    if missing or rejected or undelivered:
        return CampaignStatus.FAILED
    return CampaignStatus.PUBLISHED


def stage_of(campaign: Campaign) -> str:
    """What the campaign's next run does, as a tag that one run of it carries.

    A pipeline plans and works in one run; a goal is planned first, since its plan chooses what is worked on.
    """
    if campaign.pipeline and campaign.round == 0:
        return "pipeline:0"
    return f"{'run' if campaign.plan else 'plan'}:{campaign.round}"
