"""What a tick says it did: whom it looked at, whom it left alone and why, and how near it came.

A tick that asks for runs carries no words of its own in Dagster, so these also go to its log.
"""

from collections.abc import Iterable, Sequence

from dagster import RunRequest, SensorEvaluationContext, SkipReason

from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store

MOST = 8
"""Things of one kind that a tick names; it says how many more there are."""


def at_work(store: Store) -> tuple[list[Tenant], list[str]]:
    """The tenants for whom something new may start, and each other one's pause in words."""
    told = [(tenant, said_of(tenant)) for tenant in store.tenants.list()]
    return [tenant for tenant, said in told if not said], [said for _, said in told if said]


def listed(things: Iterable[object], none: str = "none") -> str:
    """The first few, and how many more."""
    named = [str(thing) for thing in things]
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return ", ".join(named[:MOST]) + more or none


def counted(number: int, one: str, many: str = "") -> str:
    """`1 tenant`, `2 tenants`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def tell(
    context: SensorEvaluationContext, lines: Iterable[str], requests: Sequence[RunRequest] = ()
) -> SkipReason | None:
    """The lines as the tick's words; logged, and None, when it asks for runs."""
    said = ". ".join(line.rstrip(".") for line in lines if line) + "."
    if not requests:
        return SkipReason(said)
    context.log.info(said)
    return None
