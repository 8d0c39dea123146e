"""Which days are read, when, and for whom."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from assets.labels import TENANT_TAG
from assets.metrics import RANGE_END_TAG, RANGE_START_TAG, scope_config
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
    connect(tower)
    (request,) = tower.look("metrics_due").run_requests
    assert days(request.tags) == (yesterday - timedelta(days=FIRST_DAYS - 1), yesterday)
    assert TENANT_TAG not in request.tags


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
    assert tower.look("metrics_due").run_requests[0].run_key == request.run_key, "asked for once a day"
    hold(tower, yesterday, "beta")
    assert tower.look("metrics_due").run_requests == []


def test_one_read_at_a_time(tower: Watchtower) -> None:
    connect(tower)
    create_run_for_test(tower.instance, job_name="ingest", status=DagsterRunStatus.STARTED)
    assert tower.look("metrics_due").run_requests == []
    assert tower.cursors["metrics_due"] is None, "the day stays due"
