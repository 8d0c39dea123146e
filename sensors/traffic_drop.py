"""Loop: a page or channel receives clearly fewer sessions than expected -> SEO cycle."""

from dagster import SensorDefinition

from marketeer_dagster.campaigns.watch import traffic_drops
from marketeer_dagster.catalog.catalog import Catalog
from sensors.loop import build_loop


def build_traffic_drop(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `traffic_drop`."""
    return build_loop(catalog, "traffic_drop", traffic_drops, interval_s)
