"""What is out of date is listed in one place with its reason; figures that come every day make nothing "Unsynced"."""

import json
import shutil
from collections.abc import Iterator

import pytest
from dagster import AssetCheckKey, AssetKey, AssetSelection, DagsterInstance, TableSchema
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest
from typer.testing import CliRunner

from assets.stale import UP_TO_DATE
from marketeer_dagster.campaigns.stale import Ground, stale_artefacts
from marketeer_dagster.catalog.catalog import DATA, Catalog
from marketeer_dagster.cli.drive import execute
from marketeer_dagster.cli.main import app
from marketeer_dagster.definitions import defs
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.context import Section
from marketeer_dagster.warehouse.copies import COPIES
from tests.assets.traced_home import TracedHome, traced_home
from tests.cli.homes import PROJECT
from tests.support import marketing
from tests.support.campaign_home import TENANT

GRAPH = defs.resolve_asset_graph()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TracedHome]:
    with traced_home(tmp_path_factory.mktemp("stale") / "home") as made:
        yield made


def unsynced(instance: DagsterInstance, campaign: str) -> dict[str, list[str]]:
    """What Dagster's UI shows as "Unsynced", with its causes: of the campaign's assets and all without partitions."""
    resolver = CachingStaleStatusResolver(instance, GRAPH, LoadingContextForTest(instance))
    found: dict[str, list[str]] = {}
    for key in GRAPH.materializable_asset_keys:
        definition = GRAPH.get(key).partitions_def
        of_campaign = definition is not None and getattr(definition, "name", "") == "campaigns"
        if definition is None or of_campaign:
            partition = campaign if of_campaign else None
            if resolver.get_status(key, partition) is StaleStatus.STALE:
                causes = resolver.get_stale_causes(key, partition)
                found[key.to_user_string()] = [f"{cause.reason}: {cause.dependency_asset_key}" for cause in causes]
    return found


def test_a_new_day_of_figures_makes_nothing_unsynced(home: TracedHome):
    with home.made.instance() as instance:
        assert unsynced(instance, home.campaign.key) == {}
        home.made.sandbox.admin.advance(1)
        home.ingest(instance)
        assert unsynced(instance, home.campaign.key) == {}
        home.ingest(instance)
        assert unsynced(instance, home.campaign.key) == {}, "the same days read again"


def test_the_context_of_another_tenant_makes_no_plan_unsynced(home: TracedHome):
    with home.made.instance() as instance:
        other = home.made.add_tenant("other")
        instance.add_dynamic_partitions("tenants", [TENANT, other.id])
        for tenant in (TENANT, other.id, other.id):
            execute(instance, "tenant_context", tags={"dagster/partition": tenant, "tenant": tenant})
        assert unsynced(instance, home.campaign.key) == {}


def found_in(home: TracedHome, catalog: Catalog | None = None) -> dict[str, list[tuple[Ground, str]]]:
    store, day = home.made.store, today(home.made.home.clock)
    found: dict[str, list[tuple[Ground, str]]] = {}
    for one in stale_artefacts(store, catalog or home.made.home.catalog, day, TENANT):
        found.setdefault(one.skill, []).append((one.ground, one.why))
    return found


def test_nothing_is_stale_until_something_moves_on_and_then_it_says_what(home: TracedHome, tmp_path):
    store = home.made.store
    assert found_in(home) == {}

    edited = tmp_path / "catalog"
    shutil.copytree(PROJECT / "skills", edited / "skills")
    shutil.copytree(DATA, edited / "catalog")
    text = edited / "skills" / "copywriting" / "SKILL.md"
    text.write_text(text.read_text(encoding="utf-8") + "\nOne more thing.\n", encoding="utf-8")
    by_skill = found_in(home, Catalog.load(edited))
    assert [ground for ground, _ in by_skill["copywriting"]] == [Ground.SKILL] and set(by_skill) == {"copywriting"}

    store.learnings.add(marketing.learning(created_at=home.made.home.clock.now(), expires_on="2030-01-01"))
    assert [ground for ground, _ in found_in(home)["copywriting"]] == [Ground.LEARNINGS]

    old = store.contexts.latest(TENANT).context
    voice = {**old.sections, Section.VOICE: "Loud and short."}
    store.contexts.add(TENANT, old.model_copy(update={"sections": voice}), at=home.made.home.clock.now())
    assert {ground for ground, _ in found_in(home)["copywriting"]} == {Ground.LEARNINGS, Ground.BRAND}
    facts = {**voice, Section.PROOF: "Nothing yet."}
    store.contexts.add(TENANT, old.model_copy(update={"sections": facts}), at=home.made.home.clock.now())
    context = dict(found_in(home)["copywriting"])
    assert context[Ground.CONTEXT] == "made from context version 1; Proof points changed up to version 3"
    assert "brand voice of context version 1" in context[Ground.BRAND]

    answer = CliRunner().invoke(app, ["stale", "--tenant", TENANT, "--json"])
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    page = [row for row in told if row["skill"] == "copywriting"]
    assert {row["ground"] for row in page} == {"context", "brand", "learnings"} and all(
        row["next_step"] for row in page
    )
    assert "brand voice" in " ".join(CliRunner().invoke(app, ["stale"]).stdout.split())

    with home.made.instance() as instance:
        execute(instance, "ingest", tags={}, selection=[AssetKey("stale_artefacts")])
        key = AssetCheckKey(AssetKey("stale_artefacts"), UP_TO_DATE)
        record = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)[0]
        assert record.evaluation is not None and not record.evaluation.passed
        assert "Proof points changed" in str(record.evaluation.metadata["found"].value)
        assert home.campaign.key in str(record.evaluation.metadata["next_step"].value)
    with home.made.home.warehouse.reading() as connection:
        query = "SELECT DISTINCT ground FROM stale_artefacts WHERE skill = 'copywriting' ORDER BY ground"
        assert [row[0] for row in connection.execute(query).fetchall()] == ["brand", "context", "learnings"]


def test_the_copies_of_the_store_show_the_schema_of_each_table():
    (key,) = AssetSelection.assets("store_tables").resolve(GRAPH)
    metadata = GRAPH.get(key).metadata
    for table in COPIES:
        schema = metadata[f"schema of {table.name}"]
        assert isinstance(schema, TableSchema)
        assert [column.name for column in schema.columns] == [column.name for column in table.columns]
        assert all(column.description for column in schema.columns)
