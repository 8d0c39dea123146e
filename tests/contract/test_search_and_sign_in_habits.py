"""Search Console's and the token endpoint's stand-ins are as unkind as Google's, on the wire and to the clients."""

import json
from typing import Any

import httpx
import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.sandbox.server import run_in_thread
from marketeer_dagster.warehouse.facts import ANONYMIZED
from tests.contract import recorded
from tests.contract.google_property import DAY, RUN_REPORT, Property, acme, kind, paths, running
from tests.sandbox.conftest import START, account

__all__ = ["acme", "kind", "running"]


def pages_of(found: Any) -> dict[str, int]:
    return found.rows.groupby("page")["clicks"].sum().to_dict()


def test_rare_queries_are_withheld_and_their_clicks_are_not(kind: Property) -> None:
    acme = kind
    acme.turn("searchconsole", "rare_queries")
    found = acme.search().collect_daily(DAY, DAY)
    lived: dict[str, int] = {}
    for row in acme.sandbox.world.market.searches("acme", DAY):
        lived[row.page] = lived.get(row.page, 0) + row.clicks
    assert pages_of(found) == lived
    rare = found.rows[found.rows["query"] == ANONYMIZED]
    assert rare["impressions"].sum() > 0 and (rare["position"] >= 1).all()


def test_a_domain_property_has_many_spellings_of_a_page_and_subdomains(kind: Property) -> None:
    acme = kind
    acme.turn("searchconsole", "spellings")
    body = {"startDate": str(DAY), "endDate": str(DAY), "dimensions": ["page"], "rowLimit": 25_000}
    answer = acme.said("searchconsole/webmasters/v3/sites/sc-domain%3Aacme.example/searchAnalytics/query", body).json()
    starts = {row["keys"][0].split("acme.example")[0] for row in answer["rows"]}
    assert starts == {"https://", "http://", "https://www.", "https://help."}
    assert {"#", "?"} <= set("".join(row["keys"][0] for row in answer["rows"]))
    assert paths(answer) == paths(recorded.answer("search_console", "rows-decimals").body)
    assert all(isinstance(row[name], float) for row in answer["rows"] for name in ("clicks", "impressions"))
    mine, theirs = acme.search(), acme.search("sc-domain:acme.example")
    one, all_ = pages_of(mine.collect_daily(DAY, DAY)), pages_of(theirs.collect_daily(DAY, DAY))
    assert all(page.startswith("/") for page in one)
    assert sum(one.values()) == sum(all_.values()) and [page for page in all_ if page.startswith("https://help.")]


@pytest.mark.parametrize(
    ("habit", "words", "kind_"),
    [
        ("unverified_user", "never proved it may see it", ToolErrorKind.AUTH),
        ("only_domain", "--set site_url=sc-domain:acme.example", ToolErrorKind.AUTH),
        ("no_sites", "no property at all", ToolErrorKind.AUTH),
        ("load_quota", "load quota exceeded", ToolErrorKind.QUOTA),
    ],
)
def test_a_check_fails_where_an_ingest_fails(acme: Property, habit: str, words: str, kind_: ToolErrorKind) -> None:
    acme.turn("searchconsole", habit)
    with pytest.raises(ToolError) as check:
        acme.search().check()
    with pytest.raises(ToolError) as ingest:
        acme.search().daily(DAY, DAY)
    assert str(check.value) == str(ingest.value)
    assert words in str(check.value) and check.value.kind is kind_


@pytest.mark.parametrize(
    ("habit", "name"),
    [("load_quota", "error-403-load-quota"), ("unverified_user", "error-403-site")],
)
def test_a_refused_query_looks_as_the_recorded_one(acme: Property, habit: str, name: str) -> None:
    acme.turn("searchconsole", habit)
    body = {"startDate": str(DAY), "endDate": str(DAY), "dimensions": ["page", "query"]}
    site = "https%3A%2F%2Facme.example%2F"
    answer = acme.said(f"searchconsole/webmasters/v3/sites/{site}/searchAnalytics/query", body)
    told = recorded.answer("search_console", name)
    assert answer.status_code == told.status
    assert paths(answer.json()) - {".error.status"} == paths(told.body)


@pytest.mark.parametrize(
    ("habit", "name"),
    [
        ("invalid_rapt", "error-invalid-rapt"),
        ("deleted_client", "error-deleted-client"),
        ("admin_policy", "error-admin-policy"),
    ],
)
def test_a_sign_in_is_refused_as_recorded(acme: Property, habit: str, name: str) -> None:
    acme.turn("oauth", habit)
    answer, told = acme.token(), recorded.answer("oauth_google", name)
    assert (answer.status_code, answer.json()) == (told.status, told.body)
    with pytest.raises(ToolError) as caught:
        acme.ga4().check()
    assert caught.value.kind is ToolErrorKind.AUTH


def test_tokens_look_as_the_recorded_ones(acme: Property) -> None:
    assert paths(acme.token().json()) == paths(recorded.answer("oauth_google", "token-refreshed").body)
    with run_in_thread(seed=3, start=START) as sandbox:
        found = sandbox.admin.open_account(account("acme", history_days=7))
        sandbox.admin.habit("oauth", "testing_app")
        young = Property(sandbox, {connection.tool: connection for connection in found})
        assert paths(young.token().json()) == paths(recorded.answer("oauth_google", "token-refreshed-testing-app").body)
        (said,) = young.search().check()
        assert "ends this sign-in in 7.0 days" in said
        sandbox.admin.advance(7)
        with pytest.raises(ToolError, match="revoked or has ended"):
            young.search().check()


def test_a_person_who_ticked_one_box_lets_in_one_tool(acme: Property) -> None:
    acme.turn("oauth", "partial_consent")
    assert acme.search().check() == ()
    with pytest.raises(ToolError, match="tick every box") as caught:
        acme.ga4().check()
    assert caught.value.kind is ToolErrorKind.AUTH
    token = acme.token().json()["access_token"]
    keys = acme.sandbox.world.credentials("acme")
    answer = httpx.post(
        f"{acme.sandbox.url}/{RUN_REPORT.format(property=keys.ga4_property)}",
        headers={"Authorization": f"Bearer {token}"},
        content=json.dumps({"metrics": [{"name": "sessions"}]}),
    )
    told = recorded.answer("ga4", "error-403-scope")
    assert answer.status_code == 403 and "insufficient_scope" in answer.headers["www-authenticate"]
    assert paths(answer.json()) - paths(told.body) == set()
