"""What a campaign may spend: the limit its goal or plan states, and what people have released beyond it."""

from decimal import Decimal

from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from marketeer_dagster.store import Store


def spending_limit(store: Store, key: str) -> Decimal | None:
    """USD that Claude's work for a campaign may commit over all months; None when only the tenant's month limits it.

    Every approved question about the budget (see escalation.py) releases the stated budget once more.
    """
    try:
        campaign = store.campaigns.get(key)
    except NotFound:
        return None
    stated = stated_budget(store, campaign)
    if stated is None:
        return None
    granted = store.approvals.list(campaign=campaign.key, state=ApprovalState.APPROVED)
    return stated * (1 + sum(approval.reason is ApprovalReason.BUDGET_THRESHOLD for approval in granted))


def stated_budget(store: Store, campaign: Campaign) -> Decimal | None:
    """The budget of the goal in a person's words, else the plan's; a plan's zero names no limit."""
    goal = store.goals.get(campaign.goal) if campaign.goal else None
    if goal is not None and goal.budget_usd is not None:
        return goal.budget_usd
    return campaign.plan.budget_usd or None if campaign.plan else None
