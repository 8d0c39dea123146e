"""Loop: a tenant has a new version of its product context -> its asset shows it."""

from dagster import DefaultSensorStatus, RunRequest, SensorDefinition, SensorEvaluationContext, SensorResult, sensor

from assets.jobs import Job
from assets.partitions import tenants
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.store import Store


def build_contexts(job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `contexts`. It also makes every tenant a partition."""

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
        versions = {tenant.id: _version(store, tenant.id) for tenant in store.tenants.list()}
        known = set(context.instance.get_dynamic_partitions("tenants"))
        added = [tenant for tenant in versions if tenant not in known]
        return SensorResult(
            run_requests=[
                RunRequest(partition_key=tenant, run_key=f"{tenant}:{version}", tags={"tenant": tenant})
                for tenant, version in versions.items()
                if version
            ],
            dynamic_partitions_requests=[tenants.build_add_request(added)] if added else [],
        )

    return contexts


def _version(store: Store, tenant: str) -> int:
    """The newest version of the tenant's context; 0 while it has none."""
    try:
        return store.contexts.latest(tenant).version
    except NotFound:
        return 0
