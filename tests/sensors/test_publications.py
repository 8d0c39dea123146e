"""The sensor that delivers what people released and what a crash left half done."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.publishing.retrying import next_try
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.publishing import NOW, a_page, an_artefact, approved

KEY = "acme:spring"


@pytest.fixture(autouse=True)
def campaign(tower: Watchtower) -> None:
    tower.store.campaigns.add(values.campaign(KEY))
    tower.instance.add_dynamic_partitions("campaigns", [KEY])


def outbox(tower: Watchtower, *states: PublicationState, **fields: Any) -> None:
    """Publications of an approved page, one for each state, each in a place of its own."""
    page = approved(tower.store, an_artefact(a_page()))
    for n, state in enumerate(states):
        row = values.publication(
            f"k{n}", campaign=KEY, state=state, artefact=page.id, version=page.version, target=f"/k{n}", **fields
        )
        tower.store.publications.intend(row)


def policy(tower: Watchtower, autonomy: Autonomy) -> None:
    tower.store.tenants.save(tower.store.tenants.get(TenantId("acme")).model_copy(update={"autonomy": autonomy}))


@pytest.mark.parametrize("state", [PublicationState.APPROVED, PublicationState.WRITING])
def test_what_may_go_out_is_delivered_in_a_run_of_its_campaign(tower: Watchtower, state: PublicationState) -> None:
    outbox(tower, state, state)
    (request,) = tower.look("approved_publications").run_requests
    assert request.partition_key == KEY
    assert request.tags["tenant"] == "acme"
    assert tower.look("approved_publications").run_requests[0].run_key == request.run_key, "asked for once"


@pytest.mark.parametrize(
    "state",
    [
        PublicationState.PENDING,
        PublicationState.REJECTED,
        PublicationState.PUBLISHED,
        PublicationState.FAILED,
        PublicationState.SUPERSEDED,
    ],
)
def test_nothing_else_is(tower: Watchtower, state: PublicationState) -> None:
    policy(tower, Autonomy.APPROVE)
    outbox(tower, state)
    for row in tower.store.publications.list(state=PublicationState.PENDING):
        tower.store.approvals.open(values.approval(row.id, campaign=KEY))
    assert tower.look("approved_publications").run_requests == []


@pytest.mark.parametrize(
    ("state", "autonomy"),
    [
        (PublicationState.PENDING, Autonomy.AUTOPILOT),
        (PublicationState.PENDING, Autonomy.DRAFT_ONLY),
        (PublicationState.PENDING, Autonomy.APPROVE),
        (PublicationState.DRAFT, Autonomy.AUTOPILOT),
        (PublicationState.DRAFT, Autonomy.APPROVE),
    ],
)
def test_what_another_policy_lets_go_or_asks_about_goes_on_by_itself(
    tower: Watchtower, state: PublicationState, autonomy: Autonomy
) -> None:
    """Under `approve` nothing was asked yet: a crash came before the question, or the policy changed since."""
    outbox(tower, state)
    policy(tower, autonomy)
    (request,) = tower.look("approved_publications").run_requests
    assert request.partition_key == KEY


def test_held_work_goes_on_when_its_test_has_ended_and_not_before(tower: Watchtower) -> None:
    test = tower.store.experiments.add(values.experiment(subject="/k0", campaign="acme:other"))
    outbox(tower, PublicationState.HELD, held_by=test.id)
    assert tower.look("approved_publications").run_requests == []
    tower.store.experiments.decide(test.id, values.decision("control"), ExperimentState.INCONCLUSIVE)
    (request,) = tower.look("approved_publications").run_requests
    assert request.partition_key == KEY


def test_a_run_that_was_killed_is_asked_for_again_but_not_for_ever(tower: Watchtower) -> None:
    outbox(tower, PublicationState.APPROVED)
    keys: set[str | None] = set()
    for _ in range(3):
        (request,) = tower.look("approved_publications").run_requests
        keys.add(request.run_key)
        create_run_for_test(
            tower.instance, job_name="publish_campaign", tags=dict(request.tags), status=DagsterRunStatus.FAILURE
        )
    assert len(keys) == 3
    assert tower.look("approved_publications").run_requests == []


def test_a_campaign_at_work_delivers_its_own(tower: Watchtower) -> None:
    outbox(tower, PublicationState.APPROVED)
    tower.run(tower.store.campaigns.get(KEY), DagsterRunStatus.STARTED)
    assert tower.look("approved_publications").run_requests == []


def test_a_later_release_is_asked_for_under_another_key(tower: Watchtower) -> None:
    outbox(tower, PublicationState.APPROVED)
    first = tower.look("approved_publications").run_requests[0].run_key
    row = tower.store.publications.list()[0]
    moves = {PublicationState.APPROVED}, PublicationState.PUBLISHED
    tower.store.publications.transition(row.id, *moves, at=NOW)
    outbox(tower, PublicationState.PUBLISHED, PublicationState.APPROVED)
    assert tower.look("approved_publications").run_requests[0].run_key != first


def test_what_an_outage_held_up_is_tried_again_when_its_time_has_come_though_the_market_stands_still(
    tower: Watchtower,
) -> None:
    outbox(tower, PublicationState.APPROVED)
    first = tower.look("approved_publications").run_requests[0].run_key
    row = tower.store.publications.list()[0]
    real = SystemClock().now()

    def tried(attempts: int, retry_at: datetime) -> None:
        moves = {PublicationState.APPROVED, PublicationState.WRITING}, PublicationState.WRITING
        tower.store.publications.transition(row.id, *moves, at=NOW, attempts=attempts, retry_at=retry_at)

    tried(1, real + timedelta(hours=1))
    assert tower.look("approved_publications").run_requests == []
    keys = [first]
    for attempts in (1, 2):
        tried(attempts, real - timedelta(seconds=1))
        (request,) = tower.look("approved_publications").run_requests
        keys.append(request.run_key)
    assert len(set(keys)) == 3, "Dagster starts one run per key"


@pytest.mark.parametrize(
    ("attempts", "asked_for_s", "minutes"), [(1, None, 1), (2, None, 2), (5, None, 16), (40, None, 60), (1, 7200, 120)]
)
def test_waits_double_up_to_an_hour_and_are_never_shorter_than_the_tool_asked_for(
    attempts: int, asked_for_s: float | None, minutes: int
) -> None:
    before = SystemClock().now()
    moment = next_try(attempts, asked_for_s)
    after = SystemClock().now()
    assert before + timedelta(minutes=minutes) <= moment <= after + timedelta(minutes=minutes)
