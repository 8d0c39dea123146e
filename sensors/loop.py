"""What a loop is, and the sensor that runs one: look at each tenant's newest day once, open a signal, have it answered.

A loop never calls Claude and starts no run itself: it writes a signal and the campaign that answers it, and the
sensor `campaigns` takes it from there. So a daemon that dies in between loses nothing.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
from dagster import (
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from marketeer_dagster.campaigns.calendar import holidays_of
from marketeer_dagster.campaigns.looking import Looked, nearest, sightings
from marketeer_dagster.campaigns.watch import newest_day
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import Store
from sensors.answering import answer_all, answer_of, is_being_answered, open_signal
from sensors.checked import Checks
from sensors.telling import MOST, at_work, counted, listed, tell

SIGNAL_TAG = "marketeer/signal"
"""Names the entry of the signal catalog that a sensor stands for."""
PROVISIONAL = timedelta(days=2)
"""Analytics report the newest days incompletely and revise them: judged at once, they would look like drops."""
WINDOW_DAYS = 7
"""Days of figures, all after the answer was over, that recovery is judged on: one full week."""


@dataclass(frozen=True)
class Scene:
    """What a loop may look at: the snapshot, the store, and what Dagster knew before the snapshot was opened."""

    connection: duckdb.DuckDBPyConnection
    store: Store
    checks: Checks

    def holidays(self, tenant: TenantId, as_of: date) -> frozenset[date]:
        """The tenant's holidays that matter for judging `as_of`."""
        return holidays_of(self.store.tenants.get(tenant), as_of)


@contextmanager
def scene_for(context: SensorEvaluationContext, *sources: str) -> Generator[Scene]:
    """The scene for the length of one tick; `sources` are the metric tables whose checks matter."""
    checks = Checks(context.instance, *sources)
    with context.resources.warehouse.warehouse().reading() as connection:
        yield Scene(connection, context.resources.store.store(), checks)


Watch = Callable[[Scene, TenantId, date, SignalSpec], Iterable[Looked]]
"""Every series judged at a tenant's as of a day, with what is out of the ordinary."""
DayOf = Callable[[Scene, TenantId], date | None]
"""The newest day of a tenant that can be judged; None while there is nothing to judge."""
HeldBy = Callable[[Scene, TenantId, date], str | None]
"""Why nothing may be concluded about a tenant as of a day; None when figures can be believed."""
Measure = Callable[[Scene, Signal, date], Evidence | None]
"""A signal's metric again, over the week up to a day; None when nothing can be said."""
Ripe = Callable[[Scene, Signal, date], bool]
"""Whether a signal's recovery can be judged as of a day."""
Recovered = Callable[[SignalSpec, Evidence], bool]


def newest_figures(scene: Scene, tenant: TenantId) -> date | None:
    """The newest day with site figures."""
    return newest_day(scene.connection, tenant)


def a_week_after_the_answer(scene: Scene, signal: Signal, day: date) -> bool:
    """The answer is over (wholly live, or ended without anything live), and a full week has been measured since."""
    answer = answer_of(scene.store, signal)
    return answer.over_on is not None and day >= answer.over_on + timedelta(days=WINDOW_DAYS)


def within_threshold(spec: SignalSpec, evidence: Evidence) -> bool:
    """The metric is no longer below expectation by more than what opened the signal."""
    return evidence.observed >= evidence.expected * (1 - spec.threshold)


@dataclass(frozen=True)
class Loop:
    """One signal's rules: what is looked at, when it may not be believed, and when the metric has come back."""

    name: str
    """Entry of the signal catalog."""
    source: str
    """The metric table that it rests on."""
    watch: Watch
    measure: Measure
    held_by: HeldBy
    day_of: DayOf = newest_figures
    """What the sensor judges."""
    measured_up_to: DayOf = newest_figures
    """Up to where recovery is measured."""
    provisional: timedelta = PROVISIONAL
    """How far the judged day lies behind the newest."""
    ripe: Ripe = a_week_after_the_answer
    recovered: Recovered = within_threshold


