"""Which days are read, when, and for whom."""

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from assets.labels import TENANT_TAG
from assets.metrics import RANGE_END_TAG, RANGE_START_TAG, scope_config
from assets.partitions import START_VARIABLE
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId
from sensors.metrics_due import FIRST_DAYS, RE_READ_DAYS
from tests.sensors.conftest import Watchtower
from tests.support.publishing import a_tenant
from tests.warehouse import frames

ACME = a_tenant().id


def connect(tower: Watchtower, tenant: str = ACME, tool: str = "ga4") -> None:
    tower.store.connections.set(Connection(tenant=TenantId(tenant), tool=tool))


def hold(tower: Watchtower, last: date, tenant: str = ACME) -> None:
    """The warehouse holds the tenant's figures up to `last`."""
    frames.put(tower.warehouse, tenant, frames.ga4(3, first=last - timedelta(days=2)))


def days(tags: Mapping[str, str]) -> tuple[date, date]:
    return date.fromisoformat(tags[RANGE_START_TAG]), date.fromisoformat(tags[RANGE_END_TAG])


@pytest.fixture
def yesterday(tower: Watchtower) -> date:
    return tower.today - timedelta(days=1)


def test_without_a_connection_there_is_nothing_to_read(tower: Watchtower) -> None:
    ticked = tower.look("metrics_due")
    assert ticked.run_requests == []
    assert "connected" in (ticked.skip_message or "")


def test_the_first_read_reaches_far_back_in_one_run(tower: Watchtower, yesterday: date) -> None:
    tower.store.tenants.add(a_tenant("beta"))
    for tenant in (ACME, "beta"):
        connect(tower, tenant)
    (request,) = tower.look("metrics_due").run_requests
    assert TENANT_TAG not in request.tags
    assert days(request.tags) == (yesterday - timedelta(days=FIRST_DAYS - 1), yesterday)
    assert tower.look("metrics_due").run_requests == []


