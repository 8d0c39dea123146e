"""Where a campaign stands once nothing works on it, and which stage it is in."""

import pytest

from marketeer_dagster.campaigns.status import settle, stage_of
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.store import Store
from tests.store import values
from tests.support.publishing import NOW, a_page, an_artefact, approved

KEY = CampaignKey("acme:spring")
SKILLS = ("copywriting", "copy-editing")


@pytest.fixture
def planned(store: Store) -> Store:
    store.campaigns.add(values.campaign(KEY))
    briefs = [values.brief(skill, KEY) for skill in SKILLS]
    store.campaigns.save_plan(KEY, values.plan(*briefs), NOW)
    return store


def made(store: Store, *statuses: ArtefactStatus) -> None:
    for skill, status in zip(SKILLS, statuses, strict=False):
        approved(store, an_artefact(a_page(f"/{skill}"), skill=skill, status=status))


def published(store: Store, *states: PublicationState) -> None:
    for n, state in enumerate(states):
        row = store.publications.intend(values.publication(f"k{n}", campaign=KEY, state=state))
        if state is PublicationState.PENDING:
            store.approvals.open(values.approval(row.id, campaign=KEY))


OK, ASK, NO = ArtefactStatus.APPROVED, ArtefactStatus.ESCALATED, ArtefactStatus.REJECTED
LIVE, HELD, OUT = PublicationState.PUBLISHED, PublicationState.PENDING, PublicationState.REJECTED


@pytest.mark.parametrize(
    ("artefacts", "publications", "expected"),
    [
        ((), (), CampaignStatus.FAILED),
        ((OK,), (), CampaignStatus.FAILED),
        ((OK, OK), (), CampaignStatus.PUBLISHED),
        ((OK, OK), (LIVE,), CampaignStatus.PUBLISHED),
        ((OK, OK), (LIVE, PublicationState.DRAFT, PublicationState.SUPERSEDED, OUT), CampaignStatus.PUBLISHED),
        ((OK, OK), (LIVE, HELD), CampaignStatus.WAITING),
        ((OK, OK), (LIVE, PublicationState.FAILED), CampaignStatus.FAILED),
        ((OK, OK), (PublicationState.WRITING,), CampaignStatus.POSTPONED),
        ((OK, OK), (PublicationState.HELD,), CampaignStatus.HELD),
        ((OK, OK), (PublicationState.HELD, LIVE), CampaignStatus.HELD),
        ((OK, OK), (PublicationState.HELD, HELD), CampaignStatus.WAITING),
        ((OK, OK), (PublicationState.HELD, PublicationState.WRITING), CampaignStatus.POSTPONED),
        ((OK, OK), (OUT, OUT), CampaignStatus.FAILED),
        ((OK, OK), (PublicationState.WITHDRAWN, LIVE), CampaignStatus.PUBLISHED),
        ((OK, ASK), (LIVE,), CampaignStatus.ESCALATED),
        ((ASK,), (), CampaignStatus.ESCALATED),
        ((OK, NO), (), CampaignStatus.FAILED),
    ],
)
def test_the_status_follows_from_what_the_store_holds(
    planned: Store,
    clock: FixedClock,
    artefacts: tuple[ArtefactStatus, ...],
    publications: tuple[PublicationState, ...],
    expected: CampaignStatus,
) -> None:
    made(planned, *artefacts)
    published(planned, *publications)
    assert settle(planned, clock, KEY).status is expected
    assert planned.campaigns.get(KEY).status is expected


def test_a_campaign_without_a_plan_has_failed(store: Store, clock: FixedClock) -> None:
    store.campaigns.add(values.campaign(KEY))
    assert settle(store, clock, KEY).status is CampaignStatus.FAILED


def test_an_open_question_keeps_it_waiting(planned: Store, clock: FixedClock) -> None:
    made(planned, OK, OK)
    planned.approvals.open(values.approval("pub_1", campaign=KEY))
    assert settle(planned, clock, KEY).status is CampaignStatus.WAITING


def test_a_run_that_broke_off_never_counts_as_published(planned: Store, clock: FixedClock) -> None:
    """Everything is approved, but what was to be published may not even be intended yet."""
    made(planned, OK, OK)
    assert settle(planned, clock, KEY, complete=False).status is CampaignStatus.FAILED
    published(planned, HELD)
    assert settle(planned, clock, KEY, complete=False).status is CampaignStatus.WAITING


def test_a_pipeline_plans_and_works_in_one_run_and_its_later_rounds_run_the_plan(planned: Store) -> None:
    goal = planned.campaigns.get(KEY)
    assert stage_of(goal) == "run:0"
    assert stage_of(goal.model_copy(update={"plan": None})) == "plan:0"
    pipeline = goal.model_copy(update={"pipeline": "page-launch"})
    assert stage_of(pipeline) == "pipeline:0"
    assert stage_of(pipeline.model_copy(update={"round": 1})) == "run:1"
    assert stage_of(pipeline.model_copy(update={"round": 1, "plan": None})) == "plan:1"
