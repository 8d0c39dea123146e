"""Analysts' copies of the store follow each change: what was decided a minute ago is in the snapshot."""

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.errors import Conflict
from marketeer_dagster.warehouse import catch_up

LONGEST_WAIT_S = 5.0
"""How long a tick waits for another writer of the warehouse: the next tick is soon."""


def build_store_copies(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `store_copies`. It copies by itself: a run each time would be a process for a few rows."""

    @sensor(
        name="store_copies",
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse"},
        description="Copies what changed in the operational store into the warehouse, and computes anew the marts "
        "that are made of it. Nothing is written when nothing changed; an ingest copies everything.",
    )
    def store_copies(context: SensorEvaluationContext) -> SkipReason:
        store, warehouse = context.resources.store.store(), context.resources.warehouse.warehouse()
        try:
            done = catch_up(store, warehouse, catalog.skills, timeout_s=LONGEST_WAIT_S)
        except Conflict as busy:
            return SkipReason(f"the warehouse is being written, the next tick copies: {busy}")
        if not done.copied and not done.marts:
            return SkipReason("nothing changed since the copies of the store and the marts were made")
        copied = ", ".join(f"{rows} of {table}" for table, rows in done.copied.items()) or "nothing"
        return SkipReason(f"copied {copied}; computed {', '.join(done.marts) or 'no mart'}")

    return store_copies
