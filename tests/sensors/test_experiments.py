"""The sensor that ends experiments: when the always-valid test decides, or the planned time is over."""

from datetime import timedelta

import pandas as pd
import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.publication import PublicationState
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.store.values import decision
from tests.support.publishing import NOW, a_page, an_artefact, an_experiment, approved
from tests.warehouse import frames

DAY = timedelta(days=1)


@pytest.fixture
def experiment(tower: Watchtower) -> Experiment:
    control = approved(tower.store, an_artefact(a_page(), campaign="old"))
    new = approved(tower.store, an_artefact(a_page(headline="Your Friday back"), campaign="new"))
    made = an_experiment(control, new, "/pricing").model_copy(update={"sample_per_arm": 40_000})
    tower.instance.add_dynamic_partitions("campaigns", [made.campaign])
    return tower.store.experiments.add(made)


def arrive(
    tower: Watchtower, experiment: Experiment, conversions: tuple[int, int], days: int, seen: int = 1000
) -> None:
    rows = [
        {
            "date": experiment.started_on + n * DAY, "experiment": experiment.id, "variant": variant.name,
            "visitors": (n + 1) * seen, "conversions": (n + 1) * won, "revenue": 0.0,
        }
        for n in range(days)
        for variant, won in zip(experiment.variants, conversions, strict=True)
    ]  # fmt: skip
    frames.put(tower.warehouse, experiment.tenant, pd.DataFrame(rows), "experiment_daily")


def test_an_undecided_test_runs_on(tower: Watchtower, experiment: Experiment) -> None:
    assert tower.look("experiment_decided").run_requests == [], "no figures yet"
    arrive(tower, experiment, (30, 31), days=3)
    assert tower.look("experiment_decided").run_requests == []
    assert tower.store.signals.list() == ()


def test_a_decision_is_read_out_once_and_recorded_as_a_signal(tower: Watchtower, experiment: Experiment) -> None:
    arrive(tower, experiment, (30, 60), days=7)
    (request,) = tower.look("experiment_decided").run_requests
    assert request.partition_key == experiment.campaign
    assert request.tags["marketeer/experiment"] == experiment.id
    assert tower.look("experiment_decided").run_requests == [], "the same day is not asked for again"
    (signal,) = tower.store.signals.list()
    assert (signal.name, signal.subject, signal.recovered) == ("ab_test_significant", experiment.id, True)
    assert signal.evidence.observed > signal.evidence.expected
    assert signal.evidence.relative_change == pytest.approx(1, abs=0.1)


def test_a_readout_that_failed_is_asked_for_again_with_the_next_day(tower: Watchtower, experiment: Experiment) -> None:
    arrive(tower, experiment, (30, 60), days=7)
    first = tower.look("experiment_decided").run_requests[0].run_key
    arrive(tower, experiment, (30, 60), days=8)
    assert tower.look("experiment_decided").run_requests[0].run_key != first
    assert len(tower.store.signals.list()) == 1


def test_time_that_is_over_is_read_out_without_a_signal(tower: Watchtower, experiment: Experiment) -> None:
    arrive(tower, experiment, (1, 1), days=experiment.max_days + 1, seen=20)
    assert len(tower.look("experiment_decided").run_requests) == 1
    assert tower.store.signals.list() == ()


def test_an_ended_experiment_is_not_looked_at(tower: Watchtower, experiment: Experiment) -> None:
    arrive(tower, experiment, (30, 60), days=7)
    tower.store.experiments.decide(experiment.id, decision(), ExperimentState.DECIDED)
    assert tower.look("experiment_decided").run_requests == []


def test_a_decision_whose_winner_never_went_on_its_way_is_read_out_again(
    tower: Watchtower, experiment: Experiment
) -> None:
    """A crash came between the decision and the winner's intent: work that waits for the page would wait for ever."""
    challenger = experiment.variants[1]
    shown = {
        "artefact": challenger.artefact, "version": challenger.version, "kind": "page_variant",
        "experiment": experiment.id, "state": PublicationState.PUBLISHED, "published_at": NOW,
    }  # fmt: skip
    tower.store.publications.intend(values.publication("arm", campaign=experiment.campaign, **shown))
    tower.store.experiments.decide(experiment.id, values.decision(), ExperimentState.DECIDED)
    (request,) = tower.look("experiment_decided").run_requests
    assert request.partition_key == experiment.campaign
    assert tower.look("experiment_decided").run_requests[0].run_key == request.run_key, "asked for once"
    dead = create_run_for_test(
        tower.instance, job_name="conclude_experiment", tags=request.tags, status=DagsterRunStatus.FAILURE
    )
    (again,) = tower.look("experiment_decided").run_requests
    assert again.run_key != request.run_key, f"{dead.run_id} died too"
    served = shown | {"kind": "page", "state": PublicationState.PENDING, "published_at": None}
    tower.store.publications.intend(values.publication("winner", campaign=experiment.campaign, **served))
    assert tower.look("experiment_decided").run_requests == []
