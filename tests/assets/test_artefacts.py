"""A skill's asset in real runs: its ops, its checks, what it tells of itself; nothing is made or paid twice."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetMaterialization,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
)

from assets.artefacts import build_artefact_asset, build_artefact_assets
from assets.launching import PARTITION_TAG
from assets.names import asset_key
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.composition import build_definitions
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from tests.support.campaign_home import ROOT, CampaignHome, campaign_home, run_job

EMAILS = AssetKey("email_sequence")
CHECKS = {"rules", "quality", "claims", "consistency"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignHome]:
    with campaign_home(tmp_path_factory.mktemp("artefacts") / "home") as made:
        made.add_tenant()
        yield made


@pytest.fixture(scope="module")
def campaign(home: CampaignHome) -> Campaign:
    """A whole campaign, as the command line runs it."""
    return home.finish(home.take(slug="spring").key)


@pytest.fixture(scope="module")
def told(home: CampaignHome, campaign: Campaign) -> Mapping[str, object]:
    """The artefact's metadata as plain values."""
    with home.instance() as instance:
        return {name: value.value for name, value in materialised(instance, EMAILS).metadata.items()}


def materialised(instance: DagsterInstance, key: AssetKey) -> AssetMaterialization:
    event = instance.get_latest_materialization_event(key)
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization


def run_of(instance: DagsterInstance, campaign: Campaign) -> DagsterRun:
    return next(run for run in instance.get_runs() if run.tags.get(PARTITION_TAG) == campaign.key)


def test_the_campaign_is_published(campaign: Campaign) -> None:
    assert campaign.status is CampaignStatus.PUBLISHED


def test_the_ops_say_who_works_in_order(home: CampaignHome, campaign: Campaign) -> None:
    with home.instance() as instance:
        run = run_of(instance, campaign)
        records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.STEP_SUCCESS).records
    steps = [record.event_log_entry.step_key or "" for record in records]
    mine = [step.partition("__")[2] for step in steps if step.startswith("email_sequence.")]
    assert mine == ["draft", "review_by_copy_editing", "director"]
    assert steps[0] == "campaign_plan"
    assert steps.index("campaign_review") > max(steps.index(f"email_sequence_{check}") for check in CHECKS)


def test_every_skill_becomes_an_asset_of_its_squad_with_one_op_per_worker(home: CampaignHome) -> None:
    catalog = home.home.catalog
    assets = {asset.key: asset for asset in build_artefact_assets(catalog)}
    assert set(assets) == {asset_key(skill) for skill in catalog.skills.values()}
    for skill in catalog.skills.values():
        made = assets[asset_key(skill)]
        spec = made.specs_by_key[made.key]
        assert spec.group_name == skill.squad
        assert spec.code_version == skill.hash
        ops = [node.partition("__")[2] for node in made.node_def.node_dict]  # type: ignore[attr-defined]
        turns = [f"review_by_{name.replace('-', '_')}" for name in skill.reviewers]
        again = ["agreement"] if len(turns) > 1 else []
        assert sorted(ops) == sorted(["draft", *turns, *again, "director"])
        assert {asset_key(name) for name in skill.reads} < set(made.keys_by_input_name.values())


def test_a_reviewer_named_twice_has_one_turn(home: CampaignHome) -> None:
    catalog = home.home.catalog
    twice = catalog.skill("copywriting").model_copy(update={"reviewers": ("page-cro", "page-cro")})
    # The factory makes graphs, whose type has node_dict.
    ops = [node.partition("__")[2] for node in build_artefact_asset(catalog, twice).node_def.node_dict]  # type: ignore[attr-defined]
    assert sorted(ops) == ["director", "draft", "review_by_page_cro"]


def test_a_reader_of_the_ui_never_needs_a_terminal(
    home: CampaignHome, campaign: Campaign, told: Mapping[str, object]
) -> None:
    (head,) = home.store.artefacts.heads(campaign.key)
    assert str(told["preview"]) == head.parsed().render()
    stored = {
        "score": head.score,
        "verdict": head.verdict.value,
        "status": head.status.value,
        "version": head.version,
        "revisions": head.revisions,
        "skill_hash": home.home.catalog.skill("email-sequence").hash,
        "context_version": head.context_version,
        "prompt_hash": head.prompt_hash,
        "store_row": f"`marketeer artefact show {head.id} --version {head.version}`",
        "simulated": True,
        "cost_usd": float(head.spend.cost_usd),
        "calls": head.spend.calls,
        "input_tokens": head.spend.input_tokens,
        "output_tokens": head.spend.output_tokens,
        "cache_read_tokens": head.spend.cache_read_tokens,
        "cache_write_tokens": head.spend.cache_write_tokens,
        "learnings_applied": "none",
    }
    assert {name: told[name] for name in stored} == stored
    for table in ("scores", "findings", "reviews", "brief"):
        assert str(told[table]).strip()
    assert head.spend.calls >= 3, "draft, review, Director"
    assert head.spend.cost_usd > 0
    assert head.prompt_hash


