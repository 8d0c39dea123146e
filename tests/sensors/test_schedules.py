"""Schedules of the catalog fire at each tenant's own hour, once, whatever the time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from assets.metrics import RANGE_END_TAG, RANGE_START_TAG
from marketeer_dagster.catalog import Catalog
from sensors.schedules import EVERY_QUARTER, is_due
from tests.sensors.conftest import Watchtower
from tests.support.publishing import a_tenant

MONDAY = datetime(2026, 4, 6, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def a_tenant_in(zone: str, name: str = "acme"):
    return a_tenant(name).model_copy(update={"timezone": zone})


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("UTC", timedelta(0)),
        ("America/New_York", timedelta(hours=4)),
        ("Asia/Kolkata", -timedelta(hours=5, minutes=30)),
        ("Asia/Kathmandu", -timedelta(hours=5, minutes=45)),
        ("Pacific/Auckland", -timedelta(hours=12)),
    ],
)
def test_midnight_is_the_tenants_midnight(catalog: Catalog, zone: str, offset: timedelta) -> None:
    weekly = catalog.schedules["content_production"]
    due = [moment for n in range(-96, 96) if is_due(weekly, a_tenant_in(zone), moment := MONDAY + n * QUARTER)]
    assert due == [MONDAY + offset]


def test_a_change_of_the_clocks_neither_skips_nor_doubles_a_week(catalog: Catalog) -> None:
    weekly = catalog.schedules["content_production"]
    berlin = a_tenant_in("Europe/Berlin")
    start = datetime(2026, 3, 1, tzinfo=UTC)
    due = [moment for n in range(96 * 7 * 8) if is_due(weekly, berlin, moment := start + n * QUARTER)]
    assert len(due) == 8
    assert {moment.hour for moment in due} == {23, 22}, "winter, then summer"


def test_only_tenants_whose_hour_it_is_are_started(tower: Watchtower, catalog: Catalog) -> None:
    tower.store.tenants.add(a_tenant_in("Asia/Kolkata", "bharat"))
    ticked = tower.strike("content_production", MONDAY)
    (request,) = ticked.run_requests
    assert request.tags["tenant"] == "acme"
    config = request.run_config["ops"]["accept_pipeline"]["config"]
    assert (config["tenant"], config["pipeline"]) == ("acme", "content-production")
    (other,) = tower.strike("content_production", MONDAY - timedelta(hours=5, minutes=30)).run_requests
    assert other.tags["tenant"] == "bharat"
    assert not tower.strike("content_production", MONDAY + QUARTER).run_requests


def test_every_week_is_a_campaign_of_its_own(tower: Watchtower) -> None:
    weeks = [tower.strike("content_production", MONDAY + timedelta(days=7 * n)).run_requests[0] for n in range(2)]
    assert len({week.run_key for week in weeks}) == 2
    assert len({week.run_config["ops"]["accept_pipeline"]["config"]["campaign"] for week in weeks}) == 2


def test_late_data_is_read_again_in_one_run(tower: Watchtower, catalog: Catalog) -> None:
    entry = catalog.schedules["late_data_backfill"]
    (request,) = tower.strike("late_data_backfill", MONDAY.replace(hour=3, minute=30)).run_requests
    assert request.tags[RANGE_END_TAG] == (tower.today - timedelta(days=1)).isoformat()
    assert request.tags[RANGE_START_TAG] == (tower.today - timedelta(days=entry.days or 0)).isoformat()


def test_schedules_that_cost_are_off_until_somebody_turns_them_on(tower: Watchtower, catalog: Catalog) -> None:
    for entry in catalog.schedules.values():
        schedule = tower.repository.get_schedule_def(entry.name)
        assert (schedule.default_status.value == "STOPPED") == bool(entry.pipeline)
        assert schedule.cron_schedule == (EVERY_QUARTER if entry.pipeline else entry.cron)
