"""What an operator asked for in `start_ingest` becomes one run of `ingest` over that range of days."""

from collections.abc import Mapping
from typing import Any

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    JobDefinition,
    RunRequest,
    RunStatusSensorContext,
    SensorDefinition,
    run_status_sensor,
)

from assets.intake import IngestRequest
from assets.jobs import Job
from assets.metrics import ingest_tags, scope_config


def build_ingest_asked(asked: Job, ingest: Job, interval_s: int) -> SensorDefinition:
    """The sensor `ingest_asked`."""
    if not isinstance(asked, JobDefinition):
        raise TypeError("start_ingest is a job of ops")

    @run_status_sensor(
        name="ingest_asked",
        run_status=DagsterRunStatus.SUCCESS,
        monitored_jobs=[asked],
        request_job=ingest,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        description="Launches the ingest that a run of `start_ingest` has accepted.",
    )
    def ingest_asked(context: RunStatusSensorContext) -> RunRequest:
        return requested(context.dagster_run.run_id, context.dagster_run.run_config)

    return ingest_asked


def requested(run_id: str, run_config: Mapping[str, Any]) -> RunRequest:
    """The ingest that the accepted run `run_id` asked for in its config."""
    request = IngestRequest(**run_config["ops"]["accept_ingest"]["config"])
    tenant = request.tenants[0] if len(request.tenants) == 1 else None
    return RunRequest(
        run_key=f"asked:{run_id}",
        tags=ingest_tags(*request.days, tenant),
        run_config=scope_config(request.tenants, accept_missing_days=request.accept_missing_days),
    )
