"""Loop: a page or channel receives clearly fewer sessions than expected -> SEO cycle."""

from collections.abc import Iterator
from datetime import date

from marketeer_dagster.campaigns.looking import Looked
from marketeer_dagster.campaigns.watch import traffic_drops
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from sensors.loop import Loop, Scene
from sensors.site import SOURCE, held_by_counter, measure_site


def _watch(scene: Scene, tenant: TenantId, as_of: date, spec: SignalSpec) -> Iterator[Looked]:
    return traffic_drops(scene.connection, tenant, as_of, spec, scene.holidays(tenant, as_of))


TRAFFIC_DROP = Loop("traffic_drop", SOURCE, _watch, measure=measure_site, held_by=held_by_counter)
