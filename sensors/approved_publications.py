"""Loop: what may go out is delivered: released by a person or a policy, held until now, or left half done by a crash.

What is due is told by publishing/standing.py, from the store alone, so a daemon that was away for days goes on as one
that was not. A run that ended without moving anything is asked for again, but not for ever.
"""

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    sensor,
)

from assets.jobs import Job
from assets.launching import is_being_worked_on
from marketeer_dagster.model.ids import CampaignKey, content_hash
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.publishing.retrying import WALL
from marketeer_dagster.publishing.standing import is_due, is_free
from marketeer_dagster.store import Store

EVIDENCE_TAG = "marketeer/evidence"
MOST_TRIES = 3
"""Runs asked for in a row that failed, or were killed, before anything of what they were to deliver moved."""


def build_approved_publications(job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `approved_publications`."""

    @sensor(
        name="approved_publications",
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store"},
        description=(
            "Delivers publications that may go out: approved by a person or a policy, held until a test ended, or cut "
            "short by a crash or an outage."
        ),
    )
    def approved_publications(context: SensorEvaluationContext):
        store: Store = context.resources.store.store()
        for campaign, rows in _by_campaign(store).items():
            evidence = _evidence(rows)
            tries = _failed(context.instance, evidence)
            if tries < MOST_TRIES and not is_being_worked_on(context.instance, campaign):
                yield RunRequest(
                    partition_key=campaign,
                    run_key=f"{evidence}|{tries}",
                    tags={
                        "tenant": rows[0].tenant,
                        "dagster/priority": "10",
                        EVIDENCE_TAG: content_hash(evidence),
                    },
                )

    return approved_publications


def deliverable(store: Store, campaign: CampaignKey) -> list[Publication]:
    """Publications of one campaign that a run would move now."""
    reading = Reading(store)
    return [row for row in store.publications.list(campaign=campaign) if _may_move(store, row, reading)]


def _by_campaign(store: Store) -> dict[CampaignKey, list[Publication]]:
    found: dict[CampaignKey, list[Publication]] = {}
    reading = Reading(store)
    for state in PublicationState:
        if state in FINAL:
            continue
        for row in store.publications.list(state=state):
            if _may_move(store, row, reading):
                found.setdefault(row.campaign, []).append(row)
    return found


def _may_move(store: Store, row: Publication, reading: Reading) -> bool:
    now = WALL.now()
    if row.state in FINAL or (row.retry_at is not None and row.retry_at > now):
        return False  # also after a kill: what ends its process each time must not do so without a pause
    return is_due(store, row, now, reading) or is_free(store, row, reading)


def _failed(instance: DagsterInstance, evidence: str) -> int:
    """Runs on this very evidence that did not come to their end."""
    statuses = [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    filters = RunsFilter(tags={EVIDENCE_TAG: content_hash(evidence)}, statuses=statuses)
    return len(instance.get_run_records(filters, limit=MOST_TRIES))


def _evidence(rows: list[Publication]) -> str:
    """A run key of what is due: asked for once for each attempt, however often the sensor looks meanwhile."""
    return "|".join(f"{row.id}:{row.state.value}:{row.attempts}:{row.updated_at.isoformat()}" for row in rows)
