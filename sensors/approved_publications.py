"""Loop: what may go out is delivered: released by a person or a policy, held until now, or left half done by a crash.

What is due is told by publishing/standing.py, from the store alone, so a daemon that was away for days goes on as one
that was not. A run that ended without moving anything is asked for again, but not for ever.
"""

from collections.abc import Iterable, Iterator, Sequence

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from assets.jobs import Job
from assets.launching import is_being_worked_on
from marketeer_dagster.model.ids import CampaignKey, content_hash
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.publishing.retrying import WALL
from marketeer_dagster.publishing.standing import is_due, is_free
from marketeer_dagster.store import Store
from sensors.telling import at_work, counted, listed, tell

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
    def approved_publications(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        working, paused = at_work(store)
        resumed = {tenant.id: _resumed(tenant) for tenant in working}
        rows, reading = _unfinished(store), Reading(store)
        moving = [row for row in rows if _may_move(store, row, reading)]
        due = _by_campaign([row for row in moving if row.tenant in resumed])
        evidence = {campaign: _evidence(found) + resumed[found[0].tenant] for campaign, found in due.items()}
        tries = {campaign: _failed(context.instance, text) for campaign, text in evidence.items()}
        busy = [campaign for campaign in due if is_being_worked_on(context.instance, campaign)]
        given_up = [campaign for campaign in due if tries[campaign] >= MOST_TRIES]
        requests = [
            RunRequest(
                partition_key=campaign,
                run_key=f"{evidence[campaign]}|{tries[campaign]}",
                tags={
                    "tenant": found[0].tenant,
                    "dagster/priority": "10",
                    EVIDENCE_TAG: content_hash(evidence[campaign]),
                },
            )
            for campaign, found in due.items()
            if campaign not in busy and campaign not in given_up
        ]
        said = [f"Looked at {counted(len(rows), 'publication')} that may go out"]
        if requests:
            said.append(f"Delivering: {listed(request.partition_key for request in requests)}")
        if busy:
            said.append(f"A run is at work on {listed(busy)}")
        if given_up:
            said.append(f"Given up after {MOST_TRIES} failed runs (marketeer publication retry): {listed(given_up)}")
        if held := [row for row in moving if row.tenant not in resumed]:
            said.append(f"Held by a pause: {listed(row.id for row in held)}")
        said += _waiting(rows)
        return SensorResult(run_requests=requests, skip_reason=tell(context, [*said, *paused], requests))

    return approved_publications


def _unfinished(store: Store) -> list[Publication]:
    """All that may still go out, whoever or whatever it waits for."""
    return [row for state in PublicationState if state not in FINAL for row in store.publications.list(state=state)]


def _waiting(rows: Sequence[Publication]) -> Iterator[str]:
    """What is not delivered now, and why."""
    now = WALL.now()
    if later := [row for row in rows if row.retry_at is not None and row.retry_at > now]:
        yield f"Tried again later: {listed(f'{p.id} after {p.retry_at:%H:%M} UTC, {p.error}' for p in later)}"
    if asked := [row.id for row in rows if row.state is PublicationState.PENDING]:
        yield f"Waiting for a person (marketeer inbox): {listed(asked)}"
    if tested := [row for row in rows if row.state is PublicationState.HELD]:
        yield f"Held by a test: {listed(f'{row.id} until {row.held_by} ends' for row in tested)}"


def deliverable(store: Store, campaign: CampaignKey) -> list[Publication]:
    """Publications of one campaign that a run would move now."""
    reading = Reading(store)
    return [row for row in store.publications.list(campaign=campaign) if _may_move(store, row, reading)]


def _by_campaign(rows: Iterable[Publication]) -> dict[CampaignKey, list[Publication]]:
    found: dict[CampaignKey, list[Publication]] = {}
    for row in rows:
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


def _resumed(tenant: Tenant) -> str:
    """Part of a run key: a run that a pause has stopped before it tried anything is asked for anew after it."""
    ended = tenant.pause.over_at if tenant.pause else None
    return f"|resumed {ended.isoformat()}" if ended else ""
