"""Loop: a tenant has a new version of its product context -> its asset shows it."""

import json
from collections.abc import Iterator, Mapping

from dagster import DefaultSensorStatus, RunRequest, SensorDefinition, SensorEvaluationContext, SensorResult, sensor

from assets.jobs import Job
from assets.partitions import phantoms, requested_changes, tenants
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.store import Store
from sensors.telling import at_work, counted, listed, tell


def build_contexts(job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `contexts`. It also makes every tenant a partition, and takes away those that are no tenant."""

    @sensor(
        name="contexts",
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store"},
        description="Materialises each tenant's product context once per version.",
    )
    def contexts(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        shown: dict[str, int] = json.loads(context.cursor or "{}")
        known = set(context.instance.get_dynamic_partitions("tenants"))  # before the store is read, see partitions.py
        there = {tenant.id for tenant in store.tenants.list()}
        working, paused = at_work(store)
        versions = {tenant.id: _version(store, tenant.id) for tenant in working}
        due = {tenant: version for tenant, version in versions.items() if version and shown.get(tenant) != version}
        requests = [
            RunRequest(partition_key=tenant, run_key=f"{tenant}:{version}", tags={"tenant": tenant})
            for tenant, version in due.items()
        ]
        gone = phantoms(context.instance, known - there)
        return SensorResult(
            run_requests=requests,
            skip_reason=tell(context, [*_said(due, versions, gone), *paused], requests),
            dynamic_partitions_requests=requested_changes(tenants, add=there - known, delete=gone),
            cursor=json.dumps(shown | due, sort_keys=True),
        )

    return contexts


def _said(due: Mapping[TenantId, int], versions: Mapping[TenantId, int], gone: list[str]) -> Iterator[str]:
    yield f"Looked at {counted(len(versions), 'tenant')}"
    if due:
        yield f"New: {listed(f'{tenant} version {version}' for tenant, version in due.items())}"
    if same := [f"{tenant} version {version}" for tenant, version in versions.items() if version and tenant not in due]:
        yield f"Shown already: {listed(same)}"
    if without := [tenant for tenant, version in versions.items() if not version]:
        yield f"Without a product context (marketeer context import FILE --tenant ID): {listed(without)}"
    if gone:
        yield f"Partitions removed that are no tenant: {listed(gone)}"


def _version(store: Store, tenant: str) -> int:
    """The newest version of the tenant's context; 0 while it has none."""
    try:
        return store.contexts.latest(tenant).version
    except NotFound:
        return 0
