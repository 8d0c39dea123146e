"""The figures handed to prompts: the right windows, the page asked for, equal bytes for equal data."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from marketeer_dagster.warehouse import Warehouse
from marketeer_dagster.warehouse.facts import ANONYMIZED
from resources.market_data import WINDOW_DAYS, metrics_brief

LAST = date(2026, 3, 31)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    found = Warehouse(tmp_path / "w.duckdb", tmp_path / "w.snapshot.duckdb")
    days = [LAST - timedelta(days=n) for n in range(2 * WINDOW_DAYS)]
    recent = [day > LAST - timedelta(days=WINDOW_DAYS) for day in days]
    with found.writing() as writer:
        for tenant in ("acme", "beta"):
            writer.replace("ga4_daily", tenant, days[-1], LAST, _ga4(days, recent))
            writer.replace("gsc_daily", tenant, days[-1], LAST, _gsc(days, recent))
            writer.replace("stripe_daily", tenant, days[-1], LAST, _stripe(days))
    return found


def _ga4(days: list[date], recent: list[bool]) -> pd.DataFrame:
    home = {"landing_page": "/", "source": "google", "medium": "organic", "sessions": 100, "conversions": 2}
    pricing = {"landing_page": "/pricing", "source": "(direct)", "medium": "(none)", "sessions": 50}
    rows = [{"date": day, **home} for day in days]
    rows += [{"date": day, **pricing, "conversions": 2 if new else 4} for day, new in zip(days, recent, strict=True)]
    return pd.DataFrame(rows).assign(users=1, engaged_sessions=1, campaign="", revenue=0.0)


def _gsc(days: list[date], recent: list[bool]) -> pd.DataFrame:
    rows = [{"date": day, "page": "/", "query": "acme", "clicks": 9, "impressions": 90} for day in days]
    rows += [
        {"date": day, "page": "/pricing", "query": "acme gdpr | data\nresidency", "clicks": 0, "impressions": 30}
        for day, new in zip(days, recent, strict=True)
        if new
    ]
    return pd.DataFrame(rows).assign(country="usa", device="desktop", position=2.0)


def _stripe(days: list[date]) -> pd.DataFrame:
    zero = dict.fromkeys(
        (
            "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "moved_in_mrr", "moved_out_mrr", "active",
            "trials_converted", "churned",
        ),
        0,
    )  # fmt: skip
    return pd.DataFrame(
        [
            {"date": day, "plan": "Team", "mrr": 1000.0 + (day - days[-1]).days, "trials_started": 1, **zero}
            for day in days
        ]
    )


def test_the_last_28_days_are_held_against_the_28_before(warehouse: Warehouse) -> None:
    brief = metrics_brief(warehouse, "acme")
    assert "Figures of 2026-03-04 to 2026-03-31, compared with 2026-02-04 to 2026-03-03." in brief
    assert "| Whole site | 4,200 | +0% | 112 | 2.67% | 4.00% |" in brief
    assert "| / | 2,800 | +0% | 56 | 2.00% | 2.00% |" in brief
    assert "| /pricing | 1,400 | +0% | 56 | 4.00% | 8.00% |" in brief
    assert "| Team | 1,055 | 1,027 | 0 | 28 | 28 | 0 | 0 |" in brief


def test_a_page_narrows_channels_and_queries_to_its_visitors(warehouse: Warehouse) -> None:
    brief = metrics_brief(warehouse, "acme", "/pricing")
    assert "Source / medium of /pricing" in brief
    assert "google / organic" not in brief
    assert "| acme | 252 |" not in brief


def test_queries_that_rose_are_named_and_cannot_break_the_table(warehouse: Warehouse) -> None:
    brief = metrics_brief(warehouse, "acme", "/pricing")
    assert "Risen search query of /pricing" in brief
    assert "| acme gdpr \\| data residency | 0 | 0 | 840 | 0 | 2.0 |" in brief


def test_a_search_has_risen_when_it_is_shown_or_chosen_much_more_and_matters(tmp_path: Path) -> None:
    found = Warehouse(tmp_path / "w.duckdb", tmp_path / "w.snapshot.duckdb")
    days = [LAST - timedelta(days=n) for n in range(2 * WINDOW_DAYS)]
    searches = {  # impressions and clicks a day: before, now
        "steady": ((400, 20), (400, 20)),
        "chosen more often": ((400, 10), (400, 20)),
        "shown more often": ((100, 1), (200, 1)),
        "doubled from nothing": ((1, 0), (2, 0)),
    }
    rows = [
        {"date": day, "page": "/", "query": query, "impressions": now[recent][0], "clicks": now[recent][1]}
        for query, now in searches.items()
        for day in days
        for recent in [day > LAST - timedelta(days=WINDOW_DAYS)]
    ]
    with found.writing() as writer:
        writer.replace("ga4_daily", "acme", days[-1], LAST, _ga4(days, [False] * len(days)))
        gsc = pd.DataFrame(rows).assign(country="usa", device="desktop", position=2.0)
        writer.replace("gsc_daily", "acme", days[-1], LAST, gsc)
    risen = metrics_brief(found, "acme", "/").partition("Risen search query of /")[2]
    named = [query for query in searches if f"| {query} |" in risen]
    assert named == ["chosen more often", "shown more often"]


def test_equal_data_gives_equal_bytes(warehouse: Warehouse, tmp_path: Path) -> None:
    once = metrics_brief(warehouse, "acme", "/pricing")
    with warehouse.reading() as connection:
        rows = connection.execute("SELECT * FROM ga4_daily WHERE tenant = 'acme' ORDER BY sessions, date").df()
    rows["date"] = rows["date"].dt.date
    with warehouse.writing() as writer:
        writer.replace("ga4_daily", "acme", rows["date"].min(), LAST, rows)
    assert metrics_brief(warehouse, "acme", "/pricing") == once


def test_tenants_do_not_mix(warehouse: Warehouse) -> None:
    with warehouse.writing() as writer:
        writer.connection.execute("DELETE FROM ga4_daily WHERE tenant = 'beta'")
        writer.connection.execute("DELETE FROM gsc_daily WHERE tenant = 'beta'")
    assert "Landing page" not in metrics_brief(warehouse, "beta")
    assert "| Team |" in metrics_brief(warehouse, "beta")


def test_without_figures_it_says_so(tmp_path: Path) -> None:
    empty = Warehouse(tmp_path / "e.duckdb", tmp_path / "e.snapshot.duckdb")
    assert metrics_brief(empty, "acme") == "No figures have been ingested for acme yet."


def test_unknown_figures_are_said_to_be_unknown_and_no_page_is_made_of_what_is_none(warehouse: Warehouse) -> None:
    day = {"date": [LAST], "source": "google", "medium": "organic", "campaign": "", "users": 1, "engaged_sessions": 1}
    rows = [{**day, "landing_page": page, "sessions": 700} for page in ("/pricing", "(not set)", "(other)")]
    frame = pd.concat([pd.DataFrame(row) for row in rows]).assign(conversions=float("nan"), revenue=float("nan"))
    searches = [{"page": "/", "query": ANONYMIZED, "clicks": 900, "impressions": 9000, "date": LAST}]
    with warehouse.writing() as writer:
        writer.replace("ga4_daily", "gamma", LAST, LAST, frame)
        searched = pd.DataFrame(searches).assign(country="usa", device="desktop", position=2.0)
        writer.replace("gsc_daily", "gamma", LAST, LAST, searched)
    brief = metrics_brief(warehouse, "gamma")
    assert "| /pricing | 700 | new | unknown | n/a | n/a |" in brief
    assert "| Whole site | 2,100 | new | unknown | n/a | n/a |" in brief
    assert "(not set)" not in brief and "(other)" not in brief and ANONYMIZED not in brief
