"""The Claude budget rule: what share of a tenant's month each priority may use up.

Source: catalog, "Money". Below 80 % all priorities; from 80 % P0-P2; from 90 % P0-P1; from 95 % P0 only, on the
cheapest tier; from 100 % nothing. Pure: the store applies it inside the transaction that reserves.
"""

from dataclasses import dataclass
from decimal import Decimal

from marketeer_dagster.model.campaign import Priority

CEILINGS: dict[Priority, Decimal] = {
    Priority.P3: Decimal("0.80"),
    Priority.P2: Decimal("0.90"),
    Priority.P1: Decimal("0.95"),
    Priority.P0: Decimal("1.00"),
}
"""Share of the limit up to which a priority may commit money."""

CHEAPEST_FROM = Decimal("0.95")
"""Share of the limit from which P0 work runs on the cheapest tier."""


@dataclass(frozen=True)
class Admission:
    """Whether a call may be made. `ceiling_usd` is what its priority may bring the commitments to."""

    allowed: bool
    ceiling_usd: Decimal
    share: Decimal
    """Committed before the call, as a share of the limit; 1 for a limit of zero."""


def admit(
    *, committed_usd: Decimal, worst_case_usd: Decimal, limit_usd: Decimal, priority: Priority, cheapest_tier: bool
) -> Admission:
    """Decide on a call whose dearest outcome is `worst_case_usd`, with `committed_usd` spent or reserved already.

    Allowed when the commitments are below the priority's ceiling and the worst case does not pass it. A P0 call that
    is not on the cheapest tier has the ceiling where that tier begins.
    """
    share = CEILINGS[priority] if cheapest_tier else min(CEILINGS[priority], CHEAPEST_FROM)
    ceiling = limit_usd * share
    allowed = committed_usd < ceiling and committed_usd + worst_case_usd <= ceiling
    return Admission(allowed, ceiling, share_used(committed_usd, limit_usd))


def cheapest_only(*, committed_usd: Decimal, worst_case_usd: Decimal, limit_usd: Decimal) -> bool:
    """Whether a P0 call of this worst case must go to the cheapest tier."""
    return committed_usd + worst_case_usd > limit_usd * CHEAPEST_FROM


def share_used(committed_usd: Decimal, limit_usd: Decimal) -> Decimal:
    """Committed money as a share of the limit; 1 for a limit of zero."""
    return committed_usd / limit_usd if limit_usd else Decimal(1)
