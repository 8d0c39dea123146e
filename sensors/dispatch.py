"""The dispatcher: campaigns that wait in the store become runs.

It acts on state, not on events: whatever was accepted (a goal, a pipeline, the answer to a signal, work sent back)
runs sooner or later, also when a daemon died between the row and the run. A campaign that a run is already working
on is left alone, whoever started that run. Before it asks for a run it claims the campaign in the store, as commands
do, so that of two who look at the same moment one acts.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

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
from assets.partitions import campaigns, phantoms, requested_changes
from marketeer_dagster.campaigns.postponing import WALL, is_due
from marketeer_dagster.campaigns.status import OPEN, WITH_PEOPLE
from marketeer_dagster.campaigns.tending import resettle, tend, tended
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.store import Store
from sensors.approved_publications import deliverable
from sensors.telling import at_work, counted, listed, tell

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
        known = set(context.instance.get_dynamic_partitions("campaigns"))  # before the store is read, see partitions.py
        working, paused = at_work(store)
        at_work_here = {tenant.id for tenant in working}
        _take_up_postponed(context.instance, store, clock, at_work_here)
        _tend(context.instance, store, clock)
        there = store.campaigns.list()
        looks = [
            _next(context.instance, store, clock, catalog, campaign, held=campaign.tenant not in at_work_here)
            for campaign in there
            if campaign.status in OPEN
        ]
        requests = [look.request for look in looks if look.request is not None]
        gone = phantoms(context.instance, known - {campaign.key for campaign in there})
        added = {r.partition_key for r in requests if r.partition_key} - known
        said = [*_said(looks, store.campaigns.list(), gone), *paused]
        return SensorResult(
            run_requests=requests,
            skip_reason=tell(context, said, requests),
            dynamic_partitions_requests=requested_changes(campaigns, add=added, delete=gone),
        )

    return dispatch


@dataclass(frozen=True)
class _Looked:
    """One campaign that wants a run, and what the tick did about it."""

    said: str
    key: CampaignKey
    request: RunRequest | None = None


def _said(looks: Sequence[_Looked], there: Sequence[Campaign], gone: Sequence[str]) -> Iterator[str]:
    yield f"Looked at {counted(len(there), 'campaign')}, {len(looks)} of them wanted a run"
    for said in dict.fromkeys(look.said for look in looks):
        yield f"{said}: {listed(look.key for look in looks if look.said == said)}"
    if people := [c.key for c in there if c.status in WITH_PEOPLE]:
        yield f"Waiting for a person (marketeer inbox): {listed(people)}"
    if later := [c for c in there if c.status is CampaignStatus.POSTPONED]:
        when = (
            f"{c.key} ({f'after {c.resume_at:%Y-%m-%d %H:%M} UTC' if c.resume_at else 'the outbox'})" for c in later
        )
        yield f"Postponed: {listed(when)}"
    if gone:
        yield f"Partitions removed that are no campaign: {listed(gone)}"


def _take_up_postponed(instance: DagsterInstance, store: Store, clock: Clock, tenants: Collection[TenantId]) -> None:
    """What an outage or a pause stopped is wanted again once that is over: by the clock on the wall, see postponing.py.

    `tenants` are those that are not paused.
    """
    for campaign in store.campaigns.list(status=CampaignStatus.POSTPONED):
        if (
            campaign.tenant not in tenants
            or not is_due(campaign, WALL.now())
            or is_being_worked_on(instance, campaign.key)
        ):
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
    instance: DagsterInstance, store: Store, clock: Clock, catalog: Catalog, campaign: Campaign, *, held: bool
) -> _Looked:
    """Take one campaign a step further; `held` says that its tenant is paused: then nothing new starts for it."""
    key = campaign.key
    if is_being_worked_on(instance, campaign.key):
        if campaign.status is not CampaignStatus.RUNNING:
            store.campaigns.set_status(campaign.key, CampaignStatus.RUNNING, clock.now())
        return _Looked("A run is at work on", key)
    if not store.claims.take_for(claim_of(campaign.key), DISPATCHER, REQUESTED_S):
        return _Looked("A command, or an earlier tick, is about to act on", key)
    campaign = store.campaigns.get(campaign.key)  # as it stands now that nobody else moves it
    if campaign.status in OPEN and not held and is_untouched(instance, campaign):
        request = run_request(catalog, campaign)
        return _Looked("Started", key, request)  # the claim lasts until the daemon has made the run
    said = "Held by a pause" if held else "Nothing to do yet for"
    run = finished_run(instance, campaign)
    if campaign.status in OPEN and run is not None and not is_being_worked_on(instance, campaign.key):
        settled = settle_run(instance, store, clock, campaign.key, run)
        said = f"Its run ended, it is {settled.status.value}"
    store.claims.release(claim_of(campaign.key), DISPATCHER)
    return _Looked(said, key)
