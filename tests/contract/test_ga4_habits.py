"""GA4's stand-in is as unkind as GA4: each habit looks like the recorded answer, on the wire and to the client."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.sandbox.habits import known_habits
from marketeer_dagster.warehouse.facts import ANONYMIZED
from tests.contract import recorded
from tests.contract.discovery import Described
from tests.contract.google_property import DAY, LAST, RUN_REPORT, VENDORS, Property, acme, kind, paths, running
from tests.sandbox.conftest import START

__all__ = ["acme", "kind", "running"]


def report(first: date = DAY, last: date = DAY, **changes: Any) -> dict[str, Any]:
    """What an ingest asks GA4 for."""
    dimensions = ("date", "landingPage", "sessionSource", "sessionMedium", "sessionCampaignName")
    metrics = ("sessions", "totalUsers", "engagedSessions", "keyEvents:sign_up", "totalRevenue")
    return {
        "dateRanges": [{"startDate": str(first), "endDate": str(last)}],
        "dimensions": [{"name": name} for name in dimensions],
        "metrics": [{"name": name} for name in metrics],
        "limit": 100_000,
        **changes,
    }


@pytest.mark.parametrize(
    ("habits", "name"),
    [
        ((), "report-fractional-key-events"),
        (("restricted_revenue",), "report-metric-restricted"),
        (("thresholds",), "report-thresholded"),
        (("other_row", "crowded"), "report-other-row"),
        (("sampled",), "report-sampled"),
        (("truncated",), "report-truncated"),
        (("unset",), "report-unset-and-unavailable"),
    ],
)
def test_a_report_looks_as_the_recorded_one(kind: Property, habits: tuple[str, ...], name: str) -> None:
    for habit in habits:
        kind.turn("ga4", habit)
    body = kind.said(RUN_REPORT, report()).json()
    assert paths(body) == paths(recorded.answer("ga4", name).body)
    Described("analyticsdata.v1beta").check(body, "RunReportResponse")


def test_an_empty_report_looks_as_the_recorded_one(kind: Property) -> None:
    long_ago = DAY - timedelta(days=900)
    body = kind.said(RUN_REPORT, report(long_ago, long_ago)).json()
    assert paths(body) == paths(recorded.answer("ga4", "report-empty").body)


@pytest.mark.parametrize(
    ("habit", "dimensions", "name"),
    [
        ("key_event_unmarked", None, "error-400-metric"),
        ("experiment_unregistered", [{"name": "customEvent:experiment_id"}], "error-400-dimension"),
    ],
)
def test_a_field_that_is_none_is_refused_as_recorded(kind: Property, habit: str, dimensions: Any, name: str) -> None:
    kind.turn("ga4", habit)
    answer = kind.said(RUN_REPORT, report(**({"dimensions": dimensions} if dimensions else {})))
    told = recorded.answer("ga4", name)
    assert answer.status_code == told.status and paths(answer.json()) == paths(told.body)
    assert answer.json()["error"]["message"] in told.body["error"]["message"], "the guess in front may be missing"


def test_by_default_every_account_meets_what_every_account_meets(acme: Property) -> None:
    found = acme.ga4().collect_daily(DAY, DAY)
    pages = set(found.rows["landing_page"])
    assert "(not set)" in pages and "thresholded: rows with few users are withheld" in found.notes
    assert found.doubts == (), "nothing that anybody should mend"
    searched = acme.search().collect_daily(DAY, DAY)
    assert ANONYMIZED in set(searched.rows["query"])


def test_rows_beyond_the_limit_are_summed_up_and_what_has_no_day_is_told(acme: Property) -> None:
    acme.turn("ga4", "crowded")
    found = acme.ga4().collect_daily(DAY, DAY)
    acme.turn("ga4", "crowded", on=False)
    whole = acme.ga4().collect_daily(DAY, DAY)
    assert len(found.rows) == 12 < len(whole.rows)
    assert found.doubts[0].startswith("1 rows of no day that was asked for were left out (date (other)): sessions ")
    lost = int(found.doubts[0].split("sessions ")[1].split(" ")[0])
    assert found.rows["sessions"].sum() + lost == whole.rows["sessions"].sum()


@pytest.mark.parametrize(
    ("habit", "doubt"),
    [
        ("restricted_revenue", "REVENUE_DATA"),
        ("blocked_revenue", "NO_REVENUE_METRICS"),
        ("sampled", "sampled: computed from 3.3% of events"),
        ("truncated", "truncated before"),
        ("key_event_unmarked", "sign_up is no key event"),
    ],
)
def test_what_an_account_holds_back_is_a_doubt_and_no_zero(acme: Property, habit: str, doubt: str) -> None:
    acme.turn("ga4", habit)
    found = acme.ga4().collect_daily(START - timedelta(days=30), DAY)
    assert any(doubt in said for said in found.doubts)
    unknown = {name for name in ("conversions", "revenue") if found.rows[name].isna().all()}
    assert unknown == {"restricted_revenue": {"revenue"}, "blocked_revenue": {"revenue"},
                       "key_event_unmarked": {"conversions"}}.get(habit, set())  # fmt: skip
    assert found.rows["sessions"].sum() > 0


def test_key_events_may_be_fractions(acme: Property) -> None:
    whole = acme.ga4().daily(DAY, DAY)["conversions"].sum()
    acme.turn("ga4", "fractions")
    rows = acme.ga4().daily(DAY, DAY)
    assert rows["conversions"].sum() == pytest.approx(whole) and (rows["conversions"] % 1 > 0).any()
    assert ((rows["sessions"] == 0) & (rows["conversions"] > 0)).any()


def test_revenue_comes_in_the_currency_asked_for(acme: Property) -> None:
    """1,080 dollars are 1,000 euros, whatever the property's own currency is."""
    days = (START - timedelta(days=30), DAY)
    dollars = acme.ga4(currency="USD").daily(*days)["revenue"].sum()
    acme.turn("ga4", "foreign_currency")
    assert acme.ga4(currency="USD").daily(*days)["revenue"].sum() == pytest.approx(dollars) and dollars > 0
    assert acme.ga4(currency="EUR").daily(*days)["revenue"].sum() == pytest.approx(dollars / 1.08)
    acme.turn("ga4", "ignores_currency")
    found = acme.ga4(currency="USD").collect_daily(*days)
    assert found.rows["revenue"].isna().all()
    assert "totalRevenue came in EUR although USD was asked for" in found.doubts


