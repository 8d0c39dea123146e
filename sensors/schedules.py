"""Schedules, generated from the catalog: pipelines, the Director's reviews and the platform's own jobs.

A catalog schedule whose time zone is `tenant` must fire at each tenant's own hour, and tenants come and go while the
code runs. So its Dagster schedule ticks every quarter of an hour (every time zone's offset is a multiple of one) and
starts the tenants on whose clock it became due since the last tick that came to its end. What a daemon missed while it
was down is made up for by the newest missed time, however long that was.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)

from assets.jobs import Job
from assets.metrics import range_tags
from assets.partitions import tenants
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Schedule
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.tenant import Tenant
from sensors.due import EVERY_QUARTER, looked_up_to, newest_occurrence, not_looked_at_since
from sensors.telling import at_work, counted, listed

QUARTERS = {"0", "00", "15", "30", "45", "*/15", "*/30"}
START_PIPELINE = "start_pipeline"

Ask = Callable[[Schedule, Tenant, datetime], RunRequest]
"""The run of a schedule for one tenant that was due at a moment of the tenant's clock."""


def build_schedules(catalog: Catalog, jobs: Mapping[str, Job]) -> list[ScheduleDefinition]:
    """One schedule per catalog entry. Those that cost Claude calls are off until an operator turns them on."""
    found: list[ScheduleDefinition] = []
    for entry in catalog.schedules.values():
        if entry.pipeline:
            found.append(_per_tenant(entry, jobs[START_PIPELINE], _pipeline))
        elif entry.window:
            found.append(_per_tenant(entry, jobs[entry.target], _review))
        else:
            found.append(_late_data(entry, jobs[entry.target]))
    return found


def _per_tenant(entry: Schedule, job: Job, ask: Ask) -> ScheduleDefinition:
    _check_minutes(entry)

    @schedule(
        name=entry.name,
        cron_schedule=EVERY_QUARTER,
        execution_timezone="UTC",
        job=job,
        description=f"{entry.description} `{entry.cron}`, time zone: {entry.timezone}.",
        default_status=DefaultScheduleStatus.STOPPED,
        required_resource_keys={"store"},
        tags={"marketeer/schedule": entry.name},
    )
    def run(context: ScheduleEvaluationContext):
        moment = context.scheduled_execution_time
        since = looked_up_to(context.instance, entry.name, moment)
        working, paused = at_work(context.resources.store.store())
        times = [(tenant, newest_occurrence(entry, tenant, moment)) for tenant in working]
        due = [(tenant, time) for tenant, time in times if time > not_looked_at_since(tenant, since)]
        if entry.window and due:
            # The sensor `contexts` makes tenants partitions too, but one it has not seen would refuse the whole tick.
            context.instance.add_dynamic_partitions(tenants.name or "tenants", [tenant.id for tenant, _ in due])
        return [ask(entry, tenant, time) for tenant, time in due] or _skipped(entry, since, times, paused)

    return run


def _skipped(
    entry: Schedule, since: datetime, times: Sequence[tuple[Tenant, datetime]], paused: Sequence[str]
) -> SkipReason:
    """Whom the tick looked at, when it was last due there, and who is paused."""
    said = [f"{entry.cron} has not come at any tenant's since {since:%Y-%m-%d %H:%M} UTC"]
    said.append(f"Looked at {counted(len(times), 'tenant')}")
    if times:
        said.append(f"Last due: {listed(f'{tenant.id} {time:%Y-%m-%d %H:%M %Z}' for tenant, time in times)}")
    return SkipReason(". ".join([*said, *paused]) + ".")


def _check_minutes(entry: Schedule) -> None:
    """A schedule in tenants' zones is looked at every quarter of an hour: another minute would come late."""
    minutes = entry.cron.split()[0]
    if not set(minutes.split(",")) <= QUARTERS:
        raise ConfigError(f"minute {minutes!r}", where=f"schedules.yaml {entry.name}", expected="of 0, 15, 30, 45")


def _pipeline(entry: Schedule, tenant: Tenant, due: datetime) -> RunRequest:
    slug = f"{entry.pipeline}-{due:%Y%m%d}"
    config = {"tenant": tenant.id, "pipeline": entry.pipeline, "campaign": slug}
    return RunRequest(
        run_key=run_key(entry, tenant, due),
        run_config={"ops": {"accept_pipeline": {"config": config}}},
        tags={"tenant": tenant.id},
    )


def _review(entry: Schedule, tenant: Tenant, due: datetime) -> RunRequest:
    """The Director looks back on what ended the day before it was due."""
    config = {"window": entry.window, "last": (due.date() - timedelta(days=1)).isoformat()}
    return RunRequest(
        partition_key=tenant.id,
        run_key=run_key(entry, tenant, due),
        run_config={"ops": {"director_review": {"config": config}}},
        tags={"tenant": tenant.id},
    )


def run_key(entry: Schedule, tenant: Tenant, due: datetime) -> str:
    """One run for each tenant and time, however often it is seen as due."""
    return f"{entry.name}:{tenant.id}:{due.astimezone(UTC).isoformat()}"


def _late_data(entry: Schedule, job: Job) -> ScheduleDefinition:
    """Re-reads the newest complete days in one run: vendors revise them for a while."""

    @schedule(
        name=entry.name,
        cron_schedule=entry.cron,
        execution_timezone="UTC" if entry.timezone == "tenant" else entry.timezone,
        job=job,
        description=f"{entry.description} The newest {entry.days} days.",
        default_status=DefaultScheduleStatus.RUNNING,
        required_resource_keys={"clock"},
    )
    def run(context: ScheduleEvaluationContext) -> RunRequest:
        clock: Clock = context.resources.clock.clock()
        last = today(clock) - timedelta(days=1)
        first = last - timedelta(days=(entry.days or 1) - 1)
        return RunRequest(
            run_key=f"{entry.name}:{context.scheduled_execution_time.isoformat()}",
            tags={**range_tags(first, last), "marketeer/schedule": entry.name},
        )

    return run
