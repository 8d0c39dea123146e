"""What the loops look at: daily series from the snapshot, judged by the anomaly engine, with evidence.

The engine brings numpy along and is loaded where something is judged: most processes of the platform judge nothing.
"""

import math
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from marketeer_dagster.campaigns.looking import Looked, Sighting, looked
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.warehouse.facts import ANONYMIZED
from marketeer_dagster.warehouse.pages import with_pages

if TYPE_CHECKING:
    from marketeer_dagster.optimise.anomaly import Reading

HISTORY_DAYS = 119
"""Days of history a judgement looks back on: seventeen weeks."""
SETTLED_DAYS = 21
"""Days after which a page's newest publication is the level it is held to: three weeks, the engine's least history."""
LEAST_SESSIONS = 700
"""Sessions in the last four weeks below which a page is too small to be watched."""

FAMILY_ALPHA = 0.01
"""Chance that counting noise alone would raise any alarm of one loop for one tenant on one day.

The engine's score rests on a transform that is only nearly normal where counts are small: five conversions expected and
none seen is one day in 150, which among twenty pages is one a week.
"""
LEAST_EVENTS = 10
"""Events that must have been due for their absence to say anything: the level expected is an estimate, too."""
NO_HOLIDAYS: frozenset[date] = frozenset()

Rows = list[tuple[str, date, float, float | None]]
"""Subject, day, sessions, conversions; these are None where the vendor does not give them."""


def newest_day(connection: duckdb.DuckDBPyConnection, tenant: TenantId) -> date | None:
    """The newest day of the tenant's GA4 figures in the snapshot; None while there are none."""
    row = connection.execute("select max(date) from page_performance where tenant = ?", [tenant]).fetchone()
    return row[0] if row else None


def tracking_broken(
    connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date, holidays: frozenset[date] = NO_HOLIDAYS
) -> Sighting | None:
    """The whole site's counter, when it looks silent. While it is, nothing else that rests on it may be concluded."""
    rows = connection.execute(
        "select date, sum(sessions) from page_performance "
        "where tenant = $tenant and date > $as_of - $days and date <= $as_of group by 1 order by 1",
        {"tenant": tenant, "as_of": as_of, "days": HISTORY_DAYS},
    ).fetchall()
    if not rows:
        return None
    from marketeer_dagster.optimise.anomaly import Policy, Status, score_series

    policy = Policy(holidays=holidays)
    reading = score_series([row[0] for row in rows], [float(row[1]) for row in rows], policy=policy, as_of=as_of)
    if reading.status is not Status.TRACKING_BROKEN:
        return None
    return Sighting(tenant, "ga4", "sessions", reading, "The counter is silent; demand may be as usual.")


def unbelievable(tenant: TenantId, source: str, day: date, why: str) -> Sighting:
    """A source that a check does not believe, as of `day`."""
    from marketeer_dagster.optimise.anomaly import Reading, Status

    reading = Reading(
        status=Status.TRACKING_BROKEN,
        day=day,
        shape=None,
        since=day,
        observed=None,
        expected=None,
        low=None,
        high=None,
        relative_change=None,
        score=1.0,
        confidence=1.0,
        history_days=0,
        looks=1,
        summary=f"{why[:1].upper()}{why[1:]}.",
    )
    return Sighting(tenant, source, "sessions", reading, "Until it passes, nothing is concluded from these figures.")


