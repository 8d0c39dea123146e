"""The last step of every loop: a week after the answer was over, did the metric recover?"""

from collections.abc import Sequence

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import Store
from sensors.answering import close_question
from sensors.loop import Loop, Scene, scene_for
from sensors.telling import MOST, at_work, counted, tell


def build_signal_recovery(catalog: Catalog, loops: Sequence[Loop], interval_s: int) -> SensorDefinition:
    """The sensor `signal_recovery`. Each loop says when its signals can be judged, and by what."""
    by_name = {loop.name: loop for loop in loops}

    @sensor(
        name="signal_recovery",
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        description="Measures, a week after the answer to a signal was over, whether the metric came back.",
    )
    def signal_recovery(context: SensorEvaluationContext) -> SkipReason:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        measured: list[str] = []
        waiting: list[str] = []
        working, paused = at_work(store)
        tenants = {tenant.id for tenant in working}
        unmeasured = [signal for signal in store.signals.list(unmeasured=True) if signal.name in by_name]
        with scene_for(context, *dict.fromkeys(loop.source for loop in loops)) as scene:
            for signal in unmeasured:
                loop, name = by_name[signal.name], f"{signal.name} on {signal.subject} of {signal.tenant}"
                evidence = "its tenant is paused" if signal.tenant not in tenants else _evidence(loop, scene, signal)
                if isinstance(evidence, str):
                    waiting.append(f"{name}: {evidence}")
                    continue
                recovered = loop.recovered(catalog.signal(signal.name), evidence)
                store.signals.measure(signal.id, recovered, evidence, clock.now())
                close_question(store, clock, signal)
                measured.append(
                    f"{name}: {'recovered' if recovered else 'not recovered'}, {evidence.relative_change:+.0%}"
                )
        said = [f"Looked at {counted(len(unmeasured), 'signal')} without a recovery, {len(measured)} measured"]
        return tell(context, [*said, *measured[:MOST], *waiting[:MOST], *paused]) or SkipReason()

    return signal_recovery


def _evidence(loop: Loop, scene: Scene, signal: Signal) -> Evidence | str:
    """The metric's level now; why not, while it is too early or the figures cannot be believed."""
    day = loop.measured_up_to(scene, signal.tenant)
    if day is None:
        return "no figures yet"
    if not loop.ripe(scene, signal, day):
        return f"too early as of {day}"
    if (why := loop.held_by(scene, signal.tenant, day)) is not None:
        return f"held: {why}"
    return loop.measure(scene, signal, day) or f"too few ordinary days or figures as of {day}"
