"""Figures that a check does not believe open no signal, and the sensor says why."""

from datetime import UTC, datetime, time, timedelta

import pandas as pd
import pytest
from dagster import AssetCheckEvaluation, AssetKey, AssetMaterialization, Definitions

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from sensors.checked import Checks
from tests.assets.metrics_home import CHECKS
from tests.sensors.conftest import Watchtower
from tests.sensors.test_loops import dropped
from tests.support.publishing import a_tenant
from tests.support.site_figures import ACME, LAST, land
from tests.warehouse import frames

DROPS = ("conversion_drop", "traffic_drop")


@pytest.fixture
def dropping(tower: Watchtower) -> Watchtower:
    tower.now = datetime.combine(LAST + timedelta(days=1), time(9), tzinfo=UTC)
    land(tower.warehouse, dropped())
    return tower


def check(
    tower: Watchtower, name: str, *, passed: bool, tenants: str = ACME, table: str = "ga4_daily", key: str = "tenants"
) -> None:
    """The newest result of a check, as a run leaves it."""
    tower.instance.report_runless_asset_event(
        AssetCheckEvaluation(AssetKey(table), name, passed, metadata={key: tenants}, description="1 found")
    )


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("no_impossible_values", "tenants"),
        ("fresh", "tenants"),
        ("rows_present", "tenants"),
        ("tenants_landed", "failed_tenants"),
    ],
)
def test_a_failed_check_holds_its_tenant_and_says_so(dropping: Watchtower, name: str, key: str) -> None:
    check(dropping, name, passed=False, key=key, tenants="acme, zeta")
    said = dropping.look("conversion_drop").skip_message or ""
    assert "acme is held" in said
    assert name in said
    assert dropping.store.signals.list() == ()
    check(dropping, name, passed=True, key=key, tenants="none")
    dropping.look("conversion_drop")
    assert len(dropping.store.signals.list()) == 1, "the same day is judged once its figures are believed"


def test_another_tenants_failed_check_holds_nobody_else(dropping: Watchtower) -> None:
    check(dropping, "no_impossible_values", passed=False, tenants="beta")
    dropping.look("conversion_drop")
    assert len(dropping.store.signals.list()) == 1


def test_what_a_read_ends_with_meanwhile_is_not_held_against_older_figures(dropping: Watchtower) -> None:
    known = Checks(dropping.instance, "ga4_daily")
    day = known.read_up_to("ga4_daily") or LAST
    check(dropping, "fresh", passed=False)
    later = (day + timedelta(days=5)).isoformat()
    dropping.instance.report_runless_asset_event(AssetMaterialization("ga4_daily", partition=later))
    assert known.against(TenantId(ACME), "ga4_daily") is None
    assert (known.read_up_to("ga4_daily") or LAST) == day
    now = Checks(dropping.instance, "ga4_daily")
    assert now.against(TenantId(ACME), "ga4_daily")
    assert now.read_up_to("ga4_daily") == day + timedelta(days=5)


def test_a_check_that_does_not_say_whose_holds_everyone(dropping: Watchtower) -> None:
    dropping.instance.report_runless_asset_event(AssetCheckEvaluation(AssetKey("ga4_daily"), "fresh", False))
    dropping.look("conversion_drop")
    assert dropping.store.signals.list() == ()


def test_the_real_checks_hold_what_they_find(dropping: Watchtower) -> None:
    """The checks themselves, run on rows with fewer sessions than none for one of two tenants with the same drop."""
    dropping.store.tenants.add(a_tenant("beta"))
    for tenant in (ACME, TenantId("beta")):
        dropping.store.connections.set(Connection(tenant=tenant, tool="ga4", simulated=True))
    land(dropping.warehouse, dropped(), "beta")
    wrong = pd.concat([dropped(), frames.ga4(1, first=LAST, page="/odd", sessions=1, conversions=-9)])
    land(dropping.warehouse, wrong.assign(engaged_sessions=0))
    defs = Definitions(asset_checks=[CHECKS["ga4_daily"]], resources=dropping.resources())
    defs.resolve_implicit_global_asset_job_def().execute_in_process(instance=dropping.instance)
    for loop in (*DROPS, "tracking_broken"):
        dropping.look(loop)
    found = {(signal.tenant, signal.name) for signal in dropping.store.signals.list()}
    assert found == {("beta", "conversion_drop"), ("acme", "tracking_broken")}


def test_unbelievable_figures_ask_a_person_once_until_they_are_believed(dropping: Watchtower) -> None:
    check(dropping, "no_impossible_values", passed=False)
    for _ in range(2):
        dropping.look("tracking_broken")
    (question,) = dropping.store.approvals.list(tenant=ACME, state=ApprovalState.PENDING)
    assert question.reason is ApprovalReason.SOURCE_BROKEN
    assert "no_impossible_values" in question.detail
    check(dropping, "no_impossible_values", passed=True)
    land(dropping.warehouse, dropped(more=1))
    dropping.look("signal_recovery")
    assert dropping.store.signals.list()[0].recovered is True
    assert dropping.store.approvals.get(question.id).decided_by == "signal_recovery"


def test_a_person_may_say_that_it_is_seen_to_but_has_nothing_to_send_back(dropping: Watchtower) -> None:
    check(dropping, "fresh", passed=False)
    dropping.look("tracking_broken")
    (question,) = dropping.store.approvals.list(tenant=ACME)
    clock = FixedClock(dropping.now)
    with pytest.raises(BadInput, match="no work"):
        decide(dropping.store, clock, question.id, ApprovalState.REVISE, by="dana", note="again")
    decide(dropping.store, clock, question.id, ApprovalState.APPROVED, by="dana")
    dropping.look("tracking_broken")
    assert dropping.store.approvals.list(tenant=ACME, state=ApprovalState.PENDING) == ()
    assert dropping.store.signals.list()[0].recovered is None, "the figures say when it is over"
