"""Schedules, generated from the catalog: pipelines and the platform's own jobs.

A catalog schedule whose time zone is `tenant` must fire at each tenant's own hour, and tenants come and go while the
code runs. So its Dagster schedule ticks every quarter of an hour (every time zone's offset is a multiple of one) and
starts the tenants whose clock shows the hour now.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dagster import (
    DefaultScheduleStatus,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    schedule,
)
from dagster._vendored.croniter import croniter

from assets.jobs import Job
from assets.metrics import range_tags
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Schedule
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store

EVERY_QUARTER = "*/15 * * * *"
QUARTERS = {"0", "00", "15", "30", "45", "*/15", "*/30"}


def build_schedules(catalog: Catalog, jobs: Mapping[str, Job]) -> list[ScheduleDefinition]:
    """One schedule per catalog entry. Those that cost Claude calls are off until an operator turns them on."""
    found: list[ScheduleDefinition] = []
    for entry in catalog.schedules.values():
        _check_minutes(entry)
        if entry.pipeline:
            found.append(_pipeline(entry, jobs["start_pipeline"]))
        else:
            found.append(_late_data(entry, jobs[entry.target]))
    return found


def _check_minutes(entry: Schedule) -> None:
    """A schedule in tenants' zones is looked at every quarter of an hour; another minute would never come."""
    minutes = entry.cron.split()[0]
    if entry.pipeline and not set(minutes.split(",")) <= QUARTERS:
        raise ConfigError(f"minute {minutes!r}", where=f"schedules.yaml {entry.name}", expected="of 0, 15, 30, 45")


def is_due(entry: Schedule, tenant: Tenant, moment: datetime) -> bool:
    """Whether the schedule's time is `moment`, on the tenant's clock or in the schedule's own zone."""
    zone = tenant.zone if entry.timezone == "tenant" else ZoneInfo(entry.timezone)
    return bool(croniter.match(entry.cron, moment.astimezone(zone)))


def _pipeline(entry: Schedule, job: Job) -> ScheduleDefinition:
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
        due = [t for t in _tenants(context) if is_due(entry, t, moment)]
        if not due:
            return SkipReason(f"It is not {entry.cron} at any tenant's.")
        day = moment.strftime("%Y%m%d")
        return [
            RunRequest(
                run_key=f"{entry.name}:{tenant.id}:{moment.isoformat()}",
                run_config=_start_config(tenant, entry.pipeline or "", f"{entry.pipeline}-{day}"),
                tags={"tenant": tenant.id},
            )
            for tenant in due
        ]

    return run


def _start_config(tenant: Tenant, pipeline: str, slug: str) -> dict[str, object]:
    config = {"tenant": tenant.id, "pipeline": pipeline, "campaign": slug}
    return {"ops": {"accept_pipeline": {"config": config}}}


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


def _tenants(context: ScheduleEvaluationContext) -> tuple[Tenant, ...]:
    store: Store = context.resources.store.store()
    return store.tenants.list()
