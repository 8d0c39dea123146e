"""Reading an experiment out of real warehouse rows: when it is over, who won, and what was learnt."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from marketeer_dagster.campaigns.readout import Look, decision_of, learning_of, look_at
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.learning import LearningState
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from tests.support.publishing import NOW, a_page, an_artefact, an_experiment, approved
from tests.warehouse import frames

DAY = timedelta(days=1)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return frames.at(tmp_path)


@pytest.fixture
def experiment(store: Store) -> Experiment:
    control = approved(store, an_artefact(a_page(headline="Reports that write themselves"), campaign="old"))
    new = approved(store, an_artefact(a_page(headline="Your Friday back"), campaign="new"))
    made = an_experiment(control, new, "/pricing")
    return store.experiments.add(made.model_copy(update={"sample_per_arm": 40_000}))


def arrive(
    warehouse: Warehouse, experiment: Experiment, visitors: tuple[int, int], conversions: tuple[int, int], days: int = 1
) -> None:
    """The arms' figures of each day alone, on the first `days` days; stored is what stood at the end of each."""
    rows = [
        {
            "date": experiment.started_on + n * DAY, "experiment": experiment.id, "variant": variant.name,
            "visitors": (n + 1) * seen, "conversions": (n + 1) * won, "revenue": 0.0,
        }
        for n in range(days)
        for variant, seen, won in zip(experiment.variants, visitors, conversions, strict=True)
    ]  # fmt: skip
    frames.put(warehouse, experiment.tenant, pd.DataFrame(rows), "experiment_daily")


def look(warehouse: Warehouse, catalog: Catalog, experiment: Experiment) -> Look:
    with warehouse.reading() as connection:
        found = look_at(connection, experiment, catalog.signal("ab_test_significant"))
    assert found is not None
    return found


def test_there_is_nothing_to_see_before_the_first_figures(
    warehouse: Warehouse, catalog: Catalog, experiment: Experiment
) -> None:
    with warehouse.reading() as connection:
        assert look_at(connection, experiment, catalog.signal("ab_test_significant")) is None


def test_a_running_test_goes_on(warehouse: Warehouse, catalog: Catalog, experiment: Experiment) -> None:
    arrive(warehouse, experiment, (400, 400), (12, 13), days=3)
    found = look(warehouse, catalog, experiment)
    assert not found.over
    assert not found.conclusive
    assert (found.looks, found.as_of) == (3, experiment.started_on + 2 * DAY)


def test_a_winner_ends_the_test_and_is_learnt(
    warehouse: Warehouse, catalog: Catalog, store: Store, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (1000, 1000), (30, 60), days=7)
    found = look(warehouse, catalog, experiment)
    assert found.over and found.conclusive
    decision, state = decision_of(found)
    assert (decision.winner, state) == ("b", ExperimentState.DECIDED)
    assert 0 < decision.low < decision.lift < decision.high
    assert decision.lift == pytest.approx((420 / 7000) / (210 / 7000) - 1)
    assert (decision.measured_on, decision.compared) == (experiment.started_on + 6 * DAY, "b")
    assert [(arm.name, arm.visitors, arm.conversions) for arm in decision.arms] == [
        ("control", 7000, 210), ("b", 7000, 420)
    ]  # fmt: skip
    learning = learning_of(store, experiment, decision, state, NOW)
    assert learning is not None
    assert "Your Friday back" in learning.statement
    assert "beat" in learning.statement
    assert "Reports that write themselves" in learning.statement
    assert (learning.state, learning.skill, learning.subject) == (
        LearningState.VALIDATED,
        "copywriting",
        "/pricing",
    )
    assert learning.expires_on > decision.decided_on
    assert learning_of(store, experiment, decision, state, NOW) == learning


def test_a_loser_ends_the_test_and_is_learnt_too(
    warehouse: Warehouse, catalog: Catalog, store: Store, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (1000, 1000), (60, 30), days=7)
    decision, state = decision_of(look(warehouse, catalog, experiment))
    assert (decision.winner, state) == ("control", ExperimentState.DECIDED)
    assert decision.high < 0
    learning = learning_of(store, experiment, decision, state, NOW)
    assert learning is not None
    assert "lost to" in learning.statement


