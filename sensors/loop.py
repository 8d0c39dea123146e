"""What a loop is, and the sensor that runs one: look at each tenant's newest day once, open a signal, have it answered.

A loop never calls Claude and starts no run itself: it writes a signal and the campaign that answers it, and the
sensor `campaigns` takes it from there. So a daemon that dies in between loses nothing.
"""

import json
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
from dagster import (
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from marketeer_dagster.campaigns.calendar import holidays_of
from marketeer_dagster.campaigns.watch import Sighting, newest_day
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import Store
from sensors.answering import answer_all, answer_of, is_being_answered, open_signal
from sensors.checked import Checks

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


Watch = Callable[[Scene, TenantId, date, SignalSpec], Iterable[Sighting]]
"""What is out of the ordinary at a tenant's as of a day."""
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

    A tenant that is held is not judged: its day is looked at again until its figures can be believed.
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
        fired: list[Signal] = []
        held: list[str] = []
        with scene_for(context, loop.source) as scene:
            for tenant in store.tenants.list():
                day = loop.day_of(scene, tenant.id)
                if day is None or judged.get(tenant.id) == day.isoformat():
                    continue
                why = loop.held_by(scene, tenant.id, day)
                if why is not None:
                    held.append(f"{tenant.id} is held: {why}")
                    continue
                fired += _judge(scene, clock, loop, spec, tenant.id, day)
                judged[tenant.id] = day.isoformat()
        answered = answer_all(store, clock, spec)
        for signal in fired:
            context.log.info(
                f"{spec.name} on {signal.subject} of {signal.tenant}: {signal.evidence.relative_change:+.0%}"
            )
        return SensorResult(skip_reason=SkipReason(_said(fired, answered, held)), cursor=_cursor(judged))

    return look


def _cursor(judged: dict[str, str]) -> str:
    return json.dumps(judged, sort_keys=True)


def _said(fired: list[Signal], answered: int, held: list[str]) -> str:
    said = f"{len(fired)} signal(s), {answered} answered" if fired or answered else ""
    return ". ".join(part for part in (said, *held) if part) or "Nothing out of the ordinary."


def _judge(scene: Scene, clock: Clock, loop: Loop, spec: SignalSpec, tenant: TenantId, day: date) -> list[Signal]:
    opened = [
        open_signal(scene.store, clock, spec, sighting)
        for sighting in loop.watch(scene, tenant, day - loop.provisional, spec)
        if not is_being_answered(scene.store, tenant, spec.name, sighting.subject, day, timedelta(days=WINDOW_DAYS))
    ]
    return [signal for signal in opened if signal is not None]
