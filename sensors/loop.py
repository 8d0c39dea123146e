"""What the metric loops share: look at each tenant's newest day once, open a signal with its evidence, answer it.

A loop never calls Claude and starts no run itself: it writes a signal and the campaign that answers it, and the
sensor `campaigns` takes it from there. So a daemon that dies in between loses nothing.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import duckdb
from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from marketeer_dagster.campaigns.intake import answer_signal
from marketeer_dagster.campaigns.watch import Sighting, newest_day, tracking_broken
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import SignalId, TenantId, derived
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.store import Store

PROVISIONAL = timedelta(days=2)
"""Analytics report the newest days incompletely and revise them: judged at once, they would look like drops."""

Watch = Callable[[duckdb.DuckDBPyConnection, TenantId, date, SignalSpec], Iterable[Sighting]]
DayOf = Callable[[DagsterInstance, duckdb.DuckDBPyConnection, TenantId], date | None]
"""The day a tenant is judged as of; None while there is nothing to judge."""


def newest_measured(instance: DagsterInstance, connection: duckdb.DuckDBPyConnection, tenant: TenantId) -> date | None:
    """The newest day with figures."""
    return newest_day(connection, tenant)


def build_loop(
    catalog: Catalog, name: str, watch: Watch, interval_s: int, day_of: DayOf = newest_measured
) -> SensorDefinition:
    """A sensor that runs `watch` on every tenant whose newest day (by `day_of`) it has not judged yet."""
    spec = catalog.signal(name)

    @sensor(
        name=name,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        description=f"{spec.description} Answer: {spec.answer} Cooldown {spec.cooldown} per {spec.subject}.",
    )
    def loop(context: SensorEvaluationContext):
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        judged: dict[str, str] = json.loads(context.cursor or "{}")
        fired: list[Signal] = []
        with context.resources.warehouse.warehouse().reading() as connection:
            for tenant in store.tenants.list():
                day = day_of(context.instance, connection, tenant.id)
                if day is None or judged.get(tenant.id) == day.isoformat():
                    continue
                fired += _judge(store, clock, connection, tenant.id, day, spec, watch)
                judged[tenant.id] = day.isoformat()
        answered = answer_all(store, clock, spec)
        for signal in fired:
            context.log.info(
                f"{spec.name} on {signal.subject} of {signal.tenant}: {signal.evidence.relative_change:+.0%}"
            )
        said = f"{len(fired)} signal(s), {answered} answered" if fired or answered else "Nothing out of the ordinary."
        return SensorResult(skip_reason=SkipReason(said), cursor=json.dumps(judged, sort_keys=True))

    return loop


def _judge(
    store: Store,
    clock: Clock,
    connection: duckdb.DuckDBPyConnection,
    tenant: TenantId,
    day: date,
    spec: SignalSpec,
    watch: Watch,
) -> list[Signal]:
    silence = spec.name == "tracking_broken"
    if not silence and tracking_broken(connection, tenant, day) is not None:
        return []
    judged = day if silence else day - PROVISIONAL
    opened = [
        open_signal(store, clock, spec, sighting)
        for sighting in watch(connection, tenant, judged, spec)
        if not is_being_answered(store, tenant, spec.name, sighting.subject)
    ]
    return [signal for signal in opened if signal is not None]


def is_being_answered(store: Store, tenant: TenantId, name: str, subject: str) -> bool:
    """Whether an earlier firing on this subject still awaits its recovery: one drop gets one answer, not one a day."""
    waiting = store.signals.list(tenant=tenant, name=name, unmeasured=True)
    return any(signal.subject == subject for signal in waiting)


def open_signal(store: Store, clock: Clock, spec: SignalSpec, sighting: Sighting) -> Signal | None:
    """Store the firing; None while (tenant, signal, subject) cools down. The id is made of the evidence."""
    evidence = sighting.evidence()
    id_ = SignalId(derived("sig", sighting.tenant, spec.name, sighting.subject, evidence.until.isoformat()))
    signal = Signal(
        id=id_,
        tenant=sighting.tenant,
        name=spec.name,
        subject=sighting.subject,
        evidence=evidence,
        created_at=clock.now(),
    )
    return store.signals.open(signal, spec.cooldown)


def answer_all(store: Store, clock: Clock, spec: SignalSpec) -> int:
    """Give every firing without a campaign the one that answers it; says how many."""
    if spec.pipeline is None:
        return 0
    waiting = store.signals.list(name=spec.name, unanswered=True)
    for signal in waiting:
        answer_signal(store, clock, signal, pipeline=spec.pipeline, priority=spec.priority)
    return len(waiting)
