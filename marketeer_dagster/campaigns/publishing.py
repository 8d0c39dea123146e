"""What of a campaign goes to a channel: approved work, and of two versions of one page only the later in the chain."""

from collections.abc import Callable
from dataclasses import dataclass

from marketeer_dagster.campaigns.escalation import ask_about_measuring
from marketeer_dagster.campaigns.experiments import experiment_for, free_slots, page_under_test, starts_experiment
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.experiment import SLOTS, ExperimentState
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.outbox import Outbox
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

    A test that could not be measured does not begin: a person is asked first, and its page waits.
    """
    tenant = store.tenants.get(store.campaigns.get(campaign).tenant)
    publications: list[Publication] = []
    held: list[str] = []
    for artefact in publishable(store, catalog, campaign, tool):
        other = page_under_test(store, artefact)
        if other is not None:
            held.append(
                f"{artefact.skill} v{artefact.version}: {other.subject} is under test until {other.id} is decided"
            )
            continue
        slots = frozenset(SLOTS)
        if starts_experiment(store, artefact):
            measuring = measurable()
            slots = measuring.slots & free_slots(store, tenant.id)
            if not slots:
                page, taken = artefact.parsed().target_page(), len(measuring.slots)
                remedy = f"{taken} test(s) run already, as many as can be measured" if taken else measuring.remedy
                ask_about_measuring(store, clock, campaign, page, remedy)
                held.append(f"{artefact.skill} v{artefact.version}: the test of {page} cannot be measured: {remedy}")
                continue
        experiment = experiment_for(store, clock, artefact, slots)
        running = experiment if experiment and experiment.state is ExperimentState.RUNNING else None
        if running and not running.tests(artefact.id, artefact.version):
            held.append(
                f"{artefact.skill} v{artefact.version}: another version of {running.subject} is under test until "
                f"{running.id} is decided"
            )
            continue
        intended = outbox.intend(tenant, artefact, experiment)
        publications += [publication for publication in intended if publication.tool == tool]
    return Intents(tuple(publications), tuple(held))
