"""The dispatcher: campaigns that wait in the store become runs.

It acts on state, not on events: whatever was accepted (a goal, a pipeline, the answer to a signal, work sent back)
runs sooner or later, also when a daemon died between the row and the run. A campaign that a run is already working
on is left alone, whoever started that run. Before it asks for a run it claims the campaign in the store, as commands
do, so that of two who look at the same moment one acts.
"""

from collections.abc import Sequence

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)

from assets.jobs import Job
from assets.launching import claim_of, finished_run, is_being_worked_on, is_untouched, run_request, settle_run
from assets.partitions import campaigns
from marketeer_dagster.campaigns.postponing import WALL, is_due
from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.campaigns.tending import resettle, tend, tended
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.store import Store
from sensors.approved_publications import deliverable

DISPATCHER = "dispatcher"
REQUESTED_S = 60.0
"""How long a campaign is claimed for a run that was asked for: time for the daemon to make it, which takes seconds."""


def build_dispatcher(catalog: Catalog, jobs: Sequence[Job], interval_s: int) -> SensorDefinition:
    """The sensor `campaigns`."""

    @sensor(
        name="campaigns",
        jobs=jobs,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "clock"},
        description="Starts the next run of every campaign that waits: planning first, then what the plan asks for.",
    )
    def dispatch(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        _take_up_postponed(context.instance, store, clock)
        _tend(context.instance, store, clock)
        waiting = [campaign for campaign in store.campaigns.list() if campaign.status in OPEN]
        requests = [
            request
            for campaign in waiting
            if (request := _next(context.instance, store, clock, catalog, campaign)) is not None
        ]
        known = set(context.instance.get_dynamic_partitions("campaigns"))
        added = [r.partition_key for r in requests if r.partition_key and r.partition_key not in known]
        return SensorResult(
            run_requests=requests,
            dynamic_partitions_requests=[campaigns.build_add_request(added)] if added else [],
        )

    return dispatch


def _take_up_postponed(instance: DagsterInstance, store: Store, clock: Clock) -> None:
    """What an outage stopped is wanted again once its time has come: by the clock on the wall, see postponing.py."""
    for campaign in store.campaigns.list(status=CampaignStatus.POSTPONED):
        if not is_due(campaign, WALL.now()) or is_being_worked_on(instance, campaign.key):
            continue
        with store.claims.held(claim_of(campaign.key)) as mine:
            if mine and is_due(store.campaigns.get(campaign.key), WALL.now()):
                store.campaigns.reopen(campaign.key, clock.now())


def _tend(instance: DagsterInstance, store: Store, clock: Clock) -> None:
    """What people decided, what a policy changed, and tests that ended may have moved a campaign without any run."""
    for campaign in tended(store):
        if is_being_worked_on(instance, campaign.key):
            continue
        tend(store, clock, campaign)
        if not deliverable(store, campaign.key):
            resettle(store, clock, store.campaigns.get(campaign.key))


def _next(
    instance: DagsterInstance, store: Store, clock: Clock, catalog: Catalog, campaign: Campaign
) -> RunRequest | None:
    if is_being_worked_on(instance, campaign.key):
        if campaign.status is not CampaignStatus.RUNNING:
            store.campaigns.set_status(campaign.key, CampaignStatus.RUNNING, clock.now())
        return None
    if not store.claims.take_for(claim_of(campaign.key), DISPATCHER, REQUESTED_S):
        return None  # a command is about to start its run, or to settle it
    campaign = store.campaigns.get(campaign.key)  # as it stands now that nobody else moves it
    if campaign.status in OPEN and is_untouched(instance, campaign):
        return run_request(catalog, campaign)  # the claim lasts until the daemon has made the run
    run = finished_run(instance, campaign)
    if campaign.status in OPEN and run is not None and not is_being_worked_on(instance, campaign.key):
        settle_run(instance, store, clock, campaign.key, run)
    store.claims.release(claim_of(campaign.key), DISPATCHER)
    return None
