"""Loop: what a person approved, and what a crash left half done, is delivered."""

from collections.abc import Iterable

from dagster import DefaultSensorStatus, RunRequest, SensorDefinition, SensorEvaluationContext, SensorResult, sensor

from assets.jobs import Job
from assets.launching import is_being_worked_on
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.retrying import WALL, is_due
from marketeer_dagster.store import Store
from sensors.telling import at_work, counted, listed, tell

DELIVERABLE = (PublicationState.APPROVED, PublicationState.WRITING)


def build_approved_publications(job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `approved_publications`."""

    @sensor(
        name="approved_publications",
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store"},
        description="Delivers publications that were approved, and goes on with writes that a crash or an outage cut.",
    )
    def approved_publications(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        working, paused = at_work(store)
        resumed = {tenant.id: _resumed(tenant) for tenant in working}
        rows = [row for state in DELIVERABLE for row in store.publications.list(state=state)]
        held = [row for row in rows if row.tenant not in resumed]
        due = _by_campaign([row for row in rows if row.tenant in resumed and is_due(row, WALL.now())])
        busy = [campaign for campaign in due if is_being_worked_on(context.instance, campaign)]
        requests = [
            RunRequest(
                partition_key=campaign,
                run_key=_evidence(publications) + resumed[publications[0].tenant],
                tags={"tenant": publications[0].tenant, "dagster/priority": "10"},
            )
            for campaign, publications in due.items()
            if campaign not in busy
        ]
        said = [f"Looked at {counted(len(rows), 'publication')} that may go out"]
        if requests:
            said.append(f"Delivering: {listed(request.partition_key for request in requests)}")
        if busy:
            said.append(f"A run is at work on {listed(busy)}")
        if later := [row for row in rows if row.tenant in resumed and not is_due(row, WALL.now())]:
            said.append(
                f"Tried again later: {listed(f'{p.id} after {p.retry_at:%H:%M} UTC, {p.error}' for p in later)}"
            )
        if held:
            said.append(f"Held by a pause: {listed(row.id for row in held)}")
        if waiting := store.publications.list(state=PublicationState.PENDING):
            said.append(f"Waiting for a person (marketeer inbox): {listed(row.id for row in waiting)}")
        return SensorResult(run_requests=requests, skip_reason=tell(context, [*said, *paused], requests))

    return approved_publications


def _by_campaign(rows: Iterable[Publication]) -> dict[CampaignKey, list[Publication]]:
    found: dict[CampaignKey, list[Publication]] = {}
    for publication in rows:
        found.setdefault(publication.campaign, []).append(publication)
    return found


def _evidence(rows: list[Publication]) -> str:
    """A run key of what is due: asked for once for each attempt, however often the sensor looks meanwhile."""
    return "|".join(f"{row.id}:{row.state.value}:{row.attempts}:{row.updated_at.isoformat()}" for row in rows)


def _resumed(tenant: Tenant) -> str:
    """Part of a run key: a run that a pause has stopped before it tried anything is asked for anew after it."""
    ended = tenant.pause.over_at if tenant.pause else None
    return f"|resumed {ended.isoformat()}" if ended else ""
