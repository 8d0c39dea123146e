"""Whether a tenant is paused at this moment, and its words. Whatever would start something new or publish asks here.

Administration happens on the real calendar, so a pause is told by the clock on the wall, also where the business lives
in a simulated market's days. Pausing and resuming are in campaigns/pausing.py.
"""

from marketeer_dagster.model.clock import Clock, SystemClock
from marketeer_dagster.model.errors import Paused
from marketeer_dagster.model.tenant import Pause, Tenant

WALL: Clock = SystemClock()


def paused(tenant: Tenant) -> Pause | None:
    """The pause that holds the tenant at this moment."""
    return tenant.paused_at(WALL.now())


def says(tenant: Tenant, held: Pause) -> str:
    """A pause in words: whose, since when, by whom, why, for how long."""
    since = f"{held.since.astimezone(tenant.zone):%Y-%m-%d %H:%M}"
    why = f": {held.reason}" if held.reason else ""
    until = f", until {held.until.astimezone(tenant.zone):%Y-%m-%d}" if held.until else ""
    return f"{tenant.id} is paused since {since} by {held.by}{until}{why}"


def said_of(tenant: Tenant) -> str:
    """The tenant's present pause in words; empty when it is not paused."""
    held = paused(tenant)
    return says(tenant, held) if held else ""


def refuse_paused(tenant: Tenant) -> None:
    """Raise Paused, for whatever would start something new or publish, while the tenant is paused."""
    if said := said_of(tenant):
        raise Paused(said, hint=f"marketeer tenant resume {tenant.id}")
