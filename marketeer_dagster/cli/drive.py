"""Running Dagster from the command line: the same jobs, tags and instance that sensors use, in this process.

While a daemon runs on the same instance, its sensor `campaigns` does the work and the command only waits.
"""

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus, execute_job
from dagster._core.definitions.reconstruct import ReconstructableJob, ReconstructableRepository
from dagster._core.execution.job_execution_result import JobExecutionResult
from dagster._daemon.controller import get_daemon_statuses

from assets.executor import PROCESS_TAG
from assets.launching import (
    PARTITION_TAG,
    claim_of,
    finished_run,
    is_being_worked_on,
    run_tags,
    settle_run,
    stage_job,
)
from assets.partitions import campaigns
from assets.unchecked import explain_unchecked
from marketeer_dagster.campaigns.intake import STOPPED
from marketeer_dagster.campaigns.status import OPEN, settle, stage_of
from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.processes import bury_dead_runs, process_tag
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.pausing import refuse_paused, said_of
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.exclusive import file_exclusive
from marketeer_dagster.publishing.retrying import try_now
from sensors.approved_publications import deliverable

SENSOR_DAEMON = "SENSOR"
EVENT_BATCH = "DAGSTER_EVENT_BATCH_SIZE"
EVENT_BATCH_SIZE = "500"
"""Events of one kind that Dagster may store together: a range of days plans and materialises hundreds."""
POLL_S = 0.5
Progress = Callable[[str], None]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Events go to the instance; a terminal is for progress and results."""


@contextmanager
def dagster_instance(home: Home) -> Generator[DagsterInstance]:
    """The home's Dagster instance; DAGSTER_HOME names it for this process and its children."""
    os.environ["DAGSTER_HOME"] = str(home.dagster_home)
    os.environ["MARKETEER_HOME"] = str(home.settings.home)
    os.environ.setdefault(EVENT_BATCH, EVENT_BATCH_SIZE)
    # The first to open an instance on SQLite creates its tables, and Dagster does not expect two firsts.
    with file_exclusive(home.settings.home / "locks")("opening"):
        opened = DagsterInstance.get()
    with opened as instance:
        yield instance


def reconstructable(job: str) -> ReconstructableJob:
    """A job of the project that a run can load anew wherever it executes."""
    repository = ReconstructableRepository.for_module("marketeer_dagster.definitions", "defs", str(Path.cwd()))
    return repository.get_reconstructable_job(job)


def execute(
    instance: DagsterInstance,
    job: str,
    *,
    tags: dict[str, str],
    selection: Sequence[AssetKey] | None = None,
    run_config: Mapping[str, Any] | None = None,
) -> JobExecutionResult:
    """Run a job in this process and keep its events in the instance, as any run.

    Raises KeyboardInterrupt when a person cancelled it.
    """
    bury_dead_runs(instance)
    with execute_job(
        reconstructable(job),
        instance,
        run_config={**(run_config or {}), **QUIET},
        tags=tags,
        asset_selection=list(selection) if selection else None,
    ) as result:
        run = instance.get_run_by_id(result.run_id)
        if run is not None:
            explain_unchecked(instance, run)
        if run is not None and run.status is DagsterRunStatus.CANCELED:
            raise KeyboardInterrupt
        return result


def daemon_runs(instance: DagsterInstance) -> bool:
    """Whether a daemon that evaluates sensors is alive on this instance."""
    statuses = get_daemon_statuses(instance, daemon_types=[SENSOR_DAEMON])
    return all(status.healthy for status in statuses.values())


def finish_campaign(home: Home, instance: DagsterInstance, key: CampaignKey, progress: Progress) -> Campaign:
    """Work on a campaign until nothing is left to run, here or by the daemon; returns it with its settled status.

    One that was postponed goes on at once, since a person asks for it; one that is postponed again is left to the
    daemon: while one runs this stays with it, else it returns. So it does when the tenant is paused. Raises Paused when
    it is already.
    """
    refuse_paused(_tenant(home, key))
    instance.add_dynamic_partitions(campaigns.name or "campaigns", [key])
    _go_on_now(home, key)
    while (campaign := home.store.campaigns.get(key)).status in OPEN or (
        campaign.status is CampaignStatus.POSTPONED and daemon_runs(instance)
    ):
        if said_of(_tenant(home, key)) and not is_being_worked_on(instance, key):
            break
        if daemon_runs(instance) or not _work_on(home, instance, key, progress):
            time.sleep(POLL_S)
    freshen(home)  # for who reads the snapshot with another client, where no daemon does
    return campaign


