"""The sandbox's Google APIs against Google's own discovery documents and client libraries."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from google.analytics.data_v1beta import BetaAnalyticsDataClient, types
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth import jwt
from google.auth.crypt import RSASigner
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.sandbox.connections import service_account_json
from marketeer_dagster.sandbox.server import Running, run_in_thread
from tests.contract.discovery import Described, matching, refreshed
from tests.sandbox.conftest import START, account

SCOPE = "https://www.googleapis.com/auth/analytics.readonly"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=11, start=START) as running:
        running.admin.open_account(account("acme", history_days=40))
        running.admin.open_account(account("other", context="devtool", history_days=7))
        yield running


@pytest.fixture
def connections(sandbox: Running) -> dict[str, Connection]:
    return {found.tool: found for found in sandbox.admin.open_account(account("acme", history_days=40))}


def token(sandbox: Running, tenant: str = "acme") -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.world.credentials(tenant).google_access_token}"}


def ga4(sandbox: Running, method: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    url = f"{sandbox.url}/ga4/v1beta/properties/{sandbox.world.credentials('acme').ga4_property}:{method}"
    return httpx.post(url, json=body, headers=token(sandbox) if headers is None else headers)


def report(**changes: Any) -> dict[str, Any]:
    return {
        "dateRanges": [{"startDate": "30daysAgo", "endDate": "yesterday"}],
        "dimensions": [{"name": "date"}, {"name": "landingPage"}],
        "metrics": [{"name": "sessions"}, {"name": "keyEvents:sign_up"}],
        **changes,
    }


@pytest.fixture
def data_client(sandbox: Running, connections: dict[str, Connection]) -> BetaAnalyticsDataClient:
    return BetaAnalyticsDataClient(
        transport="rest",
        credentials=refreshed(sandbox, connections["ga4"]),
        client_options=ClientOptions(api_endpoint=f"{sandbox.url}/ga4"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"returnPropertyQuota": True, "limit": "5", "offset": "3"},
        {"dimensions": [{"name": "sessionSource"}, {"name": "sessionMedium"}, {"name": "sessionCampaignName"}]},
        {"dimensions": [{"name": "customEvent:experiment_id"}, {"name": "customEvent:experiment_variant"}]},
        {
            "metrics": [
                {"name": n} for n in ("totalUsers", "engagedSessions", "conversions", "totalRevenue", "eventCount")
            ]
        },
        {"dateRanges": [{"startDate": "2020-01-01", "endDate": "2020-01-31"}]},
        {
            "dateRanges": [
                {"startDate": "7daysAgo", "endDate": "yesterday"},
                {"startDate": "14daysAgo", "endDate": "8daysAgo"},
            ]
        },
    ],
)
def test_reports_are_as_the_discovery_document_says(sandbox: Running, changes: dict[str, Any]) -> None:
    answer = ga4(sandbox, "runReport", report(**changes))
    assert answer.status_code == 200
    Described("analyticsdata.v1beta").check(answer.json(), "RunReportResponse")


def test_batches_and_metadata_are_as_the_discovery_document_says(sandbox: Running) -> None:
    described = Described("analyticsdata.v1beta")
    batch = ga4(sandbox, "batchRunReports", {"requests": [report(), report(limit=1)]}).json()
    described.check(batch, "BatchRunReportsResponse")
    assert [len(one["rows"]) for one in batch["reports"]] == [batch["reports"][0]["rowCount"], 1]
    url = f"{sandbox.url}/ga4/v1beta/properties/{sandbox.world.credentials('acme').ga4_property}/metadata"
    described.check(httpx.get(url, headers=token(sandbox)).json(), "Metadata")


def test_the_routes_are_the_documents_paths() -> None:
    analytics = Described("analyticsdata.v1beta").document["resources"]["properties"]["methods"]
    assert analytics["runReport"]["flatPath"] == "v1beta/properties/{propertiesId}:runReport"
    assert analytics["getMetadata"]["flatPath"] == "v1beta/properties/{propertiesId}/metadata"
    search = Described("searchconsole.v1").document["resources"]["searchanalytics"]["methods"]["query"]
    assert search["path"] == "webmasters/v3/sites/{siteUrl}/searchAnalytics/query"


def test_a_report_read_through_the_sdk_is_what_the_market_lived(
    sandbox: Running, data_client: BetaAnalyticsDataClient
) -> None:
    day = START - timedelta(days=20)
    name = f"properties/{sandbox.world.credentials('acme').ga4_property}"
    answer = data_client.run_report(
        types.RunReportRequest(
            property=name,
            dimensions=[types.Dimension(name="landingPage")],
            metrics=[types.Metric(name="sessions"), types.Metric(name="totalRevenue")],
            date_ranges=[types.DateRange(start_date=day.isoformat(), end_date=day.isoformat())],
            dimension_filter=types.FilterExpression(
                or_group=types.FilterExpressionList(
                    expressions=[
                        matching("landingPage", "/pricing", types.Filter.StringFilter.MatchType.EXACT),
                        matching("landingPage", "/feat", types.Filter.StringFilter.MatchType.BEGINS_WITH),
                    ]
                )
            ),
            order_bys=[types.OrderBy(metric=types.OrderBy.MetricOrderBy(metric_name="sessions"), desc=True)],
        )
    )
    lived: dict[str, int] = {}
    for row in sandbox.world.market.visits("acme", day):
        if row.page in ("/pricing", "/features"):
            lived[row.page] = lived.get(row.page, 0) + row.sessions
    read = [(row.dimension_values[0].value, int(row.metric_values[0].value)) for row in answer.rows]
    assert read == sorted(lived.items(), key=lambda item: -item[1])
    assert answer.row_count == 2
    assert [header.type_.name for header in answer.metric_headers] == ["TYPE_INTEGER", "TYPE_CURRENCY"]


def test_pages_of_a_report_are_disjoint_and_complete(sandbox: Running) -> None:
    whole = ga4(sandbox, "runReport", report()).json()
    found: list[Any] = []
    while len(found) < whole["rowCount"]:
        page = ga4(sandbox, "runReport", report(limit=7, offset=len(found))).json()
        assert page["rowCount"] == whole["rowCount"] and 0 < len(page["rows"]) <= 7
        found += page["rows"]
    assert found == whole["rows"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"dimensions": [{"name": "favouriteColour"}]}, "favouriteColour is not a valid dimension"),
        ({"metrics": [{"name": "happiness"}]}, "happiness is not a valid metric"),
        ({"dateRanges": [{"startDate": "soon", "endDate": "today"}]}, "Invalid date: soon"),
        ({"dateRanges": [{"startDate": "today", "endDate": "7daysAgo"}]}, "end date before its start date"),
        ({"dateRanges": []}, "dateRanges"),
        ({"metricFilter": {"filter": {"fieldName": "sessions"}}}, "metricFilter"),
    ],
)
def test_invalid_reports_are_400_in_googles_words(sandbox: Running, changes: dict[str, Any], names: str) -> None:
    answer = ga4(sandbox, "runReport", report(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert names in answer.json()["error"]["message"]


def test_the_sdk_raises_googles_own_errors(sandbox: Running, data_client: BetaAnalyticsDataClient) -> None:
    mine = f"properties/{sandbox.world.credentials('acme').ga4_property}"
    theirs = f"properties/{sandbox.world.credentials('other').ga4_property}"
    request = types.RunReportRequest(
        property=mine,
        metrics=[types.Metric(name="sessions")],
        date_ranges=[types.DateRange(start_date="7daysAgo", end_date="yesterday")],
    )
    with pytest.raises(exceptions.Forbidden):
        data_client.run_report(types.RunReportRequest(request, property=theirs))
    sandbox.admin.fault("ga4", "429", count=1)
    with pytest.raises(exceptions.TooManyRequests) as limited:
        data_client.run_report(request, retry=None)
    assert "RESOURCE_EXHAUSTED" in str(limited.value.response.text)
    assert data_client.run_report(request, retry=None).row_count == 1


def test_wrong_tokens_are_401(sandbox: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer a.b.c"}):
        answer = ga4(sandbox, "runReport", report(), headers)
        assert answer.status_code == 401 and answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert ga4(sandbox, "runReport", report(), token(sandbox, "other")).status_code == 403


def test_a_property_that_spent_its_tokens_must_wait(sandbox: Running) -> None:
    body = report(metrics=[{"name": "sessions"}], returnPropertyQuota=True)
    quota = ga4(sandbox, "runReport", body).json()["propertyQuota"]["tokensPerHour"]
    again = ga4(sandbox, "runReport", body).json()["propertyQuota"]["tokensPerHour"]
    assert again["remaining"] == quota["remaining"] - again["consumed"]


def test_the_newest_days_are_counted_later() -> None:
    with run_in_thread(seed=11, start=START) as sandbox:
        sandbox.admin.open_account(account("acme", history_days=14))
        sandbox.admin.habit("ga4", "unset", on=False)

        def sessions() -> dict[str, int]:
            body = report(dimensions=[{"name": "date"}], metrics=[{"name": "sessions"}])
            rows = ga4(sandbox, "runReport", body).json()["rows"]
            return {row["dimensionValues"][0]["value"]: int(row["metricValues"][0]["value"]) for row in rows}

        def clicks(day: str) -> float:
            body = {"startDate": day, "endDate": day, "dataState": "all"}
            return search(sandbox, body).json()["rows"][0]["clicks"]

        day = START - timedelta(days=1)
        first, first_clicks = sessions()[day.strftime("%Y%m%d")], clicks(day.isoformat())
        assert sessions()[day.strftime("%Y%m%d")] == first, "the same question has the same answer"
        sandbox.admin.advance(1)
        second = sessions()[day.strftime("%Y%m%d")]
        sandbox.admin.advance(2)
        final, final_clicks = sessions()[day.strftime("%Y%m%d")], clicks(day.isoformat())
        sandbox.admin.advance(3)
        assert first < second < final == sessions()[day.strftime("%Y%m%d")]
        assert first_clicks < final_clicks
        lived = sum(row.sessions for row in sandbox.world.market.visits("acme", day))
        assert final == lived


def search(sandbox: Running, body: Any, site: str = "https%3A%2F%2Facme.example%2F") -> httpx.Response:
    url = f"{sandbox.url}/searchconsole/webmasters/v3/sites/{site}/searchAnalytics/query"
    return httpx.post(url, json=body, headers=token(sandbox))


@pytest.fixture
def search_console(sandbox: Running, connections: dict[str, Connection]) -> Any:
    return build(
        "searchconsole",
        "v1",
        credentials=refreshed(sandbox, connections["search_console"]),
        client_options=ClientOptions(api_endpoint=f"{sandbox.url}/searchconsole"),
        static_discovery=True,
    )


@pytest.mark.parametrize(
    "dimensions", [[], ["date"], ["page"], ["query", "page"], ["date", "page", "query", "country", "device"]]
)
def test_search_analytics_are_as_the_discovery_document_says(search_console: Any, dimensions: list[str]) -> None:
    body = {"startDate": "2026-03-01", "endDate": "2026-04-05", "dimensions": dimensions, "dataState": "all"}
    answer = search_console.searchanalytics().query(siteUrl="https://acme.example/", body=body).execute()
    Described("searchconsole.v1").check(answer, "SearchAnalyticsQueryResponse")
    rows = answer["rows"]
    assert all(len(row.get("keys", [])) == len(dimensions) for row in rows)
    assert all(row["ctr"] == pytest.approx(row["clicks"] / row["impressions"]) and row["position"] >= 1 for row in rows)
    clicks = [row["clicks"] for row in rows]
    assert dimensions == ["date"] or clicks == sorted(clicks, reverse=True)


def test_sites_are_as_the_discovery_document_says(search_console: Any) -> None:
    described = Described("searchconsole.v1")
    sites = search_console.sites().list().execute()
    described.check(sites, "SitesListResponse")
    described.check(search_console.sites().get(siteUrl="https://acme.example/").execute(), "WmxSite")
    assert [site["siteUrl"] for site in sites["siteEntry"]] == ["https://acme.example/"]


def test_rows_come_in_pages_until_a_short_one(search_console: Any) -> None:
    body = {
        "startDate": "2026-03-01",
        "endDate": "2026-04-05",
        "dimensions": ["date", "query", "page", "country", "device"],
    }

    def page(start: int, limit: int) -> list[Any]:
        asked = {**body, "startRow": start, "rowLimit": limit}
        query = search_console.searchanalytics().query(siteUrl="https://acme.example/", body=asked)
        return query.execute().get("rows", [])

    whole = page(0, 25_000)
    rest = page(25_000, 25_000)
    assert len(whole) == 25_000 and 0 < len(rest) < 25_000, "one month of this site is more than one page"
    assert page(24_990, 20) == whole[24_990:] + rest[:10]
    assert page(len(whole) + len(rest), 10) == []


def test_final_data_end_before_the_days_still_counted(sandbox: Running) -> None:
    body = {"startDate": "2026-03-01", "endDate": "2026-04-05", "dimensions": ["date"]}
    final = search(sandbox, body).json()
    fresh = search(sandbox, {**body, "dataState": "all"}).json()
    assert final["rows"][-1]["keys"] == ["2026-04-03"] and "metadata" not in final
    assert fresh["rows"][-1]["keys"] == ["2026-04-05"]
    assert fresh["metadata"] == {"firstIncompleteDate": "2026-04-04"}


def test_filters_narrow_search_analytics(sandbox: Running) -> None:
    def rows(dimension: str, operator: str, expression: str) -> list[Any]:
        rule = {"dimension": dimension, "operator": operator, "expression": expression}
        body = {"startDate": "2026-03-01", "endDate": "2026-03-31", "dimensions": ["query", "page", "country"]}
        return search(sandbox, {**body, "dimensionFilterGroups": [{"filters": [rule]}]}).json().get("rows", [])

    assert {row["keys"][2] for row in rows("country", "equals", "DEU")} == {"deu"}
    assert all("audit" in row["keys"][0] for row in rows("query", "contains", "audit"))
    assert {row["keys"][1] for row in rows("page", "includingRegex", "pricing$")} == {"https://acme.example/pricing"}
    assert "usa" not in {row["keys"][2] for row in rows("country", "notEquals", "usa")}


@pytest.mark.parametrize(
    "changes",
    [
        {"startDate": "yesterday"},
        {"endDate": "2020-01-01"},
        {"rowLimit": 25_001},
        {"rowLimit": 0},
        {"startRow": -1},
        {"dimensions": ["colour"]},
        {"dataState": "fresh"},
    ],
)
def test_invalid_queries_are_400(sandbox: Running, changes: dict[str, Any]) -> None:
    answer = search(sandbox, {"startDate": "2026-03-01", "endDate": "2026-03-02", **changes})
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"] == "invalidParameter"


def test_another_tenants_site_is_403(search_console: Any) -> None:
    query = search_console.searchanalytics().query(siteUrl="https://other.example/", body={})
    with pytest.raises(HttpError) as refused:
        query.execute()
    assert refused.value.status_code == 403
    assert "sufficient permission" in refused.value.reason


def test_tokens_are_granted_for_good_credentials_only(sandbox: Running, connections: dict[str, Connection]) -> None:
    secrets = {key: value.get_secret_value() for key, value in connections["search_console"].secrets.items()}
    uri = f"{sandbox.url}/oauth/token"
    good = Credentials(token=None, token_uri=uri, **secrets)
    good.refresh(Request())
    assert good.valid and good.token
    for name in secrets:
        bad = Credentials(token=None, token_uri=uri, **{**secrets, name: "wrong"})
        with pytest.raises(RefreshError, match="invalid_grant"):
            bad.refresh(Request())


def test_service_accounts_are_known_by_their_signature(sandbox: Running) -> None:
    key_file = json.loads(service_account_json(sandbox.world, "acme"))
    good = service_account.Credentials.from_service_account_info(key_file, scopes=[SCOPE])
    good.refresh(Request())
    assert good.valid
    stranger = service_account.Credentials.from_service_account_info(
        {**key_file, "client_email": "somebody@elsewhere.iam.gserviceaccount.com"}, scopes=[SCOPE]
    )
    with pytest.raises(RefreshError, match="account not found"):
        stranger.refresh(Request())


def test_a_token_signed_by_the_service_account_itself_is_accepted(sandbox: Running) -> None:
    key_file = json.loads(service_account_json(sandbox.world, "acme"))
    now = int(time.time())

    def status(claims: dict[str, object], tail: str = "") -> int:
        signed = jwt.encode(RSASigner.from_service_account_info(key_file), claims).decode() + tail
        return ga4(sandbox, "runReport", report(), {"Authorization": f"Bearer {signed}"}).status_code

    claims: dict[str, object] = {"iss": key_file["client_email"], "exp": now + 600, "scope": SCOPE}
    assert status(claims) == 200
    assert status({**claims, "exp": now - 1}) == 401
    assert status(claims, tail="x") == 401


def test_an_access_token_that_expired_is_renewed_by_the_client(sandbox: Running, search_console: Any) -> None:
    assert search_console.sites().list().execute()
    sandbox.admin.fault("searchconsole", "expired_token", count=1)
    assert search_console.sites().list().execute()["siteEntry"]


def test_answers_can_be_empty_or_stale(sandbox: Running) -> None:
    described = Described("analyticsdata.v1beta")
    body = report(dimensions=[{"name": "date"}])
    sandbox.admin.fault("ga4", "empty", count=1)
    empty = ga4(sandbox, "runReport", body).json()
    described.check(empty, "RunReportResponse")
    assert "rowCount" not in empty and "rows" not in empty, "as Google leaves out what is 0"

    def newest() -> str:
        rows = ga4(sandbox, "runReport", body).json()["rows"]
        return max(row["dimensionValues"][0]["value"] for row in rows)

    sandbox.admin.fault("ga4", "stale", count=1)
    assert newest() == "20260402"
    assert newest() == "20260405"
