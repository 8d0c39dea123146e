"""Search Console API v1: search analytics over the recorded searches of each tenant's site."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import uniform
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.freshness import SEEN, newest_day, seen_share
from marketeer_dagster.sandbox.misbehaviour import fault_of
from marketeer_dagster.sandbox.searches import SearchRow
from marketeer_dagster.sandbox.vendors._google import SEARCH, account_of, lacks_scope, scope_refusal
from marketeer_dagster.sandbox.vendors._search_unkind import HABITS, Unkind, forbidden
from marketeer_dagster.sandbox.world import World

_MOST_ROWS, _DEFAULT_ROWS = 25_000, 1_000
_DIMENSIONS = ("date", "page", "query", "country", "device")
_STATES = {"": "final", "final": "final", "all": "all", "hourly_all": "all"}


__all__ = ["HABITS", "routes"]


class _Invalid(Exception):
    """The request is wrong; the text is the API's message."""


def routes(world: World) -> list[BaseRoute]:
    """searchanalytics.query, sites.get and sites.list below /webmasters/v3."""
    api = _Api(world)
    return [
        Route("/webmasters/v3/sites", api.sites),
        Route("/webmasters/v3/sites/{site:path}/searchAnalytics/query", api.query, methods=["POST"]),
        Route("/webmasters/v3/sites/{site:path}", api.site),
    ]


