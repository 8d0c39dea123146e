"""What waits for a person is seen on the asset as soon as it is asked, and no longer once it is answered.

A run that asks evaluates the check `approved` itself, and so does the one that delivers what was approved. For every
other change of the inbox (a rejection, say) this has the check evaluated by a small run: Dagster keeps one evaluation
without a run for each partition, so it cannot be reported from here twice. It shows, and starts no work: also for a
paused tenant, whose questions can be answered.
"""

import json
from collections.abc import Iterable, Sequence

from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status

from assets.direction import RECOMMENDED_GOALS
from assets.jobs import Job
from assets.labels import tenant_of_campaign
from assets.launching import is_being_worked_on
from assets.waiting import APPROVED, SHOW, SHOW_GOALS, Place, said, waiting
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.store import Store
from sensors.approved_publications import deliverable
from sensors.telling import counted, listed, tell


def build_waiting(catalog: Catalog, jobs: Sequence[Job], interval_s: int) -> SensorDefinition:
    """The sensor `waiting`. Its cursor holds the places that waited when it last looked."""

    @sensor(
        name="waiting",
        jobs=jobs,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store"},
        description="Keeps the checks `approved` as the inbox is: failing while a person is asked, green after.",
    )
    def waits(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        places = waiting(store, catalog)
        before = [(asset, partition) for asset, partition in json.loads(context.cursor or "[]")]
        requests: list[RunRequest] = []
        kept: set[Place] = set(places)
        for place in sorted({*before, *places}):
            asked = places.get(place, [])
            if (shown := _shown(context.instance, place)) == said(asked):
                continue
            kept.add(place)
            if not _run_follows(context.instance, store, place[1]):
                requests.append(_request(place, f"{shown} > {said(asked)}"))
        told = [f"Looked at {counted(sum(map(len, places.values())), 'open question')} on assets"]
        told += [f"Waiting: {listed(_words(places))}"] if places else []
        told += [f"Shown anew: {listed(request.run_key for request in requests)}"] if requests else []
        return SensorResult(
            run_requests=requests, skip_reason=tell(context, told, requests), cursor=json.dumps(sorted(kept))
        )

    return waits


def _shown(instance: DagsterInstance, place: Place) -> str:
    """What the newest finished evaluation of a place says; as if nothing waited before the first."""
    asset, partition = place
    key = AssetCheckKey(AssetKey(asset), APPROVED)
    storage, filter_ = instance.event_log_storage, PartitionKeyFilter(key=partition)
    finished = {Status.SUCCEEDED, Status.FAILED}
    newest = storage.get_asset_check_execution_history(key, limit=1, status=finished, partition_filter=filter_)
    found = newest[0].evaluation if newest else None
    return said([]) if found is None else found.description or ""


def _run_follows(instance: DagsterInstance, store: Store, partition: str) -> bool:
    """Whether a run of the campaign, under way or about to deliver, evaluates the check by itself."""
    if is_being_worked_on(instance, CampaignKey(partition)):
        return True
    return ":" in partition and bool(deliverable(store, CampaignKey(partition)))


def _request(place: Place, change: str) -> RunRequest:
    asset, partition = place
    goals = asset == RECOMMENDED_GOALS.to_user_string()
    tenant = partition if goals else tenant_of_campaign(partition)
    return RunRequest(
        job_name=SHOW_GOALS if goals else SHOW,
        partition_key=partition,
        run_key=f"{asset} {partition}: {change}",
        asset_check_keys=[AssetCheckKey(AssetKey(asset), APPROVED)],
        tags={"tenant": tenant, "dagster/priority": "20"},
    )


def _words(places: Iterable[Place]) -> list[str]:
    return [f"{asset} of {partition}" for asset, partition in places]
