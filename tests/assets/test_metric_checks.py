"""Checks of the metric tables find what is wrong, name the tenant, and stay silent otherwise."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from dagster import AssetCheckEvaluation, AssetCheckSeverity, DagsterInstance, Definitions

from assets.metrics.checks import READ_DAYS, WINDOW_DAYS
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
            "sessions": 100, "users": 90, "engaged_sessions": 60, "conversions": 3.0, "revenue": 0.0,
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
        ("conversions", -0.5, "a count below zero"),
        ("engaged_sessions", 120, "more engaged sessions than sessions"),
        ("revenue", float("inf"), "a figure that is none"),
        ("users", -1, "a count below zero"),
    ],
)
def test_impossible_values_are_an_error_with_day_and_tenant(
    home: Home, column: str, value: float, problem: str
) -> None:
    day = home.yesterday - timedelta(days=10)

    def spoil(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["date"] == day, column] = value
        return rows

    fill(home, spoil)
    failed = only(judge(home), "no_impossible_values")
    assert failed.severity is AssetCheckSeverity.ERROR
    details = str(failed.metadata["details"].value)
    assert f"| beta | {day} | {problem} (1 rows, such as landing_page /, source google, " in details
    assert f"{column} {value:g}" in details, "the row is told"


def one_row(home: Home, days_ago: int, **values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Bends the row of one day."""

    def bend(rows: pd.DataFrame) -> pd.DataFrame:
        at = rows["date"] == home.yesterday - timedelta(days=days_ago)
        return rows.assign(**{name: rows[name].where(~at, value) for name, value in values.items()})

    return bend


@pytest.mark.parametrize(
    "values",
    [
        {"sessions": 1, "users": 1, "engaged_sessions": 1, "conversions": 2},
        {"sessions": 0, "users": 0, "engaged_sessions": 0, "conversions": 3, "revenue": 40.0},
        {"conversions": 2.5},
        {"revenue": -30.0},
        {"engaged_sessions": 102},
    ],
    ids=["two sign-ups in a session", "an event without a session", "fractions", "a refund", "an estimate's error"],
)
def test_rare_but_possible_rows_stand_against_nobody(home: Home, values: dict[str, object]) -> None:
    fill(home, one_row(home, 10, **values))
    assert judge(home)["no_impossible_values"].passed


def test_an_impossible_row_that_no_loop_reads_any_more_stands_against_nobody(home: Home) -> None:
    fill(home)
    long_ago = home.yesterday - timedelta(days=READ_DAYS)
    odd = pd.DataFrame(
        {
            "date": [long_ago], "landing_page": "/", "source": "google", "medium": "organic", "campaign": "",
            "sessions": -5, "users": 90, "engaged_sessions": 60, "conversions": 3.0, "revenue": 0.0,
        }
    )  # fmt: skip
    with home.warehouse.writing() as writer:
        writer.replace("ga4_daily", "beta", long_ago, long_ago, odd, simulated=True)
    assert judge(home)["no_impossible_values"].passed
    with home.warehouse.writing() as writer:
        recent = long_ago + timedelta(days=1)
        writer.replace("ga4_daily", "beta", recent, recent, odd.assign(date=[recent]), simulated=True)
    assert not judge(home)["no_impossible_values"].passed


def test_figures_that_the_vendor_does_not_give_are_named_and_block_nothing(home: Home) -> None:
    fill(home, one_row(home, 3, revenue=float("nan")))
    failed = only(judge(home), "figures_known")
    assert failed.severity is AssetCheckSeverity.WARN
    day = home.yesterday - timedelta(days=3)
    assert f"| beta | {day} | revenue is unknown on 1 days" in str(failed.metadata["details"].value)
    assert home.rows("SELECT count(*) FROM ga4_daily WHERE revenue IS NULL") == [(1,)]


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
