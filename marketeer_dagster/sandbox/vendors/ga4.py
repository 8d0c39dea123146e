"""Google Analytics Data API v1beta over the recorded visits of each tenant's property."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import stream
from marketeer_dagster.sandbox.crowd import PaidRow, PeopleRow, glimpsed
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.freshness import newest_day, seen_share
from marketeer_dagster.sandbox.misbehaviour import fault_of
from marketeer_dagster.sandbox.vendors._ga4_people import REGISTERED, asks_for_people, people_report
from marketeer_dagster.sandbox.vendors._ga4_quota import Quota
from marketeer_dagster.sandbox.vendors._ga4_report import (
    DIMENSIONS,
    METRICS,
    InvalidArgument,
    Row,
    names_of,
    ordered,
    totals_of,
)
from marketeer_dagster.sandbox.vendors._ga4_unkind import HABITS, Unkind
from marketeer_dagster.sandbox.vendors._google import ANALYTICS, account_of, lacks_scope, scope_refusal
from marketeer_dagster.sandbox.visits import VisitRow, thinned
from marketeer_dagster.sandbox.world import World

_MOST_ROWS, _DEFAULT_ROWS = 250_000, 10_000
_MOST_DIMENSIONS, _MOST_METRICS, _MOST_RANGES, _MOST_REPORTS = 9, 10, 4, 5
_NOT_SIMULATED = frozenset({"metricFilter", "metricAggregations", "cohortSpec", "comparisons"})
"""Better refused than ignored."""
_RELATIVE_DAY = re.compile(r"^(\d+)daysAgo$")


def routes(world: World) -> list[BaseRoute]:
    """runReport, batchRunReports and getMetadata of /v1beta/properties/{id}."""
    api = _Api(world)
    return [
        Route("/v1beta/properties/{id}:runReport", api.endpoint(api.run_report), methods=["POST"]),
        Route("/v1beta/properties/{id}:batchRunReports", api.endpoint(api.batch), methods=["POST"]),
        Route("/v1beta/properties/{id}/metadata", api.endpoint(api.metadata), methods=["GET"]),
    ]


__all__ = ["HABITS", "routes"]

_Handler = Callable[[Account, dict[str, Any], FaultKind | None], dict[str, Any]]


class _Api:
    def __init__(self, world: World) -> None:
        self._world = world
        self._quota = Quota(world)

    def endpoint(self, handler: _Handler) -> Any:
        """Check token and property, then answer; errors take the API's shape."""

        async def answer(request: Request) -> Response:
            try:
                body: Any = await request.json() if await request.body() else {}
            except ValueError:
                return error_response("ga4", 400, "Invalid JSON payload received.")
            return await run_in_threadpool(self._answer, request, body, handler)

        return answer

    def _answer(self, request: Request, body: dict[str, Any], handler: _Handler) -> Response:
        account = account_of(self._world, request, time.time())
        if account is None:
            return error_response("ga4", 401)
        if self._world.credentials(account.tenant).ga4_property != request.path_params["id"]:
            return error_response(
                "ga4",
                403,
                "User does not have sufficient permissions for this property. To learn more about Property ID, see "
                "https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.",
            )
        if lacks_scope(self._world, request, ANALYTICS):
            return scope_refusal(ANALYTICS, "analyticsdata.googleapis.com")
        spent = self._quota.refusal(account)
        if spent is not None:
            return error_response("ga4", 429, spent)
        try:
            return JSONResponse(handler(account, body, fault_of(request)))
        except InvalidArgument as error:
            return error_response("ga4", 400, str(error))

    def batch(self, account: Account, body: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
        asked = body.get("requests", [])
        if len(asked) > _MOST_REPORTS:
            raise InvalidArgument(f"A batch can have up to {_MOST_REPORTS} requests.")
        reports = [self.run_report(account, one, fault) for one in asked]
        return {"reports": reports, "kind": "analyticsData#batchRunReports"}

    def metadata(self, account: Account, body: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
        name = f"properties/{self._world.credentials(account.tenant).ga4_property}/metadata"
        unkind = Unkind(self._world, account.tenant)
        dimensions = [
            {"apiName": key, "uiName": key, "description": key, "category": "Session", "customDefinition": ":" in key}
            for key in (*unkind.known(DIMENSIONS), *self._registered(account))
        ]
        metrics = [
            {"apiName": key, "uiName": m.title, "description": m.title, "type": m.kind, "category": "Session"}
            | ({"blockedReasons": ["NO_REVENUE_METRICS"]} if unkind.blocked(key) else {})
            for key, m in METRICS.items()
            if ":" not in key or not unkind.on("key_event_unmarked")
        ]
        return {"name": name, "dimensions": dimensions, "metrics": metrics}

    def run_report(self, account: Account, body: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
        beyond = sorted(_NOT_SIMULATED & {name for name, value in body.items() if value})
        if beyond:
            raise InvalidArgument(f"The sandbox does not simulate {', '.join(beyond)}.")
        if asks_for_people(body):
            return self._people_report(account, body, fault)
        dimensions = names_of(body.get("dimensions", []), DIMENSIONS, "dimension")
        metrics = names_of(body.get("metrics", []), METRICS, "metric")
        unkind = Unkind(self._world, account.tenant)
        unkind.refuse_fields(dimensions, metrics)
        currency = unkind.currency(str(body.get("currencyCode") or ""))
        if not metrics and not dimensions:
            raise InvalidArgument("A report needs at least one dimension or metric.")
        if len(dimensions) > _MOST_DIMENSIONS or len(metrics) > _MOST_METRICS:
            raise InvalidArgument(f"Requests are limited to {_MOST_DIMENSIONS} dimensions and {_MOST_METRICS} metrics.")
        ranges = self._ranges(body.get("dateRanges", []))
        if len(ranges) > 1:
            dimensions = [*dimensions, "dateRange"]
        visits = () if fault is FaultKind.EMPTY else self._visits(account, ranges, fault, unkind)
        totals = unkind.sums(totals_of(visits, dimensions, body.get("dimensionFilter")), dimensions)
        rows: list[Row] = [
            (key, tuple(unkind.value(name, METRICS[name].value(total), currency) for name in metrics))
            for key, total in totals.items()
        ]
        if not body.get("keepEmptyRows"):
            rows = [row for row in rows if not metrics or any(row[1])]
        rows = ordered(rows, body.get("orderBys", []), dimensions, metrics)
        return self._response(account, body, dimensions, metrics, rows, unkind.metadata(currency, metrics))

    def _registered(self, account: Account) -> tuple[str, ...]:
        none = self._world.habits.on(account.tenant, "ga4", "no_user_dimensions")
        return () if none else REGISTERED

    def _people_report(self, account: Account, body: dict[str, Any], fault: FaultKind | None) -> dict[str, Any]:
        ranges = self._ranges(body.get("dateRanges", []))
        seen = () if fault is FaultKind.EMPTY else self._people(account, ranges, fault)
        dimensions, metrics, rows = people_report(
            body,
            [name for name, _, _ in ranges],
            seen,
            registered=self._registered(account),
            estimated=self._world.habits.on(account.tenant, "ga4", "estimated_users"),
        )
        unkind = Unkind(self._world, account.tenant)
        currency = unkind.currency(str(body.get("currencyCode") or ""))
        rows = [
            (key, tuple(unkind.value(name, one, currency) for name, one in zip(metrics, values, strict=True)))
            for key, values in rows
        ]
        rows = ordered(rows, body.get("orderBys", []), dimensions, metrics)
        return self._response(account, body, dimensions, metrics, rows, unkind.metadata(currency, metrics))

    def _response(
        self,
        account: Account,
        body: dict[str, Any],
        dimensions: list[str],
        metrics: list[str],
        rows: list[Row],
        metadata: dict[str, Any],
    ) -> dict[str, Any]:
        limit, offset = _page(body)
        page = rows[offset : offset + limit]
        answer: dict[str, Any] = {
            "dimensionHeaders": [{"name": name} for name in dimensions],
            "metricHeaders": [{"name": name, "type": METRICS[name].kind} for name in metrics],
            "rows": [_row(row) for row in page],
            "rowCount": len(rows),
            "metadata": metadata,
            "kind": "analyticsData#runReport",
        }
        if not rows:
            del answer["rowCount"]
        if not page:
            del answer["rows"]
        tokens = 4 + len(page) // 500 + 2 * len(dimensions)
        quota = self._quota.spend(account, tokens)
        if body.get("returnPropertyQuota"):
            answer["propertyQuota"] = quota
        return answer

    def _visits(
        self, account: Account, ranges: list[tuple[str, date, date]], fault: FaultKind | None, unkind: Unkind
    ) -> Iterator[tuple[str, date, VisitRow]]:
        today = self._world.clock.day
        newest = newest_day(today, fault)
        for name, first, last in ranges:
            day = first
            while day <= min(last, newest):
                for row in unkind.visits(day, self._counted(account.tenant, day, today)):
                    yield name, day, row
                day += timedelta(days=1)

    def _people(
        self, account: Account, ranges: list[tuple[str, date, date]], fault: FaultKind | None
    ) -> Iterator[tuple[str, date, PeopleRow | PaidRow]]:
        today = self._world.clock.day
        newest = newest_day(today, fault)
        for name, first, last in ranges:
            for offset in range((min(last, newest) - first).days + 1):
                day = first + timedelta(days=offset)
                kept = seen_share(day, today)
                rng = stream(self._world.seed, account.tenant, "late people", day, (today - day).days)
                for row in self._world.market.people(account.tenant, day):
                    yield name, day, row if kept == 1.0 else glimpsed(row, kept, rng)
                for paid in self._world.market.paid(account.tenant, day):
                    yield name, day, paid

    def _counted(self, tenant: str, day: date, today: date) -> list[VisitRow]:
        """The visits of `day` as far as they are counted by `today`."""
        rows = list(self._world.market.visits(tenant, day))
        kept = seen_share(day, today)
        if kept == 1.0:
            return rows
        rng = stream(self._world.seed, tenant, "late", day, (today - day).days)
        return [row for row in (thinned(row, kept, rng) for row in rows) if row.sessions or row.revenue]

    def _ranges(self, asked: list[dict[str, Any]]) -> list[tuple[str, date, date]]:
        if not asked or len(asked) > _MOST_RANGES:
            raise InvalidArgument(f"Between 1 and {_MOST_RANGES} dateRanges are required.")
        found = []
        for index, one in enumerate(asked):
            first, last = self._day(one.get("startDate", "")), self._day(one.get("endDate", ""))
            if first > last:
                raise InvalidArgument(f"The date range has an end date before its start date: {first} > {last}.")
            found.append((one.get("name") or f"date_range_{index}", first, last))
        return found

    def _day(self, text: str) -> date:
        today = self._world.clock.day
        relative = _RELATIVE_DAY.match(text)
        if relative:
            return today - timedelta(days=int(relative[1]))
        if text in ("today", "yesterday"):
            return today - timedelta(days=text == "yesterday")
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InvalidArgument(
                f"Invalid date: {text}. Dates must be YYYY-MM-DD, NdaysAgo, yesterday, or today."
            ) from None


def _page(body: dict[str, Any]) -> tuple[int, int]:
    limit, offset = int(body.get("limit") or _DEFAULT_ROWS), int(body.get("offset") or 0)
    if limit < 0 or offset < 0:
        raise InvalidArgument("limit and offset must not be negative.")
    return min(limit, _MOST_ROWS), offset


def _row(row: Row) -> dict[str, Any]:
    dimensions, metrics = row
    return {
        "dimensionValues": [{"value": value} for value in dimensions],
        "metricValues": [{"value": f"{value:.10g}"} for value in metrics],
    }
