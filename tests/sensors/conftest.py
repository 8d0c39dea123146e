"""The real sensors and schedules of the real definitions, over a store, a warehouse and an instance of a test's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckEvaluation,
    DagsterInstance,
    DagsterRunStatus,
    RepositoryDefinition,
    SensorEvaluationContext,
    build_schedule_context,
)
from dagster._core.definitions.schedule_definition import ScheduleExecutionData
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.test_utils import create_run_for_test

from assets.launching import PARTITION_TAG, run_tags
from assets.metrics import metric_assets, metric_checks
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.composition import build_definitions
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from resources.clock import ClockResource
from resources.store import StoreResource
from resources.warehouse import WarehouseResource
from tests.store import values
from tests.support import marketing
from tests.support.publishing import NOW, a_page, a_tenant, an_artefact, approved


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="session")
def repository(catalog: Catalog) -> RepositoryDefinition:
    return build_definitions(catalog).get_repository_def()


@dataclass
class Watchtower:
    """Evaluates sensors as the daemon does, with the cursor each left behind."""

    path: Path
    instance: DagsterInstance
    repository: RepositoryDefinition
    now: datetime
    cursors: dict[str, str | None]

    @property
    def store(self) -> Store:
        return StoreResource(home=str(self.path)).store()

    def intend(self, campaign: str, **fields: Any) -> Publication:
        """A publication of an approved page, in a campaign that may be another's."""
        page = approved(self.store, an_artefact(a_page()))
        made = {"artefact": page.id, "version": page.version, **fields}
        return self.store.publications.intend(values.publication("k", campaign=campaign, **made))

    @property
    def warehouse(self) -> Warehouse:
        return WarehouseResource(home=str(self.path)).warehouse()

    @property
    def today(self) -> date:
        return self.now.date()

    def checked(self) -> None:
        """Every metric table was read and passed its checks for every tenant: without that nothing is believed."""
        for key in [key for checks in (*metric_checks, *metric_assets) for key in checks.check_keys]:
            passed = AssetCheckEvaluation(key.asset_key, key.name, passed=True)
            self.instance.report_runless_asset_event(passed)

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    def resources(self) -> dict[str, Any]:
        home = str(self.path)
        return {
            "store": StoreResource(home=home),
            "warehouse": WarehouseResource(home=home),
            "clock": ClockResource(home=home, fixed=self.now.isoformat()),
        }

    def look(self, sensor: str) -> SensorExecutionData:
        """One tick."""
        # Not build_sensor_context: it has no instance_ref, without which partition keys asked for are not checked.
        with SensorEvaluationContext(
            instance_ref=self.instance.get_ref(),
            last_tick_completion_time=None,
            last_run_key=None,
            cursor=self.cursors.get(sensor),
            repository_name=self.repository.name,
            repository_def=self.repository,
            sensor_name=sensor,
            resources=self.resources(),
        ) as context:
            ticked = self.repository.get_sensor_def(sensor).evaluate_tick(context)
        self.cursors[sensor] = ticked.cursor or self.cursors.get(sensor)
        for request in ticked.dynamic_partitions_requests or ():
            self.instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
        return ticked

    def strike(self, schedule: str, moment: datetime) -> ScheduleExecutionData:
        """One tick of a schedule at its scheduled moment."""
        with build_schedule_context(
            instance=self.instance,
            scheduled_execution_time=moment,
            repository_def=self.repository,
            resources=self.resources(),
        ) as context:
            return self.repository.get_schedule_def(schedule).evaluate_tick(context)

    def run(self, campaign: Campaign, status: DagsterRunStatus, job: str = "run_campaign") -> str:
        """A run of the campaign's present stage, as somebody launched it."""
        tags = {**run_tags(campaign), PARTITION_TAG: campaign.key}
        return create_run_for_test(self.instance, job_name=job, tags=tags, status=status).run_id


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    with DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance:
        yield instance


@pytest.fixture
def tower(tmp_path: Path, repository: RepositoryDefinition, shared: DagsterInstance) -> Watchtower:
    (tmp_path / "config.toml").write_text('secret_key = "a key for tests, of some length"\n', encoding="utf-8")
    shared.wipe()
    ticks = shared._schedule_storage
    assert ticks is not None
    ticks.wipe()  # which DagsterInstance.wipe() leaves out
    for key in shared.get_dynamic_partitions("campaigns"):
        shared.delete_dynamic_partition("campaigns", key)
    made = Watchtower(tmp_path, shared, repository, NOW, {})
    made.store.migrate()
    made.store.tenants.add(a_tenant())
    made.store.contexts.add(a_tenant().id, marketing.context().context, at=NOW)
    made.checked()
    return made
