"""Marts and store copies as assets: what they hold adds up, and the graph says what the SQL does."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from dagster import AssetKey, DagsterInstance, Definitions

from assets.ingest import ingest_job
from assets.marts import STORE_TABLES, mart_assets
from assets.metrics import metric_assets, metric_checks, range_tags
from assets.outcomes import outcomes
from assets.stale import build_stale_artefacts
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.warehouse import MARTS, catch_up
from tests.assets.metrics_home import ASSETS, Home, check, living_home, materializations, told


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with living_home(tmp_path_factory.mktemp("home"), history_days=14) as home:
        yield home


@pytest.fixture
def home(living: Home) -> Home:
    living.warehouse.snapshot.unlink(missing_ok=True)
    Path(living.warehouse.path).unlink(missing_ok=True)
    return living


def upstream(table: str) -> set[str]:
    (spec,) = [spec for spec in ASSETS[table].specs if spec.key == AssetKey(table)]
    return {dep.asset_key.to_user_string() for dep in spec.deps}


def test_the_graph_says_what_the_queries_read() -> None:
    assert upstream("channel_performance") == {"ga4_daily"}
    assert upstream("page_performance") == {"ga4_daily", "store_tables"}
    counted = {"ga4_daily", "page_performance", "email_daily", "experiment_daily"}
    assert upstream("artefact_performance") == {"store_tables", *counted}
    assert upstream("campaign_roi") == {"store_tables", "artefact_heads", "artefact_performance"}
    assert upstream("spend_and_budget") == upstream("artefact_heads") == {"store_tables"}
    assert upstream("quality_trend") == {"artefact_heads"}
    assert upstream("claude_costs") == upstream("signal_answers") == upstream("skill_versions") == {"store_tables"}
    assert upstream("data_coverage") == {"ga4_daily", "gsc_daily", "stripe_daily", "email_daily", "experiment_daily"}
    made = {key for asset in (*metric_assets, *mart_assets) for key in asset.keys}
    assert all(AssetKey(name) in made for table in MARTS for name in upstream(table))


def test_each_mart_documents_every_column_and_its_query() -> None:
    for spec in (spec for asset in mart_assets for spec in asset.specs):
        assert spec.group_name == "marts" and spec.owners == ["team:measure"] and spec.description
        if spec.key != STORE_TABLES:
            assert "- `tenant`: " in spec.description
            assert spec.code_version


def test_the_ingest_job_makes_metrics_and_marts_of_a_range_in_one_run(home: Home) -> None:
    made_of = [*metric_assets, *mart_assets, outcomes, build_stale_artefacts(Catalog.load())]
    defs = Definitions(made_of, jobs=[ingest_job], asset_checks=metric_checks, resources=home.resources)
    first = home.yesterday - timedelta(days=6)
    with DagsterInstance.ephemeral() as instance:
        job = defs.resolve_job_def("ingest")
        result = job.execute_in_process(instance=instance, tags=range_tags(first, home.yesterday), raise_on_error=False)
    assert result.success
    assert [e for e in result.get_asset_check_evaluations() if not e.passed] == []
    assert len(materializations(result, "ga4_daily")) == 7
    for name in MARTS:
        (made,) = materializations(result, name)
        facts = told(made)
        assert facts["dagster/row_count"] == home.rows(f"SELECT count(*) FROM {name}")[0][0]
        columns = made.metadata["dagster/column_schema"].value.columns
        assert [c.name for c in columns if not c.description] == []
        assert "SELECT" in str(facts["query"])
    sums = "SELECT tenant, sum(sessions)::BIGINT FROM {} GROUP BY tenant ORDER BY tenant"
    assert home.rows(sums.format("channel_performance")) == home.rows(sums.format("ga4_daily"))
    assert home.rows("SELECT count(*) FROM tenants") == [(2,)]
    coverage = "SELECT table_name, state, count(*), min(rows) > 0 FROM data_coverage WHERE tenant = 'acme' GROUP BY ALL"
    assert home.rows(f"{coverage} ORDER BY 1") == [
        ("email_daily", "silent", 7, False), ("experiment_daily", "silent", 7, False), ("ga4_daily", "landed", 7, True),
        ("gsc_daily", "landed", 7, True), ("stripe_daily", "landed", 7, True),
    ]  # fmt: skip


def test_a_mart_that_no_longer_adds_up_or_cannot_be_fails_its_check(home: Home) -> None:
    day = home.yesterday
    row = {
        "date": [day], "landing_page": ["/"], "source": ["google"], "medium": ["organic"], "campaign": [""],
        "sessions": [10], "users": [10], "engaged_sessions": [5], "conversions": [12], "revenue": [0.0],
    }  # fmt: skip
    with home.warehouse.writing() as writer:
        writer.replace("ga4_daily", "acme", day, day, pd.DataFrame(row))
    result = home.run("channel_performance")
    assert result.success
    assert not check(result, "channel_performance", "plausible").passed
    assert "acme" in str(check(result, "channel_performance", "plausible").metadata["rows"].value)
    assert check(result, "channel_performance", "adds_up").passed


def test_store_copies_name_their_rows(home: Home) -> None:
    result = home.run("store_tables")
    assert result.success
    facts = told(materializations(result, "store_tables")[0])
    assert "| tenants | 2 |" in str(facts["tables"])
    assert "| llm_calls | 0 |" in str(facts["tables"])
    assert home.rows("SELECT count(DISTINCT skill) = count(*) / 2, min(length(skill_hash)) > 8 FROM skills") == [
        (True, True)
    ]


def test_silence_failure_and_a_day_nobody_asked_for_are_three_things(home: Home) -> None:
    """And a failure after a good reading does not hide what is held."""
    first, last = home.yesterday - timedelta(days=3), home.yesterday
    home.run("ga4_daily", "email_daily", first=first, last=last)
    with home.broken("acme", "ga4"):
        home.run("ga4_daily", first=last, last=last)
    home.run("stripe_daily", first=last, last=last)
    assert "data_coverage" in catch_up(home.store, home.warehouse).marts, "a run that fails comes to no mart"
    assert catch_up(home.store, home.warehouse).marts == ()
    asked = "SELECT table_name, date, state, rows > 0, readings, reason <> '' FROM data_coverage WHERE tenant = 'acme'"
    found = {(table, day): tuple(row) for table, day, *row in home.rows(asked)}
    assert found["ga4_daily", first] == ("landed", True, 1, False)
    assert found["ga4_daily", last] == ("failed", True, 2, True)
    assert found["email_daily", last] == ("silent", False, 1, False)
    assert found["stripe_daily", last] == ("landed", True, 1, False)
    assert found["stripe_daily", first] == ("not asked", None, 0, False)
