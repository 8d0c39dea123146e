"""Google Search Console: clicks, impressions and positions by page, query, country and device.

The API returns at most 25,000 rows a request and 50,000 a day of data per search type, so a range is read day by day,
each paged to its end: asked for months at once it would silently keep the top rows only. Each day is read twice, by
query and by page, because rare queries are withheld (resources/search_rows.py).
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from marketeer_dagster.model.clock import SystemClock, today
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.hosts import ascii_host
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call
from resources.collected import Collected, frame
from resources.endpoints import reach_of
from resources.google_auth import TIMEOUT_S, SignIn, require_setting
from resources.google_errors import translate_google
from resources.search_rows import BY_PAGE, KEY, TOOL, DayRows

if TYPE_CHECKING:
    import pandas as pd

SCOPES = ("https://www.googleapis.com/auth/webmasters.readonly",)
PAGE_ROWS = 25_000
COLUMNS = {
    "date": "object", "page": "str", "query": "str", "country": "str", "device": "str", "clicks": "int64",
    "impressions": "int64", "position": "float64",
}  # fmt: skip
_UNVERIFIED = "siteUnverifiedUser"
"""The right of somebody who only listed a site: it may be looked up, its data may not be read."""
_SETTLED_DAYS = 4
"""Age of a day that surely has data, for a check."""


class SearchConsoleClient:
    """One tenant's property. Needs setting `site_url` (https://example.com/ or sc-domain:example.com) and credentials.

    Setting `data_state` is `all` (default: fresh days included, revised later) or `final`.
    """

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.connection = connection
        self._limiter = limiter
        self._site = require_setting(connection, "site_url", "https://example.com/")
        self._data_state = connection.settings.get("data_state", "all")
        host = ascii_host(_host(self._site)).lower()
        self._hosts = frozenset({host, f"www.{host}"})

    def daily(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `gsc_daily` for [first, last], days in Pacific time as Google counts them. Raises ToolError.

        `page` is the path for pages of the property's own host, so that it joins with analytics' landing pages.
        """
        return self.collect_daily(first, last).rows

    def collect_daily(self, first: date, last: date) -> Collected:
        """As `daily`, with API calls and what is incomplete as notes."""
        records: list[dict[str, object]] = []
        fresh: set[str] = set()
        calls = unusable = 0
        # `date` is asked for although a request is of one day: only then does the answer say whether it is complete.
        for day in _days(first, last):
            rows = DayRows(day, self._hosts)
            for dimensions in (KEY, BY_PAGE):
                for page in self._pages(day, dimensions):
                    calls += 1
                    rows.add(dimensions, page.get("rows") or ())
                    if incomplete := (page.get("metadata") or {}).get("firstIncompleteDate"):
                        fresh.add(str(incomplete))
            records += rows.records()
            unusable += rows.unusable
        doubts = (f"{unusable} rows without keys or figures were left out",) if unusable else ()
        notes = (f"still being collected by Google from {min(fresh)} on",) if fresh else ()
        told = (*notes, *self._sign_in.notes, *doubts)
        return Collected(frame(COLUMNS, records, list(KEY)), calls, notes=told, doubts=doubts)

    def check(self) -> tuple[str, ...]:
        """Ask what an ingest asks, one row of a settled day; returns what somebody should know. Raises ToolError."""
        day = today(SystemClock()) - timedelta(days=_SETTLED_DAYS)
        for dimensions in (KEY, BY_PAGE):
            self._query(day, dimensions, 0, 1)
        return self._sign_in.notes

    def _pages(self, day: date, dimensions: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        start = 0
        while True:
            page = self._query(day, dimensions, start, PAGE_ROWS)
            yield page
            rows = len(page.get("rows") or ())
            if rows < PAGE_ROWS:
                return
            start += rows

    def _query(self, day: date, dimensions: tuple[str, ...], start: int, rows: int) -> dict[str, Any]:
        body = {
            "startDate": day.isoformat(),
            "endDate": day.isoformat(),
            "dimensions": list(dimensions),
            "dataState": self._data_state,
            "rowLimit": rows,
            "startRow": start,
        }
        try:
            said = self._call(lambda: self._sdk.searchanalytics().query(siteUrl=self._site, body=body).execute())
        except ToolError as error:
            raise self._about_site(error) from error
        if not isinstance(said, dict):
            raise ToolError(TOOL, ToolErrorKind.OUTAGE, "no usable answer: it is no object")
        return said

    def _about_site(self, error: ToolError) -> ToolError:
        """The refusal of a site with what the account has instead; any other error as it is."""
        if error.status != 403 or "permission for site" not in error.message:
            return error
        try:
            said = self._call(lambda: self._sdk.sites().list().execute())
            entries = [(str(e["siteUrl"]), str(e["permissionLevel"])) for e in said.get("siteEntry") or ()]
        except (ToolError, AttributeError, KeyError, TypeError):
            return error
        return ToolError(
            TOOL, error.kind, error.message.partition(f"{error.kind.value}: ")[2], hint=self._instead(dict(entries)),
            status=error.status,
        )  # fmt: skip

    def _instead(self, sites: dict[str, str]) -> str:
        if sites.get(self._site) == _UNVERIFIED:
            return f"the account lists {self._site} but never proved it may see it: add it as a user of the property"
        readable = [site for site, right in sites.items() if right != _UNVERIFIED]
        same = [site for site in readable if _host(site).removeprefix("www.") == _host(self._site).removeprefix("www.")]
        if same:
            connect = f"marketeer connect {TOOL} --tenant {self.connection.tenant} --set site_url={same[0]}"
            return f"the account has this site as {same[0]}: {connect}"
        if readable:
            return f"the account may read {', '.join(sorted(readable))}; add it as a user of {self._site}"
        return f"the account has no property at all: add it as a user of {self._site} in Search Console"

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
    def _sign_in(self) -> SignIn:
        return SignIn(self.connection, SCOPES)

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
            http=AuthorizedHttp(self._sign_in.credentials(), http=httplib2.Http(timeout=TIMEOUT_S)),
            client_options=ClientOptions(api_endpoint=base_url) if base_url else None,
            static_discovery=True,
            cache_discovery=False,
        )


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _host(site: str) -> str:
    return urlsplit(site).netloc or site.removeprefix("sc-domain:")


def _translate(error: Exception) -> ToolError | None:
    return translate_google(TOOL, error)
