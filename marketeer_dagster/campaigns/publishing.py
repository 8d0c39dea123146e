"""What of a campaign goes to a channel: approved work, and of two versions of one page only the later in the chain."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from marketeer_dagster.campaigns.escalation import ask_about_measuring
from marketeer_dagster.campaigns.experiments import (
    experiment_for,
    free_slots,
    lost,
    page_under_test,
    starts_experiment,
)
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.experiment import SLOTS, Experiment, ExperimentState
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.standing import waiting_words
from marketeer_dagster.store import Store


@dataclass(frozen=True)
class Intents:
    """What was put into the outbox, and what was held and why."""

    publications: tuple[Publication, ...]
    held: tuple[str, ...]


def publishable(store: Store, catalog: Catalog, campaign: CampaignKey, tool: str) -> tuple[Artefact, ...]:
    """The campaign's approved artefacts that `tool` gets; an edited page takes its draft's place."""
    chosen: dict[str, Artefact] = {}
    heads = {artefact.skill: artefact for artefact in store.artefacts.heads(campaign)}
    for name in catalog.selection_order(heads):
        artefact = heads[name]
        if tool in catalog.skill(name).publishes_to and artefact.status is ArtefactStatus.APPROVED:
            chosen[artefact.parsed().target_page() or artefact.id] = artefact
    return tuple(chosen.values())


@dataclass(frozen=True)
class Measuring:
    """Which tests analytics can tell the arms of."""

    slots: frozenset[int]
    remedy: str
    """What a person does so that there is one."""


Measurable = Callable[[], Measuring]
"""Asks the tenant's analytics; only called where a test is about to begin."""


def anything_measurable() -> Measuring:
    """For callers that know analytics to be ready."""
    return Measuring(frozenset(SLOTS), "")


def intend_all(
    store: Store,
    catalog: Catalog,
    clock: Clock,
    outbox: Outbox,
    campaign: CampaignKey,
    tool: str,
    measurable: Measurable = anything_measurable,
) -> Intents:
    """Put everything of a campaign that `tool` gets into the outbox. Safe to repeat.

    What must wait is put there as held: until the test of another version of its page has ended, or one of as many
    tests as can be measured. A test that cannot be measured at all does not begin: a person is asked, its page waits.
    """
    tenant = store.tenants.get(store.campaigns.get(campaign).tenant)
    publications: list[Publication] = []
    held: list[str] = []
    for artefact in publishable(store, catalog, campaign, tool):
        keeper, experiment = _keeper(store, clock, artefact, measurable)
        if not keeper and experiment is not None and lost(experiment, artefact):
            continue  # it had its test; the page stays as that ended
        intended = outbox.intend(tenant, artefact, None if keeper else experiment, held_by=keeper)
        ours = [publication for publication in intended if publication.tool == tool]
        publications += ours
        held += [
            f"{p.skill} v{p.version}: {waiting_words(p.target, p.held_by)}"
            for p in ours
            if p.state is PublicationState.HELD
        ]
    return Intents(tuple(publications), tuple(held))


def _keeper(store: Store, clock: Clock, artefact: Artefact, measurable: Measurable) -> tuple[str, Experiment | None]:
    """What keeps the artefact from its page (a test, or the question that must be answered first), else its test."""
    other = page_under_test(store, artefact)
    if other is not None:
        return other.id, None
    slots = frozenset(SLOTS)
    if starts_experiment(store, artefact):
        measuring = measurable()
        slots = measuring.slots & free_slots(store, artefact.tenant)
        if not slots and measuring.slots:
            return _next_to_end(store, artefact).id, None
        if not slots:
            page = artefact.parsed().target_page()
            return ask_about_measuring(store, clock, artefact.campaign, page, measuring.remedy).id, None
    experiment = experiment_for(store, clock, artefact, slots)
    running = experiment if experiment and experiment.state is ExperimentState.RUNNING else None
    if running and not running.tests(artefact.id, artefact.version):
        return running.id, None
    return "", experiment


def _next_to_end(store: Store, artefact: Artefact) -> Experiment:
    """Of the tests that take all user properties, the one that ends first at the latest."""
    running = store.experiments.list(tenant=artefact.tenant, state=ExperimentState.RUNNING)
    return min(running, key=lambda test: test.started_on + timedelta(days=test.max_days))
