"""Loop: the always-valid test of a running experiment has decided, or its time is over -> read it out.

A run that died between the decision and putting the winner in place is asked for again, but not for ever.
"""

import json
from datetime import timedelta

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from assets.jobs import Job
from assets.launching import is_being_worked_on
from marketeer_dagster.campaigns.experiments import waits_to_be_served
from marketeer_dagster.campaigns.readout import Look, look_at
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.ids import SignalId, derived
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import Store
from sensors.loop import SIGNAL_TAG, scene_for
from sensors.telling import at_work, counted, listed, tell

NAME = "experiment_decided"
SOURCE = "experiment_daily"
EXPERIMENT_TAG = "marketeer/experiment"
MOST_TRIES = 6
"""Runs for one experiment that may end with its winner not on its way; then a person runs `conclude_experiment`."""
ONCE = timedelta(days=36500)
"""Cooldown of a signal that fires once per subject."""


def build_experiment_decided(catalog: Catalog, job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `experiment_decided`; its signal is `ab_test_significant`."""
    spec = catalog.signal("ab_test_significant")

    @sensor(
        name=NAME,
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        tags={SIGNAL_TAG: spec.name},
        description=f"{spec.description} Answer: {spec.answer}",
    )
    def experiment_decided(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        seen: dict[str, str] = json.loads(context.cursor or "{}")
        requests: list[RunRequest] = []
        said: list[str] = []
        now: dict[str, str] = {}
        running = store.experiments.list(state=ExperimentState.RUNNING)
        working, paused = at_work(store)
        tenants = {tenant.id for tenant in working}
        with scene_for(context, SOURCE) as scene:
            for experiment in running:
                name = f"{experiment.id} ({experiment.subject} of {experiment.tenant})"
                now |= {id_: day for id_, day in seen.items() if id_ == experiment.id}
                if experiment.tenant not in tenants:
                    said.append(f"{name} is held by a pause")
                    continue
                look = look_at(scene.connection, experiment, spec)
                if look is None:
                    said.append(f"{name} has no figures yet")
                    continue
                why = scene.checks.against(experiment.tenant, SOURCE)
                if why is not None:
                    said.append(f"{experiment.id} is held: {why}")
                    continue
                now[experiment.id] = look.as_of.isoformat()
                if look.over and seen.get(experiment.id) != now[experiment.id]:
                    _record(store, clock, spec, look)
                    requests.append(_request(look))
                said.append(f"{name}: {_standing(look, spec, seen.get(experiment.id))}")
        if unserved := [e for e in _newest(store) if e.tenant in tenants and waits_to_be_served(store, e)]:
            requests += _again(context.instance, unserved)
            said.append(f"Decided, and the winner is not on its way yet: {listed(e.id for e in unserved)}")
        said.insert(0, f"Looked at {counted(len(running), 'running experiment')}")
        return SensorResult(
            run_requests=requests,
            skip_reason=tell(context, [*said, *paused], requests),
            cursor=json.dumps(now, sort_keys=True),
        )

    return experiment_decided


def _newest(store: Store) -> list[Experiment]:
    """The newest test of each page, of those that have ended: only its end can still be due."""
    found = {(e.tenant, e.subject): e for e in store.experiments.list()}  # in the order they were begun
    return [experiment for experiment in found.values() if experiment.state is not ExperimentState.RUNNING]


def _again(instance: DagsterInstance, unserved: list[Experiment]) -> list[RunRequest]:
    """One more run for each whose last one ended without an end in place."""
    requests: list[RunRequest] = []
    for experiment in unserved:
        tries = instance.get_runs_count(RunsFilter(tags={EXPERIMENT_TAG: experiment.id}))
        if tries < MOST_TRIES and not is_being_worked_on(instance, experiment.campaign):
            requests.append(_run(experiment, f"{experiment.id}:again:{tries}"))
    return requests


def _standing(look: Look, spec: SignalSpec, judged: str | None) -> str:
    """How far a test is, and what would decide it."""
    last = look.experiment.started_on + timedelta(days=look.experiment.max_days)
    if look.evaluation is None:
        return f"an arm has no visitors as of {look.as_of}; it ends on {last} at the latest"
    again = " (judged already)" if judged == look.as_of.isoformat() else ""
    best = look.evaluation.comparisons[0]
    decided = "decided" if look.over else f"decides when the interval leaves 0 or on {last}"
    return (
        f"as of {look.as_of}{again} {best.name} {best.lift:+.1%}, interval {best.low:+.1%} to {best.high:+.1%} at an "
        f"error rate of {spec.threshold:g}, {look.evaluation.progress:.0%} of its sample; {decided}"
    )


def _record(store: Store, clock: Clock, spec: SignalSpec, look: Look) -> None:
    if look.evaluation is None or not look.conclusive:
        return
    best = look.evaluation.comparisons[0]
    experiment = look.experiment
    evidence = Evidence(
        metric=experiment.metric,
        observed=best.value,
        expected=best.control_value,
        low=best.control_value * (1 + best.low),
        high=best.control_value * (1 + best.high),
        since=experiment.started_on,
        until=look.as_of,
        relative_change=best.lift,
        detail=look.evaluation.summary[:4000],
    )
    signal = Signal(
        id=SignalId(derived("sig", experiment.tenant, spec.name, experiment.id)),
        tenant=experiment.tenant,
        name=spec.name,
        subject=experiment.id,
        evidence=evidence,
        campaign=experiment.campaign,
        recovered=True,
        created_at=clock.now(),
        measured_at=clock.now(),
    )
    store.signals.open(signal, ONCE if spec.once else spec.cooldown)


def _request(look: Look) -> RunRequest:
    return _run(look.experiment, f"{look.experiment.id}:{look.as_of}")


def _run(experiment: Experiment, run_key: str) -> RunRequest:
    return RunRequest(
        partition_key=experiment.campaign,
        run_key=run_key,
        tags={"tenant": experiment.tenant, "dagster/priority": "20", EXPERIMENT_TAG: experiment.id},
    )
