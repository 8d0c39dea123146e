"""A person's decisions and what follows from them."""

import pytest

from marketeer_dagster.campaigns.decisions import artefact_subject, decide, human_approval
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import BadInput, Conflict, NotFound
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.store import Store
from tests.store import values
from tests.support.publishing import NOW, a_page, an_artefact, approved

KEY = CampaignKey("acme:spring")
BY = "dana"


@pytest.fixture
def escalated(store: Store) -> Artefact:
    """An artefact that waits for a person, in a campaign that waits with it."""
    store.campaigns.add(values.campaign(KEY))
    brief = values.brief("copywriting", KEY, must_address=("Is there a contract?",))
    store.campaigns.save_plan(KEY, values.plan(brief), NOW)
    work = an_artefact(a_page(), status=ArtefactStatus.ESCALATED).model_copy(update={"brief": brief.id})
    made = approved(store, work)
    store.approvals.open(values.approval(artefact_subject(made), campaign=KEY))
    store.campaigns.set_status(KEY, CampaignStatus.ESCALATED, NOW)
    return made


@pytest.fixture
def held(store: Store, clock: FixedClock, escalated: Artefact) -> str:
    """A publication of the version that a person has approved, which waits for its release."""
    decide(store, clock, artefact_subject(escalated), ApprovalState.APPROVED, by=BY)
    store.campaigns.set_status(KEY, CampaignStatus.WAITING, NOW)
    store.tenants.save(store.tenants.get(escalated.tenant).model_copy(update={"autonomy": Autonomy.APPROVE}))
    row = store.publications.intend(
        values.publication("k", campaign=KEY, artefact=escalated.id, version=escalated.version)
    )
    store.approvals.open(values.approval(row.id, campaign=KEY))
    return row.id


def test_approving_an_artefact_lets_its_campaign_go_on(store: Store, clock: FixedClock, escalated: Artefact) -> None:
    decide(store, clock, artefact_subject(escalated), ApprovalState.APPROVED, by=BY, note="fine")
    stored = store.artefacts.get(escalated.id, escalated.version)
    assert stored.status is ArtefactStatus.APPROVED
    approval = human_approval(store, stored)
    assert approval is not None
    assert (approval.decided_by, approval.note) == (BY, "fine")
    campaign = store.campaigns.get(KEY)
    assert (campaign.status, campaign.round) == (CampaignStatus.PLANNED, 1)


def test_an_approval_is_of_one_version_only(store: Store, clock: FixedClock, escalated: Artefact) -> None:
    decide(store, clock, artefact_subject(escalated), ApprovalState.APPROVED, by=BY)
    newer = store.artefacts.put(an_artefact(a_page(headline="Another headline")))
    assert newer.version == escalated.version + 1
    assert human_approval(store, newer) is None


def test_rejecting_an_artefact_ends_it_and_runs_nothing(store: Store, clock: FixedClock, escalated: Artefact) -> None:
    decide(store, clock, artefact_subject(escalated), ApprovalState.REJECTED, by=BY)
    assert store.artefacts.get(escalated.id, escalated.version).status is ArtefactStatus.REJECTED
    assert store.campaigns.get(KEY).round == 0


def test_sending_back_joins_the_note_to_the_brief(store: Store, clock: FixedClock, escalated: Artefact) -> None:
    with pytest.raises(BadInput, match="note"):
        decide(store, clock, artefact_subject(escalated), ApprovalState.REVISE, by=BY, note="  ")
    decide(store, clock, artefact_subject(escalated), ApprovalState.REVISE, by=BY, note="Name the price")
    assert store.briefs.get(escalated.brief).must_address == ("Is there a contract?", "Name the price")
    assert store.campaigns.get(KEY).status is CampaignStatus.PLANNED


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (ApprovalState.APPROVED, PublicationState.APPROVED),
        (ApprovalState.REJECTED, PublicationState.REJECTED),
        (ApprovalState.REVISE, PublicationState.WITHDRAWN),
    ],
)
def test_a_release_moves_its_publication(
    store: Store, clock: FixedClock, held: str, state: ApprovalState, becomes: PublicationState
) -> None:
    decide(store, clock, held, state, by=BY, note="because")
    assert store.publications.list(campaign=KEY)[0].state is becomes
    sent_back = "because" in store.briefs.for_campaign(KEY)[0].must_address
    assert sent_back == (state is ApprovalState.REVISE)