class _Api:
    def __init__(self, world: World) -> None:
        self._world = world
        self._report = lru_cache(maxsize=16)(self._make_report)

    def sites(self, request: Request) -> Response:
        account = account_of(self._world, request, time.time())
        if account is None:
            return error_response("searchconsole", 401)
        if fault_of(request) is FaultKind.EMPTY:
            return JSONResponse({})
        listed = Unkind(self._world, account).sites()
        return JSONResponse({"siteEntry": listed} if listed else {})

    def site(self, request: Request) -> Response:
        account = account_of(self._world, request, time.time())
        refused = self._refusal(account, request)
        if refused is not None or account is None:
            return refused or error_response("searchconsole", 401)
        (site,) = Unkind(self._world, account).sites()
        return JSONResponse(site)

    async def query(self, request: Request) -> Response:
        try:
            body: Any = await request.json()
        except ValueError:
            return error_response("searchconsole", 400, "Invalid JSON payload received.")
        return await run_in_threadpool(self._query, request, body)

    def _query(self, request: Request, body: dict[str, Any]) -> Response:
        account = account_of(self._world, request, time.time())
        refused = self._refusal(account, request)
        if refused is not None or account is None:
            return refused or error_response("searchconsole", 401)
        site = request.path_params["site"]
        refused = Unkind(self._world, account).refusal(site, body.get("dimensions", []))
        if refused is not None:
            return refused
        try:
            return JSONResponse(self._answer(account, site, body, fault_of(request)))
        except _Invalid as error:
            return error_response("searchconsole", 400, str(error))

    def _refusal(self, account: Account | None, request: Request) -> Response | None:
        if account is None:
            return error_response("searchconsole", 401)
        if lacks_scope(self._world, request, SEARCH):
            return scope_refusal(SEARCH, "searchconsole.googleapis.com")
        # ASGI servers hand on "https%3A%2F%2Fexample.com%2F" decoded.
        site = request.path_params["site"]
        return None if Unkind(self._world, account).has(site) else forbidden(site)

    def _answer(self, account: Account, site: str, body: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
        first, last = _day(body, "startDate"), _day(body, "endDate")
        if first > last:
            raise _Invalid("startDate must be on or before endDate.")
        limit, start = int(body.get("rowLimit", _DEFAULT_ROWS)), int(body.get("startRow", 0))
        if not 1 <= limit <= _MOST_ROWS or start < 0:
            raise _Invalid(f"rowLimit must be between 1 and {_MOST_ROWS}, startRow must not be negative.")
        dimensions = tuple(str(name).lower() for name in body.get("dimensions", []))
        unknown = [name for name in dimensions if name not in _DIMENSIONS]
        if unknown or len(set(dimensions)) < len(dimensions):
            raise _Invalid(f"Invalid value at 'dimensions': {', '.join(unknown) or 'repeated dimension'}")
        state = _STATES.get(str(body.get("dataState", "")).lower())
        if state is None:
            raise _Invalid(f"Invalid value at 'data_state': {body.get('dataState')}")
        kind = str(body.get("type") or body.get("searchType") or "web").lower()
        today = self._world.clock.day
        unkind = Unkind(self._world, account)
        by_page = "page" in dimensions or _filters(body, "page")
        answer: dict[str, Any] = {"responseAggregationType": "byPage" if by_page else "byProperty"}
        if fault is not FaultKind.EMPTY and kind == "web":
            newest = min(last, newest_day(today, fault) - timedelta(days=len(SEEN) if state == "final" else 0))
            filters = json.dumps(body.get("dimensionFilterGroups") or [])
            rows = self._report(account.tenant, site, first, newest, today, dimensions, filters, unkind.state())
            if rows[start : start + limit]:
                answer["rows"] = rows[start : start + limit]
            fresh_from = today - timedelta(days=len(SEEN))
            if state == "all" and "date" in dimensions and newest >= fresh_from:
                answer["metadata"] = {"firstIncompleteDate": max(first, fresh_from).isoformat()}
        return answer

    def _make_report(
        self,
        tenant: str,
        site: str,
        first: date,
        last: date,
        today: date,
        dimensions: tuple[str, ...],
        filters: str,
        state: tuple[bool, ...],
    ) -> list[dict[str, Any]]:
        """Every row of a report, most clicks first; kept for the pages that follow. `state` tells habits apart."""
        keep = _filter(filters)
        by_query = "query" in dimensions or '"query"' in filters.lower()
        account = self._world.account(tenant)
        sums: dict[tuple[str, ...], list[float]] = {}
        for day, row in self._counted(account, site, first, last, today, by_query):
            values = {"date": day, "page": row.page, "query": row.query, "country": row.country, "device": row.device}
            if not keep(values):
                continue
            total = sums.setdefault(tuple(values[name] for name in dimensions), [0, 0, 0.0])
            total[0] += row.clicks
            total[1] += row.impressions
            total[2] += row.position * row.impressions
        ranked = sorted(sums.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
        if dimensions == ("date",):
            ranked.sort(key=lambda item: item[0])
        return [_row(key, *total) for key, total in ranked]

    def _counted(
        self, account: Account, site: str, first: date, last: date, today: date, by_query: bool
    ) -> Iterator[tuple[str, SearchRow]]:
        unkind, domain = Unkind(self._world, account), site.startswith("sc-domain:")
        day = first
        while day <= last:
            kept = seen_share(day, today)
            stamp = day.isoformat()
            lived = self._world.market.searches(account.tenant, day)
            withheld = unkind.withheld(lived) if by_query else frozenset[str]()
            for index, row in enumerate(lived):
                if row.query in withheld:
                    continue
                seen = (
                    row
                    if kept == 1.0
                    else _late(row, kept, uniform(self._world.seed, account.tenant, "gsc", day, index))
                )
                if seen is not None:
                    yield stamp, seen._replace(page=unkind.address(seen, domain))
            day += timedelta(days=1)


def _late(row: SearchRow, kept: float, luck: float) -> SearchRow | None:
    """What of a row is counted when only this share of the day is: small numbers appear or not by `luck`."""
    impressions = int(row.impressions * kept + luck)
    if impressions == 0:
        return None
    return row._replace(
        impressions=min(impressions, row.impressions), clicks=min(int(row.clicks * kept + luck), impressions)
    )


def _row(key: tuple[str, ...], clicks: float, impressions: float, weighted: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        # Doubles, as Google sends them.
        "clicks": float(clicks),
        "impressions": float(impressions),
        "ctr": clicks / impressions,
        "position": weighted / impressions,
    }
    return {"keys": list(key), **row} if key else row


def _day(body: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(body.get(name, "")))
    except ValueError:
        raise _Invalid(f"Invalid value at '{name}': {body.get(name)!r}; a date YYYY-MM-DD is required.") from None


def _filters(body: dict[str, Any], dimension: str) -> bool:
    groups = body.get("dimensionFilterGroups") or []
    return any(f.get("dimension", "").lower() == dimension for group in groups for f in group.get("filters", []))


def _filter(written: str) -> Callable[[dict[str, str]], bool]:
    rules = [f for group in json.loads(written) for f in group.get("filters", [])]
    tests = [_test(rule) for rule in rules]
    return lambda values: all(test(values) for test in tests)


def _test(rule: dict[str, Any]) -> Callable[[dict[str, str]], bool]:
    name, wanted = str(rule.get("dimension", "")).lower(), str(rule.get("expression", ""))
    operator = str(rule.get("operator", "equals")).lower().replace("_", "")
    if name not in _DIMENSIONS:
        raise _Invalid(f"Invalid value at 'dimension': {name}")
    if operator.endswith("regex"):
        try:
            pattern = re.compile(wanted)
        except re.error as error:
            raise _Invalid(f"Invalid regular expression: {error}") from None
        return lambda values: (pattern.search(values[name]) is not None) == (operator == "includingregex")
    if operator in ("contains", "notcontains"):
        return lambda values: (wanted.lower() in values[name].lower()) == (operator == "contains")
    if operator in ("equals", "notequals"):
        return lambda values: (values[name].lower() == wanted.lower()) == (operator == "equals")
    raise _Invalid(f"Invalid value at 'operator': {rule.get('operator')}")
