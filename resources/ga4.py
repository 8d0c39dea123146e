"""Google Analytics 4: sessions, users and sign-ups by landing page and source, and experiment results.

Reads through the Data API's REST transport. Metrics are asked in one report per range with `date` as a dimension, so
that a backfill of months costs one report's quota tokens instead of one a day.
"""

from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call
from resources.collected import Collected, frame
from resources.endpoints import reach_of
from resources.google_auth import TIMEOUT_S, credentials, require_setting, translate_google

if TYPE_CHECKING:
    import pandas as pd

TOOL = "ga4"
SCOPES = ("https://www.googleapis.com/auth/analytics.readonly",)
PAGE_ROWS = 100_000
"""Rows per request; the API allows 250,000 and defaults to 10,000."""
DEFAULT_KEY_EVENT = "sign_up"
"""The event counted as a conversion, unless the connection's setting `key_event` names another."""

DAILY_COLUMNS = {
    "date": "object", "landing_page": "str", "source": "str", "medium": "str", "campaign": "str", "sessions": "int64",
    "users": "int64", "engaged_sessions": "int64", "conversions": "int64", "revenue": "float64",
}  # fmt: skip
_DAILY_DIMENSIONS = ("date", "landingPage", "sessionSource", "sessionMedium", "sessionCampaignName")
EXPERIMENT_COLUMNS = {
    "date": "object", "experiment": "str", "variant": "str", "visitors": "int64", "conversions": "int64",
    "revenue": "float64",
}  # fmt: skip
_EXPERIMENT_DIMENSIONS = ("date", "customEvent:experiment_id", "customEvent:experiment_variant")
_NOT_SET = frozenset({"", "(not set)"})


