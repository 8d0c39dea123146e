"""Who wins, how sure are we, and may we stop? Safe to ask every hour.

    plan = Plan(Mode.HORIZON, sample_per_arm=sample_size(0.03, 0.1).per_arm)
    evaluate((Arm("control", 8000, 240), Arm("b", 8050, 301)), plan, looks=12)

All comparisons are made on the log of the ratio of means, x = log(m_t / m_c), with the delta-method variance
V = s_t^2 / (n_t m_t^2) + s_c^2 / (n_c m_c^2), which for rates is (1 - p_t) / c_t + (1 - p_c) / c_c: lifts are then
symmetric and small counts err to the safe side. `sequential` turns (x, V) into a decision. Challengers share alpha
equally (Bonferroni), so a test with three challengers is as honest as one with one.

Assumes independent visitors, each counted once in one arm, and a lift that does not change sign over time. Revenue of
few, huge orders breaks the normal approximation: cap orders first.
"""

import math
from collections.abc import Sequence

import numpy as np

from marketeer_dagster.optimise import normal
from marketeer_dagster.optimise.experiment_model import (
    Arm,
    Cohort,
    Comparison,
    Evaluation,
    Guardrail,
    GuardrailReading,
    Metric,
    Mode,
    Outcome,
    Plan,
    mature_totals,
)
from marketeer_dagster.optimise.inputs import Floats, InvalidInput, count
from marketeer_dagster.optimise.sequential import (
    counts_e_value,
    horizon_boundary,
    mixture_e_value,
    mixture_half_width,
    split_e_value,
)

__all__ = [
    "Arm",
    "Cohort",
    "Comparison",
    "Evaluation",
    "Guardrail",
    "GuardrailReading",
    "Metric",
    "Mode",
    "Outcome",
    "Plan",
    "evaluate",
    "mature_totals",
]

SPENT = {Metric.CONVERSION_RATE: 0.95, Metric.REVENUE_PER_VISITOR: 0.8}
"""Part of alpha that horizon mode spends; the rest is kept for what its normal approximation leaves out.

The boundary is exact for a Brownian motion whose information grows with visitors. Counts come close (.048 measured in
30,000 worlds at alpha = .05). Order values do not: a huge order raises the variance late, information falls back, and
the stretch near the end, where the boundary is lowest, is walked more than once (.055 on 6,000 splits of real orders).
"""
BLURRED = 3.0
"""Standard errors of a count that are forgiven before a split is called broken: 1 count in 370 errs by more."""
CERTAIN = 1000.0
"""E-value at which a broken split, or a challenger too poor to pass the gate, is taken as certain."""


def evaluate(arms: Sequence[Arm], plan: Plan, *, guardrails: Sequence[Guardrail] = (), looks: int = 1) -> Evaluation:
    """Judges the running totals of all arms, the control first.

    Args:
        arms: two or more, names distinct.
        plan: as fixed before the test.
        guardrails: figures in the order of `arms`.
        looks: how often this test has been looked at, for the record; the verdict does not depend on it.

    Raises:
        InvalidInput: naming the arm and field, or `arms`, `guardrails`, `looks`.
    """
    _check(arms, plan, guardrails, looks)
    control, challengers = arms[0], tuple(arms[1:])
    alpha = plan.alpha / len(challengers)
    progress = min(arm.visitors for arm in arms) / plan.sample_per_arm
    comparisons = tuple(_compare(control, arm, plan, alpha) for arm in challengers)
    rails = tuple(_guard(rail, index, arms, plan, alpha) for rail in guardrails for index in range(1, len(arms)))
    shares = np.array([arm.share for arm in arms], dtype=float)
    split = split_e_value(_nearest_split(arms, shares, plan), shares)
    outcome, winner = _decide(arms, plan, comparisons, rails, split, progress)
    return Evaluation(
        outcome=outcome,
        winner=winner,
        comparisons=comparisons,
        guardrails=rails,
        split_e_value=split,
        progress=progress,
        looks=looks,
        confidence=1 - plan.alpha,
        summary=_sentence(outcome, winner, comparisons, rails, plan, progress, looks),
    )


