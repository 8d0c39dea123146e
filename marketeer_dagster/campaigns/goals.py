"""The goal a campaign serves, also where a pipeline or a signal asked for it instead of a person."""

from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.goal import Goal
from marketeer_dagster.model.ids import GoalId, derived
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.store import Store


def goal_of(store: Store, campaign: Campaign, signal: Signal | None) -> Goal:
    """The stated goal, or one in words made of the signal's evidence or the pipeline's name."""
    if campaign.goal is not None:
        return store.goals.get(campaign.goal)
    if signal is not None:
        evidence = signal.evidence
        text = (
            f"Bring {evidence.metric} of {signal.subject} back to what was expected: since {evidence.since} it is "
            f"{evidence.relative_change:+.0%} against expectation."
        )
    else:
        text = f"Run the pipeline {campaign.pipeline}."
    return Goal(
        id=GoalId(derived("gol", campaign.key)), tenant=campaign.tenant, text=text, created_at=campaign.created_at
    )
