"""Loop: a page converts clearly less than expected -> conversion sprint, P0."""

from dagster import SensorDefinition

from marketeer_dagster.campaigns.watch import conversion_drops
from marketeer_dagster.catalog.catalog import Catalog
from sensors.loop import build_loop


def build_conversion_drop(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `conversion_drop`."""
    return build_loop(catalog, "conversion_drop", conversion_drops, interval_s)
