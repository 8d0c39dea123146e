"""An operator's day in the Launchpad: documented config, enumerations, refusals before anything is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterInvalidConfigError, JobDefinition

from assets.intake import build_intake_jobs
from assets.operating import build_operating_jobs
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.store import Store
from resources.clock import ClockResource
from resources.store import StoreResource
from tests.store import values
from tests.support import marketing
from tests.support.publishing import NOW, a_tenant

CATALOG = Catalog.load()
JOBS: dict[str, JobDefinition] = {
    job.name: job for job in (*build_operating_jobs(CATALOG), *build_intake_jobs(CATALOG))
}
EXAMPLE = Path(__file__).parents[2] / "examples" / "threlby"
BY = {"by": "Ada"}
TENANT = {"id": "globex", "name": "Globex", "website": "https://globex.example"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text('secret_key = "a key for tests, of some length"\n', encoding="utf-8")
    store = store_of(tmp_path)
    store.migrate()
    store.tenants.add(a_tenant())
    store.contexts.add(a_tenant().id, marketing.context().context, at=NOW)
    store.campaigns.add(values.campaign("acme:spring"))
    store.approvals.open(values.approval("acme:spring", id="apr_one", campaign="acme:spring"))
    return tmp_path


def store_of(home: Path) -> Store:
    return StoreResource(home=str(home)).store()


def op_of(job: str) -> str:
    (op,) = JOBS[job].graph.node_dict
    return op


def fields_of(job: str) -> Mapping[str, Any]:
    """The config fields of a job's only op."""
    return JOBS[job].graph.node_named(op_of(job)).definition.config_schema.config_type.fields


def launch(home: Path, job: str, config: dict[str, Any]) -> str:
    """Run a job; what its failed step says, empty when it did its work."""
    with DagsterInstance.ephemeral() as instance:
        done = JOBS[job].execute_in_process(
            run_config={"ops": {op_of(job): {"config": config}}},
            instance=instance,
            resources={
                "store": StoreResource(home=str(home)),
                "clock": ClockResource(home=str(home), fixed=NOW.isoformat()),
            },
            raise_on_error=False,
        )
        if done.success:
            return ""
        (failed,) = done.get_step_failure_events()
        return str(failed.step_failure_data.user_failure_data.description)


def everything(home: Path) -> list[object]:
    store = store_of(home)
    return [store.tenants.list(), store.campaigns.list(), store.approvals.list(), store.publications.list()]


def test_an_answer_is_recorded_with_its_name_and_note(home: Path) -> None:
    answer = {"question": "apr_one", "answer": "reject", "note": "too loud", **BY}
    assert launch(home, "answer_inbox", answer) == ""
    (decided,) = store_of(home).approvals.list()
    assert (decided.state, decided.decided_by, decided.note) == (ApprovalState.REJECTED, "Ada", "too loud")


def test_a_tenant_is_paused_with_reason_and_day_and_resumed(home: Path) -> None:
    assert launch(home, "pause_tenant", {"tenant": "acme", "reason": "relaunch", "until": "2999-01-01", **BY}) == ""
    said = said_of(store_of(home).tenants.get("acme"))
    assert "by Ada, until 2999-01-01: relaunch" in said
    assert launch(home, "resume_tenant", {"tenant": "acme", **BY}) == ""
    assert said_of(store_of(home).tenants.get("acme")) == ""


def test_a_tenant_is_added_with_its_context(home: Path) -> None:
    context = (EXAMPLE / "context.md").read_text(encoding="utf-8")
    config = {**TENANT, "autonomy": "draft_only", "llm_budget_usd": 12.5, "context": context}
    assert launch(home, "add_tenant", config) == ""
    added = store_of(home).tenants.get("globex")
    assert (added.autonomy, str(added.llm_budget_usd)) == (Autonomy.DRAFT_ONLY, "12.5")
    assert store_of(home).contexts.latest("globex").context == ProductContext.read(context, where="")[0]


@pytest.mark.parametrize(
    ("job", "config", "saying"),
    [
        ("answer_inbox", {"question": "apr_no", "answer": "approve", **BY}, ("question:", "apr_no", "open: apr_one")),
        ("answer_inbox", {"question": "apr_one", "answer": "revise", **BY}, ("note:", "what should be different")),
        ("answer_inbox", {"question": "apr_one", "answer": "approve", "by": " "}, ("by:", "who answers")),
        ("answer_inbox", {"question": "apr_one", "answer": "approve", "tenant": "no", **BY}, ("tenants here: acme",)),
        ("pause_tenant", {"tenant": "acne", **BY}, ("no tenant 'acne'", "tenants here: acme")),
        ("pause_tenant", {"tenant": "acme", "until": "soon", **BY}, ("until:", "YYYY-MM-DD")),
        ("pause_tenant", {"tenant": "acme", "until": "2001-01-01", **BY}, ("until:", "has begun")),
        ("resume_tenant", {"tenant": "acne", **BY}, ("tenants here: acme",)),
        ("add_tenant", {**TENANT, "id": "acme"}, ("'acme' exists already",)),
        ("add_tenant", {**TENANT, "id": "No Slug"}, ("tenant id",)),
        ("add_tenant", {**TENANT, "timezone": "Mars"}, ("tenant timezone", "Mars")),
        ("add_tenant", {**TENANT, "context": "# Only a title"}, ("context",)),
        ("start_goal", {"tenant": "acne", "goal": "Trials"}, ("tenants here: acme",)),
        ("start_pipeline", {"tenant": "acne", "pipeline": "page-launch"}, ("tenants here: acme",)),
    ],
)
def test_bad_config_is_refused_with_what_there_is_and_nothing_is_written(
    home: Path, job: str, config: dict[str, Any], saying: tuple[str, ...]
) -> None:
    before = everything(home)
    said = launch(home, job, config)
    assert all(part in said for part in saying), said
    assert everything(home) == before


@pytest.mark.parametrize(
    ("job", "config", "words"),
    [
        ("answer_inbox", {"question": "apr_one", "answer": "perhaps", **BY}, ("approve", "reject", "revise")),
        ("add_tenant", {**TENANT, "autonomy": "wild"}, ("draft_only", "approve", "autopilot")),
        ("start_pipeline", {"tenant": "acme", "pipeline": "page-lunch"}, tuple(CATALOG.pipelines)),
    ],
)
def test_a_word_that_is_none_of_an_enumeration_is_refused_before_the_run_begins(
    home: Path, job: str, config: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(DagsterInvalidConfigError, match="enum"):
        launch(home, job, config)
    types = [getattr(field.config_type, "inner_type", field.config_type) for field in fields_of(job).values()]
    offered = {word for kind in types for word in getattr(kind, "config_values", ())}
    assert offered >= set(words), "the Launchpad completes them"


@pytest.mark.parametrize("job", sorted(JOBS))
def test_every_field_is_explained(job: str) -> None:
    assert [name for name, field in fields_of(job).items() if not field.description] == []
    assert JOBS[job].description