def test_its_longest_time_ends_a_test_without_a_winner(
    warehouse: Warehouse, catalog: Catalog, store: Store, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (20, 20), (1, 1), days=experiment.max_days + 1)
    found = look(warehouse, catalog, experiment)
    assert found.over and not found.conclusive
    decision, state = decision_of(found)
    assert (decision.winner, state) == ("control", ExperimentState.INCONCLUSIVE)
    assert decision.summary.startswith(f"Not decided within the {experiment.max_days} days planned")
    assert decision.summary.endswith("The control stays.")
    assert learning_of(store, experiment, decision, state, NOW) is None


def test_an_arm_that_nobody_saw_ends_with_the_control(
    warehouse: Warehouse, catalog: Catalog, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (20, 0), (1, 0), days=experiment.max_days + 1)
    found = look(warehouse, catalog, experiment)
    assert found.over
    decision, state = decision_of(found)
    assert (decision.winner, state) == ("control", ExperimentState.INCONCLUSIVE)


def test_a_broken_split_is_stopped_and_teaches_nothing(
    warehouse: Warehouse, catalog: Catalog, store: Store, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (2000, 1000), (60, 60), days=7)
    decision, state = decision_of(look(warehouse, catalog, experiment))
    assert (decision.winner, state) == ("control", ExperimentState.STOPPED)
    assert learning_of(store, experiment, decision, state, NOW) is None


def test_more_conversions_than_visitors_are_no_rate_above_one(
    warehouse: Warehouse, catalog: Catalog, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (3, 3), (5, 1))
    found = look(warehouse, catalog, experiment)
    assert found.evaluation is not None


def test_figures_of_other_tenants_and_earlier_days_do_not_count(
    warehouse: Warehouse, catalog: Catalog, experiment: Experiment
) -> None:
    arrive(warehouse, experiment, (100, 100), (3, 3))
    early = experiment.model_copy(update={"started_on": experiment.started_on - 5 * DAY})
    arrive(warehouse, early, (900, 900), (300, 1))
    arrive(warehouse, experiment.model_copy(update={"tenant": "beta"}), (900, 900), (300, 1))
    found = look(warehouse, catalog, experiment)
    assert found.looks == 1
    assert found.evaluation is not None
    assert found.evaluation.comparisons[0].lift == pytest.approx(0)


def stand(
    warehouse: Warehouse, experiment: Experiment, *days: tuple[tuple[int, int] | None, tuple[int, int] | None]
) -> None:
    """What is stored of each day: people and converted people of control and challenger, None where withheld."""
    rows = [
        {
            "date": experiment.started_on + n * DAY, "experiment": experiment.id, "variant": variant.name,
            "visitors": arm[0], "conversions": arm[1], "revenue": 0.0,
        }
        for n, arms in enumerate(days)
        for variant, arm in zip(experiment.variants, arms, strict=True) if arm is not None
    ]  # fmt: skip
    frames.put(warehouse, experiment.tenant, pd.DataFrame(rows), "experiment_daily")


def test_people_who_come_back_are_no_more_people(
    warehouse: Warehouse, catalog: Catalog, experiment: Experiment
) -> None:
    """Case 70: the same 1,000 people an arm on four days are 1,000 people."""
    stand(warehouse, experiment, *[((1000, 30), (1000, 31))] * 4)
    found = look(warehouse, catalog, experiment)
    assert found.evaluation is not None
    assert found.evaluation.progress == pytest.approx(1000 / 40_000)
    assert found.looks == 4


def test_estimates_that_fall_and_rows_that_are_withheld_do_no_harm(
    warehouse: Warehouse, catalog: Catalog, experiment: Experiment
) -> None:
    stand(warehouse, experiment, ((20_000, 600), (20_100, 610)), ((19_950, 602), (20_150, 609)), ((20_200, 9), None))
    found = look(warehouse, catalog, experiment)
    assert found.as_of == experiment.started_on + 2 * DAY
    assert found.evaluation is not None
    assert found.evaluation.comparisons[0].control_value == pytest.approx(602 / 19_950)


def test_an_estimates_error_is_no_broken_split(warehouse: Warehouse, catalog: Catalog, experiment: Experiment) -> None:
    """200,000 people an arm, counted as Google counts: 1.6 % apart are two standard errors of the count itself."""
    stand(warehouse, experiment, ((200_000, 6000), (203_200, 6050)))
    found = look(warehouse, catalog, experiment)
    assert found.evaluation is not None
    assert found.evaluation.outcome.value != "broken_split"
    stand(warehouse, experiment, ((200_000, 6000), (240_000, 7200)))
    found = look(warehouse, catalog, experiment)
    assert found.evaluation is not None
    assert found.evaluation.outcome.value == "broken_split"
