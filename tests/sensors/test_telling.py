"""Every tick says what it did: whom it looked at, whom not and why, and how near to a signal the nearest came."""

from datetime import UTC, datetime, time, timedelta

import pytest
from dagster import AssetCheckEvaluation, AssetKey, DagsterRunStatus

from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.publication import PublicationState
from sensors.all import LOOPS
from tests.sensors.conftest import Watchtower
from tests.sensors.test_loops import dropped
from tests.store import values
from tests.support.publishing import NOW, a_tenant
from tests.support.site_figures import ACME, LAST, land, site, steady

ORDINARY = "Nothing out of the ordinary"


def said(tower: Watchtower, sensor: str) -> str:
    return tower.look(sensor).skip_message or ""


@pytest.fixture
def steadily(tower: Watchtower) -> Watchtower:
    tower.now = datetime.combine(LAST + timedelta(days=1), time(9), tzinfo=UTC)
    land(tower.warehouse, site(pricing=steady(), features=steady(seed=4)))
    return tower


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
def test_nothing_is_called_ordinary_that_was_not_looked_at(tower: Watchtower, loop) -> None:
    first = said(tower, loop.name)
    assert ORDINARY not in first
    assert "Looked at nobody" in first
    assert f"No figures in {loop.source} yet: acme" in first


@pytest.mark.parametrize("loop", ["conversion_drop", "traffic_drop"])
def test_a_loop_names_the_series_it_looked_at_and_the_nearest_with_its_threshold(
    steadily: Watchtower, catalog: Catalog, loop: str
) -> None:
    first = said(steadily, loop)
    assert first.startswith("Looked at 1 tenant: acme, ")
    assert f"series as of {LAST - timedelta(days=2)}, nearest: /" in first
    assert f"(signal beyond -{catalog.signal(loop).threshold:.0%}" in first
    assert ORDINARY in first
    again = said(steadily, loop)
    assert again == f"Looked at nobody. Judged already: acme on {LAST}."


def test_what_was_told_of_before_is_not_called_ordinary(steadily: Watchtower) -> None:
    land(steadily.warehouse, dropped())
    assert "1 signal(s), 1 answered" in said(steadily, "conversion_drop")
    steadily.cursors.pop("conversion_drop")
    again = said(steadily, "conversion_drop")
    assert "Odd, but told of already: /pricing of acme (its answer is under way)" in again
    assert ORDINARY not in again


def test_a_held_tenant_is_named_with_the_check_that_holds_it(steadily: Watchtower) -> None:
    failed = AssetCheckEvaluation(AssetKey("ga4_daily"), "fresh", passed=False, description="2 found, of acme")
    steadily.instance.report_runless_asset_event(failed)
    first = said(steadily, "traffic_drop")
    assert "acme is held: the newest check fresh of ga4_daily failed (2 found, of acme)" in first
    assert ORDINARY not in first


def test_the_dispatcher_says_what_every_campaign_waits_for(tower: Watchtower) -> None:
    tower.store.campaigns.add(values.campaign("acme:asked", status=CampaignStatus.WAITING))
    tower.intend("acme:asked", state=PublicationState.PENDING)
    tower.store.approvals.open(values.approval("acme:asked", campaign="acme:asked"))
    tower.store.campaigns.set_status("acme:asked", CampaignStatus.ESCALATED, NOW)
    goal = take_goal(tower.store, FixedClock(NOW), tenant=ACME, text="More trials")
    tower.run(goal, DagsterRunStatus.STARTED, "plan_campaign")
    told = said(tower, "campaigns")
    assert f"A run is at work on: {goal.key}" in told
    assert "Looked at 2 campaigns, 1 of them wanted a run" in told
    assert "acme:asked" in told.partition("Waiting for a person (marketeer inbox): ")[2]


def test_the_delivery_says_what_it_does_not_deliver(tower: Watchtower) -> None:
    tower.store.campaigns.add(values.campaign("acme:spring"))
    later = values.publication(
        "k", campaign="acme:spring", state=PublicationState.WRITING, retry_at=datetime.now(UTC) + timedelta(hours=1),
        error="wordpress: outage",
    )  # fmt: skip
    tower.store.publications.intend(later)
    told = said(tower, "approved_publications")
    assert "Looked at 1 publication that may go out" in told
    assert f"Tried again later: {later.id} after" in told
    assert "wordpress: outage" in told


def test_contexts_are_asked_for_once_a_version_and_named_after(tower: Watchtower) -> None:
    tower.store.tenants.add(a_tenant("globex"))
    (request,) = tower.look("contexts").run_requests
    assert request.partition_key == ACME
    told = said(tower, "contexts")
    assert "Looked at 2 tenants" in told
    assert "Shown already: acme version 1" in told
    assert "--tenant ID): globex" in told


def test_reading_says_which_connections_it_looked_at(tower: Watchtower) -> None:
    assert "Looked at no connection" in said(tower, "metrics_due")
    tower.store.connections.set(Connection(tenant=ACME, tool="ga4", settings={"property_id": "1"}))
    assert tower.look("metrics_due").run_requests
    assert "was asked for already: acme/ga4" in said(tower, "metrics_due")


def test_a_running_test_says_how_far_it_is(tower: Watchtower) -> None:
    assert said(tower, "experiment_decided") == "Looked at 0 running experiments."
    tower.store.campaigns.add(values.campaign())
    tower.store.experiments.add(values.experiment())
    assert "exp_1 (/pricing of acme) has no figures yet" in said(tower, "experiment_decided")


def test_recovery_says_which_signals_it_is_too_early_for(tower: Watchtower) -> None:
    tower.store.signals.open(values.signal(), timedelta(0))
    told = said(tower, "signal_recovery")
    assert "Looked at 1 signal without a recovery, 0 measured" in told
    assert "of acme: no figures yet" in told


def test_a_schedule_says_when_it_was_last_due_and_for_whom(tower: Watchtower) -> None:
    told = tower.strike("content_production", datetime(2026, 4, 8, 12, tzinfo=UTC)).skip_message or ""
    assert "Looked at 1 tenant. Last due: acme 2026-04-06 00:00 UTC" in told
