"""Pausing one tenant: nothing new starts for it and nothing is published, until somebody resumes it or a day comes.

Steps that run end, and what they made is kept. Figures are read on: that costs nothing at Claude, and vendors forget.
Sensors, schedules, commands, the steps of a campaign's run and the outbox ask model/pausing.py whether it holds.
"""

from datetime import date, datetime, time

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.pausing import WALL
from marketeer_dagster.model.tenant import Pause, Tenant
from marketeer_dagster.store import Store

REASON_LIMIT = 300
"""Characters of why a tenant is paused."""


def pause(store: Store, tenant: str, *, by: str, reason: str = "", until: date | None = None) -> Tenant:
    """Pause a tenant; one that is paused already keeps its beginning and gets the new reason and end.

    `until` is the first day, on the tenant's own calendar, on which work goes on. Raises NotFound, BadInput.
    """
    owner, now = store.tenants.get(TenantId(tenant)), WALL.now()
    end = None if until is None else datetime.combine(until, time(), owner.zone)
    if end is not None and end <= now:
        raise BadInput(f"{until} has begun", where="until", expected=f"a day after {now.astimezone(owner.zone).date()}")
    if len(reason.strip()) > REASON_LIMIT:
        raise BadInput(f"{len(reason):,} characters", where="reason", expected=f"at most {REASON_LIMIT}")
    if not by.strip():
        raise BadInput("nobody is named", where="by", expected="who pauses the tenant")
    held = owner.paused_at(now)
    wanted = Pause(since=held.since if held else now, by=by.strip()[:120], reason=reason.strip(), until=end)
    return store.tenants.change(owner.id, pause=wanted)


def resume(store: Store, tenant: str, *, by: str) -> bool:
    """End a tenant's pause; whether there was one. NotFound."""
    owner, now = store.tenants.get(TenantId(tenant)), WALL.now()
    held = owner.paused_at(now)
    if held is None:
        return False
    store.tenants.change(owner.id, pause=held.model_copy(update={"ended_at": now, "ended_by": by.strip()[:120]}))
    return True
