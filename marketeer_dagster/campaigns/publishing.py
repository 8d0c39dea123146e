"""What of a campaign goes to a channel: approved work, and of two versions of one page only the later in the chain."""

from dataclasses import dataclass

from marketeer_dagster.campaigns.experiments import experiment_for, page_under_test
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
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


def intend_all(
    store: Store, catalog: Catalog, clock: Clock, outbox: Outbox, campaign: CampaignKey, tool: str
) -> Intents:
    """Put everything of a campaign that `tool` gets into the outbox. Safe to repeat."""
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
        experiment = experiment_for(store, clock, artefact)
        intended = outbox.intend(tenant, artefact, experiment)
        publications += [publication for publication in intended if publication.tool == tool]
    return Intents(tuple(publications), tuple(held))