class Ga4Client:
    """One tenant's GA4 property. Needs setting `property_id` and Google credentials; `base_url` is optional."""

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.connection = connection
        self._limiter = limiter
        self._property = require_setting(connection, "property_id", "123456789").removeprefix("properties/")
        self._key_event = connection.settings.get("key_event", DEFAULT_KEY_EVENT)

    def daily(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `ga4_daily` for [first, last], days in the property's time zone. Raises ToolError."""
        return self.collect_daily(first, last).rows

    def collect_daily(self, first: date, last: date) -> Collected:
        """As `daily`, with API calls, the property's remaining quota, and sampling or thresholding as notes."""
        metrics = ("sessions", "totalUsers", "engagedSessions", f"keyEvents:{self._key_event}", "totalRevenue")
        report = self._report(_DAILY_DIMENSIONS, metrics, first, last)
        return report.collected(DAILY_COLUMNS, 5)

    def experiments(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `experiment_daily` for [first, last]: visitors and conversions per arm. Raises ToolError."""
        return self.collect_experiments(first, last).rows

    def collect_experiments(self, first: date, last: date) -> Collected:
        """As `experiments`, with API calls, quota and notes. A visitor counts once a day for the arm that was shown."""
        metrics = ("totalUsers", f"keyEvents:{self._key_event}", "totalRevenue")
        report = self._report(_EXPERIMENT_DIMENSIONS, metrics, first, last)
        report.rows = [row for row in report.rows if not _NOT_SET & {str(row[1]), str(row[2])}]
        return report.collected(EXPERIMENT_COLUMNS, 3)

    def check(self) -> None:
        """One cheap request that proves connection and rights; raises ToolError."""
        from google.analytics.data_v1beta.types import GetMetadataRequest

        name = f"properties/{self._property}/metadata"
        self._call(lambda: self._sdk.get_metadata(GetMetadataRequest(name=name), retry=None, timeout=TIMEOUT_S))

    def _report(self, dimensions: tuple[str, ...], metrics: tuple[str, ...], first: date, last: date) -> "_Report":
        from google.analytics.data_v1beta import types

        report = _Report()
        while report.more:
            request = types.RunReportRequest(
                property=f"properties/{self._property}",
                dimensions=[types.Dimension(name=name) for name in dimensions],
                metrics=[types.Metric(name=name) for name in metrics],
                date_ranges=[types.DateRange(start_date=first.isoformat(), end_date=last.isoformat())],
                # An order of its own makes pages disjoint: without one, rows may move between requests.
                order_bys=[
                    types.OrderBy(dimension=types.OrderBy.DimensionOrderBy(dimension_name=name)) for name in dimensions
                ],
                limit=PAGE_ROWS,
                offset=len(report.rows),
                return_property_quota=True,
            )
            report.add(self._call(lambda asked=request: self._sdk.run_report(asked, retry=None, timeout=TIMEOUT_S)))
        return report

    def _call(self, fn: Any) -> Any:
        return call(
            TOOL,
            fn,
            translate=_translate,
            limiter=self._limiter,
            account=self._property,
            attempts=READ_ATTEMPTS,
            reach=reach_of(self.connection),
        )

    @cached_property
    def _sdk(self) -> Any:
        from google.analytics.data_v1beta import BetaAnalyticsDataClient
        from google.api_core.client_options import ClientOptions

        return BetaAnalyticsDataClient(
            transport="rest",
            credentials=credentials(self.connection, SCOPES),
            client_options=ClientOptions(api_endpoint=self.connection.base_url) if self.connection.base_url else None,
        )


class _Report:
    """Pages of one report, put together."""

    def __init__(self) -> None:
        self.rows: list[list[object]] = []
        self.calls = 0
        self.more = True
        self._quota: dict[str, str] = {}
        self._notes: dict[str, None] = {}

    def add(self, page: Any) -> None:
        self.calls += 1
        for row in page.rows:
            dimensions = [value.value for value in row.dimension_values]
            self.rows.append([*dimensions, *(value.value for value in row.metric_values)])
        self.more = bool(page.rows) and len(self.rows) < page.row_count
        self._read_quota(page.property_quota)
        self._read_quality(page.metadata)

    def _read_quota(self, quota: Any) -> None:
        for name in ("tokens_per_day", "tokens_per_hour", "tokens_per_project_per_hour", "concurrent_requests"):
            status = getattr(quota, name)
            if status.consumed or status.remaining:
                self._quota[name] = f"{status.remaining:,} left, {status.consumed:,} used by the last request"

    def _read_quality(self, metadata: Any) -> None:
        for sample in metadata.sampling_metadatas:
            share = sample.samples_read_count / max(sample.sampling_space_size, 1)
            self._notes[f"sampled: computed from {share:.1%} of events"] = None
        if metadata.subject_to_thresholding:
            self._notes["thresholded: rows with few users are withheld"] = None
        if metadata.data_loss_from_other_row:
            self._notes["rows beyond the property's cardinality limit are summed up in '(other)'"] = None

    def collected(self, columns: dict[str, str], dimensions: int) -> Collected:
        """The rows in our columns; those that our spelling of "not set" makes alike are added up."""
        names = list(columns)
        merged: dict[tuple[object, ...], dict[str, Any]] = {}
        for row in self.rows:
            record = {name: _value(name, columns[name], text) for name, text in zip(names, row, strict=True)}
            held = merged.setdefault(tuple(record[name] for name in names[:dimensions]), record)
            if held is not record:
                held.update({name: held[name] + record[name] for name in names[dimensions:]})
        rows = frame(columns, list(merged.values()), names[:dimensions])
        return Collected(rows, self.calls, self._quota, tuple(self._notes))


def _value(name: str, dtype: str, text: object) -> Any:
    if dtype == "object":
        return datetime.strptime(str(text), "%Y%m%d").date()
    if dtype == "int64":
        return int(float(str(text)))
    if dtype == "float64":
        return float(str(text))
    return "" if name == "campaign" and text in _NOT_SET else str(text)


def _translate(error: Exception) -> ToolError | None:
    return translate_google(TOOL, error)