def build_loop(catalog: Catalog, loop: Loop, interval_s: int) -> SensorDefinition:
    """A sensor that watches every tenant whose newest day it has not judged yet.

    A tenant that is held is not judged: its day is looked at again until its figures can be believed. Neither is a
    paused one: its newest day is judged once it is resumed.
    """
    spec = catalog.signal(loop.name)

    @sensor(
        name=loop.name,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        tags={SIGNAL_TAG: loop.name},
        description=f"{spec.description} Answer: {spec.answer} Cooldown {spec.cooldown} per {spec.subject}.",
    )
    def look(context: SensorEvaluationContext):
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        judged: dict[str, str] = json.loads(context.cursor or "{}")
        tick = Tick()
        tenants, paused = at_work(store)
        with scene_for(context, loop.source) as scene:
            for tenant in tenants:
                day = loop.day_of(scene, tenant.id)
                if day is None:
                    tick.without.append(tenant.id)
                elif judged.get(tenant.id) == day.isoformat():
                    tick.before.append(f"{tenant.id} on {day}")
                elif (why := loop.held_by(scene, tenant.id, day)) is not None:
                    tick.held.append(f"{tenant.id} is held: {why}")
                else:
                    _judge(scene, clock, loop, spec, tenant.id, day, tick)
                    judged[tenant.id] = day.isoformat()
        tick.answered = answer_all(store, clock, spec, [tenant.id for tenant in tenants])
        for signal in tick.fired:
            context.log.info(
                f"{spec.name} on {signal.subject} of {signal.tenant}: {signal.evidence.relative_change:+.0%}"
            )
        return SensorResult(
            skip_reason=tell(context, [*tick.says(loop.source), *paused]), cursor=json.dumps(judged, sort_keys=True)
        )

    return look


@dataclass
class Tick:
    """What one tick of a loop did."""

    looked_at: list[str] = field(default_factory=list)
    """Tenants judged, each with the day and what came nearest."""
    fired: list[Signal] = field(default_factory=list)
    muted: list[str] = field(default_factory=list)
    """Subjects that are odd but were told of before."""
    before: list[str] = field(default_factory=list)
    """Tenants whose newest day was judged in an earlier tick."""
    held: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    """Tenants without figures."""
    answered: int = 0

    def says(self, source: str) -> Iterator[str]:
        """In sentences; nothing is called ordinary that was not looked at."""
        if self.fired or self.answered:
            yield f"{len(self.fired)} signal(s), {self.answered} answered"
        if self.looked_at:
            yield f"Looked at {counted(len(self.looked_at), 'tenant')}: {'; '.join(self.looked_at[:MOST])}"
            if not (self.fired or self.muted):
                yield "Nothing out of the ordinary"
        else:
            yield "Looked at nobody"
        if self.muted:
            yield f"Odd, but told of already: {listed(self.muted)}"
        if self.before:
            yield f"Judged already: {listed(self.before)}"
        yield from self.held[:MOST]
        if self.without:
            yield f"No figures in {source} yet: {listed(self.without)}"


def _judge(scene: Scene, clock: Clock, loop: Loop, spec: SignalSpec, tenant: TenantId, day: date, tick: Tick) -> None:
    as_of = day - loop.provisional
    judged = list(loop.watch(scene, tenant, as_of, spec))
    for sighting in sightings(judged):
        about = f"{sighting.subject} of {tenant}"
        if is_being_answered(scene.store, tenant, spec.name, sighting.subject, day, timedelta(days=WINDOW_DAYS)):
            tick.muted.append(f"{about} (its answer is under way)")
        elif (signal := open_signal(scene.store, clock, spec, sighting)) is None:
            tick.muted.append(f"{about} (cools down for {spec.cooldown})")
        else:
            tick.fired.append(signal)
    near = "; ".join(f"{one.subject} {one.says}" for one in nearest(judged)) or "nothing below expectation"
    tick.looked_at.append(f"{tenant}, {counted(len(judged), 'series', 'series')} as of {as_of}, nearest: {near}")
