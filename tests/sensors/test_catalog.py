"""Catalog and sensors say the same: every signal has its sensor, every sensor of a signal its entry."""

from marketeer_dagster.catalog import Catalog
from sensors.loop import SIGNAL_TAG
from tests.sensors.conftest import Watchtower


def test_every_signal_has_one_sensor_and_every_such_sensor_an_entry(tower: Watchtower, catalog: Catalog) -> None:
    sensors = [sensor for sensor in tower.repository.sensor_defs if SIGNAL_TAG in sensor.tags]
    assert sorted(sensor.tags[SIGNAL_TAG] for sensor in sensors) == sorted(catalog.signals)
    for sensor in sensors:
        spec = catalog.signal(sensor.tags[SIGNAL_TAG])
        assert spec.description in (sensor.description or "")
        assert spec.answer in (sensor.description or "")