def _check(arms: Sequence[Arm], plan: Plan, guardrails: Sequence[Guardrail], looks: int) -> None:
    count(looks, "looks", low=1)
    names = [arm.name for arm in arms]
    if len(arms) < 2 or len(set(names)) < len(names):
        raise InvalidInput(f"are {names}", where="arms", expected="a control and challengers with distinct names")
    for rail in guardrails:
        if len(rail.events) != len(arms) or len(rail.trials) != len(arms):
            raise InvalidInput(
                "do not match the arms", where=f"guardrails.{rail.name}", expected=f"{len(arms)} figures"
            )
    if plan.metric is Metric.REVENUE_PER_VISITOR:
        for arm in arms:
            if arm.revenue is None or arm.revenue_squares is None:
                raise InvalidInput("is missing", where=f"{arm.name}.revenue", expected="revenue and revenue_squares")
            if arm.revenue_squares * arm.visitors < arm.revenue**2 * (1 - 1e-9):
                raise InvalidInput(
                    "is impossibly small", where=f"{arm.name}.revenue_squares", expected=">= revenue^2 / visitors"
                )


def _nearest_split(arms: Sequence[Arm], shares: Floats, plan: Plan) -> Floats:
    """Visitors of the arms as near to the planned shares as their counts' errors allow, at BLURRED errors each."""
    counted = np.array([arm.visitors for arm in arms], dtype=float)
    reach = counted * np.array([BLURRED * plan.blur(arm.visitors) for arm in arms])
    planned = counted.sum() * shares / shares.sum()
    return counted + np.clip(planned - counted, -reach, reach)


def _moments(arm: Arm, metric: Metric) -> tuple[float, float]:
    """Mean per visitor and relative variance of that mean, s^2 / (n m^2)."""
    if metric is Metric.REVENUE_PER_VISITOR and arm.revenue and arm.revenue_squares is not None:
        mean = arm.revenue / arm.visitors
        spread = max(arm.revenue_squares / arm.visitors - mean**2, 0.0)
        return mean, spread / (arm.visitors * mean**2) if spread > 0 else 1 / max(arm.conversions, 1)
    return arm.conversions / arm.visitors, _rate_variance(arm.conversions, arm.visitors)


def _rate_variance(events: float, trials: float) -> float:
    """(1 - p) / events, the delta method's; adjusted so that zero and full counts have one."""
    return (1 - events / (trials + 1)) / max(events, 0.5)


def _log_ratio(value: float, base: float, events: tuple[float, float], trials: tuple[float, float]) -> float:
    """log(value / base); with half an event added to both when one is zero."""
    if value > 0 and base > 0:
        return math.log(value / base)
    return math.log((events[0] + 0.5) / (trials[0] + 1)) - math.log((events[1] + 0.5) / (trials[1] + 1))


def _compare(control: Arm, arm: Arm, plan: Plan, alpha: float) -> Comparison:
    (value, variance), (base, base_variance) = _moments(arm, plan.metric), _moments(control, plan.metric)
    events, trials = (arm.conversions, control.conversions), (arm.visitors, control.visitors)
    blur = sum(plan.blur(counted) ** 2 for counted in (*events, *trials))
    x, v = _log_ratio(value, base, events, trials), variance + base_variance + blur
    tau = math.log1p(plan.mde)
    z = x / math.sqrt(v)
    boundary = None
    half = mixture_half_width(v, tau, alpha)
    if plan.mode is Mode.HORIZON:
        effective = 2 / (1 / arm.visitors + 1 / control.visitors)
        boundary = horizon_boundary(min(effective / plan.sample_per_arm, 1.0), alpha * SPENT[plan.metric])
        half = boundary * math.sqrt(v)
    enough = min(events) >= plan.min_conversions
    pooled = tau**2 / (tau**2 + v)
    return Comparison(
        name=arm.name,
        value=value,
        control_value=base,
        lift=math.expm1(x),
        low=math.expm1(x - half),
        high=math.expm1(min(x + half, 690.0)),
        e_value=mixture_e_value(x, v, tau),
        z=z,
        boundary=boundary,
        chance_to_win=float(normal.cdf(x * pooled / math.sqrt(v * pooled))),
        enough=enough,
        significant=enough and abs(x) >= half,
    )


