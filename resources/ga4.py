"""Google Analytics 4: sessions, users and sign-ups by landing page and source; experiments are ga4_experiments.py's.

Reads through the Data API's REST transport. Metrics are asked in one report per range with `date` as a dimension, so
that a backfill of months costs one report's quota tokens instead of one a day.
"""

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.experiment import SLOTS, user_property
from resources.calling import UNLIMITED, CallLimiter, call
from resources.collected import Collected
from resources.endpoints import reach_of
from resources.ga4_experiments import UNREGISTERED, collect_experiments
from resources.ga4_report import TOOL, Question, Report
from resources.google_auth import TIMEOUT_S, SignIn, require_setting
from resources.google_errors import HOUR_S, translate_google

if TYPE_CHECKING:
    import pandas as pd

SCOPES = ("https://www.googleapis.com/auth/analytics.readonly",)
PAGE_ROWS = 100_000
"""Rows per request; the API allows 250,000 and defaults to 10,000."""
READ_ATTEMPTS = 4
"""Fewer than for other reads: ten server errors lock a property for an hour, and two reports are read."""
SERVER_ERRORS = "ga4_server_errors"
"""The budget of server errors among the catalog's limits: what other runs met within the hour counts as well."""
DEFAULT_KEY_EVENT = "sign_up"
"""The event counted as a conversion, unless the connection's setting `key_event` names another."""

DAILY_COLUMNS = {
    "date": "object", "landing_page": "str", "source": "str", "medium": "str", "campaign": "str", "sessions": "int64",
    "users": "int64", "engaged_sessions": "int64", "conversions": "float64", "revenue": "float64",
}  # fmt: skip
_DAILY_DIMENSIONS = ("date", "landingPage", "sessionSource", "sessionMedium", "sessionCampaignName")


