"""Loop: a tenant's counter is silent -> every other signal of that source is held, a person is told."""

from collections.abc import Iterator
from datetime import date

import duckdb
from dagster import SensorDefinition

from marketeer_dagster.campaigns.watch import Sighting, tracking_broken
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from sensors.loop import build_loop


def _watch(
    connection: duckdb.DuckDBPyConnection, tenant: TenantId, as_of: date, spec: SignalSpec
) -> Iterator[Sighting]:
    sighting = tracking_broken(connection, tenant, as_of)
    if sighting is not None:
        yield sighting


def build_tracking_broken(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `tracking_broken`."""
    return build_loop(catalog, "tracking_broken", _watch, interval_s)
