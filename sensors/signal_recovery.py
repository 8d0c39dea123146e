"""The last step of every loop: a week after the answer was over, did the metric recover?"""

from collections.abc import Sequence

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import Store
from sensors.answering import close_question
from sensors.loop import Loop, Scene, scene_for


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
        measured = 0
        with scene_for(context, *dict.fromkeys(loop.source for loop in loops)) as scene:
            for signal in store.signals.list(unmeasured=True):
                loop = by_name.get(signal.name)
                evidence = _evidence(loop, scene, signal) if loop else None
                if loop is not None and evidence is not None:
                    recovered = loop.recovered(catalog.signal(signal.name), evidence)
                    store.signals.measure(signal.id, recovered, evidence, clock.now())
                    close_question(store, clock, signal)
                    measured += 1
        return SkipReason(f"{measured} signal(s) measured")

    return signal_recovery


def _evidence(loop: Loop, scene: Scene, signal: Signal) -> Evidence | None:
    """The metric's level now; None while it is too early or the figures cannot be believed."""
    day = loop.measured_up_to(scene, signal.tenant)
    if day is None or not loop.ripe(scene, signal, day) or loop.held_by(scene, signal.tenant, day) is not None:
        return None
    return loop.measure(scene, signal, day)
