"""Loop: what a person approved, and what a crash left half done, is delivered."""

from dagster import DefaultSensorStatus, RunRequest, SensorDefinition, SensorEvaluationContext, sensor

from assets.jobs import Job
from assets.launching import is_being_worked_on
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.publishing.retrying import WALL, is_due
from marketeer_dagster.store import Store

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
    def approved_publications(context: SensorEvaluationContext):
        store: Store = context.resources.store.store()
        for campaign, rows in _by_campaign(store).items():
            if not is_being_worked_on(context.instance, campaign):
                yield RunRequest(
                    partition_key=campaign,
                    run_key=_evidence(rows),
                    tags={"tenant": rows[0].tenant, "dagster/priority": "10"},
                )

    return approved_publications


def _by_campaign(store: Store) -> dict[CampaignKey, list[Publication]]:
    found: dict[CampaignKey, list[Publication]] = {}
    for state in DELIVERABLE:
        for publication in store.publications.list(state=state):
            if not is_due(publication, WALL.now()):
                continue
            found.setdefault(publication.campaign, []).append(publication)
    return found


def _evidence(rows: list[Publication]) -> str:
    """A run key of what is due: asked for once for each attempt, however often the sensor looks meanwhile."""
    return "|".join(f"{row.id}:{row.state.value}:{row.attempts}:{row.updated_at.isoformat()}" for row in rows)
