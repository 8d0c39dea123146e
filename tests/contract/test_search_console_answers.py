"""What the Search Console client makes of every answer that is held of it, through Google's own client library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.warehouse.facts import ANONYMIZED
from resources.collected import Collected
from resources.google_errors import LOAD_QUOTA_S
from resources.search_console import SearchConsoleClient
from tests.contract import recorded
from tests.contract.discovery import Described
from tests.contract.google_answers import always, asked_of, behind_sign_in, connection, ok
from tests.contract.recorded import Answer, Asked, serve

DAY = date(2026, 11, 1)
ERRORS = [name for name in recorded.names("search_console") if name.startswith("error-")]
AUTH, QUOTA, INVALID, OUTAGE = ToolErrorKind.AUTH, ToolErrorKind.QUOTA, ToolErrorKind.INVALID, ToolErrorKind.OUTAGE


@dataclass(frozen=True)
class Meant:
    kind: ToolErrorKind
    words: str
    times: int = 1
    returns_s: float | None = None


MEANT: Mapping[str, Meant] = {
    "error-400-dimension-combination": Meant(INVALID, "cannot include additional dimensions"),
    "error-401": Meant(AUTH, "sign in again", times=3),
    "error-403-load-quota": Meant(QUOTA, "load quota exceeded", returns_s=LOAD_QUOTA_S),
    "error-403-quota": Meant(QUOTA, "per minute per user", times=2),
    "error-403-site": Meant(AUTH, "permission for site"),
    "error-429-load-quota": Meant(QUOTA, "QPS quota exceeded", returns_s=LOAD_QUOTA_S),
    "error-500-backend": Meant(OUTAGE, "Internal error encountered", times=2),
}


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_says_what_it_is_and_what_to_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.search_console.READ_ATTEMPTS", 2)
    meant = MEANT[name]
    with serve(always("search_console", name)) as wire, pytest.raises(ToolError) as caught:
        SearchConsoleClient(connection("search_console", wire.url)).daily(DAY, DAY)
    assert (caught.value.kind, caught.value.retry_after_s) == (meant.kind, meant.returns_s)
    assert meant.words in str(caught.value)
    assert len(asked_of(wire, "searchAnalytics")) == meant.times


@pytest.mark.parametrize(
    ("sites", "mine", "words"),
    [
        ("sites-list", "https://example.com/", "--set site_url=sc-domain:example.com"),
        ("sites-list", "https://www.example.com/", "lists https://www.example.com/ but never proved it may see it"),
        ("sites-list", "https://elsewhere.org/", "may read https://shop.example.com/en/, sc-domain:example.com"),
        ("sites-none", "sc-domain:example.com", "no property at all"),
    ],
)
def test_a_site_that_is_refused_is_told_what_the_account_has(sites: str, mine: str, words: str) -> None:
    refused, listed = recorded.answer("search_console", "error-403-site"), recorded.answer("search_console", sites)
    with serve(behind_sign_in(lambda asked: listed if asked.method == "GET" else refused)) as wire:
        client = SearchConsoleClient(connection("search_console", wire.url, {"site_url": mine}))
        with pytest.raises(ToolError) as ingest:
            client.daily(DAY, DAY)
        with pytest.raises(ToolError) as check:
            client.check()
    assert words in str(ingest.value) and str(check.value) == str(ingest.value)
    assert ingest.value.kind is AUTH


def test_a_check_asks_for_data_and_not_only_for_the_site() -> None:
    """`sites.get` answers 200 for a property whose data may not be read."""
    site, refused = (recorded.answer("search_console", name) for name in ("site-unverified", "error-403-site"))
    script = behind_sign_in(lambda asked: site if asked.method == "GET" else refused)
    with serve(script) as wire, pytest.raises(ToolError, match="permission for site"):
        SearchConsoleClient(connection("search_console", wire.url)).check()


def by(asked: Asked) -> list[str]:
    return json.loads(asked.body)["dimensions"]


def read(by_query: Any, by_page: Any = None, settings: Mapping[str, str] | None = None, day: date = DAY) -> Collected:
    """The day as the client collects it from two answers, by query and by page (default: an empty one)."""
    empty = recorded.answer("search_console", "empty-final").body

    def said(asked: Asked) -> Answer:
        return ok(by_query if "query" in by(asked) else by_page or empty)

    with serve(behind_sign_in(said)) as wire:
        return SearchConsoleClient(connection("search_console", wire.url, settings)).collect_daily(day, day)


def landed(found: Collected, *names: str) -> list[tuple[object, ...]]:
    return list(found.rows[list(names)].itertuples(index=False, name=None))


def row(keys: list[str], clicks: float = 1, impressions: float = 2, position: float = 1.0) -> dict[str, Any]:
    ratio = clicks / impressions if impressions else 0.0
    return {"keys": keys, "clicks": clicks, "impressions": impressions, "ctr": ratio, "position": position}


KEYS = ["2026-11-01", "https://example.com/pricing/", "pricing tool", "usa", "DESKTOP"]


def test_what_rare_queries_brought_stands_in_a_row_of_its_own() -> None:
    said = recorded.answer("search_console", "by-page-more-than-by-query").body
    where = ["usa", "DESKTOP"]  # the recording asks for fewer dimensions than an ingest
    page = {"rows": [{**one, "keys": [*one["keys"], *where]} for one in said["by_page"]["rows"]]}
    query = {"rows": [{**one, "keys": [*one["keys"], *where]} for one in said["by_page_and_query"]["rows"]]}
    found = read(query, page)
    assert landed(found, "query", "clicks", "impressions") == [(ANONYMIZED, 39, 803), ("pricing tool", 19, 401)]
    (rest,) = found.rows[found.rows["query"] == ANONYMIZED]["position"]
    assert rest == pytest.approx((1204 * 9.1 - 401 * 6.2) / 803)
    assert found.rows["clicks"].sum() == 58, "the page's own total"


@pytest.mark.parametrize(
    ("pages", "rest"),
    [
        ([row([*KEYS[:2], *KEYS[3:]], 1, 2)], []),
        ([row([*KEYS[:2], *KEYS[3:]], 0, 1)], []),
        ([row([*KEYS[:2], *KEYS[3:]], 3, 2)], [(ANONYMIZED, 2, 2, 1.0)]),
        ([row(["2026-11-01", "https://example.com/other", "usa", "DESKTOP"], 4, 9, 3.0)], [(ANONYMIZED, 4, 9, 3.0)]),
    ],
    ids=["nothing", "less than by query", "more clicks than impressions are left", "a page without any query"],
)
def test_the_rest_is_never_less_than_nothing(pages: list[Any], rest: list[tuple[object, ...]]) -> None:
    found = read({"rows": [row(KEYS)]}, {"rows": pages})
    told = landed(found, "query", "clicks", "impressions", "position")
    assert [one for one in told if one[0] == ANONYMIZED] == rest
    assert ("pricing tool", 1, 2, 1.0) in told


def test_hosts_and_schemes_of_a_domain_property_are_one_page_and_subdomains_are_not() -> None:
    found = read(recorded.answer("search_console", "rows-hosts-and-fragments").body)
    assert landed(found, "page", "country", "device", "clicks", "impressions") == [
        ("/gr%C3%B6%C3%9Fe/", "aut", "mobile", 1, 2),
        ("/guide", "aut", "mobile", 1, 2),
        ("/pricing", "usa", "mobile", 4, 60),
        ("/pricing/", "deu", "desktop", 0, 3),
        ("/pricing/", "usa", "desktop", 12, 140),
        ("https://blog.example.com/pricing/", "zzz", "tablet", 1, 9),
    ]


def test_an_address_that_is_none_stands_for_itself_and_takes_no_other_row_along() -> None:
    found = read({"rows": [row(["2026-11-01", "https://[no/", *KEYS[2:]]), row(KEYS)]})
    assert sorted(landed(found, "page")) == [("/pricing/",), ("https://[no/",)]


def test_doubles_are_counts() -> None:
    said = recorded.answer("search_console", "rows-decimals").body
    (one,) = said["rows"]
    found = read({"rows": [{**one, "keys": KEYS}]})
    assert landed(found, "clicks", "impressions", "position") == [(1, 7, pytest.approx(8.142857142857142))]


@pytest.mark.parametrize(
    "odd",
    [
        recorded.answer("search_console", "rows-without-keys").body["rows"][0],
        recorded.answer("search_console", "hourly-first-incomplete").body["rows"][0],
        {"keys": KEYS},
        row(["(other)", *KEYS[1:]]),
        row(["2026-11-02", *KEYS[1:]]),
        row(KEYS[:3]),
        row(KEYS, 0, 0),
        {**row(KEYS), "clicks": "many"},
        {**row(KEYS), "clicks": -1},
        {**row(KEYS), "impressions": "Infinity"},
        {**row(KEYS), "position": "NaN"},
        {**row(KEYS), "keys": None},
        "a row",
    ],
)
def test_rows_that_are_no_data_are_left_out_and_told(odd: Any) -> None:
    good = row(["2026-11-01", "https://example.com/", "example", "usa", "DESKTOP"])
    found = read({"rows": [odd, good]})
    assert landed(found, "page") == [("/",)]
    assert found.doubts == ("1 rows without keys or figures were left out",)


def test_a_day_without_anything_is_empty_and_typed() -> None:
    found = read(recorded.answer("search_console", "empty-final").body)
    assert found.rows.empty and found.notes == () and found.api_calls == 2


def test_days_that_are_still_counted_are_named() -> None:
    found = read(recorded.answer("search_console", "fresh-first-incomplete").body, day=date(2026, 11, 26))
    assert found.notes == ("still being collected by Google from 2026-11-26 on",)


def test_a_page_that_comes_twice_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.search_console.PAGE_ROWS", 6)
    with pytest.raises(ToolError, match="repeats the row") as caught:
        read(recorded.answer("search_console", "rows-hosts-and-fragments").body)
    assert caught.value.kind is OUTAGE


@pytest.mark.parametrize("body", ["<!doctype html><html><p>Sign in to the hotel's network</p></html>", [1], None])
def test_what_is_no_answer_of_google_is_an_outage(body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.search_console.READ_ATTEMPTS", 1)
    with serve(behind_sign_in(lambda asked: ok(body))) as wire, pytest.raises(ToolError) as caught:
        SearchConsoleClient(connection("search_console", wire.url)).daily(DAY, DAY)
    assert caught.value.kind is OUTAGE


def test_nothing_that_is_held_is_forgotten_here() -> None:
    assert set(ERRORS) == set(MEANT)
    read_here = {"by-page-more-than-by-query", "empty-final", "fresh-first-incomplete", "hourly-first-incomplete",
                 "rows-decimals", "rows-hosts-and-fragments", "rows-without-keys", "site-unverified", "sites-list",
                 "sites-none"}  # fmt: skip
    assert set(recorded.names("search_console")) == {*ERRORS, *read_here}


@pytest.mark.parametrize("name", ["empty-final", "fresh-first-incomplete", "rows-decimals", "rows-hosts-and-fragments"])
def test_recorded_answers_have_the_documented_form(name: str) -> None:
    Described("searchconsole.v1").check(recorded.answer("search_console", name).body, "SearchAnalyticsQueryResponse")
