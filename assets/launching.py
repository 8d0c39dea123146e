"""Which run takes a campaign one stage further, for sensors and the command line alike."""

from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus, RunRequest, RunsFilter
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.causes import causes_of
from assets.jobs import campaign_keys, pipeline_job_name
from assets.labels import TENANT_TAG
from assets.partitions import PARTITION_TAG
from marketeer_dagster.campaigns.escalation import (
    CASCADE,
    ask_about_failure,
    ask_about_failures,
    failure_asked,
    waits_for_person,
)
from marketeer_dagster.campaigns.status import WITH_PEOPLE, round_of, settle, stage_of, was_rejected
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.store import Store

STAGE_TAG = "marketeer/stage"
FINISHED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def is_being_worked_on(instance: DagsterInstance, key: CampaignKey) -> bool:
    """Whether any unfinished run has this campaign as its partition."""
    filters = RunsFilter(tags={PARTITION_TAG: key}, statuses=list(NOT_FINISHED_STATUSES))
    return bool(instance.get_run_records(filters, limit=1))


def finished_run(instance: DagsterInstance, campaign: Campaign) -> DagsterRun | None:
    """The run of the campaign's present stage that has ended, however it ended; None while there is none."""
    tags = {PARTITION_TAG: campaign.key, STAGE_TAG: stage_of(campaign)}
    records = instance.get_run_records(RunsFilter(tags=tags, statuses=FINISHED), limit=1)
    return records[0].dagster_run if records else None


def is_untouched(instance: DagsterInstance, campaign: Campaign) -> bool:
    """Whether no run works on the campaign and none of its present stage has ended: the next one may be started."""
    return not is_being_worked_on(instance, campaign.key) and finished_run(instance, campaign) is None


def claim_of(key: CampaignKey) -> str:
    """The claim (store.claims) that whoever starts a campaign's next run, or settles it, holds meanwhile."""
    return f"campaign {key}"


def settle_run(instance: DagsterInstance, store: Store, clock: Clock, key: CampaignKey, run: DagsterRun) -> Campaign:
    """`settle` after a run, with what stopped it; whatever nobody was asked about yet becomes a person's question.

    The third run of a tenant to fail in a row is one question about all of them.
    """
    causes = causes_of(instance, run)
    said = tuple(cause.text for cause in causes)
    settled = settle(store, clock, key, complete=run.is_success, causes=said)
    if settled.status is CampaignStatus.POSTPONED and settled.resume_at is not None:
        return settled  # everything that stopped is tried again by itself
    unanswered = any(not cause.answered for cause in causes) and not waits_for_person(store, settled)
    if not unanswered and (settled.status is not CampaignStatus.FAILED or was_rejected(store, settled)):
        return settled
    failed = _failed_in_a_row(instance, store, settled)
    if len(failed) >= CASCADE:
        ask_about_failures(store, clock, key, failed, said)
    else:
        ask_about_failure(store, clock, key, said or (settled.reason,))
    return settle(store, clock, key, complete=run.is_success, causes=said)


def _failed_in_a_row(instance: DagsterInstance, store: Store, campaign: Campaign) -> list[str]:
    """The tenant's newest campaign runs that failed one after the other, as `run (campaign)`, newest first.

    What a person cancelled or an outage postponed counts neither way; a run that ended because a person is asked about
    its work did its work.
    """
    records = instance.get_run_records(RunsFilter(tags={"tenant": campaign.tenant}, statuses=FINISHED), limit=50)
    runs = [r.dagster_run for r in records if STAGE_TAG in r.dagster_run.tags]
    failed: list[str] = []
    for run in runs:
        key = CampaignKey(run.tags.get(PARTITION_TAG, ""))
        status = store.campaigns.get(key).status
        if run.status is DagsterRunStatus.CANCELED or status is CampaignStatus.POSTPONED:
            continue
        stopped = key == campaign.key or failure_asked(store, key, round_of(run.tags[STAGE_TAG]))
        if run.is_success or (status in WITH_PEOPLE and not stopped):
            break
        failed.append(f"{run.run_id[:8]} ({key})")
    return failed


def run_tags(campaign: Campaign) -> dict[str, str]:
    """Tags of a campaign's runs: whose, which stage, how urgent (P0 is 30, P3 is 0), which pipeline or signal."""
    tags = {
        TENANT_TAG: campaign.tenant,
        STAGE_TAG: stage_of(campaign),
        "dagster/priority": str((3 - int(campaign.priority)) * 10),
    }
    if campaign.signal:
        tags["marketeer/signal"] = campaign.signal
    return tags


def stage_job(catalog: Catalog, campaign: Campaign) -> tuple[str, list[AssetKey] | None]:
    """The job of the campaign's present stage and, where the plan narrows it, the assets to select."""
    stage, _, _ = stage_of(campaign).partition(":")
    if stage == "pipeline":
        return pipeline_job_name(campaign.pipeline or ""), None
    if campaign.plan is None:
        return "plan_campaign", None
    return "run_campaign", campaign_keys(catalog, campaign.plan.skills)


def run_request(catalog: Catalog, campaign: Campaign) -> RunRequest:
    """The run a sensor asks for. Its key makes a stage run once, however often the sensor looks."""
    job, selection = stage_job(catalog, campaign)
    return RunRequest(
        job_name=job,
        asset_selection=selection,
        partition_key=campaign.key,
        run_key=f"{campaign.key}:{stage_of(campaign)}",
        tags=run_tags(campaign),
    )
