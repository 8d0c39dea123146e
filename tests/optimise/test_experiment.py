"""Experiments: honest under constant looking, and they say in words what to do."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.optimise.experiment import (
    Arm,
    Cohort,
    Guardrail,
    Metric,
    Mode,
    Outcome,
    Plan,
    evaluate,
    mature_totals,
)
from marketeer_dagster.optimise.experiment_plan import duration_days, power_curve, sample_size, sample_size_revenue

HORIZON = Plan(Mode.HORIZON, sample_per_arm=50_000)
ANYTIME = Plan(Mode.ANYTIME, sample_per_arm=100_000)
modes = pytest.mark.parametrize("plan", [HORIZON, ANYTIME], ids=["horizon", "anytime"])


def pair(control: int, challenger: int, visitors: int = 40_000) -> tuple[Arm, Arm]:
    return Arm("control", visitors, control), Arm("b", visitors, challenger)


@modes
def test_a_clear_winner_is_named_with_its_interval(plan: Plan) -> None:
    result = evaluate(pair(1200, 1450), plan, looks=12)
    assert (result.outcome, result.winner) == (Outcome.WINNER, "b")
    (b,) = result.comparisons
    assert 0 < b.low < b.lift < b.high
    assert b.lift == pytest.approx(1450 / 1200 - 1)
    assert result.decided and "b wins" in result.summary and "+20.8%" in result.summary and "12 looks" in result.summary


@modes
def test_a_clear_loser_leaves_the_control(plan: Plan) -> None:
    result = evaluate(pair(1450, 1200), plan)
    assert (result.outcome, result.winner) == (Outcome.CONTROL_WINS, "control")


@modes
def test_a_small_difference_keeps_running(plan: Plan) -> None:
    result = evaluate(pair(1200, 1230), plan)
    assert (result.outcome, result.winner) == (Outcome.RUNNING, None)
    assert not result.decided


@modes
def test_nothing_is_said_below_25_conversions_an_arm(plan: Plan) -> None:
    assert evaluate(pair(24, 60, visitors=800), plan).outcome is Outcome.COLLECTING


@modes
def test_a_challenger_that_sells_nothing_is_stopped_all_the_same(plan: Plan) -> None:
    result = evaluate(pair(60, 0, visitors=2000), plan)
    assert result.outcome is Outcome.CONTROL_WINS
    assert "0.00%" in result.summary


def test_the_horizon_ends_the_test_without_a_difference() -> None:
    result = evaluate(pair(1500, 1530, visitors=50_000), HORIZON)
    assert (result.outcome, result.winner) == (Outcome.NO_DIFFERENCE, "control")


def test_anytime_gives_up_when_even_hope_is_below_the_effect_wanted() -> None:
    plan = replace(ANYTIME, sample_per_arm=10**9)
    result = evaluate(pair(30_000, 30_000, visitors=1_000_000), plan)
    assert result.outcome is Outcome.NO_DIFFERENCE
    assert result.comparisons[0].high < plan.mde


@modes
def test_a_broken_split_is_reported_before_any_winner(plan: Plan) -> None:
    result = evaluate((Arm("control", 40_000, 1200), Arm("b", 42_000, 1600)), plan)
    assert (result.outcome, result.winner) == (Outcome.BROKEN_SPLIT, None)
    planned = evaluate((Arm("control", 40_000, 1200, share=20), Arm("b", 42_000, 1600, share=21)), plan)
    assert planned.outcome is Outcome.WINNER


@modes
def test_a_harmed_guardrail_keeps_a_winner_from_shipping(plan: Plan) -> None:
    rail = Guardrail("unsubscribes", events=(400, 800), trials=(40_000, 40_000), margin=0.1)
    result = evaluate(pair(1200, 1500), plan, guardrails=[rail])
    assert (result.outcome, result.winner) == (Outcome.GUARDRAIL, "control")
    assert "unsubscribes by +100" in result.summary
    fine = replace(rail, events=(400, 410))
    assert evaluate(pair(1200, 1500), plan, guardrails=[fine]).outcome is Outcome.WINNER
    good = replace(rail, higher_is_worse=False)
    assert evaluate(pair(1200, 1500), plan, guardrails=[good]).outcome is Outcome.WINNER


def test_more_challengers_need_more_evidence() -> None:
    control, b = pair(1200, 1370)
    others = tuple(Arm(name, 40_000, 1200) for name in "cdefg")
    assert evaluate((control, b), ANYTIME).outcome is Outcome.WINNER
    crowd = evaluate((control, b, *others), ANYTIME)
    assert crowd.outcome is Outcome.RUNNING
    assert crowd.comparisons[0].low < evaluate((control, b), ANYTIME).comparisons[0].low


def money(name: str, orders: list[float], visitors: int) -> Arm:
    return Arm(name, visitors, len(orders), float(sum(orders)), float(sum(o * o for o in orders)))


def test_revenue_per_visitor_counts_dearer_orders() -> None:
    random = np.random.default_rng(0)
    cheap, dear = random.lognormal(3.5, 0.5, 1200).tolist(), random.lognormal(3.8, 0.5, 1200).tolist()
    plan = replace(ANYTIME, metric=Metric.REVENUE_PER_VISITOR)
    result = evaluate((money("control", cheap, 40_000), money("b", dear, 40_000)), plan)
    assert result.outcome is Outcome.WINNER
    assert result.comparisons[0].lift == pytest.approx(sum(dear) / sum(cheap) - 1)
    assert "revenue per visitor" in result.summary


def test_one_huge_order_is_no_proof() -> None:
    plan = replace(ANYTIME, metric=Metric.REVENUE_PER_VISITOR)
    control, b = money("control", [30.0] * 100, 4000), money("b", [30.0] * 99 + [5000.0], 4000)
    assert evaluate((control, b), plan).outcome is Outcome.RUNNING


def false_positives(plan: Plan, rate: float, per_look: int, looks: int, worlds: int) -> float:
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(worlds):
        visits = np.cumsum(random.poisson(per_look, (looks, 2)), axis=0) + 1
        sold = np.cumsum(random.binomial(random.poisson(per_look, (looks, 2)), rate), axis=0)
        for n, c in zip(visits, np.minimum(sold, visits), strict=True):
            arms = (Arm("control", int(n[0]), int(c[0])), Arm("b", int(n[1]), int(c[1])))
            outcome = evaluate(arms, plan).outcome
            if outcome is Outcome.NO_DIFFERENCE:
                break
            if outcome in (Outcome.WINNER, Outcome.CONTROL_WINS):
                hits += 1
                break
    return hits / worlds


@modes
@pytest.mark.parametrize("per_look", [20, 300])
def test_an_unchanged_page_rarely_wins_however_often_one_looks(plan: Plan, per_look: int) -> None:
    looks = 120
    plan = replace(plan, sample_per_arm=per_look * looks)
    assert false_positives(plan, 0.03, per_look, looks, worlds=150) <= 0.08


def test_late_conversions_are_waited_for() -> None:
    start = date(2026, 3, 1)
    cohorts = [
        Cohort(start + timedelta(days=i), arm, 1000, 30 if i < 10 else 5) for i in range(14) for arm in ("control", "b")
    ]
    control, b = mature_totals(cohorts, as_of=start + timedelta(days=16), window_days=7)
    assert (control.name, control.visitors, control.conversions) == ("control", 10_000, 300)
    assert b.revenue is None
    with pytest.raises(ValueError, match=r"cohorts\.control"):
        mature_totals(cohorts, as_of=start + timedelta(days=3), window_days=7)


def mature(rows: list[tuple[int, str, int, int]]) -> tuple[Arm, ...]:
    start = date(2026, 3, 1)
    cohorts = [Cohort(start + timedelta(days=day), arm, visitors, sold) for day, arm, visitors, sold in rows]
    return mature_totals(cohorts, as_of=start + timedelta(days=30), window_days=7)


def test_the_order_in_which_days_arrive_does_not_matter() -> None:
    rows = [(day, arm, 100 + day, day) for day in range(10) for arm in ("control", "b")]
    turned = [rows[0], *reversed(rows[1:])]
    assert mature(rows) == mature(turned)


def test_revenue_keeps_more_of_its_alpha_back_and_is_planned_for_it() -> None:
    plan = replace(HORIZON, metric=Metric.REVENUE_PER_VISITOR)
    arms = (money("control", [30.0, 40.0] * 600, 40_000), money("b", [30.0, 40.0] * 610, 40_000))
    by_revenue, by_rate = (evaluate(arms, p).comparisons[0].boundary or 0.0 for p in (plan, HORIZON))
    assert by_revenue > by_rate > 2.3
    revenue, rate = sample_size_revenue(1, 3, 0.1), sample_size(0.1, 0.1)
    assert revenue.per_arm / revenue.one_look > rate.per_arm / rate.one_look


def test_planning_gives_the_textbook_sizes() -> None:
    assert sample_size(0.03, 0.1).one_look == pytest.approx(53_200, rel=0.001)
    assert sample_size(0.20, 0.1).one_look == pytest.approx(6_500, rel=0.01)
    assert sample_size(0.03, 0.1, mode=Mode.ANYTIME).per_arm > sample_size(0.03, 0.1).per_arm
    assert sample_size(0.03, 0.1, variants=4).per_arm > sample_size(0.03, 0.1).per_arm
    rate_as_money = sample_size_revenue(0.03, math.sqrt(0.03 * 0.97), 0.1)
    assert rate_as_money.one_look == pytest.approx(sample_size(0.03, 0.1).one_look, rel=0.05)


def test_a_test_lasts_whole_weeks() -> None:
    assert duration_days(10_000, 3000) == 7
    assert duration_days(10_501, 3000) == 14
    assert duration_days(10_000, 3000, (0.8, 0.2)) == 21


def test_the_power_curve_rises_through_the_planned_power() -> None:
    size = sample_size(0.05, 0.1)
    curve = power_curve(0.05, size.per_arm, (0.01, 0.05, 0.1, 0.2))
    powers = [point.power for point in curve]
    assert powers == sorted(powers) and powers[2] == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: Arm("b", 0, 0), r"b\.visitors"),
        (lambda: Arm("b", -1, 0), r"b\.visitors"),
        (lambda: Arm("b", 10, -1), r"b\.conversions"),
        (lambda: Arm("b", 10, 11), r"b\.conversions"),
        (lambda: Arm("b", 10, 5, math.inf, 1), r"b\.revenue"),
        (lambda: Plan(Mode.HORIZON, 0), "sample_per_arm"),
        (lambda: Plan(Mode.HORIZON, 100, alpha=0.9), "alpha"),
        (lambda: Plan(Mode.HORIZON, 100, mde=math.nan), "mde"),
        (lambda: evaluate([], HORIZON), "arms"),
        (lambda: evaluate([Arm("a", 10, 1), Arm("a", 10, 1)], HORIZON), "arms"),
        (lambda: evaluate(pair(10, 10), HORIZON, looks=0), "looks"),
        (lambda: evaluate(pair(10, 10), HORIZON, guardrails=[Guardrail("g", (1,), (2,))]), r"guardrails\.g"),
        (lambda: evaluate(pair(10, 10), replace(HORIZON, metric=Metric.REVENUE_PER_VISITOR)), r"control\.revenue"),
        (lambda: Guardrail("g", (3, 3), (2, 2)), r"g\.events"),
        (lambda: mature_totals([], as_of=date(2026, 1, 1), window_days=7), "cohorts"),
        (lambda: mature([(0, "b", 10, 1), (0, "b", 10, 1)]), r"cohorts\.b"),
        (lambda: mature([(0, "b", 10, 11)]), r"cohorts\.b\.conversions"),
        (lambda: mature([(0, "b", -5, 0), (1, "b", 50, 1)]), r"cohorts\.b\.visitors"),
        (lambda: Arm("b", 10, 5, math.nan, 1), r"b\.revenue"),
        (lambda: sample_size(0, 0.1), "base_rate"),
        (lambda: sample_size(0.9, 0.2), "mde"),
        (lambda: duration_days(100, 0), "daily_visitors"),
    ],
)
def test_bad_input_is_refused_by_field(build: Callable[[], object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        build()


arms = st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(max_examples=150, deadline=None)
@given(control=arms, challenger=arms, mode=st.sampled_from(Mode))
def test_never_nan_and_intervals_hold_their_estimate(
    control: tuple[int, int], challenger: tuple[int, int], mode: Mode
) -> None:
    result = evaluate((Arm("control", *control), Arm("b", *challenger)), Plan(mode, 10_000))
    (b,) = result.comparisons
    figures = (b.value, b.control_value, b.lift, b.low, b.high, b.e_value, b.z, b.chance_to_win, result.split_e_value)
    assert all(math.isfinite(figure) for figure in figures)
    assert -1 <= b.low <= b.lift <= b.high


@settings(max_examples=60, deadline=None)
@given(extra=st.integers(0, 400), more=st.integers(1, 400), mode=st.sampled_from(Mode))
def test_evidence_grows_with_conversions(extra: int, more: int, mode: Mode) -> None:
    plan = Plan(mode, 50_000)
    low = evaluate(pair(1200, 1200 + extra), plan).comparisons[0]
    high = evaluate(pair(1200, 1200 + extra + more), plan).comparisons[0]
    assert high.e_value > low.e_value and high.low > low.low and high.chance_to_win >= low.chance_to_win


@settings(max_examples=40, deadline=None)
@given(factor=st.floats(0.01, 1000))
def test_revenue_verdicts_do_not_depend_on_the_currency(factor: float) -> None:
    plan = replace(ANYTIME, metric=Metric.REVENUE_PER_VISITOR)
    control, b = money("control", [20.0, 40.0] * 50, 4000), money("b", [25.0, 45.0] * 55, 4000)
    scaled = [
        replace(arm, revenue=(arm.revenue or 0) * factor, revenue_squares=(arm.revenue_squares or 0) * factor**2)
        for arm in (control, b)
    ]
    ours, theirs = evaluate((control, b), plan).comparisons[0], evaluate(scaled, plan).comparisons[0]
    assert theirs.lift == pytest.approx(ours.lift, rel=1e-9)
    assert theirs.low == pytest.approx(ours.low, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(["b", "c", "d"]), mode=st.sampled_from(Mode))
def test_the_order_of_challengers_changes_no_verdict(order: list[str], mode: Mode) -> None:
    control = Arm("control", 40_000, 1200)
    sold = {"b": 1210, "c": 1420, "d": 900}
    plan = Plan(mode, 50_000)
    straight = evaluate((control, *(Arm(n, 40_000, sold[n]) for n in "bcd")), plan)
    turned = evaluate((control, *(Arm(n, 40_000, sold[n]) for n in order)), plan)
    assert (turned.outcome, turned.winner, turned.split_e_value) == (
        straight.outcome,
        straight.winner,
        pytest.approx(straight.split_e_value),
    )
    assert {c.name: c for c in turned.comparisons} == {c.name: c for c in straight.comparisons}
