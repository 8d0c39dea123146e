"""A check that a failed run never came to says why, and what to do: in its own metadata, not in a stack."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status

from assets.metrics import LANDED
from assets.metrics.reasons import told_in
from assets.unchecked import NOT_LOOKED_AT, explain_unchecked
from sensors.checked import Checks
from tests.assets.metrics_home import CHECKS, Home, living_home

FIVE = ("rows_present", "no_impossible_values", "figures_known", "fresh", "tracking_continuity")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with living_home(tmp_path_factory.mktemp("unchecked"), history_days=14) as made:
        yield made


def newest(instance: DagsterInstance, table: str, name: str) -> AssetCheckExecutionRecord:
    key = AssetCheckKey(AssetKey(table), name)
    return instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]


def test_with_ga4_at_500_all_checks_of_its_days_say_so(home: Home):
    with DagsterInstance.ephemeral() as instance:
        home.sandbox.admin.fault("ga4", "500")
        try:
            result = home.run("ga4_daily", checks=True, instance=instance)
        finally:
            home.sandbox.admin.clear_faults()
        run = instance.get_run_by_id(result.run_id)
        assert run is not None and not result.success
        assert explain_unchecked(instance, run, home.store) == len(FIVE)
        assert {key.name for key in CHECKS["ga4_daily"].check_keys} == set(FIVE)
        for name in FIVE:
            record = newest(instance, "ga4_daily", name)
            assert record.status is Status.FAILED and record.evaluation is not None
            told = record.evaluation.metadata
            assert "ga4: outage" in str(told[NOT_LOOKED_AT].value), name
            reasons = told_in(told)
            assert {reason.tenant for reason in reasons} == {"acme", "beta"}
            assert {reason.kind for reason in reasons} == {"outage"}
            first, last = home.yesterday - timedelta(days=6), home.yesterday
            command = f"marketeer ingest --from {first} --to {last} --tenant acme"
            assert command in str(told["next_step"].value)
            assert f"when {last + timedelta(days=1)} is over" in str(told["tried_again"].value)
        assert explain_unchecked(instance, run, home.store) == 0, "said once"


def test_what_was_not_looked_at_is_no_finding_of_the_check(home: Home):
    """An outage asks nobody: only figures that were looked at and found wrong do."""
    with DagsterInstance.ephemeral() as instance:
        home.run("ga4_daily", checks=True, instance=instance)
        home.sandbox.admin.fault("ga4", "500")
        try:
            result = home.run("ga4_daily", checks=True, instance=instance)
        finally:
            home.sandbox.admin.clear_faults()
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        explain_unchecked(instance, run, home.store)
        checks = Checks(instance, "ga4_daily")
        tenant = home.store.tenants.get("acme").id
        assert checks.failed(tenant, "ga4_daily", checks=("no_impossible_values", "fresh")) is None
        against = checks.against(tenant, "ga4_daily")
        assert against is not None and LANDED in against


def test_a_revoked_key_says_what_a_person_mends(home: Home):
    with DagsterInstance.ephemeral() as instance, home.broken("acme", "stripe"):
        result = home.run("stripe_daily", checks=True, instance=instance, config={"tenants": ["acme"]})
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        explain_unchecked(instance, run)
        record = newest(instance, "stripe_daily", "fresh")
        assert record.evaluation is not None
        (reason,) = told_in(record.evaluation.metadata)
        assert reason.kind == "auth" and "marketeer tools --check --tenant acme" in reason.next_step
        assert "in vain until it is mended" in reason.tried_again
