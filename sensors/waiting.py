"""What waits for a person is seen on the asset as soon as it is asked, and no longer once it is answered."""

import json

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SensorResult, sensor

from assets.waiting import evaluation, waiting
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.review import Approval
from marketeer_dagster.store import Store
from sensors.telling import counted, listed, tell


def build_waiting(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `waiting`. Its cursor holds the questions that each asset was last told."""

    @sensor(
        name="waiting",
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store"},
        description="Keeps the checks `approved` as the inbox is: failing while a person is asked, green after.",
    )
    def waits(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        told: dict[str, list[str]] = json.loads(context.cursor or "{}")
        places = waiting(store, catalog)
        now = {"|".join(place): sorted(question.id for question in asked) for place, asked in places.items()}
        changed = [key for key in sorted({*told, *now}) if told.get(key) != now.get(key)]
        events = []
        for key in changed:
            asset, _, partition = key.partition("|")
            answered = _answered(store, set(told.get(key, [])) - set(now.get(key, [])))
            events.append(
                evaluation(context.instance, (asset, partition), places.get((asset, partition), []), answered)
            )
        said = [f"Looked at {counted(sum(map(len, places.values())), 'open question')} on assets"]
        if changed:
            said.append(f"Changed: {listed(key.replace('|', ' of ') for key in changed)}")
        if now:
            said.append(f"Waiting: {listed(key.replace('|', ' of ') for key in now)}")
        return SensorResult(
            asset_events=events, skip_reason=tell(context, said), cursor=json.dumps(now, sort_keys=True)
        )

    return waits


def _answered(store: Store, ids: set[str]) -> list[Approval]:
    found: list[Approval] = []
    for id_ in sorted(ids):
        try:
            found.append(store.approvals.get(id_))
        except NotFound:
            continue
    return found
