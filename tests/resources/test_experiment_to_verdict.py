"""A test of two pages from assignment to verdict, read from answers that are scoped as Google Analytics scopes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from marketeer_dagster.campaigns.readout import Look, decision_of, look_at
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.experiment import Experiment, ExperimentState, arm_of, arm_value, user_property
from marketeer_dagster.publishing.trials import Block, render_test
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.collected import Collected
from resources.connectors import check
from resources.ga4 import Ga4Client
from resources.ga4_experiments import UNREGISTERED
from tests.contract.recorded import answer, serve
from tests.sandbox.conftest import START, account, publish
from tests.sandbox.test_market import BETTER
from tests.support.publishing import a_page, an_artefact, an_experiment
from tests.warehouse import frames

WEAK = "<h1>Welcome</h1><p>We are a platform for finance.</p>"
DAYS = 21


def a_test(days: int = 60) -> Experiment:
    control = an_artefact(a_page(), campaign="old")
    made = an_experiment(control, an_artefact(a_page(headline="Better"), campaign="new"), "/")
    return made.model_copy(update={"started_on": START, "sample_per_arm": 60_000, "max_days": days})


def under_test(experiment: Experiment, control: str, challenger: str) -> str:
    blocks = [
        Block(variant=v.name, share=v.share, html=h)
        for v, h in zip(experiment.variants, (control, challenger), strict=True)
    ]
    return render_test(experiment.id, blocks, experiment.slot)


@dataclass(frozen=True)
class Tested:
    """A site whose front page was under test for three weeks, and one under an A/A test beside it."""

    sandbox: Running
    connection: Connection
    experiment: Experiment
    same: Experiment

    @property
    def client(self) -> Ga4Client:
        return Ga4Client(self.connection)


@pytest.fixture(scope="module")
def tested() -> Iterator[Tested]:
    experiment = a_test()
    same = experiment.model_copy(update={"id": f"{experiment.id[:-1]}0", "subject": "/pricing", "slot": 2})
    with run_in_thread(seed=11, start=START) as sandbox:
        connections = {c.tool: c for c in sandbox.admin.open_account(account(monthly_sessions=600_000))}
        publish(sandbox.world, "/", under_test(experiment, WEAK, BETTER))
        publish(sandbox.world, "/pricing", under_test(same, BETTER, BETTER))
        sandbox.admin.advance(DAYS)
        yield Tested(sandbox, connections["ga4"], experiment, same)


def judged(tested: Tested, folder: Path, rows: Collected, experiment: Experiment) -> Look:
    warehouse = frames.at(folder)
    frames.put(warehouse, "acme", rows.rows, "experiment_daily")
    with warehouse.reading() as snapshot:
        found = look_at(snapshot, experiment, Catalog.load().signal("ab_test_significant"))
    assert found is not None
    return found


def test_a_better_page_wins_and_equal_ones_do_not(tested: Tested, tmp_path: Path) -> None:
    last = START + timedelta(days=DAYS - 1)
    rows = tested.client.collect_experiments(START, last)
    look = judged(tested, tmp_path, rows, tested.experiment)
    decision, state = decision_of(look)
    assert (state, decision.winner) == (ExperimentState.DECIDED, "b"), decision.summary
    (comparison,) = look.evaluation.comparisons
    truth = people(tested, tested.experiment, START, last)
    assert comparison.value == pytest.approx(len(truth["b"][1]) / len(truth["b"][0]), rel=0.02)
    fair = judged(tested, tmp_path, rows, tested.same)
    assert not fair.over, fair.evaluation


def people(tested: Tested, experiment: Experiment, first: date, last: date) -> dict[str, tuple[set[int], set[int]]]:
    """By arm: who was really there in these days, and who signed up."""
    found: dict[str, tuple[set[int], set[int]]] = {v.name: (set(), set()) for v in experiment.variants}
    for n in range((last - first).days + 1):
        for row in tested.sandbox.world.market.people("acme", first + timedelta(days=n)):
            if row.experiment == experiment.id:
                found[row.variant][0].update(row.seen)
                found[row.variant][1].update(row.won)
    return found


def test_a_person_counts_once_however_often_they_come(tested: Tested) -> None:
    """Case 70: the days' own visitors add up to far more people than there are."""
    last = START + timedelta(days=9)
    rows = tested.client.experiments(START, last).query("experiment == @tested.experiment.id")
    for arm, (seen, won) in people(tested, tested.experiment, START, last).items():
        of_arm = rows[rows["variant"] == arm].set_index("date")
        assert of_arm.loc[last, "conversions"] == len(won)
        assert of_arm.loc[last, "visitors"] == pytest.approx(len(seen), rel=0.04), "an estimate beyond ten thousand"
        assert of_arm.loc[START, "visitors"] == len(people(tested, tested.experiment, START, START)[arm][0])
        daily = [people(tested, tested.experiment, day, day)[arm] for day in of_arm.index]
        assert sum(len(seen_that_day) for seen_that_day, _ in daily) > 1.15 * len(seen)


