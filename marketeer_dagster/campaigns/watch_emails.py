"""Email sequences that readers click less than they used to, judged on whole sends instead of days.

Most emails go out on one day and are clicked on the days after, so a day's clicks over a day's sends mean nothing. What
is compared are sends (one email in one week, with all clicks that came of it): the sequence's of the last four weeks
with its own earlier ones, or, while it has too few, with the tenant's other sequences.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import sqrt
from typing import TYPE_CHECKING

import duckdb

from marketeer_dagster.campaigns.looking import Looked, Sighting, looked
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId

if TYPE_CHECKING:
    from marketeer_dagster.optimise.anomaly import Reading

METRIC = "email_click_rate"
WINDOW_DAYS = 28
"""Days of sends that are judged: four whole weeks."""
PAST_DAYS = 180
"""How far back the benchmark reaches."""
SETTLED_DAYS = 3
"""Most clicks come within three days of a send; a younger one is not judged."""
LEAST_SENDS = 500
"""Emails below which neither side of the comparison says anything."""
LEAST_UNITS = 4
"""Sends that a benchmark needs, so that it also knows how much one send differs from another."""
SURE = 3.0
"""Standard deviations below the benchmark from which chance is no explanation: about 1 in 740 for normal noise."""


@dataclass(frozen=True)
class Send:
    """One email's sends of one week and what came of them, in people."""

    sequence: str
    """Key of our campaign that published it, or the email's own title in the tool."""
    began: date
    sends: int
    opens: int
    clicks: int
    bounces: int


def newest_day(connection: duckdb.DuckDBPyConnection, tenant: TenantId) -> date | None:
    """The newest day for which any tool has reported of a tenant with emails: emails alone go quiet for weeks."""
    row = connection.execute(
        """
        select max(date) from (
            select date from email_daily where tenant = $tenant union all
            select date from ga4_daily where tenant = $tenant union all
            select date from stripe_daily where tenant = $tenant)
        where exists (from email_daily where tenant = $tenant)
        """,
        {"tenant": tenant},
    ).fetchone()
    return row[0] if row else None


def sends(connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date) -> list[Send]:
    """The tenant's sends of the last PAST_DAYS, with the clicks up to `as_of`."""
    rows = connection.execute(_ROWS, {"tenant": tenant, "as_of": as_of, "days": PAST_DAYS}).fetchall()
    return list(_units(rows))


def email_underperforming(
    connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date, spec: SignalSpec
) -> Iterator[Looked]:
    """Sequences, odd where the click rate is below their benchmark by more than the threshold, and not by chance."""
    known = sends(connection, tenant, as_of)
    first = as_of - timedelta(days=WINDOW_DAYS - 1)
    last = as_of - timedelta(days=SETTLED_DAYS)
    for sequence in dict.fromkeys(send.sequence for send in known):
        recent = [s for s in known if s.sequence == sequence and first <= s.began <= last]
        past = [s for s in known if s.began < first]
        benchmark = _enough([s for s in past if s.sequence == sequence]) or _enough(
            [s for s in past if s.sequence != sequence]
        )
        if benchmark is None or sum(s.sends for s in recent) < LEAST_SENDS:
            continue
        reading = _reading(recent, benchmark, as_of)
        fell = (reading.relative_change or 0.0) < -spec.threshold and reading.score >= 1
        odd = Sighting(tenant, sequence, METRIC, reading, _table(recent, benchmark)) if fell else None
        yield looked(sequence, METRIC, reading, spec.threshold, odd)


def click_rate(of: Iterable[Send]) -> float | None:
    """Clicks over sends; None without sends."""
    units = list(of)
    total = sum(s.sends for s in units)
    return sum(s.clicks for s in units) / total if total else None


def _enough(of: Sequence[Send]) -> Sequence[Send] | None:
    """The sends when they make a benchmark: enough of them, and clicked at all."""
    usable = len(of) >= LEAST_UNITS and sum(s.sends for s in of) >= LEAST_SENDS and sum(s.clicks for s in of) > 0
    return of if usable else None


