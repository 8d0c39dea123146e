"""What a GA4 report is taken for: rows that are days and places, and what keeps its figures from being the whole truth.

A report is full of things that are no data and look like it. "(other)" sums up what is beyond the property's
cardinality limit and can stand where a date should; a restricted metric is 0 in every row; rows with few users are
missing without a trace. Good rows land, an unknown figure is no zero, and everything else is told.
"""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.collected import Collected, frame
from resources.google_errors import DAY_S, HOUR_S

TOOL = "ga4"
NOT_SET = "(not set)"
OTHER = "(other)"
MONEY = frozenset({"totalRevenue"})
"""Metrics in a currency."""
_UNSET = frozenset({"", NOT_SET})
_DAY = re.compile(r"\d{8}")
_TOKENS = ("tokens_per_day", "tokens_per_hour", "tokens_per_project_per_hour")
_QUOTAS = (
    *_TOKENS,
    "concurrent_requests",
    "server_errors_per_project_per_hour",
    "potentially_thresholded_requests_per_hour",
)
_LOG = logging.getLogger("marketeer.ga4")


@dataclass(frozen=True)
class Question:
    """What a report was asked for."""

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    currency: str = ""
    """Three letters; empty leaves the property's own."""
    time_zone: str = ""
    """The tenant's, to tell when the property's days are others; empty when unknown."""
    ranges: tuple[tuple[str, str], ...] = ()
    """First and last days, as the API takes them. Of several, rows end their dimensions with the range's name."""
    events: tuple[str, ...] = ()
    """The events that count; empty: all."""

    @property
    def told(self) -> tuple[str, ...]:
        """The dimensions that an answer has."""
        return (*self.dimensions, "dateRange") if len(self.ranges) > 1 else self.dimensions

    def without(self, metric: str) -> "Question":
        """The same, less a metric that the property refuses."""
        metrics = tuple(name for name in self.metrics if name != metric)
        return replace(self, metrics=metrics)


