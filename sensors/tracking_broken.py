"""Loop: a tenant's counter is silent -> every other signal of that source is held, a person is told."""

from collections.abc import Iterator
from datetime import date

import duckdb
from dagster import AssetKey, DagsterInstance, SensorDefinition

from marketeer_dagster.campaigns.watch import Sighting, newest_day, tracking_broken
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from sensors.loop import build_loop

SOURCE = AssetKey("ga4_daily")


def _watch(
    connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date, spec: SignalSpec
) -> Iterator[Sighting]:
    """`spec.threshold` is the number of days that may be missing at the end: analytics are late by nature."""
    newest = newest_day(connection, tenant)
    if newest is None or (newest < as_of and (as_of - newest).days < spec.threshold):
        return
    sighting = tracking_broken(connection, tenant, as_of)
    if sighting is not None:
        yield sighting


def newest_read(instance: DagsterInstance, connection: duckdb.DuckDBPyConnection, tenant: TenantId) -> date | None:
    """The newest day that was asked for: silence has no rows, and is seen only where somebody has looked."""
    newest = newest_day(connection, tenant)
    if newest is None:
        return None
    return max([newest, *map(date.fromisoformat, instance.get_materialized_partitions(SOURCE))])


def build_tracking_broken(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `tracking_broken`."""
    return build_loop(catalog, "tracking_broken", _watch, interval_s, newest_read)
