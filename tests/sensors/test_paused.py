"""A paused tenant: no sensor and no schedule starts anything for it, reading goes on, and resuming catches up."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from dagster import DagsterRunStatus, Failure, build_op_context
from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorDefinition

from assets.failures import explained_or_asked
from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.campaigns.pausing import pause, resume
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.tenant import Pause
from sensors.due import newest_occurrence
from tests.sensors.conftest import Watchtower
from tests.sensors.test_loops import dropped
from tests.store import values
from tests.support.publishing import NOW, an_experiment
from tests.support.site_figures import ACME, LAST, land

READERS = {"metrics_due", "late_data_backfill"}
"""What only reads goes on for a paused tenant: vendors forget."""
SHOWING = {"waiting", "store_copies", "unlooked_checks"}
"""What only shows what is there, whoever it belongs to."""
MONDAY = datetime(2026, 4, 6, tzinfo=UTC)


def held(tower: Watchtower, until: date | None = None) -> None:
    pause(tower.store, ACME, by="Ada", reason="relaunch", until=until)


def rows(tower: Watchtower) -> dict[str, int]:
    """How much there is of everything that a loop could start, answer or ask."""
    store = tower.store
    asked = {"campaigns": store.campaigns, "approvals": store.approvals, "publications": store.publications}
    return {name: len(kept.list()) for name, kept in asked.items()} | {"signals": len(store.signals.list())}


@pytest.fixture
def busy(tower: Watchtower) -> Watchtower:
    """A tenant with work for every sensor: a goal, a drop, a release, a test, a context, a connection to read."""
    tower.now = datetime.combine(LAST + timedelta(days=1), time(9), tzinfo=UTC)
    land(tower.warehouse, dropped())
    take_goal(tower.store, FixedClock(NOW), tenant=ACME, text="More trials")
    tower.store.campaigns.add(values.campaign("acme:spring", status=CampaignStatus.PUBLISHED))
    tower.instance.add_dynamic_partitions("campaigns", ["acme:spring"])
    row = tower.intend("acme:spring", state=PublicationState.APPROVED)
    page = tower.store.artefacts.get(row.artefact, row.version)
    tower.store.experiments.add(an_experiment(page, page, "/features").model_copy(update={"campaign": "acme:spring"}))
    tower.store.signals.open(values.signal(), timedelta(0))
    tower.store.connections.set(Connection(tenant=ACME, tool="ga4", settings={"property_id": "1"}))
    return tower


def ticking(tower: Watchtower) -> list[str]:
    """Every sensor that looks by itself; what follows a run's end is asked for by a person."""
    defs = tower.repository.sensor_defs
    return [sensor.name for sensor in defs if not isinstance(sensor, RunStatusSensorDefinition)]


def test_no_sensor_starts_anything_for_a_paused_tenant_and_each_says_so(busy: Watchtower) -> None:
    held(busy)
    before = rows(busy)
    for name in ticking(busy):
        ticked = busy.look(name)
        if name in READERS:
            assert ticked.run_requests, f"{name} reads on"
            continue
        assert ticked.run_requests == [], name
        assert name in SHOWING or "acme is paused since" in (ticked.skip_message or ""), (name, ticked.skip_message)
    assert rows(busy) == before, "nothing was opened, answered or asked"


def test_when_it_is_resumed_every_sensor_catches_up(busy: Watchtower) -> None:
    held(busy)
    for name in ticking(busy):
        busy.look(name)
    assert resume(busy.store, ACME, by="Ada")
    assert busy.look("conversion_drop").run_requests == []
    assert {signal.name for signal in busy.store.signals.list()} >= {"conversion_drop"}
    for name in ("campaigns", "contexts", "approved_publications"):
        assert busy.look(name).run_requests, name


def test_no_schedule_starts_anything_for_a_paused_tenant(tower: Watchtower, catalog: Catalog) -> None:
    tenant = tower.store.tenants.get(ACME)
    due = {name: newest_occurrence(entry, tenant, MONDAY) for name, entry in catalog.schedules.items()}
    assert all(tower.strike(name, moment).run_requests for name, moment in due.items())
    held(tower)
    for name, moment in due.items():
        assert bool(tower.strike(name, moment).run_requests) == (name in READERS), name
    assert "acme is paused since" in (tower.strike("content_production", MONDAY).skip_message or "")


def test_a_schedule_makes_up_once_for_what_was_due_in_a_pause(tower: Watchtower) -> None:
    minutes = lambda n: MONDAY + timedelta(minutes=n)  # noqa: E731
    over = Pause(since=minutes(-60), by="Ada", ended_at=minutes(40))
    tower.store.tenants.change(ACME, pause=over)
    (request,) = tower.strike("content_production", minutes(45)).run_requests
    assert MONDAY.isoformat() in (request.run_key or "")
    assert not tower.strike("content_production", minutes(60)).run_requests


def test_work_that_was_postponed_waits_for_the_resumption(tower: Watchtower) -> None:
    campaign = take_goal(tower.store, FixedClock(NOW), tenant=ACME, text="More trials")
    tower.run(campaign, DagsterRunStatus.STARTED, "plan_campaign")
    tower.look("campaigns")
    held(tower)
    context = build_op_context(
        partition_key=campaign.key, resources={"store": tower.resources()["store"], "clock": tower.resources()["clock"]}
    )
    with (
        pytest.raises(Failure, match=r"acme is paused since .* by Ada: relaunch") as refused,
        explained_or_asked(context),
    ):
        raise AssertionError("a step of a paused tenant begins")
    assert not refused.value.allow_retries
    noted = tower.store.campaigns.get(campaign.key)
    assert noted.resume_at is not None
    assert "acme is paused" in noted.reason


def test_a_pause_ends_by_itself_on_its_day_and_says_until_when(tower: Watchtower) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    held(tower, tomorrow)
    tenant = tower.store.tenants.get(ACME)
    assert f"until {tomorrow}" in said_of(tenant)
    begins = datetime.combine(tomorrow, time(), tenant.zone)
    assert tenant.paused_at(begins - timedelta(seconds=1))
    assert tenant.paused_at(begins) is None


def test_a_pause_is_refused_before_anything_is_written(tower: Watchtower) -> None:
    with pytest.raises(BadInput, match=r"until: .* has begun; expected a day after"):
        held(tower, datetime.now(UTC).date())
    with pytest.raises(BadInput, match="by: nobody is named"):
        pause(tower.store, ACME, by=" ")
    with pytest.raises(BadInput, match="reason: 301 characters"):
        pause(tower.store, ACME, by="Ada", reason="x" * 301)
    with pytest.raises(NotFound):
        pause(tower.store, "nobody", by="Ada")
    assert tower.store.tenants.get(ACME).pause is None


def test_pausing_again_keeps_the_beginning_and_resuming_twice_says_so(tower: Watchtower) -> None:
    held(tower)
    began = tower.store.tenants.get(ACME).pause
    pause(tower.store, ACME, by="Bob", reason="still")
    again = tower.store.tenants.get(ACME).pause
    assert began and again and (again.since, again.by, again.reason) == (began.since, "Bob", "still")
    assert resume(tower.store, ACME, by="Bob")
    assert not resume(tower.store, ACME, by="Bob")


def test_a_run_that_a_pause_stopped_before_it_tried_is_asked_for_anew(busy: Watchtower) -> None:
    (before,) = busy.look("approved_publications").run_requests
    held(busy)
    resume(busy.store, ACME, by="Ada")
    (after,) = busy.look("approved_publications").run_requests
    assert after.run_key != before.run_key
