"""When a schedule of the catalog was last due at a tenant's, and up to which moment it has been looked at."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dagster import DagsterInstance
from dagster._utils.schedules import reverse_cron_string_iterator

from marketeer_dagster.catalog.models import Schedule
from marketeer_dagster.model.tenant import Tenant

EVERY_QUARTER = "*/15 * * * *"
QUARTER = timedelta(minutes=15)


def newest_occurrence(entry: Schedule, tenant: Tenant, moment: datetime) -> datetime:
    """The schedule's newest time at or before `moment`, on the tenant's clock or in the schedule's own zone.

    Times are Dagster's own: a time that daylight saving skips comes right after the gap, one that it repeats, once.
    """
    zone = tenant.timezone if entry.timezone == "tenant" else entry.timezone
    times = reverse_cron_string_iterator(moment.timestamp(), entry.cron, zone)
    found = next(time for time in times if time <= moment)
    return found.astimezone(ZoneInfo(zone))


def looked_up_to(instance: DagsterInstance, schedule: str, moment: datetime) -> datetime:
    """The moment of the schedule's last finished tick before `moment`, but not before it was turned on.

    Without either (somebody evaluates it by hand), the tick before.
    """
    known = list(_known(instance, schedule, moment))
    return datetime.fromtimestamp(max(known), UTC) if known else moment - QUARTER


def not_looked_at_since(tenant: Tenant, since: datetime) -> datetime:
    """The moment after which nobody has looked for this tenant: a pause that ended since hid what was due in it."""
    pause = tenant.pause
    ended = pause.over_at if pause else None
    return min(since, pause.since) if pause and ended and ended > since else since


def _known(instance: DagsterInstance, schedule: str, moment: datetime) -> Iterable[float]:
    from dagster._core.scheduler.instigation import InstigatorType, ScheduleInstigatorData, TickStatus

    # Ticks that came to their end; one that failed has decided nothing.
    looked = [TickStatus.SUCCESS, TickStatus.SKIPPED]
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE):
        if state.instigator_name != schedule:
            continue
        ticks = instance.get_ticks(
            state.instigator_origin_id, state.selector_id, before=moment.timestamp(), limit=1, statuses=looked
        )
        yield from (tick.timestamp for tick in ticks)
        data = state.instigator_data
        started = data.start_timestamp if isinstance(data, ScheduleInstigatorData) else None
        if started is not None and started < moment.timestamp():
            yield started