def _tenant(home: Home, key: CampaignKey) -> Tenant:
    return home.store.tenants.get(home.store.campaigns.get(key).tenant)


def _go_on_now(home: Home, key: CampaignKey) -> None:
    with home.store.claims.held(claim_of(key)) as mine:
        if not mine:
            return
        try_now(home.store, home.clock, key)
        campaign = home.store.campaigns.get(key)
        # Without a moment it waits for the outbox alone, which needs no other run of the campaign's work.
        if campaign.status is CampaignStatus.POSTPONED and campaign.resume_at is not None:
            home.store.campaigns.reopen(key, home.clock.now())


def _work_on(home: Home, instance: DagsterInstance, key: CampaignKey, progress: Progress) -> bool:
    """Take the campaign one step further; False when somebody else does.

    The claim is held from the look to the settled status: two commands that look at once do not both act, and one that
    is killed leaves a claim that is void.
    """
    with home.store.claims.held(claim_of(key)) as mine:
        if not mine or is_being_worked_on_elsewhere(instance, key):
            return False
        campaign = home.store.campaigns.get(key)  # as it stands now that nobody else moves it
        if campaign.status not in OPEN:
            return True
        if (run := finished_run(instance, campaign)) is not None:
            _take_up(home, key, run)
        else:
            _run_stage(home, instance, campaign, progress)
        return True


def _take_up(home: Home, key: CampaignKey, run: DagsterRun) -> None:
    """Go on where a run ended without a word: its process was killed or cancelled. What it had paid for replays."""
    settled = settle(home.store, home.clock, key, complete=run.is_success)
    if settled.status in STOPPED:
        home.store.campaigns.reopen(key, home.clock.now())


def deliver_approved(home: Home, instance: DagsterInstance, key: CampaignKey, progress: Progress) -> Campaign:
    """Deliver what a person has approved of an ended campaign, where no daemon does; returns its settled status."""
    while _due(home, key) and not daemon_runs(instance) and not said_of(_tenant(home, key)):
        with home.store.claims.held(claim_of(key)) as mine:
            if mine and not is_being_worked_on_elsewhere(instance, key):
                return _deliver(home, instance, key, progress) if _due(home, key) else home.store.campaigns.get(key)
        time.sleep(POLL_S)
    return home.store.campaigns.get(key)


def _due(home: Home, key: CampaignKey) -> bool:
    return bool(deliverable(home.store, key))


def _deliver(home: Home, instance: DagsterInstance, key: CampaignKey, progress: Progress) -> Campaign:
    progress(f"publish_campaign {key}")
    tags = {"tenant": home.store.campaigns.get(key).tenant, PARTITION_TAG: key, PROCESS_TAG: process_tag()}
    result = execute(instance, "publish_campaign", tags=tags)
    return _settled(home, instance, key, result.run_id)


def _settled(home: Home, instance: DagsterInstance, key: CampaignKey, run_id: str) -> Campaign:
    run = instance.get_run_by_id(run_id)
    assert run is not None, "it has just ended"
    return settle_run(instance, home.store, home.clock, key, run)


def is_being_worked_on_elsewhere(instance: DagsterInstance, key: CampaignKey) -> bool:
    """Whether a live process has an unfinished run on this campaign."""
    bury_dead_runs(instance)
    return is_being_worked_on(instance, key)


def _run_stage(home: Home, instance: DagsterInstance, campaign: Campaign, progress: Progress) -> None:
    job, selection = stage_job(home.catalog, campaign)
    progress(f"{job} {campaign.key}")
    tags = {**run_tags(campaign), PARTITION_TAG: campaign.key, PROCESS_TAG: process_tag()}
    stage = stage_of(campaign)
    if campaign.status is not CampaignStatus.RUNNING:
        home.store.campaigns.set_status(campaign.key, CampaignStatus.RUNNING, home.clock.now())
    result = execute(instance, job, tags=tags, selection=selection)
    progress(f"{job} {'done' if result.success else 'ended with failures'} (run {result.run_id[:8]})")
    after = home.store.campaigns.get(campaign.key)
    if after.round == campaign.round and (stage_of(after) == stage or not result.success):
        _settled(home, instance, campaign.key, result.run_id)