def test_nothing_is_read_from_before_the_first_partition(
    tower: Watchtower, yesterday: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(tower)
    monkeypatch.setenv(START_VARIABLE, tower.today.isoformat())
    early = tower.look("metrics_due")
    assert early.run_requests == []
    assert f"begin on {tower.today}" in (early.skip_message or "")
    begin = yesterday - timedelta(days=9)
    monkeypatch.setenv(START_VARIABLE, begin.isoformat())
    (request,) = tower.look("metrics_due").run_requests
    assert days(request.tags) == (begin, yesterday)


def test_each_new_day_is_read_once_with_the_days_that_vendors_revise(tower: Watchtower, yesterday: date) -> None:
    connect(tower)
    hold(tower, yesterday - timedelta(days=1))
    (request,) = tower.look("metrics_due").run_requests
    assert days(request.tags) == (yesterday - timedelta(days=1 + RE_READ_DAYS), yesterday)
    assert tower.look("metrics_due").run_requests == []
    tower.pass_days(1)
    assert len(tower.look("metrics_due").run_requests) == 1


def test_days_that_were_missed_are_made_up_for(tower: Watchtower, yesterday: date) -> None:
    connect(tower)
    hold(tower, yesterday - timedelta(days=12))
    (request,) = tower.look("metrics_due").run_requests
    assert days(request.tags) == (yesterday - timedelta(days=12 + RE_READ_DAYS), yesterday)


def test_a_new_tenant_gets_its_own_first_read_on_the_same_day(tower: Watchtower, yesterday: date) -> None:
    connect(tower)
    hold(tower, yesterday)
    tower.look("metrics_due")
    tower.store.tenants.add(a_tenant("beta"))
    connect(tower, "beta")
    (request,) = tower.look("metrics_due").run_requests
    assert request.tags[TENANT_TAG] == "beta"
    assert request.run_config == scope_config(["beta"])
    assert days(request.tags) == (yesterday - timedelta(days=FIRST_DAYS - 1), yesterday)
    assert tower.look("metrics_due").run_requests == [], "asked for once a day"
    hold(tower, yesterday, "beta")
    assert tower.look("metrics_due").run_requests == []


def test_one_read_at_a_time(tower: Watchtower) -> None:
    connect(tower)
    create_run_for_test(tower.instance, job_name="ingest", status=DagsterRunStatus.STARTED)
    assert tower.look("metrics_due").run_requests == []
    assert tower.cursors["metrics_due"] is None, "the day stays due"


def hold_mrr(tower: Watchtower, last: date, tenant: str = ACME) -> None:
    rows = [
        {
            "date": last - timedelta(days=n), "plan": "Team", "mrr": 100.0, "new_mrr": 0.0, "expansion_mrr": 0.0,
            "contraction_mrr": 0.0, "churned_mrr": 0.0, "moved_in_mrr": 0.0, "moved_out_mrr": 0.0, "active": 2,
            "trials_started": 0, "trials_converted": 0, "churned": 0,
        }
        for n in range(3)
    ]  # fmt: skip
    frames.put(tower.warehouse, tenant, pd.DataFrame(rows), "stripe_daily")


def test_a_tenant_without_web_analytics_reads_no_history_every_day(tower: Watchtower, yesterday: date) -> None:
    connect(tower, tool="stripe")
    (first,) = tower.look("metrics_due").run_requests
    assert days(first.tags)[0] == yesterday - timedelta(days=FIRST_DAYS - 1)
    hold_mrr(tower, yesterday)
    tower.pass_days(1)
    (second,) = tower.look("metrics_due").run_requests
    assert days(second.tags)[0] == yesterday - timedelta(days=RE_READ_DAYS)


def test_a_tool_connected_later_gets_its_history(tower: Watchtower, yesterday: date) -> None:
    connect(tower)
    hold(tower, yesterday)
    tower.look("metrics_due")
    connect(tower, tool="stripe")
    (request,) = tower.look("metrics_due").run_requests
    assert request.tags[TENANT_TAG] == ACME
    assert days(request.tags) == (yesterday - timedelta(days=FIRST_DAYS - 1), yesterday)
    hold_mrr(tower, yesterday)
    assert tower.look("metrics_due").run_requests == []
    connect(tower, tool="search_console")
    (other,) = tower.look("metrics_due").run_requests
    assert other.run_key != request.run_key, "Dagster would take an equal key for the read that was"


def test_a_tool_that_may_have_no_rows_gets_its_history_once(tower: Watchtower, yesterday: date) -> None:
    connect(tower)
    connect(tower, tool="mailchimp")
    hold(tower, yesterday)
    requests = tower.look("metrics_due").run_requests
    assert sorted(days(r.tags)[0] for r in requests)[0] == yesterday - timedelta(days=FIRST_DAYS - 1)
    for _ in range(3):
        hold(tower, tower.today - timedelta(days=1))
        tower.pass_days(1)
        (daily,) = tower.look("metrics_due").run_requests
        assert days(daily.tags)[0] > tower.today - timedelta(days=RE_READ_DAYS + 4)


def test_who_fell_behind_is_made_up_for_without_the_others(tower: Watchtower, yesterday: date) -> None:
    tower.store.tenants.add(a_tenant("beta"))
    for tenant, last in ((ACME, yesterday - timedelta(days=1)), ("beta", yesterday - timedelta(days=40))):
        connect(tower, tenant)
        hold(tower, last, tenant)
    own, everybody = sorted(tower.look("metrics_due").run_requests, key=lambda r: TENANT_TAG not in r.tags)
    assert own.tags[TENANT_TAG] == "beta"
    assert days(own.tags) == (yesterday - timedelta(days=40 + RE_READ_DAYS), yesterday)
    assert days(everybody.tags) == (yesterday - timedelta(days=1 + RE_READ_DAYS), yesterday)


def test_the_cursor_of_an_earlier_version_is_understood(tower: Watchtower, yesterday: date) -> None:
    connect(tower)
    hold(tower, yesterday)
    tower.cursors["metrics_due"] = yesterday.isoformat()
    assert tower.look("metrics_due").run_requests == []