@dataclass
class Report:
    """Pages of one report, put together."""

    question: Question
    calls: int = 0
    more: bool = True
    offset: int = 0
    """Rows received, usable or not: where the next page begins."""
    server_errors_left: int | None = None
    """What the property still bears within the hour, as it said last."""
    _rows: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    _keys: set[tuple[str, ...]] = field(default_factory=set)
    _unknown: dict[str, str] = field(default_factory=dict)
    _quota: dict[str, str] = field(default_factory=dict)
    _notes: dict[str, None] = field(default_factory=dict)
    _doubts: dict[str, None] = field(default_factory=dict)

    def add(self, page: Any) -> None:
        """Take in one answer. Raises ToolError(outage) for one that is no page of this report."""
        self.calls += 1
        self._refuse_other_reports(page)
        for row in page.rows:
            key = tuple(str(value.value) for value in row.dimension_values)
            if key in self._keys:
                raise _unusable(f"repeats the row {', '.join(key)}: it answered one page twice")
            self._keys.add(key)
            self._rows.append((key, tuple(str(value.value) for value in row.metric_values)))
        self.offset += len(page.rows)
        self.more = self.offset < page.row_count
        if self.more and not page.rows:
            raise _unusable(f"announced {page.row_count:,} rows and sent {self.offset:,}")
        self._read_quality(page.metadata)
        self._read_quota(page.property_quota)

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """Every row as it came: its dimensions, then its metrics as numbers; NaN where a figure is unknown."""
        names = self.question.metrics
        return [
            (*key, *(self._value(name, text, whole=False) for name, text in zip(names, values, strict=True)))
            for key, values in self._rows
        ]

    @property
    def quota(self) -> Mapping[str, str]:
        """What the property said is left, by quota name, in words."""
        return self._quota

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know."""
        return (*self._notes, *self._doubts)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Those of the notes that somebody has to mend or bear in mind."""
        return tuple(self._doubts)

    def unknown(self, metric: str, why: str) -> None:
        """Take every value of `metric` for unknown."""
        self._unknown.setdefault(metric, why)
        self._doubts[why] = None

    def nothing_but_zero(self, metric: str) -> bool:
        """Whether there are rows and `metric` is 0 in all of them: so a blocked one looks, too."""
        if metric in self._unknown or metric not in self.question.metrics or not self._rows:
            return False
        at = self.question.metrics.index(metric)
        return all(_number(values[at]) == 0 for _, values in self._rows)

    def collected(
        self,
        columns: Mapping[str, str],
        metrics: Sequence[str],
        notes: Sequence[str] = (),
        days: tuple[date, date] = (date.min, date.max),
    ) -> Collected:
        """The rows in our columns, dimensions first and then `metrics`, of which unknown ones have no value.

        Rows that our spelling of "not set" makes alike are added up; rows of no day, of none of `days`, or with figures
        that are no numbers are left out and told.
        """
        names = list(columns)
        keys = names[: len(self.question.dimensions)]
        measures = dict(zip(names[len(keys) :], metrics, strict=True))
        merged: dict[tuple[object, ...], dict[str, Any]] = {}
        dayless: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        for key, values in self._rows:
            day = _day(key[0])
            if day is None or not days[0] <= day <= days[1]:
                dayless.append((key, values))
                continue
            if any(_number(text) is None for text in values):
                self._doubts[f"rows with figures that are no numbers were left out, such as {', '.join(key)}"] = None
                continue
            texts = (_text(name, value) for name, value in zip(keys[1:], key[1:], strict=True))
            record: dict[str, Any] = {"date": day, **dict(zip(keys[1:], texts, strict=True))}
            of = dict(zip(self.question.metrics, values, strict=True))
            record |= {
                name: self._value(metric, of.get(metric), columns[name] == "int64") for name, metric in measures.items()
            }
            held = merged.setdefault(tuple(record[name] for name in keys), record)
            if held is not record:
                held.update({name: held[name] + record[name] for name in measures})
        self._tell_left_out(dayless)
        rows = frame(dict(columns), list(merged.values()), keys)
        told = (*self._notes, *notes, *self._doubts)
        return Collected(rows, self.calls, self._quota, told, doubts=tuple(self._doubts))

    def refuse_to_go_on(self) -> None:
        """Raises ToolError(quota) when the next page would cost more tokens than are left."""
        spent = [words for name, words in self._quota.items() if name in self._short]
        if spent:
            wait = DAY_S if "tokens_per_day" in self._short else HOUR_S
            raise ToolError(
                TOOL,
                ToolErrorKind.QUOTA,
                f"tokens are nearly spent after {self.offset:,} rows: {'; '.join(spent)}",
                hint="later runs take this up; nothing was stored of these days",
                retry_after_s=wait,
            )

    _short: set[str] = field(default_factory=set)

    def _value(self, metric: str, text: str | None, whole: bool) -> Any:
        number = None if metric in self._unknown or text is None else _number(text)
        if number is None:
            return math.nan
        return round(number) if whole else number

    def _tell_left_out(self, dayless: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
        if not dayless:
            return
        at = self.question.metrics.index
        said = ", ".join(
            f"{name} {sum(_number(values[at(name)]) or 0 for _, values in dayless):,g}"
            for name in self.question.metrics[:1]
        )
        days = ", ".join(sorted({key[0] or "empty" for key, _ in dayless})[:3])
        self._doubts[f"{len(dayless)} rows of no day that was asked for were left out (date {days}): {said} in all"] = (
            None
        )

    def _refuse_other_reports(self, page: Any) -> None:
        dimensions = tuple(str(header.name) for header in page.dimension_headers)
        metrics = tuple(str(header.name) for header in page.metric_headers)
        if (dimensions, metrics) != (self.question.told, self.question.metrics):
            raise _unusable(
                f"answered about {', '.join((*dimensions, *metrics)) or 'nothing'} instead of what was asked"
            )
        for row in page.rows:
            if (len(row.dimension_values), len(row.metric_values)) != (len(dimensions), len(metrics)):
                raise _unusable("sent a row with other fields than its headers")

    def _read_quality(self, metadata: Any) -> None:
        for sample in metadata.sampling_metadatas:
            share = sample.samples_read_count / max(sample.sampling_space_size, 1)
            self._doubts[f"sampled: computed from {share:.1%} of events"] = None
        if metadata.subject_to_thresholding:
            self._notes["thresholded: rows with few users are withheld"] = None
        if metadata.data_loss_from_other_row or any(OTHER in key for key in self._keys):
            self._notes["rows beyond the property's cardinality limit are summed up in '(other)'"] = None
        for cut in metadata.data_truncation_reasons:
            said = str(cut.data_truncation_message).strip() or "the vendor does not say why"
            self._doubts[f"truncated before {cut.data_truncation_date or 'some day'}: {said}"] = None
        if metadata.empty_reason:
            self._notes[f"empty: {metadata.empty_reason}"] = None
        for restricted in metadata.schema_restriction_response.active_metric_restrictions:
            kinds = ", ".join(kind.name for kind in restricted.restricted_metric_types) or "restricted"
            self.unknown(
                str(restricted.metric_name), f"{restricted.metric_name} may not be seen by this account ({kinds})"
            )
        self._read_money(str(metadata.currency_code))
        self._read_zone(str(metadata.time_zone))

    def _read_money(self, code: str) -> None:
        if not code or not MONEY & set(self.question.metrics):
            return
        if not self.question.currency:
            self._notes[f"revenue is in {code}, the property's currency"] = None
        elif code.upper() != self.question.currency:
            for metric in MONEY & set(self.question.metrics):
                self.unknown(metric, f"{metric} came in {code} although {self.question.currency} was asked for")

    def _read_zone(self, zone: str) -> None:
        if zone and self.question.time_zone and not _same_zone(zone, self.question.time_zone):
            self._notes[f"days are those of {zone}, the property's time zone, not of {self.question.time_zone}"] = None

    def _read_quota(self, quota: Any) -> None:
        self._short = set()
        for name in _QUOTAS:
            status = getattr(quota, name)
            if not status.consumed and not status.remaining:
                continue  # not told: `remaining` is missing where it is 0, but then something was consumed
            self._quota[name] = f"{status.remaining:,} left, {status.consumed:,} used by the last request"
            if name in _TOKENS and status.remaining < status.consumed:
                self._short.add(name)
                note = f"{name.replace('_', ' ')} nearly spent: {status.remaining:,} left"
                self._notes[note] = None
                _LOG.warning("%s", note)
            if name == "server_errors_per_project_per_hour":
                self.server_errors_left = int(status.remaining)


def _unusable(what: str) -> ToolError:
    return ToolError(TOOL, ToolErrorKind.OUTAGE, f"no usable answer: it {what}")


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _text(name: str, value: str) -> str:
    if name == "campaign":
        return "" if value in _UNSET else value
    # An empty landing page is a session without a page view, not the front page.
    return value or NOT_SET


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _same_zone(one: str, other: str) -> bool:
    """Whether two names mean one clock: Etc/UTC and UTC do. A name that is not known here is another."""
    try:
        first, second = ZoneInfo(one), ZoneInfo(other)
    except (OSError, ValueError):
        return one == other
    moments = [datetime(2026, month, 1) for month in range(1, 13)]
    return all(
        moment.replace(tzinfo=first).utcoffset() == moment.replace(tzinfo=second).utcoffset() for moment in moments
    )
