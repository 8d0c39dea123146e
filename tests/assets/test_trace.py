"""The trace goes on after publication: traffic, revenue, cost, what replaced it; and what is out of date, and why.

One finished campaign serves both: staleness first, while nothing has moved on; the last test replaces the page.
"""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from dagster import AssetCheckKey, AssetKey, AssetRecordsFilter, AssetSelection, DagsterInstance, TableSchema
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.definitions.events import AssetObservation
from dagster._core.definitions.metadata.source_code import CodeReferencesMetadataValue, LocalFileCodeReference
from dagster._core.loader import LoadingContextForTest
from typer.testing import CliRunner

from assets.stale import UP_TO_DATE
from assets.whereabouts import observations
from marketeer_dagster.campaigns.costs import PARTS, campaign_cost, part_of
from marketeer_dagster.campaigns.stale import Ground, stale_artefacts
from marketeer_dagster.catalog.catalog import DATA, Catalog
from marketeer_dagster.cli.drive import execute
from marketeer_dagster.cli.main import app
from marketeer_dagster.definitions import defs
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.context import Section
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.warehouse.copies import COPIES
from resources.limits import limiter
from resources.publishers import publishers_of
from tests.assets.traced_home import TracedHome, traced_home
from tests.cli.homes import PROJECT
from tests.support import marketing
from tests.support.campaign_home import TENANT

GRAPH = defs.resolve_asset_graph()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TracedHome]:
    with traced_home(tmp_path_factory.mktemp("trace") / "home") as made:
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


def test_nothing_is_stale_until_something_moves_on_and_then_it_says_what(home: TracedHome, tmp_path: Path):
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


def observed(home: TracedHome, asset: str) -> list[AssetObservation]:
    """Observations of the campaign's partition of an asset, newest first."""
    with home.made.instance() as instance:
        wanted = AssetRecordsFilter(asset_key=AssetKey(asset), asset_partitions=[home.campaign.key])
        records = instance.fetch_observations(wanted, limit=20).records
    found = [record.asset_observation for record in records]
    return [observation for observation in found if observation is not None]


def told(observation: AssetObservation) -> dict[str, object]:
    return {name: value.value for name, value in observation.metadata.items()}


def cli(*arguments: str) -> str:
    answer = CliRunner().invoke(app, list(arguments))
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_traffic_and_revenue_so_far_are_on_the_asset_of_the_page(home: TracedHome):
    newest = told(observed(home, "copy_editing")[0])
    with home.made.home.warehouse.reading() as connection:
        query = (
            "SELECT publication, sessions, conversions, revenue FROM artefact_performance WHERE skill = 'copy-editing'"
        )
        publication, sessions, conversions, revenue = connection.execute(query).fetchall()[0]
    assert sessions > 0 and newest["publication"] == publication and newest["state"] == "published"
    assert (newest["sessions_so_far"], newest["conversions_so_far"]) == (sessions, conversions)
    assert newest["revenue_so_far"] == revenue
    assert "data:image/png;base64," in str(newest["traffic"]) and str(newest["url"]).startswith("http")


def test_all_that_a_campaign_cost_is_in_one_place_and_is_the_ledgers(home: TracedHome):
    store, key = home.made.store, home.campaign.key
    ledger = store.llm.totals(campaign=key)
    cost = campaign_cost(store, key)
    assert cost.cost_usd == ledger.cost_usd > 0 and cost.calls == ledger.calls
    parts = {part.work: part.cost_usd for part in cost.parts}
    assert tuple(parts) == PARTS and parts["other"] == 0
    assert all(parts[work] > 0 for work in ("plan", "drafts", "revisions", "reviews", "direction"))
    on_plan = told(observed(home, "campaign_plan")[0])
    assert on_plan["campaign_cost_usd"] == float(ledger.cost_usd) and "| revisions |" in str(on_plan["campaign_cost"])
    shown = json.loads(cli("campaign", "show", key, "--json"))["llm"]
    assert shown["cost_usd"] == float(ledger.cost_usd)
    assert sum(Decimal(str(part["cost_usd"])) for part in shown["by_work"].values()) == ledger.cost_usd
    assert "revisions" in cli("campaign", "show", key)


def test_every_call_belongs_to_one_kind_of_work():
    purposes = ("director/plan", "x/draft", "x/draft, repair", "x/revise", "x/review-y", "x/review-director", "x/odd")
    assert [part_of(purpose) for purpose in purposes] == [
        "plan", "drafts", "drafts", "revisions", "reviews", "direction", "other",
    ]  # fmt: skip


