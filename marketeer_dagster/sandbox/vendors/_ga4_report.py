"""GA4 reports: dimensions and metrics over recorded visits, with filters, orders and pages."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from marketeer_dagster.sandbox.visits import VisitRow

_SCHEMA_PAGE = "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema"
NOT_SET = "(not set)"


class InvalidArgument(Exception):
    """The request is wrong; the text is the API's message."""

    @classmethod
    def field(cls, name: str, what: str) -> "InvalidArgument":
        """A name that is no field of this property."""
        return cls(
            f"Field {name} is not a valid {what}. For a list of valid dimensions and metrics, see {_SCHEMA_PAGE} "
        )


@dataclass(frozen=True)
class Sums:
    """What is added up per row of a report."""

    sessions: int = 0
    users: int = 0
    engaged: int = 0
    conversions: float = 0
    revenue: float = 0.0
    views: int = 0
    """Sessions in which an experiment's arm was shown."""
    other_events: int = 0
    """Events that every session has: its start, a page view, engagement."""

    def plus(self, row: VisitRow) -> "Sums":
        return Sums(
            self.sessions + row.sessions,
            self.users + row.users,
            self.engaged + row.engaged,
            self.conversions + row.conversions,
            self.revenue + row.revenue,
            self.views + (row.sessions if row.experiment else 0),
            self.other_events + 3 * row.sessions,
        )

    def joined(self, other: "Sums") -> "Sums":
        """Two rows of a report as one."""
        return Sums(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    def plus_impressions(self, row: VisitRow) -> "Sums":
        """Of the row only the events that carried the arm: whoever was shown it, and nothing of what they did then."""
        return replace(
            self, sessions=self.sessions + row.sessions, users=self.users + row.users,
            engaged=self.engaged + row.engaged, views=self.views + row.sessions,
        )  # fmt: skip


@dataclass(frozen=True)
class Metric:
    """One metric of the API's schema."""

    kind: str
    value: Callable[[Sums], float]
    title: str


def _channel_group(row: VisitRow) -> str:
    groups = {"organic": "Organic Search", "cpc": "Paid Search", "(none)": "Direct", "referral": "Referral"}
    return groups.get(row.medium) or {"social": "Organic Social", "email": "Email"}.get(row.medium, "Unassigned")


DIMENSIONS: dict[str, Callable[[date, VisitRow], str]] = {
    "date": lambda day, row: day.strftime("%Y%m%d"),
    "landingPage": lambda day, row: row.page,
    "landingPagePlusQueryString": lambda day, row: row.page,
    "pagePath": lambda day, row: row.page,
    "sessionSource": lambda day, row: row.source,
    "sessionMedium": lambda day, row: row.medium,
    "sessionSourceMedium": lambda day, row: f"{row.source} / {row.medium}",
    "sessionCampaignName": lambda day, row: row.campaign,
    "sessionDefaultChannelGroup": lambda day, row: _channel_group(row),
    "customEvent:experiment_id": lambda day, row: row.experiment or NOT_SET,
    "customEvent:experiment_variant": lambda day, row: row.variant or NOT_SET,
}
KEY_EVENT = "sign_up"
CUSTOM = frozenset(name for name in DIMENSIONS if name.startswith("custom"))
EVENT_SCOPED = "customEvent:"
"""What a dimension's name begins with that belongs to the events that carried it, and to no other of the person's."""
_INTEGER, _FLOAT, _CURRENCY = "TYPE_INTEGER", "TYPE_FLOAT", "TYPE_CURRENCY"


def _rate(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


METRICS: dict[str, Metric] = {
    "sessions": Metric(_INTEGER, lambda s: s.sessions, "Sessions"),
    "totalUsers": Metric(_INTEGER, lambda s: s.users, "Total users"),
    "activeUsers": Metric(_INTEGER, lambda s: s.users, "Active users"),
    "engagedSessions": Metric(_INTEGER, lambda s: s.engaged, "Engaged sessions"),
    "engagementRate": Metric(_FLOAT, lambda s: _rate(s.engaged, s.sessions), "Engagement rate"),
    "bounceRate": Metric(_FLOAT, lambda s: 1 - _rate(s.engaged, s.sessions), "Bounce rate"),
    "keyEvents": Metric(_FLOAT, lambda s: s.conversions, "Key events"),
    f"keyEvents:{KEY_EVENT}": Metric(_FLOAT, lambda s: s.conversions, f"Key events for {KEY_EVENT}"),
    "conversions": Metric(_FLOAT, lambda s: s.conversions, "Conversions"),
    f"conversions:{KEY_EVENT}": Metric(_FLOAT, lambda s: s.conversions, f"Conversions for {KEY_EVENT}"),
    "sessionKeyEventRate": Metric(_FLOAT, lambda s: _rate(s.conversions, s.sessions), "Session key event rate"),
    f"sessionKeyEventRate:{KEY_EVENT}": Metric(
        _FLOAT, lambda s: _rate(s.conversions, s.sessions), f"Session key event rate for {KEY_EVENT}"
    ),
    "totalRevenue": Metric(_CURRENCY, lambda s: s.revenue, "Total revenue"),
    "purchaseRevenue": Metric(_CURRENCY, lambda s: s.revenue, "Purchase revenue"),
    "eventCount": Metric(_INTEGER, lambda s: s.other_events + s.conversions + s.views, "Event count"),
}

Totals = dict[tuple[str, ...], Sums]
"""What is added up under each combination of dimension values."""
Row = tuple[tuple[str, ...], tuple[float, ...]]
"""Dimension values and metric values, in the order asked for."""


def names_of(asked: list[dict[str, Any]], known: Iterable[str], what: str) -> list[str]:
    """The names asked for; raises InvalidArgument for one the API does not know."""
    names = [str(one.get("name", "")) for one in asked]
    for name in names:
        if name not in known:
            raise InvalidArgument.field(name, what)
    return names


def totals_of(visits: Iterable[tuple[str, date, VisitRow]], dimensions: list[str], keep: Any) -> Totals:
    """Visits (range name, day, row) added up by `dimensions`; `keep` is the request's dimensionFilter or None."""
    readers = [DIMENSIONS[name] for name in dimensions if name != "dateRange"]
    wanted = filter_of(keep, DIMENSIONS) if keep else None
    by_event = EVENT_SCOPED in json.dumps([dimensions, keep])
    sums: dict[tuple[str, ...], Sums] = {}
    for range_name, day, visit in visits:
        # A row of visits is two of events where the report looks at what only some events carried: the impressions
        # have the arm, everything else (sign-ups too) does not.
        shown = [(visit, Sums.plus_impressions)] if by_event and visit.experiment else []
        rest = visit._replace(experiment="", variant="") if by_event else visit
        for row, adding in (*shown, (rest, Sums.plus)):
            if wanted is not None and not wanted(lambda name, d=day, v=row: DIMENSIONS[name](d, v)):
                continue
            key = tuple(reader(day, row) for reader in readers)
            if "dateRange" in dimensions:
                key = (*key, range_name)
            sums[key] = adding(sums.get(key, Sums()), row)
    return sums


def ordered(rows: list[Row], order_bys: list[dict[str, Any]], dimensions: list[str], metrics: list[str]) -> list[Row]:
    """Rows as asked for; the API's default is the first metric, largest first."""
    rows = sorted(rows, key=lambda row: row[0])
    usual: list[dict[str, Any]] = [{"metric": {"metricName": name}, "desc": True} for name in metrics[:1]]
    for order in reversed(order_bys or usual):
        by_metric: dict[str, Any] | None = order.get("metric")
        by_dimension: dict[str, Any] | None = order.get("dimension")
        if by_metric:
            at = _position(metrics, by_metric.get("metricName", ""))
            rows.sort(key=lambda row, at=at: row[1][at], reverse=bool(order.get("desc")))
        elif by_dimension:
            at = _position(dimensions, by_dimension.get("dimensionName", ""))
            rows.sort(key=lambda row, at=at: row[0][at], reverse=bool(order.get("desc")))
    return rows


def _position(names: list[str], name: str) -> int:
    if name not in names:
        raise InvalidArgument(f"Ordering by {name} requires it to be in the request.")
    return names.index(name)


_Lookup = Callable[[str], str]
_MATCH = {1: "EXACT", 2: "BEGINS_WITH", 3: "ENDS_WITH", 4: "CONTAINS", 5: "FULL_REGEXP", 6: "PARTIAL_REGEXP"}
"""The SDK's REST transport sends enums as numbers."""


def filter_of(expression: dict[str, Any], known: Iterable[str]) -> Callable[[_Lookup], bool]:
    """Whether a row is kept, asked through a look-up of its dimensions; InvalidArgument for what is not `known`."""
    if "andGroup" in expression:
        parts = [filter_of(part, known) for part in expression["andGroup"].get("expressions", [])]
        return lambda lookup: all(part(lookup) for part in parts)
    if "orGroup" in expression:
        parts = [filter_of(part, known) for part in expression["orGroup"].get("expressions", [])]
        return lambda lookup: any(part(lookup) for part in parts)
    if "notExpression" in expression:
        inner = filter_of(expression["notExpression"], known)
        return lambda lookup: not inner(lookup)
    rule = expression.get("filter", {})
    name = names_of([{"name": rule.get("fieldName", "")}], known, "dimension")[0]
    if "inListFilter" in rule:
        values, exact = rule["inListFilter"].get("values", []), rule["inListFilter"].get("caseSensitive", False)
        accepted = set(values) if exact else {value.lower() for value in values}
        return lambda lookup: (lookup(name) if exact else lookup(name).lower()) in accepted
    if "stringFilter" in rule:
        return _string_filter(name, rule["stringFilter"])
    raise InvalidArgument("A dimension filter needs a stringFilter or an inListFilter.")


def _string_filter(name: str, rule: dict[str, Any]) -> Callable[[_Lookup], bool]:
    kind = _MATCH.get(rule.get("matchType", 1), rule.get("matchType"))
    wanted, exact = str(rule.get("value", "")), bool(rule.get("caseSensitive"))
    if kind in ("FULL_REGEXP", "PARTIAL_REGEXP"):
        try:
            pattern = re.compile(wanted, 0 if exact else re.IGNORECASE)
        except re.error as error:
            raise InvalidArgument(f"Invalid regular expression: {error}") from None
        search = pattern.fullmatch if kind == "FULL_REGEXP" else pattern.search
        return lambda lookup: search(lookup(name)) is not None
    tests: dict[str, Callable[[str, str], bool]] = {
        "EXACT": str.__eq__,
        "BEGINS_WITH": str.startswith,
        "ENDS_WITH": str.endswith,
        "CONTAINS": str.__contains__,
    }
    test = tests.get(str(kind), str.__eq__)
    if exact:
        return lambda lookup: test(lookup(name), wanted)
    return lambda lookup: test(lookup(name).lower(), wanted.lower())
