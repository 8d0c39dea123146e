"""An artefact that is not good enough: it is shown, nothing follows, and a person may let it pass."""

import shutil
from collections.abc import Iterator

import pytest
import yaml
from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
)

from assets.launching import run_tags, stage_job
from assets.unchecked import NOT_LOOKED_AT, explain_unchecked
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.status import settle
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.composition import build_definitions
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from tests.support.campaign_home import ROOT, CampaignHome, campaign_home, run_job

EMAILS, REVIEW, MAILS = AssetKey("email_sequence"), AssetKey("campaign_review"), AssetKey("mailchimp_publication")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalog with a bar for emails that no text passes."""
    root = tmp_path_factory.mktemp("strict")
    shutil.copytree(ROOT / "skills", root / "skills")
    file = root / "skills/email-sequence/skill.yaml"
    keys = yaml.safe_load(file.read_text(encoding="utf-8"))
    dimensions = Catalog.load().skill("email-sequence").rubric.dimensions
    keys["rubric"] = {name: {"minimum": 10} for name in dimensions}
    file.write_text(yaml.safe_dump(keys), encoding="utf-8")
    return Catalog.load(root)


@pytest.fixture(scope="module")
def definitions(strict: Catalog) -> Definitions:
    return build_definitions(strict)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignHome]:
    with campaign_home(tmp_path_factory.mktemp("blocked") / "home") as made:
        made.add_tenant()
        yield made


@pytest.fixture(scope="module")
def instance(home: CampaignHome) -> Iterator[DagsterInstance]:
    with home.instance() as opened:
        yield opened


def run_stage(
    home: CampaignHome, definitions: Definitions, strict: Catalog, instance: DagsterInstance, campaign: Campaign
) -> DagsterRun:
    """The run that the dispatcher would ask for now, then its settling."""
    instance.add_dynamic_partitions("campaigns", [campaign.key])
    job, selection = stage_job(strict, campaign)
    found = definitions.resolve_job_def(job)
    run = run_job(found, instance, campaign=campaign.key, selection=selection, tags=run_tags(campaign))
    settle(home.store, home.home.clock, campaign.key, complete=run.is_success)
    return run


def checks(instance: DagsterInstance, run: DagsterRun) -> dict[str, bool]:
    records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
    found = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]  # type: ignore[union-attr]
    return {e.check_name: e.passed for e in found if e.asset_key == EMAILS}


def evaluation(instance: DagsterInstance, run: DagsterRun, name: str, of: AssetKey = EMAILS) -> AssetCheckEvaluation:
    """The run's newest result of a check."""
    records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
    found = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]  # type: ignore[union-attr]
    return next(e for e in reversed(found) if (e.asset_key, e.check_name) == (of, name))


def made(instance: DagsterInstance, run: DagsterRun) -> set[AssetKey]:
    records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION).records
    return {key for r in records if (key := r.event_log_entry.dagster_event.asset_key)}  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def blocked(
    home: CampaignHome, definitions: Definitions, strict: Catalog, instance: DagsterInstance
) -> tuple[Campaign, DagsterRun]:
    campaign = home.take(slug="strict")
    run = run_stage(home, definitions, strict, instance, campaign)
    return home.store.campaigns.get(campaign.key), run


def test_the_draft_is_shown_and_nothing_follows(
    home: CampaignHome, instance: DagsterInstance, blocked: tuple[Campaign, DagsterRun]
) -> None:
    campaign, run = blocked
    assert run.status is DagsterRunStatus.FAILURE
    assert EMAILS in made(instance, run)
    assert not {REVIEW, MAILS} & made(instance, run)
    assert checks(instance, run)["quality"] is False
    assert home.store.publications.list(campaign=campaign.key) == ()
    assert not home.sandbox.admin.ledger(vendor="mailchimp")
    retries = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.STEP_UP_FOR_RETRY).records
    assert retries == [], "a blocking failure is no fault that another try would mend"


def test_a_person_is_asked_about_this_very_version(home: CampaignHome, blocked: tuple[Campaign, DagsterRun]) -> None:
    campaign, _ = blocked
    assert campaign.status is CampaignStatus.ESCALATED
    (head,) = home.store.artefacts.heads(campaign.key)
    assert head.status is ArtefactStatus.ESCALATED
    (question,) = home.store.approvals.list(campaign=campaign.key)
    assert question.subject == f"{head.id}@{head.version}"
    assert question.reason in (ApprovalReason.NOT_APPROVED, ApprovalReason.LEGAL_RISK)
    assert question.detail


def test_the_failed_check_says_who_found_what_and_the_command_that_answers(
    home: CampaignHome, instance: DagsterInstance, blocked: tuple[Campaign, DagsterRun]
) -> None:
    campaign, run = blocked
    (question,) = home.store.approvals.list(campaign=campaign.key)
    quality = evaluation(instance, run, "quality")
    told = {name: str(value.value) for name, value in quality.metadata.items()}
    assert (
        f"marketeer approve {question.id}" in told["next_step"]
        and f"marketeer revise {question.id}" in told["next_step"]
    )
    assert campaign.key in told["looked_at"] and quality.description
    rows = told["findings"].splitlines()
    assert rows[0].startswith("| Who |") and rows[2].startswith("| the gate |")
    explain_unchecked(instance, run, home.store)
    followed = evaluation(instance, run, "consistency", REVIEW).metadata
    assert "email sequence" in str(followed[NOT_LOOKED_AT].value)
    assert f"marketeer campaign show {campaign.key}" in str(followed["next_step"].value)


def test_an_approval_turns_the_check_green_and_publishes_without_another_call(
    home: CampaignHome,
    definitions: Definitions,
    strict: Catalog,
    instance: DagsterInstance,
    blocked: tuple[Campaign, DagsterRun],
) -> None:
    campaign, _ = blocked
    (head,) = home.store.artefacts.heads(campaign.key)
    paid = home.sandbox.admin.ledger(vendor="anthropic")
    decide(
        home.store, home.home.clock, f"{head.id}@{head.version}", ApprovalState.APPROVED, by="dana", note="good enough"
    )
    run = run_stage(home, definitions, strict, instance, home.store.campaigns.get(campaign.key))
    assert run.status is DagsterRunStatus.SUCCESS
    assert checks(instance, run)["quality"] is True
    assert home.store.campaigns.get(campaign.key).status is CampaignStatus.PUBLISHED
    (after,) = home.store.artefacts.heads(campaign.key)
    assert (after.version, after.status) == (head.version, ArtefactStatus.APPROVED)
    rows = home.store.publications.list(campaign=campaign.key)
    assert {row.state for row in rows} == {PublicationState.PUBLISHED}
    assert home.sandbox.admin.ledger(vendor="anthropic") == paid
