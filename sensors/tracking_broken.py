"""Loop: a tenant's counter is silent, stale or impossible -> what rests on it is held, a person is told."""

from collections.abc import Iterator
from datetime import date, timedelta

from marketeer_dagster.campaigns.looking import Looked, Sighting
from marketeer_dagster.campaigns.watch import newest_day, tracking_broken, unbelievable
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.signal import Evidence, Signal
from sensors.checked import IMPOSSIBLE_OR_STALE
from sensors.loop import WINDOW_DAYS, Loop, Scene
from sensors.site import SOURCE, measured

SUBJECT = "ga4"


def _watch(scene: Scene, tenant: TenantId, as_of: date, spec: SignalSpec) -> Iterator[Looked]:
    """`spec.threshold` is the number of days that may be missing at the end: analytics are late by nature."""
    sighting = _silence(scene, tenant, as_of, spec)
    why = scene.checks.failed(tenant, SOURCE, checks=IMPOSSIBLE_OR_STALE)  # what is unchecked is nobody's fault yet
    if sighting is None and why is not None:
        sighting = unbelievable(tenant, SUBJECT, as_of, why)
    missing = (as_of - (newest_day(scene.connection, tenant) or as_of)).days
    says = f"the last {missing} days without figures (signal from {spec.threshold:g})"
    yield Looked(SUBJECT, missing / spec.threshold if spec.threshold else 0.0, says, sighting)


def _silence(scene: Scene, tenant: TenantId, as_of: date, spec: SignalSpec) -> Sighting | None:
    newest = newest_day(scene.connection, tenant)
    if newest is None or (newest < as_of and (as_of - newest).days < spec.threshold):
        return None
    return tracking_broken(scene.connection, tenant, as_of, scene.holidays(tenant, as_of))


def _newest_read(scene: Scene, tenant: TenantId) -> date | None:
    """The newest day that was asked for: silence has no rows, and is seen only where somebody has looked."""
    newest = newest_day(scene.connection, tenant)
    if newest is None:
        return None
    return max(newest, scene.checks.read_up_to(SOURCE) or newest)


def _held_while_read(scene: Scene, tenant: TenantId, day: date) -> str | None:
    """Only a read under way holds this loop: a failed check is what it is there to tell."""
    return scene.checks.pending(SOURCE)


def _speaks_again(scene: Scene, signal: Signal, day: date) -> bool:
    """A counter has recovered as soon as newer figures came and are believed; nobody publishes an answer to it."""
    newer = day > signal.evidence.until
    return (
        newer
        and tracking_broken(scene.connection, signal.tenant, day, scene.holidays(signal.tenant, day)) is None
        and scene.checks.against(signal.tenant, SOURCE, checks=IMPOSSIBLE_OR_STALE) is None
    )


def _measure(scene: Scene, signal: Signal, day: date) -> Evidence | None:
    row = scene.connection.execute(
        "select sum(sessions) from page_performance where tenant = ? and date > ? and date <= ?",
        [signal.tenant, day - timedelta(days=WINDOW_DAYS), day],
    ).fetchone()
    return measured(signal, float(row[0]) / WINDOW_DAYS, day) if row and row[0] else None


TRACKING_BROKEN = Loop(
    "tracking_broken",
    SOURCE,
    _watch,
    measure=_measure,
    held_by=_held_while_read,
    day_of=_newest_read,
    provisional=timedelta(0),
    ripe=_speaks_again,
    recovered=lambda spec, evidence: True,
)
