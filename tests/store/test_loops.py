"""Signals with cooldown, experiments, learnings, step outputs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from marketeer_dagster.model.errors import Conflict, NotFound
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.learning import LearningState
from marketeer_dagster.store import Store
from tests.store import values
from tests.store.values import LATER, NOW, decision, evidence, experiment, learning, signal

DAY = timedelta(hours=24)


def test_a_signal_fires_again_only_when_its_cooldown_is_over(acme: Store) -> None:
    assert acme.signals.open(signal(NOW), DAY) == signal(NOW)
    assert acme.signals.open(signal(NOW + DAY - timedelta(seconds=1)), DAY) is None
    assert acme.signals.open(signal(NOW + DAY), DAY) is not None
    assert len(acme.signals.list("acme")) == 2


def test_a_cooldown_belongs_to_tenant_name_and_subject_together(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    acme.signals.open(signal(), DAY)
    assert acme.signals.open(signal(subject="/features"), DAY)
    assert acme.signals.open(signal(name="traffic_drop"), DAY)
    assert acme.signals.open(signal(tenant="globex"), DAY)


def test_an_endless_cooldown_means_once(acme: Store) -> None:
    assert acme.signals.open(signal(NOW), timedelta.max)
    assert acme.signals.open(signal(NOW + 1000 * DAY), timedelta.max) is None


def test_the_same_firing_is_stored_once_even_without_a_cooldown(acme: Store) -> None:
    assert acme.signals.open(signal(), timedelta(0))
    assert acme.signals.open(signal(), timedelta(0)) is None


def test_of_many_sensors_that_see_the_same_one_gets_the_signal(acme: Store) -> None:
    moments = [NOW + timedelta(seconds=n) for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        opened = [s for s in pool.map(lambda at: acme.signals.open(signal(at), DAY), moments) if s]
    assert len(opened) == len(acme.signals.list()) == 1


def test_a_signal_is_answered_and_later_measured(acme: Store) -> None:
    opened = acme.signals.open(signal(), DAY)
    assert opened is not None
    assert acme.signals.list("acme", unanswered=True) == (opened,)
    acme.signals.link(opened.id, "acme:sprint", "run-1")
    assert acme.signals.list("acme", unanswered=True) == ()
    assert len(acme.signals.list("acme", unmeasured=True)) == 1
    measured = acme.signals.measure(opened.id, True, evidence(observed=0.045), LATER)
    assert (measured.campaign, measured.run_id, measured.recovered) == ("acme:sprint", "run-1", True)
    assert measured.recovery == evidence(observed=0.045)
    assert acme.signals.get(opened.id) == measured
    assert acme.signals.list(unmeasured=True) == ()
    with pytest.raises(NotFound):
        acme.signals.link("sig_none", "acme:sprint", "run-1")


def test_an_experiment_ends_once(acme: Store) -> None:
    running = acme.experiments.add(experiment())
    assert acme.experiments.add(experiment(max_days=7)) == running
    done = acme.experiments.decide("exp_1", decision(), ExperimentState.DECIDED)
    assert done.decision == decision()
    assert acme.experiments.decide("exp_1", decision(), ExperimentState.DECIDED) == done
    with pytest.raises(Conflict, match="decided already"):
        acme.experiments.decide("exp_1", decision("control", 0.0), ExperimentState.INCONCLUSIVE)


def test_experiments_are_found_by_state_and_subject(acme: Store) -> None:
    acme.experiments.add(experiment("exp_1"))
    other = acme.experiments.add(experiment("exp_2", subject="/features"))
    acme.experiments.decide("exp_1", decision(), ExperimentState.DECIDED)
    assert acme.experiments.list("acme", state=ExperimentState.RUNNING) == (other,)
    assert acme.experiments.list(subject="/features") == (other,)


def test_learnings_are_cited_while_valid(acme: Store) -> None:
    old = acme.learnings.add(learning("lrn_1", expires_on=date(2026, 3, 1)))
    new = acme.learnings.add(learning("lrn_2", expires_on=date(2026, 3, 2), skill="page-cro"))
    assert acme.learnings.list("acme", valid_on=date(2026, 3, 1)) == (old, new)
    assert acme.learnings.list("acme", valid_on=date(2026, 3, 2)) == (new,)
    promoted = acme.learnings.set_state("lrn_2", LearningState.VALIDATED)
    assert acme.learnings.list("acme", state=LearningState.VALIDATED) == (promoted,)
    assert acme.learnings.list("acme", skill="copywriting") == (old,)
    assert acme.learnings.get("lrn_2").state is LearningState.VALIDATED


def test_a_step_output_is_found_by_a_later_run_of_the_step_and_replaced_by_it(acme: Store) -> None:
    assert acme.step_outputs.get("run-1", "draft", "result", "acme:launch") is None
    acme.step_outputs.put("run-1", "draft", "result", "acme:launch", '{"v":1}')
    acme.step_outputs.put("run-1", "draft", "result", "acme:launch", '{"v":2}')
    acme.step_outputs.put("run-1", "draft", "result", None, '{"v":3}')
    assert acme.step_outputs.get("run-1", "draft", "result", "acme:launch") == '{"v":2}'
    assert acme.step_outputs.get("run-1", "draft", "result") == '{"v":3}'