def conversion_drops(
    connection: duckdb.DuckDBPyConnection,
    tenant: TenantId,
    as_of: date,
    spec: SignalSpec,
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> Iterator[Looked]:
    """Pages, odd where the conversion rate is below expectation by more than the threshold, on no holiday."""
    from marketeer_dagster.optimise.anomaly import Direction, Policy, score_rate

    policy = Policy(direction=Direction.DOWN, min_effect=spec.threshold, holidays=holidays)
    pages = list(_by_subject(_pages(connection, tenant, as_of)))
    for page, rows in pages:
        # A session may sign up twice: of a share there is no more than all. What the vendor does not give is missing.
        converted = [math.nan if row[3] is None else min(row[3], row[2]) for row in rows]
        if all(map(math.isnan, converted)):
            continue
        reading = score_rate([row[1] for row in rows], converted, [row[2] for row in rows], policy=policy, as_of=as_of)
        days = [row for row in _judged(rows, reading) if row[1] not in holidays and row[3] is not None]
        lost, due = sum(min(row[3] or 0.0, row[2]) for row in days), sum(row[2] for row in days)
        odd = None
        if reading.fired and _beyond_chance(reading, lost, (reading.expected or 0.0) * due, len(pages), due):
            odd = Sighting(tenant, page, "conversion_rate", reading, query_shift(connection, tenant, page, as_of))
        yield looked(page, "conversion_rate", reading, spec.threshold, odd)


def traffic_drops(
    connection: duckdb.DuckDBPyConnection,
    tenant: TenantId,
    as_of: date,
    spec: SignalSpec,
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> Iterator[Looked]:
    """Pages and channels, odd where sessions are below expectation by more than the threshold, on no holiday."""
    from marketeer_dagster.optimise.anomaly import Direction, Policy, Status, score_series

    policy = Policy(direction=Direction.DOWN, min_effect=spec.threshold, holidays=holidays)
    pages, channels = _pages(connection, tenant, as_of), _channel_rows(connection, tenant, as_of)
    family = [*_by_subject(pages), *_by_subject(channels)]
    for subject, rows in family:
        reading = score_series([row[1] for row in rows], [row[2] for row in rows], policy=policy, as_of=as_of)
        days = [row for row in _judged(rows, reading) if row[1] not in holidays]
        seen, due = sum(row[2] for row in days), (reading.expected or 0.0) * len(days)
        # One subject's silence is its visitors': the counter as a whole is judged by `tracking_broken`.
        fired = reading.fired or reading.status is Status.TRACKING_BROKEN
        odd = None
        if fired and _beyond_chance(reading, seen, due, len(family)):
            detail = query_shift(connection, tenant, subject, as_of) if subject.startswith("/") else ""
            odd = Sighting(tenant, subject, "sessions", reading, detail)
        yield looked(subject, "sessions", reading, spec.threshold, odd)


def _judged(rows: Rows, reading: "Reading") -> Rows:
    """The days that the reading is about."""
    return [row for row in rows if (reading.since or reading.day) <= row[1] <= reading.day]


def _beyond_chance(
    reading: "Reading", observed: float, expected: float, family: int, trials: float | None = None
) -> bool:
    """Whether enough was due, and so few is rare among all that was looked at: subjects and lengths of a shift."""
    from marketeer_dagster.optimise.tails import lower_tail

    rare = lower_tail(observed, expected, trials) * family * max(reading.looks, 1) <= FAMILY_ALPHA
    return expected >= LEAST_EVENTS and rare


def query_shift(connection: duckdb.DuckDBPyConnection, tenant: TenantId, page: str, as_of: date) -> str:
    """What visitors of a page (its identity) search for in the last week beside the four weeks before, as a table."""
    rows = connection.execute(_QUERY_SHIFT, {"tenant": tenant, "page": page, "as_of": as_of}).fetchall()
    rows = [row for row in rows if row[0] != ANONYMIZED]
    if not rows:
        return ""
    # A query is whatever somebody typed: it must not end its cell or its row.
    typed = [" ".join(str(query).split()).replace("|", "\\|") for query, _, _ in rows]
    lines = [f"| {query} | {now:.1f} | {before:.1f} |" for query, (_, now, before) in zip(typed, rows, strict=True)]
    head = [
        "Searches that lead to the page, clicks a day:",
        "",
        "| query | last 7 days | 28 days before |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *lines])


_QUERY_SHIFT = f"""
with clicks as (
    select query,
           sum(clicks) filter (where date > $as_of - 7) / 7.0 as now,
           sum(clicks) filter (where date <= $as_of - 7) / 28.0 as before
    from {with_pages("gsc_daily", "page")}
    where tenant = $tenant and own_page = $page and date > $as_of - 35 and date <= $as_of
    group by query
)
select query, coalesce(now, 0), coalesce(before, 0) from clicks
order by abs(coalesce(now, 0) - coalesce(before, 0)) desc, query
limit 8
"""


_PAGE_ROWS = """
with live as (
    select published_page(kind, url, target, coalesce(site, website)) as page, max(published_on) as since
    from publications left join tenants using (tenant) where tenant = $tenant and state = 'published' group by 1)
select page, date, sum(sessions)::double, sum(conversions)::double
from page_performance left join live using (page)
where tenant = $tenant and date > $as_of - $days and date <= $as_of and page like '/%'
  and (since is null or $as_of - since < $settled or date >= since)
  and page in (
    select page from page_performance where tenant = $tenant and date > $as_of - 28 and date <= $as_of
    group by page having sum(sessions) >= $least)
group by page, date order by page, date
"""


def _pages(connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date) -> Rows:
    """Rows of real pages: "(not set)" and "(other)" are landing pages of GA4's that nobody can look at."""
    return [row for row in _page_rows(connection, tenant, as_of) if str(row[0]).startswith("/")]


def _page_rows(connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date) -> Rows:
    return connection.execute(
        _PAGE_ROWS,
        {"tenant": tenant, "as_of": as_of, "days": HISTORY_DAYS, "least": LEAST_SESSIONS, "settled": SETTLED_DAYS},
    ).fetchall()


def _channel_rows(connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date) -> Rows:
    return connection.execute(
        """
        select channel, date, sum(sessions)::double, sum(conversions)::double from channel_performance
        where tenant = $tenant and date > $as_of - $days and date <= $as_of
        group by channel, date order by channel, date
        """,
        {"tenant": tenant, "as_of": as_of, "days": HISTORY_DAYS},
    ).fetchall()


def _by_subject(rows: Rows) -> Iterator[tuple[str, Rows]]:
    """Each subject's days from its first on. A day without a row counts zero where others were counted: analytics
    leaves out what nobody visited."""
    counted = sorted({row[1] for row in rows})
    for subject in dict.fromkeys(row[0] for row in rows):
        known = {row[1]: row for row in rows if row[0] == subject}
        first = min(known)
        yield subject, [known.get(day, (subject, day, 0.0, 0.0)) for day in counted if day >= first]