def test_an_arms_revenue_is_what_its_people_paid_to_date(tested: Tested) -> None:
    """It was 0 always: first payments come when a trial ends, on other pages, from whoever signed up as an arm."""
    last = START + timedelta(days=DAYS - 4)
    rows = tested.client.experiments(START, last)
    paid: dict[tuple[str, str], float] = {}
    for n in range((last - START).days + 1):
        for row in tested.sandbox.world.market.paid("acme", START + timedelta(days=n)):
            key = (row.experiment, row.variant)
            paid[key] = paid.get(key, 0.0) + row.usd
    told = rows[rows["date"] == last].set_index(["experiment", "variant"])["revenue"].to_dict()
    assert told == pytest.approx(paid) and min(told.values()) > 0 and len(told) == 4
    assert rows[rows["date"] == START]["revenue"].tolist() == [0.0] * 4, "nobody's trial has ended"


def test_revenue_that_the_account_may_not_see_is_unknown(tested: Tested) -> None:
    admin = tested.sandbox.admin
    admin.habit("ga4", "restricted_revenue", on=True, tenant="acme")
    try:
        rows = tested.client.experiments(START, START + timedelta(days=15))
    finally:
        admin.habit("ga4", "restricted_revenue", on=False, tenant="acme")
    assert rows["revenue"].isna().all() and (rows["visitors"] > 0).all()


def test_days_read_one_by_one_are_those_read_together(tested: Tested) -> None:
    day = START + timedelta(days=6)
    together = tested.client.experiments(START, START + timedelta(days=8))
    alone = tested.client.experiments(day, day)
    assert together[together["date"] == day].values.tolist() == alone.values.tolist()
    assert tested.client.experiments(START - timedelta(days=9), START - timedelta(days=1)).empty


def report(tested: Tested, body: dict[str, object]) -> httpx.Response:
    credentials = tested.sandbox.world.credentials("acme")
    url = f"{tested.sandbox.url}/ga4/v1beta/properties/{credentials.ga4_property}:runReport"
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {credentials.google_access_token}"})


def test_the_stand_in_scopes_events_as_the_documented_answer(tested: Tested) -> None:
    """Case 11: by an event-scoped dimension no arm ever has a sign-up, in Google's answer as in the stand-in's."""
    documented = answer("ga4", "report-experiment-event-scoped").body
    asked = {
        "dateRanges": [{"startDate": str(START), "endDate": str(START)}],
        "dimensions": [{"name": one["name"]} for one in documented["dimensionHeaders"]],
        "metrics": [{"name": one["name"]} for one in documented["metricHeaders"]],
    }
    got = report(tested, asked).json()
    assert got["metricHeaders"] == documented["metricHeaders"]
    for body in (documented, got):
        by_arm = {row["dimensionValues"][2]["value"]: row["metricValues"] for row in body["rows"]}
        assert {"control", "b", "(not set)"} == set(by_arm)
        assert [int(float(by_arm[arm][1]["value"])) for arm in ("control", "b")] == [0, 0]
        assert float(by_arm["(not set)"][1]["value"]) > 0


def test_a_property_without_the_dimension_says_what_to_create(tested: Tested) -> None:
    admin = tested.sandbox.admin
    admin.habit("ga4", "no_user_dimensions", on=True, tenant="acme")
    try:
        found = tested.client.collect_experiments(START, START)
        assert found.rows.empty and found.notes == (UNREGISTERED,)
        assert UNREGISTERED in check(tested.connection) and user_property(1) in UNREGISTERED
        dimension = {"name": f"customUser:{user_property(1)}"}
        ranges = [{"startDate": str(START), "endDate": str(START)}]
        refused = report(tested, {"dateRanges": ranges, "dimensions": [dimension], "metrics": [{"name": "totalUsers"}]})
        assert refused.status_code == 400
        assert f"Field {dimension['name']} is not a valid dimension" in refused.json()["error"]["message"]
    finally:
        admin.habit("ga4", "no_user_dimensions", on=False, tenant="acme")
    assert UNREGISTERED not in check(tested.connection)


def test_another_dimension_of_users_is_not_ours() -> None:
    """Google's own answer lists `customUser:experiment_id`: registered, and nothing that our pages set."""
    with serve(answer("ga4", "metadata-blocked-and-custom")) as wire:
        connection = Connection(
            tenant="acme", tool="ga4", settings={"base_url": wire.url, "property_id": "123456789"},
            secrets={"access_token": "t"},
        )  # fmt: skip
        found = Ga4Client(connection).collect_experiments(START, START)
    assert found.notes == (UNREGISTERED,) and len(wire.asked) == 1


def test_rows_that_are_nobodys_arm_are_left_out() -> None:
    assert arm_of(arm_value("exp_1", "control")) == ("exp_1", "control")
    assert [arm_of(value) for value in ("(not set)", "(other)", "", "exp_1", ".b")] == [None] * 5