def test_the_artefact_says_where_it_was_published(home: CampaignHome, campaign: Campaign) -> None:
    rows = home.store.publications.list(campaign=campaign.key)
    with home.instance() as instance:
        records = instance.fetch_observations(AssetRecordsFilter(asset_key=EMAILS), limit=50).records
    seen = [record.asset_observation for record in records]
    assert {observation.partition for observation in seen if observation} == {campaign.key}
    told = [{name: value.value for name, value in o.metadata.items()} for o in seen if o]
    for row in rows:
        facts = {"tool": row.tool, "external_id": row.external_id, "state": row.state.value, "url": row.url or "none"}
        assert any(facts.items() <= told_of.items() for told_of in told), row.target
    assert len(rows) == len(told) > 0


def test_the_artefacts_spend_and_the_plans_are_all_that_was_billed(home: CampaignHome, campaign: Campaign) -> None:
    (head,) = home.store.artefacts.heads(campaign.key)
    with home.instance() as instance:
        plan = materialised(instance, AssetKey("campaign_plan")).metadata["cost_usd"].value
    billed = sum(entry.amount for entry in home.sandbox.admin.ledger(vendor="anthropic"))
    assert float(head.spend.cost_usd) + float(str(plan)) == pytest.approx(float(billed))


def test_the_checks_are_judged_for_the_campaigns_partition(home: CampaignHome, campaign: Campaign) -> None:
    with home.instance() as instance:
        run = run_of(instance, campaign)
        records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
        found = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]  # type: ignore[union-attr]
    mine = {e.check_name: e for e in found if e.asset_key == EMAILS}
    assert set(mine) == CHECKS
    assert all(evaluation.passed and evaluation.blocking for evaluation in mine.values())
    assert {evaluation.partition for evaluation in mine.values()} == {campaign.key}


def test_running_a_campaign_again_costs_nothing_and_makes_no_version(home: CampaignHome, campaign: Campaign) -> None:
    before = home.store.artefacts.list(campaign=campaign.key, heads_only=False)
    ledger = home.sandbox.admin.ledger()
    home.store.campaigns.reopen(campaign.key, home.home.clock.now())
    again = home.finish(campaign.key)
    assert again.status is CampaignStatus.PUBLISHED
    assert home.store.artefacts.list(campaign=campaign.key, heads_only=False) == before
    assert home.sandbox.admin.ledger() == ledger


def test_editing_a_skills_folder_changes_exactly_its_own_code_version(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "skills", tmp_path / "skills")
    before = versions(Catalog.load(tmp_path))
    assert before == versions(Catalog.load())
    with (tmp_path / "skills/email-sequence/SKILL.md").open("a", encoding="utf-8") as file:
        file.write("\n- Say when the next email comes.\n")
    after = versions(Catalog.load(tmp_path))
    assert {key for key in after if after[key] != before[key]} == {EMAILS}


def versions(catalog: Catalog) -> dict[AssetKey, str | None]:
    assets = build_artefact_assets(catalog)
    return {key: version for asset in assets for key, version in asset.code_versions_by_key.items()}


def test_checks_of_a_campaign_that_made_nothing_fail_closed(home: CampaignHome) -> None:
    empty = home.take(slug="empty")
    definitions = build_definitions(home.home.catalog)
    keys = [AssetCheckKey(EMAILS, name) for name in sorted(CHECKS)]
    with home.instance() as instance:
        instance.add_dynamic_partitions("campaigns", [empty.key])
        job = definitions.resolve_job_def("run_campaign").get_subset(
            asset_selection=set(), asset_check_selection=set(keys)
        )
        run = run_job(job, instance, campaign=empty.key)
        records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
        found = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]  # type: ignore[union-attr]
    assert {e.check_name: e.passed for e in found} == dict.fromkeys(CHECKS, False)
