"""How a GA4 property bends what happened: the habits of the real one, and what its reports look like by them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from marketeer_dagster.sandbox.habits import Habit
from marketeer_dagster.sandbox.vendors._ga4_report import CUSTOM, KEY_EVENT, NOT_SET, InvalidArgument, Sums
from marketeer_dagster.sandbox.visits import VisitRow
from marketeer_dagster.sandbox.world import World

HABITS = {
    "no_user_dimensions": Habit(
        "Nobody registered a user-scoped custom dimension: customUser:… is no valid dimension."
    ),
    "estimated_users": Habit(
        "Numbers of people beyond ten thousand are estimates, off by about 0.8 %, up or down.", on=True
    ),
    "unset": Habit("Some sessions have no landing page: (not set) in every dimension, or an empty path.", on=True),
    "thresholds": Habit("Rows of a single user are withheld; only subjectToThresholding shows it.", on=True),
    "other_row": Habit("Beyond 500 rows a day the rest is summed up in (other).", on=True),
    "server_error_quota": Habit("Ten server errors within an hour lock the property for its project.", on=True),
    "crowded": Habit("The property is at its cardinality limit: (other) from 12 rows a day on, and in dates, too."),
    "fractions": Habit("Attribution splits key events: a tenth of each is credited to (data not available)."),
    "sampled": Habit("Reports are computed from a thirtieth of the events."),
    "truncated": Habit("Days more than 20 days ago are cut off without an error."),
    "restricted_revenue": Habit("The account may not see revenue: zeros, and only schemaRestrictionResponse says why."),
    "blocked_revenue": Habit("The same, and only the metadata's blockedReasons say why."),
    "key_event_unmarked": Habit("sign_up is not marked as a key event: its metrics do not exist."),
    "experiment_unregistered": Habit("No custom dimension is registered in the property."),
    "foreign_currency": Habit("The property's currency is the euro (1 EUR is 1.08 USD)."),
    "ignores_currency": Habit("currencyCode is not honoured: revenue comes in the property's currency."),
    "foreign_time_zone": Habit("The property says that its days are those of Los Angeles."),
}
USD_RATES = {"USD": 1.0, "EUR": 1 / 1.08, "GBP": 0.79, "JPY": 150.0, "CHF": 0.88, "PLN": 4.0, "SEK": 10.5}
"""Units of a currency for one dollar of the market's."""
OTHER = "(other)"
_ROWS_A_DAY, _CROWDED_ROWS = 500, 12
_UNSET_SHARE, _PAGELESS_SHARE = 0.01, 0.005
_KEPT_DAYS = 20
_UNAVAILABLE = "(data not available)"
_REVENUE = frozenset({"totalRevenue", "purchaseRevenue"})


