"""Schedules of the catalog fire at each tenant's own hour, once, whatever the time zone."""

from datetime import UTC, datetime, timedelta

import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._utils.error import SerializableErrorInfo

from assets.metrics import RANGE_END_TAG, RANGE_START_TAG
from marketeer_dagster.catalog import Catalog
from sensors.due import EVERY_QUARTER, newest_occurrence
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
    tenant = a_tenant_in(zone)
    before = newest_occurrence(weekly, tenant, MONDAY + offset - QUARTER)
    assert (before.isoweekday(), before.hour, before.minute) == (1, 0, 0)
    assert timedelta(days=6) < MONDAY + offset - before < timedelta(days=8)
    for later in (timedelta(0), QUARTER, timedelta(hours=100)):
        assert newest_occurrence(weekly, tenant, MONDAY + offset + later) == MONDAY + offset


def test_a_change_of_the_clocks_neither_skips_nor_doubles_a_week(catalog: Catalog) -> None:
    weekly = catalog.schedules["content_production"]
    berlin = a_tenant_in("Europe/Berlin")
    start = datetime(2026, 3, 1, tzinfo=UTC)
    due = {newest_occurrence(weekly, berlin, start + n * timedelta(hours=1)) for n in range(24 * 7 * 8)}
    due = {moment for moment in due if moment >= start}
    assert len(due) == 8
    assert {moment.astimezone(UTC).hour for moment in due} == {23, 22}, "winter, then summer"


def test_an_hour_that_the_clocks_skip_comes_after_the_gap(catalog: Catalog) -> None:
    early = catalog.schedules["content_production"].model_copy(update={"cron": "30 2 * * *"})
    berlin = a_tenant_in("Europe/Berlin")
    start = datetime(2026, 3, 27, 12, tzinfo=UTC)
    due = sorted({newest_occurrence(early, berlin, start + n * QUARTER) for n in range(1, 96 * 4)})
    days = [f"{moment:%m-%d}" for moment in due if moment >= start]
    assert days == ["03-28", "03-29", "03-30", "03-31"], "the 29th has no 02:30"


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
        assert (schedule.default_status.value == "STOPPED") == bool(entry.pipeline or entry.window)
        assert schedule.cron_schedule == (EVERY_QUARTER if entry.pipeline or entry.window else entry.cron)


def turned_on(tower: Watchtower, schedule: str, since: datetime, *ticks: tuple[datetime, TickStatus]) -> None:
    """The instance as a daemon leaves it: the schedule runs since then, and was looked at in these ticks."""
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="marketeer_dagster.definitions"))
    origin = RemoteInstigatorOrigin(
        repository_origin=RemoteRepositoryOrigin(code_location_origin=location, repository_name="__repository__"),
        instigator_name=schedule,
    )
    data = ScheduleInstigatorData(EVERY_QUARTER, start_timestamp=since.timestamp())
    state = InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, data)
    tower.instance.add_instigator_state(state)
    for moment, status in ticks:
        tower.instance.create_tick(
            TickData(
                instigator_origin_id=state.instigator_origin_id,
                instigator_name=schedule,
                instigator_type=InstigatorType.SCHEDULE,
                status=status,
                timestamp=moment.timestamp(),
                run_ids=[],
                error=SerializableErrorInfo("the store was away", [], None) if status is TickStatus.FAILURE else None,
                selector_id=state.selector_id,
            )
        )


@pytest.mark.parametrize("down", [timedelta(hours=3), timedelta(days=3), timedelta(days=20)])
def test_what_a_daemon_missed_is_made_up_for_by_the_newest_missed_time(tower: Watchtower, down: timedelta) -> None:
    """Dagster itself makes up for the five newest ticks: 75 minutes."""
    back = MONDAY + timedelta(hours=2)
    turned_on(tower, "content_production", MONDAY - timedelta(days=90), (back - down, TickStatus.SKIPPED))
    (request,) = tower.strike("content_production", back).run_requests
    assert MONDAY.isoformat() in (request.run_key or "")
    assert request.run_config["ops"]["accept_pipeline"]["config"]["campaign"] == "content-production-20260406"


def test_each_tenant_has_missed_its_own_time(tower: Watchtower) -> None:
    tower.store.tenants.add(a_tenant_in("Asia/Kolkata", "bharat"))
    tower.store.tenants.add(a_tenant_in("America/New_York", "york"))
    last_looked = MONDAY - timedelta(hours=6)
    turned_on(tower, "content_production", MONDAY - timedelta(days=90), (last_looked, TickStatus.SUCCESS))
    requests = tower.strike("content_production", MONDAY + timedelta(hours=3)).run_requests
    assert sorted(request.tags["tenant"] for request in requests) == ["acme", "bharat"], "New York's Monday is to come"


def test_a_tick_that_failed_has_looked_at_nothing(tower: Watchtower) -> None:
    ticks = ((MONDAY - QUARTER, TickStatus.SKIPPED), (MONDAY, TickStatus.FAILURE))
    turned_on(tower, "content_production", MONDAY - timedelta(days=90), *ticks)
    assert len(tower.strike("content_production", MONDAY + QUARTER).run_requests) == 1


def test_what_was_looked_at_is_not_made_up_for(tower: Watchtower) -> None:
    turned_on(tower, "content_production", MONDAY - timedelta(days=90), (MONDAY, TickStatus.SUCCESS))
    assert not tower.strike("content_production", MONDAY + timedelta(hours=5)).run_requests


def test_times_before_a_schedule_was_turned_on_were_not_missed(tower: Watchtower) -> None:
    turned_on(tower, "content_production", MONDAY + timedelta(hours=1), (MONDAY - QUARTER, TickStatus.SKIPPED))
    assert not tower.strike("content_production", MONDAY + timedelta(hours=2)).run_requests


def test_the_director_looks_back_at_nine_of_each_tenants_morning(tower: Watchtower) -> None:
    tower.store.tenants.add(a_tenant_in("Pacific/Auckland", "kiwi"))
    (request,) = tower.strike("director_review", MONDAY - timedelta(hours=3)).run_requests
    assert (request.partition_key, request.tags["tenant"]) == ("kiwi", "kiwi")
    config = request.run_config["ops"]["director_review"]["config"]
    assert config == {"window": "day", "last": "2026-04-05"}, "Auckland's Monday has begun, the 5th is over"
    (other,) = tower.strike("director_review", MONDAY + timedelta(hours=9)).run_requests
    assert other.partition_key == "acme"


def test_the_performance_review_is_of_the_month(tower: Watchtower) -> None:
    (request,) = tower.strike("performance_review", datetime(2026, 4, 15, 9, tzinfo=UTC)).run_requests
    assert request.run_config["ops"]["director_review"]["config"] == {"window": "month", "last": "2026-04-14"}
    assert not tower.strike("performance_review", datetime(2026, 4, 16, 9, tzinfo=UTC)).run_requests
