"""What the GA4 client makes of every answer that is held of GA4, through Google's own SDK."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.collected import Collected
from resources.ga4 import Ga4Client
from resources.ga4_experiments import UNREGISTERED
from resources.ga4_report import Question
from resources.google_errors import DAY_S, HOUR_S
from tests.contract import recorded
from tests.contract.discovery import Described
from tests.contract.google_answers import always, asked_of, behind_sign_in, connection, ok
from tests.contract.recorded import Answer, serve

DAY = date(2026, 11, 1)
ERRORS = [name for name in recorded.names("ga4") if name.startswith("error-")]
ANSWERS = [name for name in recorded.names("ga4") if not name.startswith("error-")]
AUTH, QUOTA, INVALID, OUTAGE = ToolErrorKind.AUTH, ToolErrorKind.QUOTA, ToolErrorKind.INVALID, ToolErrorKind.OUTAGE


@dataclass(frozen=True)
class Meant:
    """What an error means: its kind, words of its text with the hint, how often it may be asked, when it comes back."""

    kind: ToolErrorKind
    words: str
    times: int = 1
    returns_s: float | None = None


MEANT: Mapping[str, Meant] = {
    "error-400-dimension": Meant(INVALID, "customEvent:experiment_id is not a valid dimension"),
    "error-400-incompatible": Meant(INVALID, "incompatible"),
    "error-400-metric": Meant(INVALID, "keyEvents:sign_up is not a valid metric", times=2),
    "error-401": Meant(AUTH, "sign in again", times=3),
    "error-403-api-off": Meant(AUTH, "switch the API on in the Google Cloud project: https://console.developers"),
    "error-403-property": Meant(AUTH, "right to read this property"),
    "error-403-scope": Meant(AUTH, "tick every box"),
    "error-429-concurrent": Meant(QUOTA, "concurrent", times=2),
    "error-429-hour": Meant(QUOTA, "per hour", returns_s=HOUR_S),
    "error-429-thresholded": Meant(QUOTA, "potentially thresholded", returns_s=HOUR_S),
    "error-502-html": Meant(OUTAGE, "temporary error and could not complete", times=2),
}


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_says_what_it_is_and_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.ga4.READ_ATTEMPTS", 2)
    meant = MEANT[name]
    with serve(always("ga4", name)) as wire, pytest.raises(ToolError) as caught:
        Ga4Client(connection("ga4", wire.url)).daily(DAY, DAY)
    error = caught.value
    assert (error.kind, error.retry_after_s) == (meant.kind, meant.returns_s)
    assert meant.words in str(error)
    assert "<" not in str(error), "a page of HTML is told in its words"
    assert len(asked_of(wire, "runReport")) == meant.times


def test_a_daily_quota_is_not_asked_for_again_the_same_day() -> None:
    said = recorded.answer("ga4", "error-429-hour")
    sentence = "Exhausted property tokens per day. These quota tokens will return in under 24 hours."
    body = {"error": {**said.body["error"], "message": sentence}}
    with serve(behind_sign_in(lambda asked: replace(said, body=body))) as wire, pytest.raises(ToolError) as caught:
        Ga4Client(connection("ga4", wire.url)).daily(DAY, DAY)
    assert caught.value.retry_after_s == DAY_S


def read(name: str, settings: Mapping[str, str] | None = None, changes: Mapping[str, Any] | None = None) -> Collected:
    """The day as the client collects it from a recorded report; metadata say nothing of blocked metrics."""
    said = recorded.answer("ga4", name)
    body = {**said.body, **(changes or {})}
    script = behind_sign_in(lambda asked: ok(body) if "runReport" in asked.path else ok({"metrics": []}))
    with serve(script) as wire:
        return Ga4Client(connection("ga4", wire.url, settings)).collect_daily(DAY, DAY)


def landed(found: Collected) -> list[tuple[object, ...]]:
    """Landing page, source, sessions, conversions and revenue of each row; unknown is None."""
    names = ["landing_page", "source", "sessions", "conversions", "revenue"]
    return [
        tuple(None if value != value else value for value in row) for row in found.rows[names].itertuples(index=False)
    ]


USUAL = ("/pricing", "google", 120, 6.0, 0.0)
LANDS: Mapping[str, tuple[list[tuple[object, ...]], str, bool]] = {
    "quota-all-but-spent": ([USUAL], "tokens per hour nearly spent: 2 left", False),
    "report-empty": ([], "", False),
    "report-empty-reason": ([], "empty: NO_DATA", False),
    "report-fractional-key-events": (
        [("/pricing", "bing", 1, 3.0, 0.0), ("/pricing", "google", 5, 2.5, 1234567.8912)], "", False
    ),
    "report-metric-restricted": (
        [("/pricing", "google", 120, 6.0, None)],
        "totalRevenue may not be seen by this account (REVENUE_DATA)",
        True,
    ),
    "report-other-row": (
        [("(other)", "(other)", 44, 1.0, 0.0), USUAL],
        "1 rows of no day that was asked for were left out (date (other)): sessions 9 in all",
        True,
    ),
    "report-sampled": ([("/pricing", "google", 12000, 600.0, 0.0)], "sampled: computed from 3.3% of events", True),
    "report-thresholded": ([USUAL], "thresholded: rows with few users are withheld", False),
    "report-truncated": ([USUAL], "truncated before 2026-09-01: Data before this date is not available.", True),
    "report-unset-and-unavailable": (
        [
            ("(not set)", "(direct)", 7, 0.0, 0.0),
            ("(not set)", "(not set)", 12, 0.0, 0.0),
            ("/blog/größe-wählen", "google", 4, 0.0, 0.0),
            ("/pricing", "(data not available)", 3, 0.0, 0.0),
            ("/pricing", "google", 5, 1.0, 19.99),
        ],
        "",
        False,
    ),
}  # fmt: skip
"""Rows, a note, and whether the note is a doubt, of the reports that answer what an ingest asks."""
OF_OTHER_FIELDS = ("report-experiment-event-scoped", "report-no-rows-but-count", "report-page-shorter-than-count",
                   "report-totals-and-quota")  # fmt: skip


@pytest.mark.parametrize("name", LANDS)
def test_good_rows_land_and_the_rest_is_told(name: str) -> None:
    rows, note, doubted = LANDS[name]
    found = read(name)
    assert landed(found) == rows
    assert (note in found.notes) is bool(note)
    assert (note in found.doubts) is doubted
    assert set(found.doubts) <= set(found.notes)


def test_nothing_that_is_held_is_forgotten_here() -> None:
    assert set(ERRORS) == set(MEANT)
    assert set(ANSWERS) == {*LANDS, *OF_OTHER_FIELDS, "metadata-blocked-and-custom"}


@pytest.mark.parametrize("name", OF_OTHER_FIELDS)
def test_a_report_about_other_fields_is_no_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.ga4.READ_ATTEMPTS", 1)
    with pytest.raises(ToolError, match="instead of what was asked") as caught:
        read(name)
    assert caught.value.kind is OUTAGE


def pages(*said: Any) -> list[list[str]]:
    """Rows of the report (date, activeUsers) that a server tells in these answers, one a request."""
    row = list(said)
    script = behind_sign_in(lambda asked: ok(row.pop(0) if len(row) > 1 else row[0]))
    with serve(script) as wire:
        client = Ga4Client(connection("ga4", wire.url))
        report = client._report(Question(("date",), ("activeUsers",), ranges=(("2024-06-11", "2024-06-15"),)))
    return [[*key, *values] for key, values in report._rows]


def test_a_page_shorter_than_the_count_is_followed_by_the_rest() -> None:
    first = recorded.answer("ga4", "report-page-shorter-than-count").body
    last = {**first, "rows": [{"dimensionValues": [{"value": "20240610"}], "metricValues": [{"value": "7"}]}]}
    assert len(pages(first, last)) == 5


@pytest.mark.parametrize("then", ["the same page", "nothing"])
def test_a_page_that_repeats_or_never_comes_is_an_outage(then: str) -> None:
    first = recorded.answer("ga4", "report-page-shorter-than-count").body
    second = first if then == "the same page" else recorded.answer("ga4", "report-no-rows-but-count").body
    with pytest.raises(ToolError, match=r"repeats the row 20240614|announced 5 rows and sent 4") as caught:
        pages(first, second)
    assert caught.value.kind is OUTAGE


def test_totals_are_no_rows() -> None:
    said = {**recorded.answer("ga4", "report-totals-and-quota").body, "rowCount": 1}
    script = behind_sign_in(lambda asked: ok(said))
    with serve(script) as wire:
        client = Ga4Client(connection("ga4", wire.url))
        report = client._report(Question(("country",), ("activeUsers",), ranges=(("2026-11-01", "2026-11-01"),)))
    assert report._rows == [(("Germany",), ("12345",))]


@pytest.mark.parametrize("day", ["20261102", "(other)", "(not set)", "RESERVED_TOTAL", "", "2026", "20261399"])
def test_a_row_of_no_day_that_was_asked_for_keeps_no_good_row_away(day: str) -> None:
    (good,) = recorded.answer("ga4", "report-thresholded").body["rows"]
    odd = {**good, "dimensionValues": [{"value": day}, *good["dimensionValues"][1:]]}
    found = read("report-thresholded", changes={"rows": [odd, good], "rowCount": 2})
    assert landed(found) == [USUAL]
    assert found.doubts == (
        f"1 rows of no day that was asked for were left out (date {day or 'empty'}): sessions 120 in all",
    )


@pytest.mark.parametrize("value", ["", "many", "NaN", "inf"])
def test_a_figure_that_is_no_number_keeps_no_good_row_away(value: str) -> None:
    (good,) = recorded.answer("ga4", "report-thresholded").body["rows"]
    odd = {
        "dimensionValues": [good["dimensionValues"][0], {"value": "/odd"}, *good["dimensionValues"][2:]],
        "metricValues": [{"value": value}, *good["metricValues"][1:]],
    }
    found = read("report-thresholded", changes={"rows": [odd, good], "rowCount": 2})
    assert landed(found) == [USUAL]
    assert "no numbers were left out, such as 20261101, /odd" in found.doubts[0]


def test_a_report_stops_before_it_spends_the_last_tokens() -> None:
    with pytest.raises(ToolError, match="tokens are nearly spent after 1 rows") as caught:
        read("quota-all-but-spent", changes={"rowCount": 9})
    assert (caught.value.kind, caught.value.retry_after_s) == (QUOTA, HOUR_S)


def test_zeros_of_a_metric_that_the_metadata_call_blocked_are_unknown() -> None:
    report, metadata = (recorded.answer("ga4", name) for name in ("report-thresholded", "metadata-blocked-and-custom"))
    with serve(behind_sign_in(lambda asked: report if "runReport" in asked.path else metadata)) as wire:
        found = Ga4Client(connection("ga4", wire.url)).collect_daily(DAY, DAY)
    assert landed(found) == [("/pricing", "google", 120, 6.0, None)]
    assert found.doubts == ("totalRevenue may not be seen by this account (NO_REVENUE_METRICS)",)


def test_sessions_land_where_the_key_event_is_none_and_the_check_says_so() -> None:
    refused, report = (recorded.answer("ga4", name) for name in ("error-400-metric", "report-thresholded"))
    body = {**report.body, "metricHeaders": [h for h in report.body["metricHeaders"] if "keyEvents" not in h["name"]]}
    (row,) = report.body["rows"]
    body["rows"] = [{**row, "metricValues": row["metricValues"][:3] + row["metricValues"][4:]}]

    def said(asked: recorded.Asked) -> Answer:
        return refused if b"keyEvents:sign_up" in asked.body else ok(body if asked.method == "POST" else {})

    with serve(behind_sign_in(said)) as wire:
        found = Ga4Client(connection("ga4", wire.url)).collect_daily(DAY, DAY)
        with pytest.raises(ToolError, match="mark the event sign_up as a key event") as caught:
            Ga4Client(connection("ga4", wire.url)).check()
    assert landed(found) == [("/pricing", "google", 120, None, 0.0)]
    assert "sign_up is no key event" in found.doubts[0]
    assert caught.value.kind is INVALID


def test_a_dimension_that_nobody_registered_is_told_and_fails_nothing() -> None:
    report = recorded.answer("ga4", "report-thresholded")
    known = recorded.answer("ga4", "metadata-blocked-and-custom")
    script = behind_sign_in(lambda asked: known if asked.path.endswith("/metadata") else report)
    with serve(script) as wire:
        client = Ga4Client(connection("ga4", wire.url))
        found = client.collect_experiments(DAY, DAY)
        said = client.check()
    assert found.rows.empty
    assert found.doubts == (UNREGISTERED,) and UNREGISTERED in said


@pytest.mark.parametrize(
    ("wanted", "revenue", "note"),
    [
        ("USD", 1234567.8912, None),
        ("EUR", None, "totalRevenue came in USD although EUR was asked for"),
        ("", 1234567.8912, "revenue is in USD, the property's currency"),
    ],
)
def test_revenue_is_in_the_currency_that_was_asked_for_or_unknown(
    wanted: str, revenue: object, note: str | None
) -> None:
    found = read("report-fractional-key-events", {"currency": wanted})
    assert landed(found)[1][4] == revenue
    assert [said for said in found.notes if "USD" in said] == ([note] if note else [])


def test_the_tenants_currency_is_what_is_asked_for() -> None:
    with serve(always("ga4", "report-thresholded")) as wire:
        Ga4Client(connection("ga4", wire.url, {"currency": "eur"})).daily(DAY, DAY)
    (asked,) = asked_of(wire, "runReport")
    assert json.loads(asked.body)["currencyCode"] == "EUR"


def test_other_days_than_the_tenants_are_told() -> None:
    same = read("report-thresholded", {"timezone": "US/Eastern"})
    other = read("report-thresholded", {"timezone": "Europe/Berlin"})
    note = "days are those of America/New_York, the property's time zone, not of Europe/Berlin"
    assert note in other.notes and not [said for said in same.notes if "time zone" in said]


def test_server_errors_end_before_google_locks_the_property() -> None:
    """The property says that it bears one more error; nine others within the hour are somebody else's."""
    first = recorded.answer("ga4", "quota-all-but-spent").body
    healthy = {
        name: {"consumed": 3, "remaining": 9000}
        for name in ("tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour")
    }
    quota = {**first["propertyQuota"], **healthy}
    answers = [ok({**first, "rowCount": 2, "propertyQuota": quota}), recorded.answer("ga4", "error-502-html")]
    script = behind_sign_in(lambda asked: answers.pop(0) if len(answers) > 1 else answers[0])
    with serve(script) as wire, pytest.raises(ToolError, match="Google would lock it") as caught:
        Ga4Client(connection("ga4", wire.url)).daily(DAY, DAY)
    assert caught.value.retry_after_s == HOUR_S
    assert len(asked_of(wire, "runReport")) == 2, "one page, one error, and no third request"


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "metadata-blocked-and-custom"])
def test_recorded_reports_have_the_documented_form(name: str) -> None:
    Described("analyticsdata.v1beta").check(recorded.answer("ga4", name).body, "RunReportResponse")
