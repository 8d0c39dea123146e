"""GA4 reports by user-scoped custom dimensions: people, each counted once in a range of days.

A user property holds for every later event of the person, in later sessions and on other pages too, and for none before
it was set. So a report by `customUser:…` counts sign-ups with the arm their person was given. Of such reports the
sandbox knows what can be asked of persons; better refused than answered wrongly is the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from marketeer_dagster.sandbox.chance import uniform
from marketeer_dagster.sandbox.crowd import PaidRow, PeopleRow
from marketeer_dagster.sandbox.vendors._ga4_report import Row, filter_of, names_of

USER_SCOPED: Final = "customUser:"
REGISTERED: Final = tuple(f"{USER_SCOPED}marketeer_test_{number}" for number in range(1, 6))
"""The user-scoped custom dimensions of every property in the sandbox."""
METRICS: Final = ("totalUsers", "activeUsers", "eventCount", "totalRevenue")
EXACT_BELOW: Final = 10_000
"""Distinct counts are exact up to about here and estimates from here on (HyperLogLog++ of precision 14)."""
_STANDARD_ERROR: Final = 0.0081
_NOT_SET: Final = "(not set)"


@dataclass
class _Counted:
    people: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    events: int = 0
    payers: int = 0
    """People who paid, of whom no more is known: each pays first once."""
    usd: float = 0.0


def asks_for_people(body: dict[str, Any]) -> bool:
    """Whether a request names a user-scoped custom dimension anywhere."""
    return USER_SCOPED in repr((body.get("dimensions"), body.get("dimensionFilter")))


def people_report(
    body: dict[str, Any],
    ranges: list[str],
    seen: Iterable[tuple[str, date, PeopleRow | PaidRow]],
    *,
    registered: tuple[str, ...],
    estimated: bool,
) -> tuple[list[str], list[str], list[Row]]:
    """Dimensions, metrics and rows of a report on people. Raises InvalidArgument."""
    known = ("date", "eventName", *registered)
    dimensions = names_of(body.get("dimensions", []), known, "dimension")
    metrics = names_of(body.get("metrics", []), METRICS, "metric")
    keep = filter_of(body["dimensionFilter"], known) if body.get("dimensionFilter") else None
    sums: dict[tuple[str, ...], _Counted] = {}
    for range_name, day, row in seen:
        for event, people, paid in _events(row):
            values = _values(day, event, row, registered)
            if keep is not None and not keep(values.__getitem__):
                continue
            key = tuple(values[name] for name in dimensions)
            counted = sums.setdefault((*key, range_name) if len(ranges) > 1 else key, _Counted())
            counted.people.update((f"{row.experiment}/{row.variant}", person) for person in people)
            counted.events += len(people) + (paid.payers if paid else 0)
            counted.payers += paid.payers if paid else 0
            counted.usd += paid.usd if paid else 0.0
    if len(ranges) > 1:
        dimensions = [*dimensions, "dateRange"]
    return dimensions, metrics, list(_rows(sums, metrics, estimated, len(body.get("dimensions", []))))


def _events(row: PeopleRow | PaidRow) -> Iterator[tuple[str, list[int], PaidRow | None]]:
    if isinstance(row, PaidRow):
        yield "purchase", [], row
        return
    for event, people in (("experiment_impression", row.seen), ("sign_up", row.won)):
        if people:
            yield event, people, None


def _values(day: date, event: str, row: PeopleRow | PaidRow, registered: tuple[str, ...]) -> dict[str, str]:
    told = f"{row.experiment}.{row.variant}"
    properties = {name: told if name == f"{USER_SCOPED}{row.user_property}" else _NOT_SET for name in registered}
    return {"date": day.strftime("%Y%m%d"), "eventName": event, **properties}


def _rows(sums: dict[tuple[str, ...], _Counted], metrics: list[str], estimated: bool, width: int) -> Iterator[Row]:
    for key, counted in sums.items():
        people = len(counted.people) + counted.payers
        if estimated and people > EXACT_BELOW:
            people = round(people * (1 + _STANDARD_ERROR * _luck(key[:width], people)))
        values = {
            "totalUsers": people,
            "activeUsers": people,
            "eventCount": counted.events,
            "totalRevenue": counted.usd,
        }
        yield key, tuple(float(values[name]) for name in metrics)


def _luck(key: tuple[str, ...], people: int) -> float:
    """About a standard normal number, the same for the same people: a sum of twelve uniform ones."""
    return sum(uniform("estimate", *key, people, n) for n in range(12)) - 6
