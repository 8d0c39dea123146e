"""What a daemon does for a campaign between its runs: finish answers that a crash cut short, close what is over.

Everything here is told by the state of the store alone, never by the order of moments: answers are dated by the clock
on the wall, campaigns by the market's. So it may be repeated at any time, by any process, after any crash.
"""

from marketeer_dagster.campaigns.closing import artefact_subject, close_dead
from marketeer_dagster.campaigns.decisions import follow, human_decision
from marketeer_dagster.campaigns.escalation import asked_in_this_round
from marketeer_dagster.campaigns.experiments import end_unseen
from marketeer_dagster.campaigns.status import DELIVERING, OPEN, UNDER_WAY, settle
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.questions import failure_id
from marketeer_dagster.store import Store


def tended(store: Store) -> tuple[Campaign, ...]:
    """Campaigns that something may still happen to: not at their end, or with a question or publication open."""
    open_keys = {question.campaign for question in store.approvals.list(state=ApprovalState.PENDING)}
    for state in PublicationState:
        if state not in FINAL and state is not PublicationState.DRAFT:
            open_keys |= {row.campaign for row in store.publications.list(state=state)}
    return tuple(c for c in store.campaigns.list() if c.status in UNDER_WAY or c.key in open_keys)


def tend(store: Store, clock: Clock, campaign: Campaign) -> None:
    """Finish what a crash left undone of people's answers, close dead questions, end tests that nobody will see."""
    for answer in _unfollowed(store, campaign):
        follow(store, clock, answer, new=True)
    close_dead(store, clock, campaign.key)
    end_unseen(store, clock, store.campaigns.get(campaign.key))


def resettle(store: Store, clock: Clock, campaign: Campaign) -> Campaign:
    """The campaign with the status that its parts give it, where no run is to give it one.

    What failed stays failed until a person or a run changes it; what was published may wait again, for instance when a
    stricter policy asks about what was a draft.
    """
    alone = campaign.status in DELIVERING or (
        campaign.status is CampaignStatus.POSTPONED and campaign.resume_at is None
    )
    if alone or campaign.status is CampaignStatus.PUBLISHED or _asked_again(store, campaign):
        return settle(store, clock, campaign.key)
    return campaign


def _asked_again(store: Store, campaign: Campaign) -> bool:
    """Whether a campaign that failed has a question open all the same."""
    failed = campaign.status is CampaignStatus.FAILED
    return failed and bool(store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING))


def _unfollowed(store: Store, campaign: Campaign) -> list[Approval]:
    """Answers whose consequences are not in the store, oldest first."""
    answers = store.approvals.list(campaign=campaign.key)
    open_subjects = {a.subject for a in answers if a.state is ApprovalState.PENDING}
    return [a for a in answers if _is_unfollowed(store, campaign, a) and a.subject not in open_subjects]


def _is_unfollowed(store: Store, campaign: Campaign, answer: Approval) -> bool:
    if answer.state in (ApprovalState.PENDING, ApprovalState.CLOSED):
        return False
    if answer.subject == campaign.key:
        approved = answer.state is ApprovalState.APPROVED
        return approved and campaign.status not in OPEN and asked_in_this_round(campaign, answer)
    if answer.subject.startswith("pub_"):
        return _of_publication(store, answer)
    return _of_version(store, answer) if "@" in answer.subject else False


def _of_publication(store: Store, answer: Approval) -> bool:
    try:
        row = store.publications.get(answer.subject)
    except NotFound:
        return False
    if answer.state is ApprovalState.REVISE:
        return _note_is_missing(store, answer, row.artefact, row.version)
    if answer.reason is ApprovalReason.PUBLICATION_FAILED:
        return row.state is PublicationState.FAILED and answer.id == failure_id(row)
    return False  # the outbox reads the answer itself


def _of_version(store: Store, answer: Approval) -> bool:
    identifier, _, version = answer.subject.partition("@")
    try:
        artefact = store.artefacts.get(identifier)
    except NotFound:
        return False
    if artefact_subject(artefact) != answer.subject:
        return False
    if answer.state is ApprovalState.REVISE:
        return _note_is_missing(store, answer, artefact.id, int(version))
    last = human_decision(store, artefact)
    return artefact.status is ArtefactStatus.ESCALATED and last is not None and last.id == answer.id


def _note_is_missing(store: Store, answer: Approval, artefact: str, version: int) -> bool:
    """Whether the note that sent a version back has not reached its brief: what comes last of what follows from it."""
    head = store.artefacts.get(artefact)
    try:
        brief = store.briefs.get(head.brief)
    except NotFound:
        return False
    return head.version == version and answer.note not in brief.must_address
