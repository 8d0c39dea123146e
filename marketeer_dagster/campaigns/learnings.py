"""Learnings that hold today, for the Director to apply and briefs to cite."""

from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.store import Store


def applicable_learnings(store: Store, clock: Clock, tenant: TenantId) -> tuple[Learning, ...]:
    """Validated learnings of a tenant that have not expired, newest first."""
    day = today(clock, store.tenants.get(tenant).timezone)
    found = store.learnings.list(tenant, state=LearningState.VALIDATED, valid_on=day)
    return tuple(sorted(found, key=lambda learning: learning.created_at, reverse=True))