class Unkind:
    """The habits of one account's property."""

    def __init__(self, world: World, tenant: str) -> None:
        self._world, self._tenant = world, tenant
        self.other_row = self.withheld = False
        """Whether the last report lost rows so."""

    def on(self, name: str) -> bool:
        return self._world.habits.on(self._tenant, "ga4", name)

    def known(self, dimensions: Iterable[str]) -> list[str]:
        """Those of the dimensions that somebody set up in this property."""
        return [name for name in dimensions if name not in CUSTOM or not self.on("experiment_unregistered")]

    def refuse_fields(self, dimensions: Iterable[str], metrics: Iterable[str]) -> None:
        """Raises InvalidArgument for what nobody set up in this property."""
        hidden = [name for name in dimensions if name in CUSTOM and self.on("experiment_unregistered")]
        if hidden:
            raise InvalidArgument.field(hidden[0], "dimension")
        unmarked = [name for name in metrics if name.endswith(f":{KEY_EVENT}") and self.on("key_event_unmarked")]
        if unmarked:
            raise InvalidArgument.field(unmarked[0], "metric")

    def visits(self, day: date, rows: Iterable[VisitRow]) -> list[VisitRow]:
        """A day's visits as the property holds them."""
        if self.on("truncated") and day < self.kept_from():
            return []
        found = list(rows)
        if self.on("fractions"):
            found = [part for row in found for part in _split(row)]
        if self.on("unset"):
            found += _pageless(sum(row.sessions for row in found))
        return found

    def kept_from(self) -> date:
        """The first day that a truncated report holds."""
        return self._world.clock.day - timedelta(days=_KEPT_DAYS)

    def sums(self, sums: dict[tuple[str, ...], Sums], dimensions: list[str]) -> dict[tuple[str, ...], Sums]:
        """A report's rows after what the property withholds or sums up."""
        self.other_row = self.withheld = False
        if self.on("thresholds"):
            kept = {key: total for key, total in sums.items() if total.users != 1}
            self.withheld, sums = len(kept) < len(sums), kept
        limit = _CROWDED_ROWS if self.on("crowded") else _ROWS_A_DAY
        return self._summed_up(sums, dimensions, limit) if self.on("other_row") else sums

    def _summed_up(
        self, sums: dict[tuple[str, ...], Sums], dimensions: list[str], limit: int
    ) -> dict[tuple[str, ...], Sums]:
        """At most `limit` rows a day by their sessions, and one for the rest."""
        at = dimensions.index("date") if "date" in dimensions else None
        days: dict[str, list[tuple[str, ...]]] = {}
        for key in sums:
            days.setdefault(key[at] if at is not None else "", []).append(key)
        found: dict[tuple[str, ...], Sums] = {}
        for day, keys in days.items():
            keys.sort(key=lambda key: (-sums[key].sessions, key))
            kept, rest = (keys, []) if len(keys) <= limit else (keys[: limit - 1], keys[limit - 1 :])
            found |= {key: sums[key] for key in kept}
            for index, key in enumerate(rest):
                self.other_row = True
                dated = not (self.on("crowded") and index == len(rest) - 1)
                place = tuple(day if at is not None and dated and n == at else OTHER for n in range(len(key)))
                found[place] = found.get(place, Sums()).joined(sums[key])
        return found

    def value(self, metric: str, value: float, currency: str) -> float:
        """A metric's value as this account sees it, money in the report's currency."""
        if metric not in _REVENUE:
            return value
        if self.on("restricted_revenue") or self.on("blocked_revenue"):
            return 0.0
        return value * USD_RATES[currency]

    def currency(self, asked: str) -> str:
        """The currency of a report for which `asked` was asked. Raises InvalidArgument for one that is none."""
        own = "EUR" if self.on("foreign_currency") else "USD"
        if asked and asked not in USD_RATES:
            raise InvalidArgument(f"Invalid currency code: {asked}.")
        return own if not asked or self.on("ignores_currency") else asked

    def metadata(self, currency: str, metrics: Iterable[str]) -> dict[str, Any]:
        """A report's metadata."""
        zone = "America/Los_Angeles" if self.on("foreign_time_zone") else "Etc/UTC"
        said: dict[str, Any] = {"currencyCode": currency, "timeZone": zone}
        restricted = sorted(_REVENUE & set(metrics)) if self.on("restricted_revenue") else []
        if restricted:
            said["schemaRestrictionResponse"] = {
                "activeMetricRestrictions": [
                    {"metricName": name, "restrictedMetricTypes": ["REVENUE_DATA"]} for name in restricted
                ]
            }
        if self.withheld:
            said["subjectToThresholding"] = True
        if self.other_row:
            said["dataLossFromOtherRow"] = True
        if self.on("sampled"):
            said["samplingMetadatas"] = [{"samplesReadCount": "500000", "samplingSpaceSize": "15328013"}]
        if self.on("truncated"):
            said["dataTruncationReasons"] = [
                {
                    "dataTruncationType": "DATA_TRUNCATION_TYPE_DATE_RANGE",
                    "dataTruncationDate": self.kept_from().isoformat(),
                    "dataTruncationMessage": "Data before this date is not available.",
                }
            ]
        return said

    def blocked(self, metric: str) -> bool:
        return metric in _REVENUE and self.on("blocked_revenue")


def _split(row: VisitRow) -> list[VisitRow]:
    """The row with nine tenths of its key events, and the tenth that is credited to nobody."""
    if not row.conversions:
        return [row]
    nowhere = row._replace(
        source=_UNAVAILABLE, medium=_UNAVAILABLE, campaign=_UNAVAILABLE, sessions=0, users=0, engaged=0, revenue=0.0
    )
    tenth = row.conversions / 10
    # Whole numbers to the market; the habit is that GA4 credits fractions of them.
    return [row._replace(conversions=row.conversions - tenth), nowhere._replace(conversions=tenth)]  # type: ignore[arg-type]


def _pageless(sessions: int) -> list[VisitRow]:
    """Sessions without a page view, beside those that the market lived: bots, and tags that fire too late."""
    unset, direct = round(sessions * _UNSET_SHARE), round(sessions * _PAGELESS_SHARE)
    rows = [
        VisitRow(NOT_SET, NOT_SET, NOT_SET, NOT_SET, "", "", unset, unset, 0, 0, 0.0),
        VisitRow("", "(direct)", "(none)", "(direct)", "", "", direct, direct, direct // 7, 0, 0.0),
    ]
    return [row for row in rows if row.sessions]
