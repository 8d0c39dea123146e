"""When a demo counts as a closed loop, from which rows, and how its last screen looks."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance
from dagster._core.test_utils import create_run_for_test

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.loop.ending import print_ending
from marketeer_dagster.cli.loop.played import Played, played_by, steps
from marketeer_dagster.cli.loop.result import runs_since
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.model.settings import Settings
from tests.store import values
from tests.support.publishing import a_store, a_tenant

ACME = TenantId("acme")
GOAL, SPRINT, NEXT = "acme:launch", "acme:sprint", "acme:next"
LIVE: dict[str, Any] = {"state": PublicationState.PUBLISHED, "published_at": values.NOW}


def a_demo() -> Played:
    """A loop that closed with a winner."""
    made = values.artefact()
    cites = values.plan(values.brief(campaign=NEXT, learnings=("lrn_1",)))
    return Played(
        campaigns=(
            values.campaign(GOAL, goal="gol_1", plan=values.plan()),
            values.campaign(SPRINT, signal="conversion_drop"),
            values.campaign(NEXT, plan=cites),
        ),
        artefacts=(made,),
        reviews=(values.review(made, verdict=Verdict.REVISE), values.review(made, "cro")),
        publications=(
            values.publication("a", campaign=GOAL, url="http://site/pricing", **LIVE),
            values.publication("b", campaign=SPRINT, kind="page_variant", url="http://site/pricing?v=b", **LIVE),
            values.publication("c", campaign=NEXT, tool="mailchimp", target="all", url="http://archive/1", **LIVE),
        ),
        signals=(values.signal(campaign=SPRINT, recovered=False, measured_at=values.LATER),),
        experiments=(
            values.experiment(campaign=SPRINT, state=ExperimentState.DECIDED, decision=values.decision(lift=0.0)),
        ),
        learnings=(values.learning(experiment="exp_1"),),
    )


def without_a_winner(demo: Played) -> Played:
    ended = demo.experiments[0].model_copy(update={"state": ExperimentState.INCONCLUSIVE})
    return dataclasses.replace(demo, experiments=(ended,), learnings=(), campaigns=demo.campaigns[:2])


def test_a_loop_that_closed_is_ok_whatever_the_lift():
    assert all(steps(a_demo()).values())


def test_without_a_winner_there_is_nothing_to_cite_and_the_loop_closed():
    assert all(steps(without_a_winner(a_demo())).values())


@pytest.mark.parametrize(
    ("missing", "change"),
    [
        ("goal planned", {"campaigns": (values.campaign(GOAL, goal="gol_1"), *a_demo().campaigns[1:])}),
        ("sent back in review", {"reviews": a_demo().reviews[1:]}),
        ("page published", {"publications": a_demo().publications[1:]}),
        ("signal answered", {"signals": (values.signal(campaign=None, measured_at=values.LATER),)}),
        ("variant published", {"publications": (a_demo().publications[0], a_demo().publications[2])}),
        ("experiment decided", {"experiments": (values.experiment(campaign=SPRINT),)}),
        ("experiment decided", {"experiments": ()}),
        ("recovery measured", {"signals": (values.signal(campaign=SPRINT),)}),
        ("learning cited", {"learnings": ()}),
        ("learning cited", {"campaigns": a_demo().campaigns[:2]}),
    ],
)
def test_every_step_is_needed(missing: str, change: dict[str, Any]):
    taken = steps(dataclasses.replace(a_demo(), **change))
    assert not taken[missing]


def test_the_address_is_that_of_the_page():
    assert a_demo().address("/pricing") == "http://site/pricing?v=b"
    assert dataclasses.replace(a_demo(), publications=a_demo().publications[2:]).address("/pricing") == ""


def test_rows_of_earlier_demos_of_the_home_are_left_out(tmp_path: Path):
    store = a_store(tmp_path, a_tenant())
    later = values.NOW + timedelta(days=80)
    for key, at, name in (("acme:first", values.NOW, "exp_old"), ("acme:second", later, "exp_new")):
        store.campaigns.add(values.campaign(key, created_at=at, updated_at=at))
        store.signals.open(values.signal(at + timedelta(days=1)), timedelta(days=1))
        store.experiments.add(values.experiment(name, campaign=key, created_at=at))
        store.learnings.add(values.learning(f"lrn_{name}", experiment=name, created_at=at))
    played = played_by(store, ACME, [store.campaigns.get("acme:second")])
    assert [signal.created_at for signal in played.signals] == [later + timedelta(days=1)]
    assert [one.id for one in played.learnings] == ["lrn_exp_new"]
    assert [experiment.id for experiment in played.experiments] == ["exp_new"]
    store.close()


def test_runs_of_earlier_demos_are_not_counted():
    with DagsterInstance.ephemeral() as instance:
        create_run_for_test(instance, job_name="ingest")
        began = SystemClock().now()
        create_run_for_test(instance, job_name="run_campaign")
        assert runs_since(instance, began)["runs"] == 1


def test_the_last_screen_fits_80_columns_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    demo = without_a_winner(a_demo())
    taken = steps(dataclasses.replace(demo, signals=()))
    side = {"days": 28, "sessions": 123_456, "conversions": 4_567, "conversion_rate": 0.037}
    decision = demo.experiments[0].decision
    assert decision is not None
    result = {
        "ok": all(taken.values()), "steps": taken, "tenant": "threlby", "page": "/pricing",
        "before": side, "after": side,
        "lift": {"estimate": -0.123, "low": -0.456, "high": 1.234}, "artefacts": [1] * 12, "reviews": {"count": 48},
        "experiment": {"state": "inconclusive", "decision": decision.model_dump(mode="json")},
        "llm": {"calls": 123, "cost_usd": 12.34}, "publications": [1] * 3, "signals": [1], "learnings": [],
        "published_page": demo.address("/pricing"), "ui_url": "http://127.0.0.1:3000", "wall_s": 200.0,
        "market_days": 60, "dagster": {"runs": 30, "runs_failed": 2},
    }  # fmt: skip
    monkeypatch.setenv("COLUMNS", "80")
    print_ending(Home(Settings.load({"MARKETEER_HOME": str(tmp_path)})), result)
    shown = capsys.readouterr().out
    assert max(len(line) for line in shown.splitlines() if "snapshot.duckdb" not in line) <= 80
    assert {"conversion rate", "artefacts / reviews", "learnings"} <= {
        line[:19].rstrip() for line in shown.splitlines()
    } | {line.split("  ")[0] for line in shown.splitlines()}
    assert "…" not in shown
    assert "(simulated)" in shown and "loop not closed" in shown
    assert "missing for a closed loop: signal answered, recovery measured" in shown
    assert "30 runs, 2 of them failed" in shown
    assert "ended without a winner" in shown
    assert "http://site/pricing?v=b" in shown and "http://archive" not in shown
