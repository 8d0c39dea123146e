"""Google Search Console: clicks, impressions and positions by page, query, country and device.

The API returns at most 25,000 rows a request and 50,000 a day of data per search type, so a range is read day by day,
each paged to its end: asked for months at once it would silently keep the top rows only.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call
from resources.collected import Collected, frame
from resources.endpoints import reach_of
from resources.google_auth import TIMEOUT_S, credentials, require_setting, translate_google

if TYPE_CHECKING:
    import pandas as pd

TOOL = "search_console"
SCOPES = ("https://www.googleapis.com/auth/webmasters.readonly",)
PAGE_ROWS = 25_000
COLUMNS = {
    "date": "object", "page": "str", "query": "str", "country": "str", "device": "str", "clicks": "int64",
    "impressions": "int64", "position": "float64",
}  # fmt: skip
_KEY = list(COLUMNS)[:5]
_DIMENSIONS = ["date", "page", "query", "country", "device"]
"""`date` is asked for although a request is of one day: only then does the answer say whether the day is complete."""


class SearchConsoleClient:
    """One tenant's property. Needs setting `site_url` (https://example.com/ or sc-domain:example.com) and credentials.

    Setting `data_state` is `all` (default: fresh days included, revised later) or `final`.
    """

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.connection = connection
        self._limiter = limiter
        self._site = require_setting(connection, "site_url", "https://example.com/")
        self._data_state = connection.settings.get("data_state", "all")
        host = urlsplit(self._site).netloc or self._site.removeprefix("sc-domain:")
        self._hosts = frozenset({host, f"www.{host}"})

    def daily(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `gsc_daily` for [first, last], days in Pacific time as Google counts them. Raises ToolError.

        `page` is the path for pages of the property's own host, so that it joins with analytics' landing pages.
        """
        return self.collect_daily(first, last).rows

    def collect_daily(self, first: date, last: date) -> Collected:
        """As `daily`, with API calls and what is incomplete as notes."""
        pages = [page for day in _days(first, last) for page in self._pages(day)]
        records = _merged(_record(row, self._hosts) for page in pages for row in page.get("rows", ()))
        fresh = min((page["metadata"]["firstIncompleteDate"] for page in pages if _incomplete(page)), default=None)
        notes = (f"still being collected by Google from {fresh} on",) if fresh else ()
        return Collected(frame(COLUMNS, records, _KEY), len(pages), notes=notes)

    def check(self) -> None:
        """One cheap request that proves connection and rights; raises ToolError."""
        self._call(lambda: self._sdk.sites().get(siteUrl=self._site).execute())

    def _pages(self, day: date) -> Iterator[dict[str, Any]]:
        start = 0
        while True:
            page = self._query(day, start)
            yield page
            rows = len(page.get("rows", ()))
            if rows < PAGE_ROWS:
                return
            start += rows

    def _query(self, day: date, start: int) -> dict[str, Any]:
        body = {
            "startDate": day.isoformat(),
            "endDate": day.isoformat(),
            "dimensions": _DIMENSIONS,
            "dataState": self._data_state,
            "rowLimit": PAGE_ROWS,
            "startRow": start,
        }
        return self._call(lambda: self._sdk.searchanalytics().query(siteUrl=self._site, body=body).execute())

    def _call(self, fn: Any) -> Any:
        reach = reach_of(self.connection)
        return call(
            TOOL,
            fn,
            translate=_translate,
            limiter=self._limiter,
            account=self._site,
            attempts=READ_ATTEMPTS,
            reach=reach,
        )

    @cached_property
    def _sdk(self) -> Any:
        import httplib2
        from google.api_core.client_options import ClientOptions
        from google_auth_httplib2 import AuthorizedHttp
        from googleapiclient.discovery import build

        base_url = self.connection.base_url
        return build(
            "searchconsole",
            "v1",
            http=AuthorizedHttp(credentials(self.connection, SCOPES), http=httplib2.Http(timeout=TIMEOUT_S)),
            client_options=ClientOptions(api_endpoint=base_url) if base_url else None,
            static_discovery=True,
            cache_discovery=False,
        )


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _incomplete(page: dict[str, Any]) -> bool:
    return bool(page.get("metadata", {}).get("firstIncompleteDate"))


def _record(row: dict[str, Any], own_hosts: frozenset[str]) -> dict[str, object]:
    day, page, query, country, device = row["keys"]
    return {
        "date": date.fromisoformat(day),
        "page": _path(page, own_hosts),
        "query": query,
        "country": country.lower(),
        "device": device.lower(),
        "clicks": round(row["clicks"]),
        "impressions": round(row["impressions"]),
        "position": float(row["position"]),
    }


def _path(page: str, own_hosts: frozenset[str]) -> str:
    """A page of the property's own host as the path that analytics knows it by; another subdomain's stays whole."""
    parts = urlsplit(page)
    return (parts.path or "/") if parts.netloc in own_hosts else page


def _merged(records: Iterable[dict[str, Any]]) -> list[dict[str, object]]:
    """One record per key: several URLs (query strings, www) may be one path. Positions are weighted by impressions."""
    merged: dict[tuple[object, ...], dict[str, Any]] = {}
    for record in records:
        held = merged.setdefault(tuple(record[name] for name in _KEY), record)
        if held is not record:
            shown = held["impressions"] + record["impressions"]
            weighted = held["position"] * held["impressions"] + record["position"] * record["impressions"]
            held["position"] = weighted / shown
            held["impressions"] = shown
            held["clicks"] += record["clicks"]
    return list(merged.values())


def _translate(error: Exception) -> ToolError | None:
    return translate_google(TOOL, error)