def test_the_propertys_time_zone_is_told(acme: Property) -> None:
    assert not [note for note in acme.ga4(timezone="UTC").collect_daily(DAY, DAY).notes if "time zone" in note]
    acme.turn("ga4", "foreign_time_zone")
    (note,) = [note for note in acme.ga4(timezone="UTC").collect_daily(DAY, DAY).notes if "time zone" in note]
    assert "America/Los_Angeles" in note


def test_ten_server_errors_lock_a_property_for_the_hour(kind: Property) -> None:
    acme = kind
    acme.turn("ga4", "server_error_quota")
    acme.sandbox.admin.fault("ga4", "500", count=10)
    for _ in range(10):
        assert acme.said(RUN_REPORT, report()).status_code == 500
    locked = acme.said(RUN_REPORT, report())
    assert locked.status_code == 429 and "server errors" in locked.json()["error"]["message"]
    assert "retry-after" not in locked.headers
    with pytest.raises(ToolError) as caught:
        acme.ga4().daily(DAY, DAY)
    assert caught.value.kind is ToolErrorKind.QUOTA and caught.value.retry_after_s == 3600


def test_an_ingest_that_meets_server_errors_only_does_not_lock_the_property(acme: Property) -> None:
    acme.sandbox.admin.fault("ga4", "500")
    for collect in (acme.ga4().collect_daily, acme.ga4().collect_experiments):
        with pytest.raises(ToolError):
            collect(DAY, DAY)
    ((_, struck),) = acme.sandbox.world.faults.fired()
    assert 2 < struck < 10


@pytest.mark.parametrize("vendor", ["ga4", "searchconsole", "oauth"])
def test_google_says_not_when_to_come_back(acme: Property, vendor: str) -> None:
    acme.sandbox.admin.fault(vendor, "429", count=1)
    path = {"ga4": RUN_REPORT, "searchconsole": "searchconsole/webmasters/v3/sites", "oauth": "oauth/token"}[vendor]
    answer = acme.said(path, None if vendor == "searchconsole" else {})
    assert answer.status_code == 429 and "retry-after" not in answer.headers


def test_every_habit_of_googles_is_tried_here() -> None:
    tests = Path(__file__).parents[1]
    files = (
        "contract/test_ga4_habits.py",
        "contract/test_search_and_sign_in_habits.py",
        "resources/test_experiment_to_verdict.py",
        "sandbox/test_ga4_people.py",
    )
    text = "".join((tests / name).read_text(encoding="utf-8") for name in files)
    assert not [name for vendor in VENDORS for name in known_habits()[vendor] if f'"{name}"' not in text]


@pytest.mark.parametrize("last", [LAST])
def test_the_defaults_pass_every_check(acme: Property, last: date) -> None:
    assert acme.ga4().check() == () and acme.search().check() == ()
    assert not acme.ga4().daily(last, last).empty
