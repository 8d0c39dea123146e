"""Checks of the metric tables find what is wrong, name the tenant, and stay silent otherwise."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from dagster import AssetCheckEvaluation, AssetCheckSeverity, DagsterInstance, Definitions

from assets.metrics.checks import WINDOW_DAYS
from tests.assets.metrics_home import CHECKS, Home, living_home

LATEST = 30
"""Days of made-up rows, up to yesterday."""


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with living_home(tmp_path_factory.mktemp("home"), history_days=7) as home:
        yield home


@pytest.fixture
def home(living: Home) -> Home:
    living.warehouse.snapshot.unlink(missing_ok=True)
    Path(living.warehouse.path).unlink(missing_ok=True)
    return living


def fill(home: Home, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows) -> None:
    """A month of ordinary days for both tenants; `change` bends those of beta."""
    first = home.yesterday - timedelta(days=LATEST - 1)
    days = [first + timedelta(days=n) for n in range(LATEST)]
    ordinary = pd.DataFrame(
        {
            "date": days, "landing_page": "/", "source": "google", "medium": "organic", "campaign": "",
            "sessions": 100, "users": 90, "engaged_sessions": 60, "conversions": 3, "revenue": 0.0,
        }
    )  # fmt: skip
    with home.warehouse.writing() as writer:
        writer.replace("ga4_daily", "acme", first, home.yesterday, ordinary, simulated=True)
        writer.replace("ga4_daily", "beta", first, home.yesterday, change(ordinary.copy()), simulated=True)


def judge(home: Home) -> dict[str, AssetCheckEvaluation]:
    """Run the checks of ga4_daily alone."""
    checks = CHECKS["ga4_daily"]
    defs = Definitions(asset_checks=[checks], resources=home.resources)
    with DagsterInstance.ephemeral() as instance:
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance)
    return {e.check_name: e for e in result.get_asset_check_evaluations()}


def only(found: dict[str, AssetCheckEvaluation], name: str) -> AssetCheckEvaluation:
    """The one check that failed."""
    assert [e.check_name for e in found.values() if not e.passed] == [name]
    return found[name]


def test_ordinary_days_pass_everything(home: Home) -> None:
    fill(home)
    assert all(e.passed for e in judge(home).values())


def test_a_connected_tenant_without_any_row_is_named(home: Home) -> None:
    fill(home, lambda rows: rows.iloc[:0])
    failed = only(judge(home), "rows_present")
    assert failed.metadata["tenants"].value == "beta"
    assert failed.severity is AssetCheckSeverity.WARN


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("conversions", 101, "more sign-ups than sessions"),
        ("engaged_sessions", 101, "more engaged sessions than sessions"),
        ("users", -1, "a count below zero"),
    ],
)
def test_impossible_values_are_an_error_with_day_and_tenant(home: Home, column: str, value: int, problem: str) -> None:
    day = home.yesterday - timedelta(days=10)

    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["date"] == day, column] = value
        return rows

    fill(home, spoil)
    failed = only(judge(home), "no_impossible_values")
    assert failed.severity is AssetCheckSeverity.ERROR
    assert f"| beta | {day} | {problem} (1 rows) |" in str(failed.metadata["details"].value)


def test_a_tenant_whose_newest_day_is_older_than_the_vendors_usual_lag_is_stale(home: Home) -> None:
    fill(home, lambda rows: rows[rows["date"] <= home.yesterday - timedelta(days=3)])
    failed = only(judge(home), "fresh")
    assert failed.metadata["tenants"].value == "beta"
    assert str(home.yesterday - timedelta(days=3)) in str(failed.metadata["details"].value)


def test_the_vendors_usual_lag_is_no_staleness(home: Home) -> None:
    fill(home, lambda rows: rows[rows["date"] <= home.yesterday - timedelta(days=2)])
    assert all(e.passed for e in judge(home).values())


def test_a_missing_day_between_others_breaks_continuity(home: Home) -> None:
    gap = home.yesterday - timedelta(days=8)
    fill(home, lambda rows: rows[rows["date"] != gap])
    failed = only(judge(home), "tracking_continuity")
    assert f"| beta | {gap} | no rows" in str(failed.metadata["details"].value)


def test_a_day_that_is_nearly_silent_breaks_continuity(home: Home) -> None:
    silent: date = home.yesterday - timedelta(days=4)

    def hush(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["date"] == silent, ["sessions", "users", "engaged_sessions", "conversions"]] = [9, 8, 5, 0]
        return rows

    fill(home, hush)
    failed = only(judge(home), "tracking_continuity")
    assert f"| beta | {silent} | sessions 9, median of {WINDOW_DAYS} days 100 |" in str(
        failed.metadata["details"].value
    )


def test_the_newest_days_may_still_be_thin(home: Home) -> None:
    def thin(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["date"] == home.yesterday, ["sessions", "users", "engaged_sessions", "conversions"]] = [
            5,
            5,
            5,
            0,
        ]
        return rows

    fill(home, thin)
    assert all(e.passed for e in judge(home).values())