def _guard(rail: Guardrail, index: int, arms: Sequence[Arm], plan: Plan, alpha: float) -> GuardrailReading:
    events, trials = (rail.events[index], rail.events[0]), (rail.trials[index], rail.trials[0])
    value, base = events[0] / trials[0], events[1] / trials[1]
    v = _rate_variance(events[0], trials[0]) + _rate_variance(events[1], trials[1])
    sign = 1 if rail.higher_is_worse else -1
    x = sign * _log_ratio(value, base, events, trials)
    half = mixture_half_width(v, math.log1p(max(plan.mde, rail.margin)), alpha)
    low = math.expm1(x - half)
    enough = max(events) >= plan.min_conversions
    return GuardrailReading(
        name=rail.name,
        arm=arms[index].name,
        harm=math.expm1(x),
        low=low,
        high=math.expm1(min(x + half, 690.0)),
        violated=enough and low > rail.margin,
    )


def _hopeless(control: Arm, arm: Arm) -> bool:
    """Whether an arm too poor to ever pass the gate is certainly worse."""
    share = arm.visitors / (arm.visitors + control.visitors)
    behind = arm.conversions / arm.visitors < control.conversions / control.visitors
    return behind and counts_e_value(arm.conversions, control.conversions, share) >= CERTAIN


def _decide(
    arms: Sequence[Arm],
    plan: Plan,
    comparisons: tuple[Comparison, ...],
    rails: tuple[GuardrailReading, ...],
    split: float,
    progress: float,
) -> tuple[Outcome, str | None]:
    control = arms[0]
    if split >= CERTAIN:
        return Outcome.BROKEN_SPLIT, None
    harmful = {rail.arm for rail in rails if rail.violated}
    better = [c for c in comparisons if c.significant and c.low > 0 and c.name not in harmful]
    if better:
        return Outcome.WINNER, max(better, key=lambda c: c.lift).name
    worse = {c.name for c in comparisons if c.significant and c.high < 0}
    worse |= {arm.name for arm in arms[1:] if _hopeless(control, arm)}
    out = worse | harmful
    if len(out) == len(comparisons):
        return (Outcome.GUARDRAIL if harmful - worse else Outcome.CONTROL_WINS), control.name
    futile = plan.mode is Mode.ANYTIME and all(c.name in out or (c.enough and c.high < plan.mde) for c in comparisons)
    if progress >= 1 or futile:
        return Outcome.NO_DIFFERENCE, control.name
    if not any(c.enough for c in comparisons):
        return Outcome.COLLECTING, None
    return Outcome.RUNNING, None


def _sentence(
    outcome: Outcome,
    winner: str | None,
    comparisons: tuple[Comparison, ...],
    rails: tuple[GuardrailReading, ...],
    plan: Plan,
    progress: float,
    looks: int,
) -> str:
    best = max(comparisons, key=lambda c: c.lift)
    shown = next((c for c in comparisons if c.name == winner), best)
    unit = "conversion rate" if plan.metric is Metric.CONVERSION_RATE else "revenue per visitor"
    figures = (
        f"{shown.name} changes the {unit} by {shown.lift:+.1%} (between {shown.low:+.1%} and {shown.high:+.1%} with "
        f"{1 - plan.alpha:.0%} confidence, valid over all {looks} looks)"
    )
    base = f"{shown.control_value:.2%}"
    match outcome:
        case Outcome.BROKEN_SPLIT:
            return (
                "Visitors were not split as planned: no figure here can be believed. Mend the assignment and restart."
            )
        case Outcome.WINNER:
            return f"{winner} wins: {figures}. Serve it to everyone."
        case Outcome.CONTROL_WINS if not shown.significant:
            return (
                f"The control wins: {shown.name} converts {shown.value:.2%} of visitors, the control {base}. Stop it."
            )
        case Outcome.CONTROL_WINS:
            return f"The control wins: {figures}. Keep the control."
        case Outcome.GUARDRAIL:
            broken = ", ".join(f"{r.name} by {r.harm:+.1%} in {r.arm}" for r in rails if r.violated)
            return f"Stopped by a guardrail: {broken} worse than tolerated. Keep the control."
        case Outcome.NO_DIFFERENCE:
            return f"No difference worth having was found: {figures}. Keep the control."
        case Outcome.COLLECTING:
            return (
                f"Too early ({progress:.0%} of the planned visitors): an arm needs {plan.min_conversions} conversions."
            )
        case Outcome.RUNNING:
            return f"Undecided at {progress:.0%} of the planned visitors: {figures}. Keep it running."