def _reading(recent: Sequence[Send], benchmark: Sequence[Send], as_of: date) -> "Reading":
    """A two-sample test of proportions whose variance is widened by how much sends differ among each other.

    The widening is Pearson's chi-squared over its degrees of freedom (McCullagh and Nelder, 1989, 4.5), at least 1.
    """
    from marketeer_dagster.optimise import normal
    from marketeer_dagster.optimise.anomaly import Reading, Shape, Status

    n, past = sum(s.sends for s in recent), sum(s.sends for s in benchmark)
    rate, expected = click_rate(recent) or 0.0, click_rate(benchmark) or 0.0
    variance = max(expected * (1 - expected), 1e-12)
    squares = sum((s.clicks - s.sends * expected) ** 2 / (s.sends * variance) for s in benchmark)
    spread = max(1.0, squares / (len(benchmark) - 1))
    sd = sqrt(spread * variance * (1 / n + 1 / past))
    z = (rate - expected) / sd
    change = rate / expected - 1
    since = min(s.began for s in recent)
    return Reading(
        status=Status.ANOMALY if z <= -SURE else Status.NORMAL,
        day=as_of,
        shape=Shape.LEVEL_SHIFT,
        since=since,
        observed=rate,
        expected=expected,
        low=max(0.0, expected - 1.96 * sd),
        high=min(1.0, expected + 1.96 * sd),
        relative_change=change,
        score=max(0.0, -z / SURE),
        confidence=1 - float(normal.two_sided(z)),
        history_days=PAST_DAYS,
        looks=1,
        summary=f"Of {n:,} emails sent since {since}, {rate:.2%} were clicked where {expected:.2%} was usual "
        f"({change:+.0%}).",
    )


def _table(recent: Sequence[Send], benchmark: Sequence[Send]) -> str:
    lines = ["| | Sends | Opened | Clicked | Bounced |", "|---|---|---|---|---|"]
    for name, units in (("Last four weeks", recent), ("Benchmark", benchmark)):
        n = sum(s.sends for s in units)
        shares = (sum(getattr(s, part) for s in units) / n for part in ("opens", "clicks", "bounces"))
        lines.append(f"| {name} | {n:,} | " + " | ".join(f"{share:.2%}" for share in shares) + " |")
    own = recent[0].sequence == benchmark[0].sequence
    about = "Its own sends before that." if own else "The tenant's other sequences: its own past is too short."
    return "\n".join([*lines, "", f"Benchmark: {about}"])


def _units(rows: Iterable[tuple[str, str, date, int, int, int, int]]) -> Iterator[Send]:
    """Rows of one email after the other, by day: a week with sends begins a unit, later clicks belong to the last."""
    current: Send | None = None
    identity = ""
    for email, sequence, day, sent, opened, clicked, bounced in rows:
        begins = email != identity or current is None or day.isocalendar()[:2] != current.began.isocalendar()[:2]
        if sent > 0 and begins:
            if current is not None:
                yield current
            current, identity = Send(sequence, day, 0, 0, 0, 0), email
        if current is not None and email == identity:
            current = replace(
                current,
                sends=current.sends + sent,
                opens=current.opens + opened,
                clicks=current.clicks + clicked,
                bounces=current.bounces + bounced,
            )
    if current is not None:
        yield current


_ROWS = """
with ours as (
    select external_id, any_value(campaign) as campaign from publications
    where tenant = $tenant and kind like 'email%' and external_id <> '' group by external_id)
select campaign_id, coalesce(ours.campaign, email_daily.campaign), date, sends, opens, clicks, bounces
from email_daily left join ours on ours.external_id = campaign_id
where tenant = $tenant and date > $as_of - $days::integer and date <= $as_of
order by campaign_id, date
"""