def test_the_trace_of_an_artefact_goes_both_ways(home: TracedHome):
    page = home.made.store.artefacts.head(home.campaign.key, "copy-editing")
    assert page is not None
    found = json.loads(cli("trace", page.id, "--json"))
    assert found["asked"]["by"] == "the pipeline copywriting-review-chain" and found["asked"]["brief"]["objective"]
    assert found["read"]["upstream"] == [f"copywriting v{home.page.version} of {home.campaign.key} ({home.page.id})"]
    assert {call["work"] for call in found["calls"]} == {"drafts", "revisions", "reviews", "direction"}
    assert all(call["model"].startswith("claude-") and Decimal(call["cost_usd"]) > 0 for call in found["calls"])
    assert {review["reviewer"] for review in found["reviews"]} == {"page-cro", "director"}
    assert all(quote["reviewer"] == review["reviewer"] for review in found["reviews"] for quote in review["quotes"])
    (published,) = [p for p in found["publications"] if p["standing"]["state"] == "published"]
    assert published["result"]["sessions"] > 0 and published["result"]["revenue"] is not None
    text = cli("trace", page.id)
    assert "brought" in text and "page-cro on " in text and published["url"] in text


def test_the_trace_of_a_campaign_adds_up(home: TracedHome):
    found = json.loads(cli("trace", home.campaign.key, "--json"))
    ledger = home.made.store.llm.totals(campaign=home.campaign.key).cost_usd
    assert found["cost_usd"] == float(ledger)
    plan = sum(Decimal(call["cost_usd"]) for call in found["plan_calls"])
    calls = sum(Decimal(call["cost_usd"]) for one in found["artefacts"] for call in one["calls"])
    assert plan + calls == ledger
    answer = CliRunner().invoke(app, ["trace", "art_unknown"])
    assert answer.exception is not None and "art_unknown" in str(answer.exception)


def test_a_reviewers_name_stands_beside_every_quote(home: TracedHome):
    with home.made.instance() as instance:
        wanted = AssetRecordsFilter(asset_key=AssetKey("copy_editing"), asset_partitions=[home.campaign.key])
        record = instance.fetch_materializations(wanted, limit=1).records[0]
    assert record.asset_materialization is not None
    scores = str(record.asset_materialization.metadata["scores"].value).splitlines()
    assert scores[0] == "| Reviewer | Dimension | Score | Why | Words |"
    assert {row.split(" | ")[0].strip("| ") for row in scores[2:]} == {"page-cro", "director"}


def test_the_code_and_the_skill_of_an_asset_are_named(home: TracedHome):
    graph = GRAPH
    for key in graph.materializable_asset_keys:
        references = graph.get(key).metadata.get("dagster/code_references")
        assert isinstance(references, CodeReferencesMetadataValue), key
        files = [Path(one.file_path) for one in references.code_references if isinstance(one, LocalFileCodeReference)]
        assert files and all(file.is_file() for file in files)
    for name, skill in home.made.home.catalog.skills.items():
        references = graph.get(AssetKey(name.replace("-", "_"))).metadata["dagster/code_references"]
        assert isinstance(references, CodeReferencesMetadataValue)
        assert skill.path.resolve() / "SKILL.md" in [Path(one.file_path) for one in references.code_references]  # pyright: ignore[reportAttributeAccessIssue]


def test_what_replaced_a_page_is_said_with_its_version_and_since_when(home: TracedHome):
    """Last: it publishes an older version of the page in place of the present one."""
    store, clock = home.made.store, home.made.home.clock
    (before,) = store.publications.list(campaign=home.campaign.key, state=PublicationState.PUBLISHED)
    outbox = Outbox(store, publishers_of(store, TENANT, limiter(home.made.home.settings)), clock)
    outbox.intend(store.tenants.get(TENANT), home.page)
    outbox.deliver_due(TENANT)
    after = store.publications.get(before.id)
    assert after.state is PublicationState.SUPERSEDED
    (observation,) = observations(store, [after])
    said = told(observation)
    assert said["state"] == "superseded" and str(said["since"]).endswith("UTC")
    assert str(said["replaced_by"]).startswith(f"copywriting v{home.page.version} of {home.campaign.key} (pub_")
    with home.made.instance() as instance:
        home.ingest(instance)
    newest = next(one for one in map(told, observed(home, "copy_editing")) if one["publication"] == before.id)
    assert newest["state"] == "superseded" and newest["replaced_by"] == said["replaced_by"]
    page = store.artefacts.head(home.campaign.key, "copy-editing")
    assert page is not None and "superseded since" in " ".join(cli("trace", page.id).split())
