"""The sensor that delivers what people released and what a crash left half done."""

from datetime import datetime, timedelta

import pytest
from dagster import DagsterRunStatus

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.publishing.retrying import next_try
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.publishing import NOW

KEY = "acme:spring"


@pytest.fixture(autouse=True)
def campaign(tower: Watchtower) -> None:
    tower.store.campaigns.add(values.campaign(KEY))
    tower.instance.add_dynamic_partitions("campaigns", [KEY])


def outbox(tower: Watchtower, *states: PublicationState) -> None:
    for n, state in enumerate(states):
        tower.store.publications.intend(values.publication(f"k{n}", campaign=KEY, state=state))


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
    outbox(tower, state)
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
    tower.store.publications.intend(values.publication("k9", campaign=KEY, state=PublicationState.APPROVED))
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
