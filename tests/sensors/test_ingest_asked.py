"""What was accepted in `start_ingest` is launched, once, as it was asked for."""

from dagster import DagsterEventType, DagsterRunStatus, build_run_status_sensor_context
from dagster._core.events import DagsterEvent
from dagster._core.test_utils import create_run_for_test

from assets.labels import TENANT_TAG
from assets.metrics import RANGE_END_TAG, RANGE_START_TAG, scope_config
from sensors.ingest_asked import requested
from tests.sensors.conftest import Watchtower


def test_an_accepted_request_becomes_one_run(tower: Watchtower) -> None:
    asked = {"from_day": "2026-03-01", "to_day": "2026-03-31", "tenants": ["acme"], "accept_missing_days": True}
    run = create_run_for_test(
        tower.instance,
        job_name="start_ingest",
        run_config={"ops": {"accept_ingest": {"config": asked}}},
        status=DagsterRunStatus.SUCCESS,
    )
    context = build_run_status_sensor_context(
        "ingest_asked",
        DagsterEvent(DagsterEventType.RUN_SUCCESS.value, "start_ingest"),
        tower.instance,
        run,
        repository_def=tower.repository,
    )
    request = tower.repository.get_sensor_def("ingest_asked")(context)
    assert (request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) == ("2026-03-01", "2026-03-31")
    assert request.tags[TENANT_TAG] == "acme"
    assert request.run_config == scope_config(["acme"], accept_missing_days=True)
    assert request.run_key == f"asked:{run.run_id}"


def test_a_request_for_several_tenants_is_nobodys_alone() -> None:
    config = {"from_day": "2026-03-01", "to_day": "2026-03-02", "tenants": ["acme", "beta"]}
    request = requested("run", {"ops": {"accept_ingest": {"config": config}}})
    assert TENANT_TAG not in request.tags
    assert request.run_config == scope_config(["acme", "beta"])