def test_a_decision_stands(store: Store, clock: FixedClock, escalated: Artefact) -> None:
    subject = artefact_subject(escalated)
    first = decide(store, clock, subject, ApprovalState.REJECTED, by=BY)
    with pytest.raises(Conflict):
        decide(store, clock, first.id, ApprovalState.APPROVED, by="eve")
    assert store.artefacts.get(escalated.id, escalated.version).status is ArtefactStatus.REJECTED
    with pytest.raises(NotFound):
        decide(store, clock, "apr_none", ApprovalState.APPROVED, by=BY)


@pytest.mark.parametrize("state", [ApprovalState.APPROVED, ApprovalState.REVISE])
def test_the_same_answer_again_starts_no_work(
    store: Store, clock: FixedClock, escalated: Artefact, state: ApprovalState
) -> None:
    for _ in range(3):
        decide(store, clock, artefact_subject(escalated), state, by=BY, note="Name the price")
    assert store.campaigns.get(KEY).round == 1
    assert store.briefs.get(escalated.brief).must_address.count("Name the price") == int(state is ApprovalState.REVISE)


def test_a_page_sent_back_twice_is_taken_up_once(store: Store, clock: FixedClock, held: str) -> None:
    for _ in range(3):
        decide(store, clock, held, ApprovalState.REVISE, by=BY, note="Name the price")
    assert store.campaigns.get(KEY).round == 2


@pytest.mark.parametrize("state", [ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.REVISE])
def test_an_old_answer_again_leaves_a_newer_version_alone(
    store: Store, clock: FixedClock, escalated: Artefact, state: ApprovalState
) -> None:
    decide(store, clock, artefact_subject(escalated), state, by=BY, note="because")
    approved(store, an_artefact(a_page(headline="Another headline")))
    store.campaigns.set_status(KEY, CampaignStatus.PUBLISHED, NOW)
    before = (store.artefacts.versions(escalated.id), store.campaigns.get(KEY), store.briefs.for_campaign(KEY))
    decide(store, clock, artefact_subject(escalated), state, by=BY, note="because")
    assert (store.artefacts.versions(escalated.id), store.campaigns.get(KEY), store.briefs.for_campaign(KEY)) == before


def test_an_approval_again_does_not_undo_that_the_page_was_sent_back(
    store: Store, clock: FixedClock, escalated: Artefact, held: str
) -> None:
    decide(store, clock, held, ApprovalState.REVISE, by=BY, note="Name the price")
    decide(store, clock, artefact_subject(escalated), ApprovalState.APPROVED, by=BY)
    assert store.artefacts.get(escalated.id, escalated.version).status is ArtefactStatus.DRAFT
    assert store.campaigns.get(KEY).round == 2


@pytest.mark.parametrize(
    ("state", "status", "rounds"),
    [
        (ApprovalState.APPROVED, ArtefactStatus.APPROVED, 1),
        (ApprovalState.REJECTED, ArtefactStatus.REJECTED, 0),
        (ApprovalState.REVISE, ArtefactStatus.DRAFT, 1),
    ],
)
def test_what_a_crash_left_undone_is_finished_by_the_same_answer(
    store: Store, clock: FixedClock, escalated: Artefact, state: ApprovalState, status: ArtefactStatus, rounds: int
) -> None:
    """The process died when the answer was stored."""
    store.approvals.decide(artefact_subject(escalated), state, BY, "because", clock.now())
    decide(store, clock, artefact_subject(escalated), state, by=BY, note="because")
    assert store.artefacts.get(escalated.id, escalated.version).status is status
    assert store.campaigns.get(KEY).round == rounds
