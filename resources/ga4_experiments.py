"""What Google Analytics 4 knows of experiments: the people of each arm to date, and how many of them converted.

A visitor's arm is a user property (docs/decisions/0021-people-and-arms.md), so every later event of theirs counts with
it, on other pages and days too. People are counted by Google over the test's whole time, not by us from days: whoever
comes on four days is one of `totalUsers` of the range, and four in a sum of days. A range longer than the test changes
nothing, as the value names the test and nobody had it before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from marketeer_dagster.model.experiment import SLOTS, arm_of, user_property
from resources.collected import Collected, frame

if TYPE_CHECKING:
    from resources.ga4 import Ga4Client
    from resources.ga4_report import Report

EXPERIMENT_COLUMNS = {
    "date": "object", "experiment": "str", "variant": "str", "visitors": "int64", "conversions": "int64",
    "revenue": "float64",
}  # fmt: skip
SHOWN = "experiment_impression"
"""The event by which our pages say that a visitor was shown an arm."""
REVENUE = ("purchase", "refund")
LONGEST_DAYS = 180
"""Longest time of a test: an earlier day has nothing to say of one that runs."""
RANGES = 4
"""Date ranges that one report may have (Data API, RunReportRequest)."""
HOW_TO_REGISTER = (
    "in Google Analytics: Admin, Data display, Custom definitions, Create custom dimension; scope User, user property "
    f"{user_property(SLOTS.start)} (…_2 to …_{SLOTS.stop - 1} for more tests at once), any name"
)
"""What a person does so that experiments can be measured."""
UNREGISTERED = f"no experiment can be measured yet: register a user-scoped custom dimension ({HOW_TO_REGISTER})"


@dataclass(frozen=True)
class _Run:
    """When an arm's value was seen in a slot: from the test's first day in the figures to its last."""

    first: date
    last: date


def collect_experiments(
    client: "Ga4Client", key_event: str, first: date, last: date, notes: Sequence[str] = ()
) -> Collected:
    """Rows of `experiment_daily` for [first, last]: what was true of each running test's arms by the end of each day.

    Estimates of many people may fall from one day to the next; more converted people than people are cut to all.
    Raises ToolError.
    """
    slots = client.registered_slots()
    if not slots:
        return Collected(
            frame(EXPERIMENT_COLUMNS, [], ["date", "experiment", "variant"]),
            1,
            notes=(*notes, UNREGISTERED),
            doubts=(UNREGISTERED,),
        )
    reports: list[Report] = []
    records = [record for slot in sorted(slots) for record in _of_slot(client, slot, key_event, first, last, reports)]
    quota = {name: said for report in reports for name, said in report.quota.items()}
    told = tuple(dict.fromkeys((*notes, *(note for report in reports for note in report.notes))))
    doubts = tuple(dict.fromkeys(doubt for report in reports for doubt in report.doubts))
    rows = frame(EXPERIMENT_COLUMNS, records, ["date", "experiment", "variant"])
    return Collected(rows, 1 + sum(report.calls for report in reports), quota, told, doubts=doubts)


def _of_slot(
    client: "Ga4Client", slot: int, key_event: str, first: date, last: date, reports: "list[Report]"
) -> Iterator[dict[str, Any]]:
    dimension = f"customUser:{user_property(slot)}"
    start = first - timedelta(days=LONGEST_DAYS)
    shown = client.report(("date", dimension), ("totalUsers",), (start, last), events=(SHOWN,))
    reports.append(shown)
    runs = _runs(shown.rows)
    wanted = [day for day in _days(first, last) if any(run.first <= day <= run.last for run in runs.values())]
    events = (SHOWN, key_event, *REVENUE)
    for days in (wanted[at : at + RANGES] for at in range(0, len(wanted), RANGES)):
        begun = min(run.first for run in runs.values() if run.last >= days[0])
        ranges = [(begun, day) for day in days]
        report = client.report((dimension, "eventName"), ("totalUsers", "totalRevenue"), *ranges, events=events)
        reports.append(report)
        yield from _records(report.rows, days, runs, key_event)


def _runs(rows: Iterable[tuple[Any, ...]]) -> Mapping[str, _Run]:
    """By experiment: the days on which anybody was shown it. Rows of no day or of no arm of ours are left out."""
    runs: dict[str, _Run] = {}
    for text, value, _ in rows:
        arm, day = arm_of(str(value)), _day(str(text))
        if arm is not None and day is not None:
            held = runs.get(arm[0], _Run(day, day))
            runs[arm[0]] = _Run(min(held.first, day), max(held.last, day))
    return runs


def _records(
    rows: Iterable[tuple[Any, ...]], days: list[date], runs: Mapping[str, _Run], key_event: str
) -> Iterator[dict[str, Any]]:
    found: dict[tuple[date, str, str], dict[str, float]] = {}
    for value, event, *span, people, revenue in rows:
        arm = arm_of(str(value))
        day = date.fromisoformat(str(span[0]).removeprefix("until_")) if span else days[0]
        if arm is None or arm[0] not in runs or not runs[arm[0]].first <= day <= runs[arm[0]].last:
            continue
        sums = found.setdefault((day, *arm), {SHOWN: 0, key_event: 0, "revenue": 0})
        if event in (SHOWN, key_event):
            sums[event] += float(people)
        sums["revenue"] += float(revenue)
    for (day, experiment, variant), sums in found.items():
        visitors = round(sums[SHOWN])
        if visitors:
            yield {
                "date": day, "experiment": experiment, "variant": variant, "visitors": visitors,
                "conversions": min(round(sums[key_event]), visitors), "revenue": sums["revenue"],
            }  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None  # (other): beyond the property's cardinality limit


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
