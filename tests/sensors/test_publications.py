"""The sensor that delivers what people released and what a crash left half done."""

import pytest
from dagster import DagsterRunStatus

from marketeer_dagster.model.publication import PublicationState
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
