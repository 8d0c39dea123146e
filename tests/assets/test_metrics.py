"""Metric assets: real Dagster runs, real SDKs, the sandbox's vendors, a real warehouse."""

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity, BackfillPolicy, DagsterInstance

from assets.metrics import SOURCES, metric_assets
from assets.metrics.factory import build_metric_asset
from assets.partitions import days
from marketeer_dagster.model.ids import TenantId
from resources.ga4 import Ga4Client
from tests.assets.metrics_home import ASSETS, Home, add_tenant, check, living_home, materializations, told

WEEK = timedelta(days=6)
_DUPLICATES = """
SELECT count(*) FROM (
    SELECT tenant, date, landing_page, source, medium, campaign FROM ga4_daily GROUP BY ALL HAVING count(*) > 1
)"""


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with living_home(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture
def home(living: Home) -> Iterator[Home]:
    """The shared home with an empty warehouse and well-behaved vendors."""
    living.warehouse.snapshot.unlink(missing_ok=True)
    Path(living.warehouse.path).unlink(missing_ok=True)
    yield living
    living.sandbox.admin.clear_faults()


def test_a_range_is_one_run_with_one_report_per_tenant_and_a_materialisation_per_day(home: Home) -> None:
    result = home.run("ga4_daily")
    assert result.success
    made = materializations(result, "ga4_daily")
    assert [m.partition for m in made] == [(home.yesterday - WEEK + timedelta(days=n)).isoformat() for n in range(7)]
    newest = told(made[-1])
    assert newest["api_calls"] == 2
    assert (
        newest["rows_landed"]
        == newest["dagster/row_count"]
        == sum(told(m)["dagster/partition_row_count"] for m in made)
    )
    assert newest["tenants_landed"] == 2 and newest["tenants_failed"] == "none" and newest["simulated"] is True
    assert "| acme |" in str(newest["tenants"]) and "| beta |" in str(newest["tenants"])
    assert "landing_page" in str(newest["preview"]) and "tokens_per_day" in str(newest["quota"])


def test_what_lands_is_what_the_vendor_says_tenant_by_tenant(home: Home) -> None:
    home.run("ga4_daily")
    for tenant in ("acme", "beta"):
        said = Ga4Client(home.connection(tenant, "ga4")).daily(home.yesterday - WEEK, home.yesterday)
        landed = home.rows("SELECT count(*), sum(sessions)::BIGINT FROM ga4_daily WHERE tenant = ?", tenant)
        assert landed == [(len(said), said["sessions"].sum())]
    assert home.rows("SELECT bool_and(simulated) FROM ga4_daily") == [(True,)]


def test_reading_again_replaces_and_tells_what_the_vendor_revised(home: Home) -> None:
    first, last = home.yesterday - WEEK, home.yesterday
    home.run("ga4_daily", first=first, last=last)
    before = home.rows("SELECT sum(sessions)::BIGINT FROM ga4_daily WHERE tenant = 'acme'")[0][0]
    unchanged = home.run("ga4_daily", first=first, last=last)
    assert told(materializations(unchanged, "ga4_daily")[-1])["late_revisions"] == "none"
    home.sandbox.admin.advance(3)
    later = home.run("ga4_daily", first=first, last=last)
    revised = str(told(materializations(later, "ga4_daily")[-1])["late_revisions"])
    assert f"{last}: sessions" in revised and "→" in revised
    after = home.rows("SELECT sum(sessions)::BIGINT FROM ga4_daily WHERE tenant = 'acme'")[0][0]
    assert after > before
    assert home.rows(_DUPLICATES) == [(0,)]
    whole = Ga4Client(home.connection("acme", "ga4")).daily(first, last)
    assert after == whole["sessions"].sum()


@pytest.mark.parametrize("table", ["ga4_daily", "gsc_daily", "stripe_daily"])
def test_one_tenants_broken_credentials_fail_only_its_check(home: Home, table: str) -> None:
    tool = next(source.tool for source in SOURCES if source.table == table)
    with home.broken("beta", tool):
        result = home.run(table, first=home.yesterday - timedelta(days=1))
    assert result.success
    landed = check(result, table, "tenants_landed")
    assert not landed.passed
    assert landed.metadata["failed_tenants"].value == "beta"
    assert f"{tool}: auth" in str(landed.metadata["why"].value)
    assert "sk_test_revoked" not in str(landed.metadata["why"].value)
    logged = "SELECT DISTINCT tenant, tool, state, rows > 0, reason, simulated, run_id FROM landings ORDER BY tenant"
    (acme, beta) = home.rows(f"{logged}")
    assert acme == ("acme", tool, "landed", True, "", True, result.run_id)
    assert beta[:4] == ("beta", tool, "failed", None) and f"{tool}: auth" in str(beta[4])
    assert "sk_test_revoked" not in str(beta[4]) and "ya29" not in str(beta[4])
    assert home.rows("SELECT count(DISTINCT date) FROM landings WHERE table_name = ?", table) == [(2,)]
    assert {row[0] for row in home.rows(f"SELECT DISTINCT tenant FROM {table}")} == {"acme"}
    assert told(materializations(result, table)[-1])["tenants_failed"] == "beta"


def test_when_nobody_lands_the_days_do_not_count_as_materialised_and_old_rows_stay(home: Home) -> None:
    home.run("ga4_daily")
    before = home.rows("SELECT count(*) FROM ga4_daily")
    with home.broken("acme", "ga4"), home.broken("beta", "ga4"):
        result = home.run("ga4_daily")
    assert not result.success
    assert materializations(result, "ga4_daily") == []
    assert not check(result, "ga4_daily", "tenants_landed").passed
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert "acme" in str(failure.step_failure_data.user_failure_data) and "beta" in str(
        failure.step_failure_data.user_failure_data
    )
    assert not [e for e in result.all_events if e.is_step_up_for_retry], "an auth error is not worth a second try"
    assert home.rows("SELECT state, count(*) FROM landings GROUP BY 1 ORDER BY 1") == [("failed", 14), ("landed", 14)]
    assert home.rows("SELECT count(*) FROM ga4_daily") == before


@pytest.mark.parametrize("kind", ["429", "500", "cut"])
def test_passing_faults_of_vendors_do_not_show_in_the_rows(home: Home, kind: str) -> None:
    for vendor in ("ga4", "searchconsole", "stripe"):
        home.sandbox.admin.fault(vendor, kind, count=2)
    day = home.yesterday
    result = home.run("ga4_daily", "gsc_daily", "stripe_daily", first=day, last=day)
    assert result.success
    assert all(e.passed for e in result.get_asset_check_evaluations())
    for table in ("ga4_daily", "gsc_daily", "stripe_daily"):
        assert home.rows(f"SELECT count(DISTINCT tenant) FROM {table} WHERE date = ?", day) == [(2,)]


def test_a_quota_that_comes_back_later_is_not_asked_again_by_the_same_run(home: Home) -> None:
    home.sandbox.admin.habit("searchconsole", "load_quota")
    try:
        result = home.run("gsc_daily", first=home.yesterday)
    finally:
        home.sandbox.admin.habit("searchconsole", "load_quota", on=False)
    assert not result.success
    assert "load quota exceeded" in str(check(result, "gsc_daily", "tenants_landed").metadata["why"].value)
    assert not [e for e in result.all_events if e.is_step_up_for_retry]


def test_what_a_vendor_holds_back_is_a_warning_that_names_the_tenant(home: Home) -> None:
    home.sandbox.admin.habit("ga4", "restricted_revenue", tenant="beta")
    try:
        result = home.run("ga4_daily", checks=True)
    finally:
        home.sandbox.admin.habit("ga4", "restricted_revenue", on=False, tenant="beta")
    assert result.success
    told_of = check(result, "ga4_daily", "nothing_held_back")
    assert (told_of.passed, told_of.severity) == (False, AssetCheckSeverity.WARN)
    assert "**beta**: totalRevenue may not be seen by this account" in str(told_of.metadata["why"].value)
    assert check(result, "ga4_daily", "figures_known").metadata["tenants"].value == "beta"
    unknown = "SELECT DISTINCT tenant FROM ga4_daily WHERE revenue IS NULL"
    assert home.rows(unknown) == [("beta",)]
    assert check(result, "ga4_daily", "no_impossible_values").passed


def test_revenue_is_asked_for_in_the_tenants_currency(home: Home) -> None:
    tenant = home.store.tenants.get(TenantId("beta"))
    asked = "SELECT sum(revenue) FROM ga4_daily WHERE tenant = 'beta'"
    days = {"first": home.yesterday - timedelta(days=30), "config": {"tenants": ["beta"]}}
    home.run("ga4_daily", **days)
    ((dollars,),) = home.rows(asked)
    home.store.tenants.save(tenant.model_copy(update={"currency": "EUR"}))
    try:
        home.run("ga4_daily", **days)
    finally:
        home.store.tenants.save(tenant)
    assert home.rows(asked) == [(pytest.approx(dollars / 1.08),)] and dollars > 0


def test_an_empty_answer_does_not_delete_days_that_were_there(home: Home) -> None:
    home.run("ga4_daily")
    before = home.rows("SELECT sum(sessions) FROM ga4_daily WHERE tenant = 'acme'")
    home.sandbox.admin.fault("ga4", "empty")
    result = home.run("ga4_daily", config={"tenants": ["acme"]})
    assert not check(result, "ga4_daily", "tenants_landed").passed
    assert "answered with nothing for 7 days" in str(check(result, "ga4_daily", "tenants_landed").metadata["why"].value)
    assert home.rows("SELECT sum(sessions) FROM ga4_daily WHERE tenant = 'acme'") == before


def test_days_missing_from_a_stale_answer_are_kept_and_named(home: Home) -> None:
    home.run("ga4_daily")
    newest = home.rows("SELECT count(*) FROM ga4_daily WHERE date = ?", home.yesterday)
    home.sandbox.admin.fault("ga4", "stale")
    result = home.run("ga4_daily")
    assert result.success
    assert "kept what was there of" in str(told(materializations(result, "ga4_daily")[-1])["notes"])
    kept = home.rows(
        "SELECT DISTINCT state, rows > 0, reason FROM landings WHERE date = ? AND state = 'kept'", home.yesterday
    )
    assert [row[:2] for row in kept] == [("kept", True)] and "the vendor answered without" in str(kept[0][2])
    assert home.rows("SELECT count(*) FROM ga4_daily WHERE date = ?", home.yesterday) == newest


def test_a_person_can_insist_that_the_vendor_is_right(home: Home) -> None:
    home.run("ga4_daily")
    home.sandbox.admin.fault("ga4", "empty")
    result = home.run("ga4_daily", config={"accept_missing_days": True, "tenants": ["acme"]})
    assert result.success
    assert home.rows("SELECT DISTINCT tenant FROM ga4_daily") == [("beta",)]


def test_days_the_market_has_not_lived_have_no_rows_and_say_so(home: Home) -> None:
    last = home.yesterday + timedelta(days=3)
    result = home.run("stripe_daily", first=home.yesterday + timedelta(days=1), last=last)
    assert result.success
    newest = told(materializations(result, "stripe_daily")[-1])
    assert newest["rows_landed"] == newest["api_calls"] == 0
    assert "none of these days has been lived yet" in str(newest["notes"])
    partly = home.run("stripe_daily", first=home.yesterday, last=last)
    assert partly.success
    assert home.rows("SELECT DISTINCT date FROM stripe_daily") == [(home.yesterday,)]
    assert home.rows("SELECT DISTINCT date FROM landings") == [(home.yesterday,)], "what is not over was not asked for"


def test_a_run_for_a_tenant_reads_only_that_tenant_whatever_its_tags_say(home: Home) -> None:
    assert home.run("ga4_daily", config={"tenants": ["beta"]}, tags={"tenant": "acme"}).success
    assert home.rows("SELECT DISTINCT tenant FROM ga4_daily") == [("beta",)]


def test_an_unknown_tenant_in_the_run_config_is_refused_by_name(home: Home) -> None:
    result = home.run("ga4_daily", config={"tenants": ["nobody"]})
    assert not result.success
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert "nobody" in str(failure.step_failure_data.user_failure_data)
    assert home.rows("SELECT count(*) FROM ga4_daily") == [(0,)]


def test_a_bug_in_one_tenants_client_keeps_nobody_elses_rows_away(home: Home) -> None:
    ga4 = SOURCES[0]

    def collect(connection, limits, first, last):
        if connection.tenant == "acme":
            raise KeyError("rowCount")
        return ga4.collect(connection, limits, first, last)

    result = home.run(assets=[build_metric_asset(dataclasses.replace(ga4, collect=collect))])
    assert result.success
    why = str(check(result, "ga4_daily", "tenants_landed").metadata["why"].value)
    assert "**acme**: ga4: KeyError" in why
    assert home.rows("SELECT DISTINCT tenant FROM ga4_daily") == [("beta",)]


def test_rows_that_do_not_fit_the_table_are_one_tenants_trouble(home: Home) -> None:
    ga4 = SOURCES[0]

    def collect(connection, limits, first, last):
        found = ga4.collect(connection, limits, first, last)
        if connection.tenant == "beta":
            return dataclasses.replace(found, rows=found.rows.drop(columns="sessions"))
        return found

    result = home.run(assets=[build_metric_asset(dataclasses.replace(ga4, collect=collect))])
    assert result.success
    assert check(result, "ga4_daily", "tenants_landed").metadata["failed_tenants"].value == "beta"
    assert home.rows("SELECT DISTINCT tenant FROM ga4_daily") == [("acme",)]


def test_a_tenant_without_the_tool_is_no_failure(home: Home) -> None:
    if "solo" not in {tenant.id for tenant in home.store.tenants.list()}:
        add_tenant(home, "solo")
    result = home.run("stripe_daily", config={"tenants": ["solo"]}, first=home.yesterday)
    assert result.success
    assert "No tenant is connected to stripe" in str(told(materializations(result, "stripe_daily")[-1])["tenants"])


def test_every_table_lands_in_one_run_and_passes_its_checks(home: Home) -> None:
    tables = [source.table for source in SOURCES]
    result = home.run(*tables, first=home.yesterday - timedelta(days=20), checks=True)
    assert result.success
    judged = {(e.asset_key.to_user_string(), e.check_name): e.passed for e in result.get_asset_check_evaluations()}
    assert all(judged.values()), judged
    assert {name for _, name in judged} == {
        "tenants_landed", "nothing_held_back", "rows_present", "no_impossible_values", "figures_known", "fresh",
        "tracking_continuity",
    }  # fmt: skip


def test_the_instance_knows_which_days_are_there(home: Home) -> None:
    with DagsterInstance.ephemeral() as instance:
        home.run("experiment_daily", instance=instance)
        known = instance.get_materialized_partitions(ASSETS["experiment_daily"].key)
    assert known == {(home.yesterday - WEEK + timedelta(days=n)).isoformat() for n in range(7)}


def test_backfills_of_ranges_are_single_runs_of_daily_partitions() -> None:
    for asset in metric_assets:
        assert asset.backfill_policy == BackfillPolicy.single_run()
        assert asset.partitions_def == days


def test_each_asset_says_what_it_is_to_a_newcomer() -> None:
    for asset in metric_assets:
        (spec,) = asset.specs
        assert spec.group_name == "metrics"
        assert spec.owners == ["team:measure"]
        assert "duckdb" in spec.kinds and len(spec.kinds) == 2
        assert spec.description
        schema = spec.metadata["dagster/column_schema"]
        assert all(column.description for column in schema.columns)
        assert spec.metadata["dagster/table_name"] == f"warehouse.main.{asset.key.to_user_string()}"


def test_loading_the_definitions_opens_and_creates_nothing(tmp_path: Path) -> None:
    code = "import assets.ingest, resources.store, resources.warehouse, resources.clock, sys; print(*sys.modules)"
    absent = tmp_path / "nowhere"
    environ = {**os.environ, "MARKETEER_HOME": str(absent)}
    loaded = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert not absent.exists()
    for heavy in ("google.analytics", "googleapiclient", "stripe", "anthropic", "mailchimp_marketing"):
        assert heavy not in loaded.stdout.split()


def test_a_vendor_that_hangs_keeps_nobody_else_from_the_warehouse(home: Home) -> None:
    """Two ingests at once, one waiting for its vendor: the other lands meanwhile, and neither fails."""
    ga4, asked, answers = SOURCES[0], threading.Event(), threading.Event()

    def collect(connection, limits, first, last):
        asked.set()
        answers.wait()
        return ga4.collect(connection, limits, first, last)

    slow = build_metric_asset(dataclasses.replace(ga4, collect=collect))
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(home.run, assets=[slow], config={"tenants": ["acme"]})
        try:
            assert asked.wait(60)
            assert home.run("ga4_daily", config={"tenants": ["beta"]}).success
            assert home.rows("SELECT DISTINCT tenant FROM ga4_daily") == [("beta",)]
        finally:
            answers.set()
        assert waiting.result().success
    assert home.rows("SELECT DISTINCT tenant FROM ga4_daily ORDER BY tenant") == [("acme",), ("beta",)]


def test_no_step_of_an_ingest_claims_a_pool() -> None:
    """A pool is held for a whole step, and most of a step is waiting for a vendor; the warehouse's lock is not."""
    assert {name: asset.op.pool for name, asset in ASSETS.items() if asset.op.pool} == {}
