"""Reading experiments: people to date from the snapshot, judged by the always-valid test, turned into a decision."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb

from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.experiment import ArmCount, Decision, Experiment, ExperimentState
from marketeer_dagster.model.ids import LearningId, derived
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.store import Store

if TYPE_CHECKING:
    from marketeer_dagster.optimise.experiment import Comparison, Evaluation, Plan

COUNT_ERROR = 0.0081
"""Relative standard error of Google Analytics' numbers of people (HyperLogLog++, precision 14: 1.04 / sqrt(2^14))."""
EXACT_BELOW = 10_000
"""People up to which its sketches are as good as exact: sparse ones of precision 25 keep about so many one by one."""
LEARNING_DAYS = 180
"""How long a learning holds before it must be shown again: markets and readers change."""


@dataclass(frozen=True)
class Look:
    """One look at a running experiment. `evaluation` is None while an arm has no visitors."""

    experiment: Experiment
    as_of: date
    looks: int
    evaluation: "Evaluation | None"
    measured_on: date | None = None
    """The day that was judged."""
    arms: tuple[ArmCount, ...] = ()
    """What the arms had on it."""

    @property
    def over(self) -> bool:
        """Whether the test should end now: it decided, or its planned duration has passed."""
        decided = self.evaluation is not None and self.evaluation.decided
        return decided or self.as_of >= self.experiment.started_on + timedelta(days=self.experiment.max_days)

    @property
    def conclusive(self) -> bool:
        """Whether the test itself found a winner, possibly the control."""
        from marketeer_dagster.optimise.experiment import Outcome

        conclusive = (Outcome.WINNER, Outcome.CONTROL_WINS)
        return self.evaluation is not None and self.evaluation.outcome in conclusive


def look_at(connection: duckdb.DuckDBPyConnection, experiment: Experiment, spec: SignalSpec) -> Look | None:
    """Judge the arms as they stood at the end of the newest day; None before the first day of figures.

    A day's figures are of everybody up to then, so the newest alone counts. Where an arm has none that day (Google
    withholds rows of few people), the newest day with all arms is judged. `spec.threshold` is the error rate allowed.
    """
    from marketeer_dagster.optimise.experiment import Arm, evaluate  # bring numpy along

    rows = connection.execute(
        """
        select date, variant, visitors, conversions
        from experiment_daily where tenant = ? and experiment = ? and date >= ? order by date
        """,
        [experiment.tenant, experiment.id, experiment.started_on],
    ).fetchall()
    if not rows:
        return None
    standing: dict[date, dict[str, tuple[int, int]]] = {}
    for day, variant, visitors, conversions in rows:
        standing.setdefault(day, {})[variant] = (int(visitors), int(conversions))
    as_of, looks = max(standing), len(standing)
    names = [variant.name for variant in experiment.variants]
    whole = [day for day, arms in standing.items() if all(arms.get(name, (0, 0))[0] > 0 for name in names)]
    if not whole:
        return Look(experiment, as_of, looks, None)
    measured_on = max(whole)
    totals = standing[measured_on]
    # Both figures may be estimates; a rate above one cannot be.
    counts = tuple(
        ArmCount(name=name, visitors=totals[name][0], conversions=min(totals[name][1], totals[name][0]))
        for name in names
    )
    arms = [
        Arm(count.name, count.visitors, count.conversions, share=variant.share)
        for count, variant in zip(counts, experiment.variants, strict=True)
    ]
    evaluation = evaluate(arms, plan_of(experiment, spec.threshold), looks=looks)
    return Look(experiment, as_of, looks, evaluation, measured_on, counts)


def plan_of(experiment: Experiment, alpha: float) -> "Plan":
    """How the experiment is judged, fixed before its start; its people are counted by Google Analytics."""
    from marketeer_dagster.optimise.experiment import Mode, Plan

    return Plan(
        Mode.ANYTIME,
        experiment.sample_per_arm,
        mde=experiment.minimum_effect,
        alpha=alpha,
        count_error=COUNT_ERROR,
        exact_below=EXACT_BELOW,
    )


def decision_of(look: Look) -> tuple[Decision, ExperimentState]:
    """The decision that ends the experiment. Without a conclusive result the control stays."""
    from marketeer_dagster.optimise.experiment import Outcome

    control = look.experiment.variants[0].name
    evaluation = look.evaluation
    if evaluation is None:
        text = "An arm had no visitors within the planned time; nothing can be said and the control stays."
        nothing = Decision(
            winner=control, lift=0, low=0, high=0, confidence=0, looks=look.looks, summary=text, decided_on=look.as_of
        )
        return nothing, ExperimentState.INCONCLUSIVE
    best = max(evaluation.comparisons, key=lambda comparison: comparison.lift)
    state = ExperimentState.DECIDED if look.conclusive else ExperimentState.INCONCLUSIVE
    if evaluation.outcome is Outcome.BROKEN_SPLIT:
        state = ExperimentState.STOPPED
    decision = Decision(
        winner=(evaluation.winner or control) if look.conclusive else control,
        lift=best.lift,
        low=best.low,
        high=best.high,
        confidence=evaluation.confidence,
        looks=look.looks,
        summary=evaluation.summary if evaluation.decided else _undecided(look, best),
        decided_on=look.as_of,
        measured_on=look.measured_on,
        compared=best.name,
        arms=look.arms,
    )
    return decision, state


def _undecided(look: Look, best: "Comparison") -> str:
    """What is said of a test whose time is over: the engine's own sentence would have it go on."""
    return (
        f"Not decided within the {look.experiment.max_days} days planned: {best.name} changes the conversion rate by "
        f"{best.lift:+.1%} (between {best.low:+.1%} and {best.high:+.1%}). The control stays."
    )


def learning_of(
    store: Store, experiment: Experiment, decision: Decision, state: ExperimentState, at: datetime
) -> Learning | None:
    """What the experiment taught, as a sentence that a brief can cite; None when it taught nothing."""
    if state is not ExperimentState.DECIDED:
        return None
    challenger = next(v for v in experiment.variants[1:])
    artefact = store.artefacts.get(challenger.artefact, challenger.version)
    won = decision.winner != experiment.variants[0].name
    control = experiment.variants[0]
    before = store.artefacts.get(control.artefact, control.version)
    verb = "beat" if won else "lost to"
    statement = (
        f"On {experiment.subject}, {_gist(artefact.parsed())} {verb} {_gist(before.parsed())}: "
        f"{decision.lift:+.0%} conversion rate ({decision.low:+.0%} to {decision.high:+.0%})."
    )
    return Learning(
        id=LearningId(derived("lrn", experiment.id)),
        tenant=experiment.tenant,
        statement=statement[:600],
        skill=artefact.skill,
        subject=experiment.subject,
        experiment=experiment.id,
        lift=decision.lift,
        low=decision.low,
        high=decision.high,
        state=LearningState.VALIDATED,
        expires_on=decision.decided_on + timedelta(days=LEARNING_DAYS),
        created_at=at,
    )


def _gist(content: object) -> str:
    """The headline of a page, whichever artefact carries it."""
    page = getattr(content, "page", content)
    return f"the headline “{getattr(page, 'headline', 'the version before')}”"
