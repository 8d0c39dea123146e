"""A home in which one page campaign was finished, published and lived with: for tests of traces and staleness."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dagster import AssetKey, DagsterInstance

from assets.metrics import ingest_tags
from marketeer_dagster.cli.drive import execute
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.campaign import Campaign
from tests.support.campaign_home import TENANT, CampaignHome, campaign_home

REFRESHED = [AssetKey(name) for name in ("ga4_daily", "store_tables", "page_performance", "channel_performance",
                                         "artefact_performance", "outcomes", "stale_artefacts")]  # fmt: skip


@dataclass(frozen=True)
class TracedHome:
    """The home, and its campaign `copywriting-review-chain`, published on autopilot."""

    made: CampaignHome
    campaign: Campaign

    @property
    def page(self) -> Artefact:
        found = self.made.store.artefacts.head(self.campaign.key, "copywriting")
        assert found is not None
        return found

    def ingest(self, instance: DagsterInstance, days: int = 3) -> None:
        """Read the newest days of the site and compute what rests on them."""
        ingest(self.made, instance, days)


def ingest(made: CampaignHome, instance: DagsterInstance, days: int) -> None:
    last = made.sandbox.admin.clock().day - timedelta(days=1)
    tags = ingest_tags(last - timedelta(days=days - 1), last, TENANT)
    assert execute(instance, "ingest", tags=tags, selection=REFRESHED).success


@contextmanager
def traced_home(path: Path) -> Iterator[TracedHome]:
    """The campaign is finished and four days have been lived and read since."""
    with campaign_home(path) as made:
        made.add_tenant()
        with made.instance() as instance:
            ingest(made, instance, days=14)
        campaign = made.finish(made.take("copywriting-review-chain").key)
        home = TracedHome(made, campaign)
        made.sandbox.admin.advance(4)
        with made.instance() as instance:
            home.ingest(instance, days=4)
        yield home
