"""Whether a Claude call may be made, said in words: the tenant's month and the campaign's own budget."""

from decimal import Decimal

from marketeer_dagster.model.errors import BudgetExceeded
from marketeer_dagster.store import budget
from marketeer_dagster.store.llm_rows import LlmReservation


def check_month(wanted: LlmReservation, limit_usd: Decimal, committed_usd: Decimal) -> None:
    """Raise BudgetExceeded when the call would pass what the tenant's month and its priority allow."""
    admission = budget.admit(
        committed_usd=committed_usd,
        worst_case_usd=wanted.worst_case_usd,
        limit_usd=limit_usd,
        priority=wanted.priority,
        cheapest_tier=wanted.cheapest_tier,
    )
    if not admission.allowed:
        raise BudgetExceeded(
            f"tenant {wanted.tenant}, {wanted.month}: {wanted.purpose} may cost USD {wanted.worst_case_usd:.4f}, "
            f"USD {committed_usd:.4f} of {limit_usd:.2f} are committed, and {wanted.priority.name} work may bring "
            f"that to {admission.ceiling_usd:.2f}",
            hint=f"raise it with `marketeer tenant set {wanted.tenant} --llm-budget USD`, or wait for the next month",
        )


def check_campaign(wanted: LlmReservation, committed_usd: Decimal) -> None:
    """Raise BudgetExceeded when the call would pass the campaign's own limit."""
    limit = wanted.campaign_limit_usd
    if limit is not None and committed_usd + wanted.worst_case_usd > limit:
        raise BudgetExceeded(
            f"campaign {wanted.campaign}: {wanted.purpose} may cost USD {wanted.worst_case_usd:.4f}, and "
            f"USD {committed_usd:.4f} of the campaign's budget of USD {limit:.2f} are committed",
            hint="a person may let it go on: marketeer inbox",
        )
