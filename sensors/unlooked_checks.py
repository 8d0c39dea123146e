"""Checks that an ended run never came to are given their reason and next step, see assets/unchecked.py.

Runs end in other processes, by faults, kills and people: only afterwards is anybody there to say what it means for the
checks they had planned. Commands do it for their own runs.
"""

from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from assets.unchecked import explain_unchecked
from marketeer_dagster.store import Store

ENDED_BADLY = [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
OVERLAP = timedelta(minutes=2)
"""Runs that ended shortly before the last look are looked at again: their last events may have come after it."""
AT_ONCE = 500
"""Runs looked at in one tick."""


def build_unlooked_checks(interval_s: int) -> SensorDefinition:
    """The sensor `unlooked_checks`. Needs the resource `store`."""

    @sensor(
        name="unlooked_checks",
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store"},
        description="Says of every check that a failed or cancelled run did not come to why, and what to do next.",
    )
    def unlooked(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        since = datetime.fromisoformat(context.cursor) if context.cursor else datetime.now(UTC) - timedelta(days=1)
        filters = RunsFilter(statuses=ENDED_BADLY, updated_after=since - OVERLAP)
        records = context.instance.get_run_records(filters, limit=AT_ONCE, order_by="update_timestamp", ascending=True)
        told = {r.dagster_run.run_id: explain_unchecked(context.instance, r.dagster_run, store) for r in records}
        newest = max((r.update_timestamp.astimezone(UTC) for r in records), default=since)
        lines = [f"{count} checks of run {run[:8]}" for run, count in told.items() if count]
        said = f"Reasons given to {', '.join(lines)}." if lines else (
            f"Looked at {len(records)} runs that ended without success since {since:%Y-%m-%d %H:%M} UTC: "
            "each of their checks has a result with its reason."
        )  # fmt: skip
        return SensorResult(skip_reason=said, cursor=max(since, newest).isoformat())

    return unlooked
