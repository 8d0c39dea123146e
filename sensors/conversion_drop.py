"""Loop: a page converts clearly less than expected -> conversion sprint, P0."""

from collections.abc import Iterator
from datetime import date

from marketeer_dagster.campaigns.looking import Looked
from marketeer_dagster.campaigns.watch import conversion_drops
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.ids import TenantId
from sensors.loop import Loop, Scene
from sensors.site import SOURCE, held_by_counter, measure_site


def _watch(scene: Scene, tenant: TenantId, as_of: date, spec: SignalSpec) -> Iterator[Looked]:
    return conversion_drops(scene.connection, tenant, as_of, spec, scene.holidays(tenant, as_of))


CONVERSION_DROP = Loop("conversion_drop", SOURCE, _watch, measure=measure_site, held_by=held_by_counter)