class Ga4Client:
    """One tenant's GA4 property. Needs setting `property_id` and Google credentials.

    Settings: `base_url`, `key_event`, and `currency`, in which revenue is asked for (default: the property's own).
    """

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.connection = connection
        self._limiter = limiter
        self._property = require_setting(connection, "property_id", "123456789").removeprefix("properties/")
        self._key_event = f"keyEvents:{connection.settings.get('key_event', DEFAULT_KEY_EVENT)}"
        self._daily_metrics = ("sessions", "totalUsers", "engagedSessions", self._key_event, "totalRevenue")

    def daily(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `ga4_daily` for [first, last], days in the property's time zone. Raises ToolError.

        A figure that the property does not give (revenue this account may not see, an event that is no key event) has
        no value; conversions may be fractions.
        """
        return self.collect_daily(first, last).rows

    def collect_daily(self, first: date, last: date) -> Collected:
        """As `daily`, with API calls, the property's remaining quota, and what the figures lack as notes."""
        report = self._report(self._question(_DAILY_DIMENSIONS, self._daily_metrics, (first, last)))
        return report.collected(DAILY_COLUMNS, self._daily_metrics, self._sign_in.notes, (first, last))

    def experiments(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `experiment_daily` for [first, last]: people and conversions by arm to date. Raises ToolError."""
        return self.collect_experiments(first, last).rows

    def collect_experiments(self, first: date, last: date) -> Collected:
        """As `experiments`, with API calls, quota and notes. A person counts once, however often they come."""
        return collect_experiments(self, self._key_event.partition(":")[2], first, last, self._sign_in.notes)

    def registered_slots(self) -> frozenset[int]:
        """The experiments' user properties that are registered as user-scoped custom dimensions. Raises ToolError."""
        known = {dimension.api_name for dimension in self.metadata().dimensions}
        return frozenset(slot for slot in SLOTS if f"customUser:{user_property(slot)}" in known)

    def metadata(self) -> Any:
        """The dimensions and metrics that the property knows, as Google's SDK gives them. Raises ToolError."""
        from google.analytics.data_v1beta.types import GetMetadataRequest

        name = f"properties/{self._property}/metadata"
        return self._call(lambda: self._sdk.get_metadata(GetMetadataRequest(name=name), retry=None, timeout=TIMEOUT_S))

    def report(
        self,
        dimensions: tuple[str, ...],
        metrics: tuple[str, ...],
        *ranges: tuple[date, date],
        events: tuple[str, ...] = (),
    ) -> Report:
        """One report, all its pages; of some events alone where any are named. With several ranges (at most four) rows
        end their dimensions with the range's name, `until_` and its last day. Raises ToolError.
        """
        return self._report(self._question(dimensions, metrics, *ranges, events=events))

    def check(self) -> tuple[str, ...]:
        """Ask what an ingest asks, of yesterday; returns what its figures will lack.

        Raises ToolError where an ingest would, and for a key event without which there are no conversions.
        """
        question = self._question(_DAILY_DIMENSIONS, self._daily_metrics, ("yesterday", "yesterday"))
        report = self._report(question, pages=1)
        if self._key_event not in report.question.metrics:
            raise self._no_key_event()
        found = report.collected(DAILY_COLUMNS, self._daily_metrics)
        missing = () if self.registered_slots() else (UNREGISTERED,)
        return (*self._sign_in.notes, *found.doubts, *missing)

    def _question(
        self,
        dimensions: tuple[str, ...],
        metrics: tuple[str, ...],
        *ranges: tuple[date | str, date | str],
        events: tuple[str, ...] = (),
    ) -> Question:
        settings = self.connection.settings
        spans = tuple((str(first), str(last)) for first, last in ranges)
        currency, zone = settings.get("currency", "").upper(), settings.get("timezone", "")
        return Question(dimensions, metrics, currency, zone, spans, events)

    def _report(self, question: Question, pages: int | None = None) -> Report:
        """A report to its end, or its first `pages`; without the key event where the property knows none so named."""
        try:
            report = self._pages(question, pages)
        except ToolError as error:
            if not _refuses(error, self._key_event, "metric"):
                raise
            report = self._pages(question.without(self._key_event), pages)
            report.unknown(self._key_event, self._no_key_event().message)
        if report.nothing_but_zero("totalRevenue") and "totalRevenue" in self._blocked:
            reasons = self._blocked["totalRevenue"]
            report.unknown("totalRevenue", f"totalRevenue may not be seen by this account ({reasons})")
        return report

    def _pages(self, question: Question, pages: int | None) -> Report:
        report = Report(question)
        while report.more and (pages is None or report.calls < pages):
            if report.calls:
                report.refuse_to_go_on()
            request = self._request(question, report.offset)
            report.add(
                self._call(lambda asked=request: self._sdk.run_report(asked, retry=None, timeout=TIMEOUT_S), report)
            )
        return report

    def _request(self, question: Question, offset: int) -> Any:
        from google.analytics.data_v1beta import types

        only = types.Filter(field_name="eventName", in_list_filter=types.Filter.InListFilter(values=question.events))
        several = len(question.ranges) > 1
        return types.RunReportRequest(
            property=f"properties/{self._property}",
            dimensions=[types.Dimension(name=name) for name in question.dimensions],
            metrics=[types.Metric(name=name) for name in question.metrics],
            date_ranges=[
                types.DateRange(start_date=first, end_date=last, name=f"until_{last}" if several else None)
                for first, last in question.ranges
            ],
            dimension_filter=types.FilterExpression(filter=only) if question.events else None,
            # An order of its own makes pages disjoint: without one, rows may move between requests.
            order_bys=[
                types.OrderBy(dimension=types.OrderBy.DimensionOrderBy(dimension_name=name))
                for name in question.dimensions
            ],
            currency_code=question.currency,
            limit=PAGE_ROWS,
            offset=offset,
            return_property_quota=True,
        )

    @cached_property
    def _blocked(self) -> dict[str, str]:
        """Metrics that this account asks for in vain, with the reasons. Empty when the property does not say."""
        try:
            said = self.metadata()
        except ToolError:
            return {}
        return {m.api_name: ", ".join(r.name for r in m.blocked_reasons) for m in said.metrics if m.blocked_reasons}

    def _call(self, fn: Any, report: Report | None = None) -> Any:
        def counted() -> Any:
            try:
                return fn()
            except Exception as error:
                self._count_server_error(error, report)
                raise

        return call(
            TOOL,
            counted,
            translate=_translate,
            limiter=self._limiter,
            account=self._property,
            attempts=READ_ATTEMPTS,
            reach=reach_of(self.connection),
        )

    def _count_server_error(self, error: Exception, report: Report | None) -> None:
        """Raises ToolError(quota) instead of an error that would lock the property for everybody."""
        known = _translate(error)
        if known is None or (known.status or 0) < 500 or isinstance(error, ToolError):
            return  # a ToolError is the token endpoint's, which is another server
        left = report.server_errors_left if report is not None else None
        try:
            self._limiter.acquire(SERVER_ERRORS, self._property)
        except ToolError:
            left = 0
        if left is not None and left <= 1:
            raise ToolError(
                TOOL,
                ToolErrorKind.QUOTA,
                f"property {self._property} answered so many server errors that Google would lock it: {known.message}",
                hint="not asked again within the hour; later runs take this up",
                status=known.status,
                retry_after_s=HOUR_S,
            ) from error

    def _no_key_event(self) -> ToolError:
        name = self._key_event.partition(":")[2]
        return ToolError(
            TOOL,
            ToolErrorKind.INVALID,
            f"{name} is no key event of property {self._property}, so there are no conversions",
            hint=f"mark the event {name} as a key event in GA4 (Admin > Events), or name another: "
            f"marketeer connect ga4 --tenant {self.connection.tenant} --set key_event=NAME",
        )

    @cached_property
    def _sign_in(self) -> SignIn:
        return SignIn(self.connection, SCOPES)

    @cached_property
    def _sdk(self) -> Any:
        from google.analytics.data_v1beta import BetaAnalyticsDataClient
        from google.api_core.client_options import ClientOptions

        return BetaAnalyticsDataClient(
            transport="rest",
            credentials=self._sign_in.credentials(),
            client_options=ClientOptions(api_endpoint=self.connection.base_url) if self.connection.base_url else None,
        )


def _refuses(error: ToolError, field: str, what: str) -> bool:
    """Whether a 400 is about this one field: the sentence may begin with a guess at another."""
    return error.kind is ToolErrorKind.INVALID and f"Field {field} is not a valid {what}" in error.message


def _translate(error: Exception) -> ToolError | None:
    return translate_google(TOOL, error)
