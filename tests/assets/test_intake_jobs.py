"""What an operator starts from the Launchpad: typed input, refusals that say what to do, and runs that say whose."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, ExecuteInProcessResult, JobDefinition

from assets.intake import build_intake_jobs
from assets.labels import TENANT_TAG
from marketeer_dagster.catalog import Catalog
from resources.clock import ClockResource
from resources.store import StoreResource
from tests.support import marketing
from tests.support.publishing import NOW, a_tenant

OPS = {"start_goal": "accept_goal", "start_pipeline": "accept_pipeline", "start_ingest": "accept_ingest"}


@pytest.fixture(scope="module")
def jobs() -> dict[str, JobDefinition]:
    return {job.name: job for job in build_intake_jobs(Catalog.load())}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home")
    (path / "config.toml").write_text('secret_key = "a key for tests, of some length"\n', encoding="utf-8")
    store = StoreResource(home=str(path)).store()
    store.migrate()
    store.tenants.add(a_tenant())
    store.contexts.add(a_tenant().id, marketing.context().context, at=NOW)
    return path


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def start(instance: DagsterInstance, home: Path, job: JobDefinition, **config: Any) -> ExecuteInProcessResult:
    return job.execute_in_process(
        run_config={"ops": {OPS[job.name]: {"config": config}}},
        instance=instance,
        resources={
            "store": StoreResource(home=str(home)),
            "clock": ClockResource(home=str(home), fixed=NOW.isoformat()),
        },
        raise_on_error=False,
    )


def refusal(result: ExecuteInProcessResult) -> str:
    """What the run's failed step says."""
    (failed,) = result.get_step_failure_events()
    return str(failed.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("job", "config"),
    [
        ("start_goal", {"goal": "More trials", "tenant": "acme"}),
        ("start_pipeline", {"pipeline": "page-launch", "tenant": "acme"}),
        ("start_ingest", {"from_day": "2026-03-01", "to_day": "2026-03-31", "tenants": ["acme"]}),
    ],
)
def test_an_intake_says_whose_it_is(instance: DagsterInstance, home: Path, jobs, job: str, config: dict[str, Any]):
    result = start(instance, home, jobs[job], **config)
    assert result.success
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags[TENANT_TAG] == "acme"


@pytest.mark.parametrize(
    ("job", "config", "saying"),
    [
        ("start_goal", {"goal": "Trials", "tenant": "acme", "deadline": "soon"}, ("deadline", "'soon'", "YYYY-MM-DD")),
        ("start_goal", {"goal": "Trials", "tenant": "nosuch"}, ("nosuch",)),
        ("start_pipeline", {"pipeline": "page-launch", "tenant": "nosuch"}, ("nosuch",)),
        ("start_ingest", {"from_day": "May", "to_day": "2026-03-31"}, ("from_day", "'May'", "YYYY-MM-DD")),
        ("start_ingest", {"from_day": "2026-03-02", "to_day": "2026-03-01"}, ("2026-03-02 is after 2026-03-01",)),
        ("start_ingest", {"from_day": "2026-03-02", "to_day": "2026-04-06"}, ("to_day", "a day before 2026-04-06")),
        ("start_ingest", {"from_day": "1999-03-02", "to_day": "2026-03-01"}, ("from_day", "or later")),
        ("start_ingest", {"from_day": "2026-03-02", "to_day": "2026-03-03", "tenants": ["nosuch"]}, ("nosuch",)),
    ],
)
def test_bad_input_is_refused_with_what_was_expected(
    instance: DagsterInstance, home: Path, jobs, job: str, config: dict[str, Any], saying: tuple[str, ...]
):
    said = refusal(start(instance, home, jobs[job], **config))
    assert all(part in said for part in saying), said
