"""What the loops over a site's figures share: when these cannot be believed, and how a page or channel does now."""

from datetime import date, timedelta

from marketeer_dagster.campaigns.watch import tracking_broken
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.signal import Evidence, Signal
from sensors.loop import WINDOW_DAYS, Scene

SOURCE = "ga4_daily"
LEAST_DAYS = 4
"""Ordinary days of a week that say how a page or channel does: more than half."""


def held_by_counter(scene: Scene, tenant: TenantId, day: date) -> str | None:
    """A failed check of the site's figures, or a counter that is silent."""
    said = scene.checks.against(tenant, SOURCE)
    if said is None and tracking_broken(scene.connection, tenant, day, scene.holidays(tenant, day)) is not None:
        return f"the counter is silent on {day}"
    return said


def measure_site(scene: Scene, signal: Signal, day: date) -> Evidence | None:
    """Sessions per day, or sign-ups per session, of the signal's page or channel in the week up to `day`.

    Holidays are left out; None, so that it is measured later, while they leave less than LEAST_DAYS of the week.
    """
    free = [off for off in scene.holidays(signal.tenant, day) if day - timedelta(days=WINDOW_DAYS) < off <= day]
    ordinary = WINDOW_DAYS - len(free)
    if ordinary < LEAST_DAYS:
        return None
    by_page = signal.subject.startswith("/")
    table, column = ("page_performance", "page") if by_page else ("channel_performance", "channel")
    row = scene.connection.execute(
        f"select sum(sessions), sum(conversions) from {table} "
        f"where tenant = ? and {column} = ? and date > ? and date <= ? and not list_contains(?, date)",
        [signal.tenant, signal.subject, day - timedelta(days=WINDOW_DAYS), day, free],
    ).fetchone()
    rate = signal.evidence.metric == "conversion_rate"
    if row is None or not row[0] or (rate and row[1] is None):
        return None
    return measured(signal, float(row[1]) / float(row[0]) if rate else float(row[0]) / ordinary, day)


def measured(signal: Signal, observed: float, day: date) -> Evidence:
    """The signal's evidence with the metric's level of the week up to `day`."""
    before = signal.evidence
    return before.model_copy(
        update={
            "observed": observed,
            "since": day - timedelta(days=WINDOW_DAYS - 1),
            "until": day,
            "relative_change": observed / before.expected - 1 if before.expected else 0.0,
            "detail": f"{WINDOW_DAYS} days up to {day}",
        }
    )
