"""Figures that a check does not believe open no signal, and the sensor says why."""

from datetime import UTC, datetime, time, timedelta

import pandas as pd
import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    AssetMaterialization,
    DagsterEvent,
    DagsterEventType,
    DagsterRunStatus,
    Definitions,
    MetadataValue,
)
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.test_utils import create_run_for_test

from assets.metrics import metric_assets, metric_checks
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


def planned(tower: Watchtower, status: DagsterRunStatus, *tables: str, **tags: str) -> str:
    """A run that was to check these tables and has not."""
    run = create_run_for_test(tower.instance, job_name="ingest", status=status, tags=tags)
    for key in [key for checks in (*metric_checks, *metric_assets) for key in checks.check_keys]:
        if key.asset_key.to_user_string() in tables:
            kind = DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
            data = AssetCheckEvaluationPlanned(asset_key=key.asset_key, check_name=key.name)
            event = DagsterEvent(kind.value, "ingest", event_specific_data=data)
            tower.instance.report_dagster_event(event, run.run_id)
    return run.run_id


def said(tower: Watchtower, tenant: str = ACME, table: str = "ga4_daily") -> str | None:
    return Checks(tower.instance, table).against(TenantId(tenant), table)


def test_figures_that_were_never_checked_prove_nothing(dropping: Watchtower) -> None:
    dropping.instance.wipe()
    for loop in DROPS:
        assert "no finished result" in (dropping.look(loop).skip_message or "")
    assert dropping.store.signals.list() == ()
    dropping.look("tracking_broken")
    assert dropping.store.approvals.list() == (), "nobody is to blame for what nobody has checked"
    dropping.checked()
    dropping.look("conversion_drop")
    assert len(dropping.store.signals.list()) == 1


@pytest.mark.parametrize("deaths", [1, 6, 60])
def test_runs_that_died_before_they_checked_hold_until_one_has_checked(dropping: Watchtower, deaths: int) -> None:
    for _ in range(deaths):
        planned(dropping, DagsterRunStatus.FAILURE, "ga4_daily")
    assert "has not looked at" in (said(dropping) or "")
    dropping.look("conversion_drop")
    assert dropping.store.signals.list() == ()
    dropping.checked()
    assert said(dropping) is None


def test_a_run_of_one_tenant_that_died_holds_that_tenant_and_its_table_only(dropping: Watchtower) -> None:
    dropping.store.tenants.add(a_tenant("beta"))
    planned(dropping, DagsterRunStatus.FAILURE, "ga4_daily", tenant="beta")
    assert said(dropping, "beta")
    assert said(dropping, ACME) is None
    assert said(dropping, "beta", "gsc_daily") is None


def test_a_run_under_way_holds_also_when_others_ended_after_it_began(dropping: Watchtower) -> None:
    planned(dropping, DagsterRunStatus.STARTED, "ga4_daily")
    for _ in range(8):
        dropping.checked()
    assert said(dropping) == "ga4_daily is being read and checked"


def test_a_read_of_one_tenant_says_nothing_about_another(dropping: Watchtower) -> None:
    def landed(tenants: str, failed: str) -> None:
        metadata = {"read_tenants": tenants, "failed_tenants": failed}
        passed = failed == "none"
        evaluation = AssetCheckEvaluation(AssetKey("ga4_daily"), "tenants_landed", passed, metadata=metadata)
        dropping.instance.report_runless_asset_event(evaluation)

    landed("acme, beta", "beta")
    for _ in range(9):
        landed("acme", "none")
    assert "tenants_landed" in (said(dropping, "beta") or "")
    assert said(dropping, ACME) is None
    landed("beta", "none")
    assert said(dropping, "beta") is None


def test_rows_that_were_read_after_the_checks_are_not_believed(dropping: Watchtower) -> None:
    dropping.instance.report_runless_asset_event(AssetMaterialization("ga4_daily", partition=LAST.isoformat()))
    assert "has not looked at" in (said(dropping) or "")
    dropping.checked()
    assert said(dropping) is None


@pytest.mark.parametrize(("back", "held"), [(0, True), (179, True), (180, False), (400, False)])
def test_an_odd_row_holds_only_while_a_loop_would_read_it(dropping: Watchtower, back: int, held: bool) -> None:
    dropping.instance.report_runless_asset_event(AssetMaterialization("ga4_daily", partition=LAST.isoformat()))
    dropping.checked()
    day = (LAST - timedelta(days=back)).isoformat()
    metadata = {"tenants": "acme", "newest_days": MetadataValue.json({"acme": day})}
    odd = AssetCheckEvaluation(AssetKey("ga4_daily"), "no_impossible_values", False, metadata=metadata)
    dropping.instance.report_runless_asset_event(odd)
    assert (said(dropping) is not None) is held
