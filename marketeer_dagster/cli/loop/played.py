"""What one demo did: its own campaigns and what hangs on them, and whether the loop closed with them.

A home may hold earlier demos, whose campaigns, signals and learnings are there too and are nobody's proof here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.learning import Learning
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Review, Verdict
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.store import Store

PAGES = "wordpress"


@dataclass(frozen=True)
class Played:
    """Rows of the campaigns of one demo, in order of arrival."""

    campaigns: tuple[Campaign, ...]
    artefacts: tuple[Artefact, ...]
    reviews: tuple[Review, ...]
    publications: tuple[Publication, ...]
    signals: tuple[Signal, ...]
    experiments: tuple[Experiment, ...]
    learnings: tuple[Learning, ...]

    @property
    def experiment(self) -> Experiment | None:
        """The test of the answer to the signal; of the goal's own campaign while there was no answer."""
        answers = {campaign.key for campaign in self.campaigns if campaign.signal}
        tests = [e for e in self.experiments if e.campaign in answers] or list(self.experiments)
        return tests[-1] if tests else None

    @property
    def cited(self) -> frozenset[str]:
        """Ids of the learnings that briefs of this demo cite."""
        plans = [campaign.plan for campaign in self.campaigns if campaign.plan]
        return frozenset(cited for plan in plans for brief in plan.briefs for cited in brief.learnings)

    def address(self, page: str | None) -> str:
        """Where the page that this demo was about can be seen; "" when none was published."""
        live = [p for p in self.publications if p.tool == PAGES and p.published_at and p.url]
        about = [p for p in live if page is None or p.target == page]
        newest = [p for p in about if p.state is PublicationState.PUBLISHED] or about
        return newest[-1].url if newest else ""


def played_by(store: Store, tenant: TenantId, campaigns: Sequence[Campaign]) -> Played:
    """What hangs on `campaigns`, as the store has it now. Signals are those since the first of them began."""
    mine = tuple(store.campaigns.get(campaign.key) for campaign in campaigns)
    keys = [campaign.key for campaign in mine]
    began = min((campaign.created_at for campaign in mine), default=None)
    experiments = tuple(e for e in store.experiments.list(tenant=tenant) if e.campaign in keys)
    tested = {experiment.id for experiment in experiments}
    return Played(
        campaigns=mine,
        artefacts=tuple(a for key in keys for a in store.artefacts.heads(key)),
        reviews=tuple(r for key in keys for r in store.reviews.list(campaign=key)),
        publications=tuple(p for key in keys for p in store.publications.list(campaign=key)),
        signals=tuple(s for s in store.signals.list(tenant=tenant) if began is not None and s.created_at >= began),
        experiments=experiments,
        learnings=tuple(one for one in store.learnings.list(tenant) if one.experiment in tested),
    )


def steps(played: Played) -> dict[str, bool]:
    """The loop's steps in their order, and whether each was taken. A lift of none is no missing step.

    A test that ended without a winner teaches nothing, so nothing has to be cited then. A failed run whose work another
    one took up is no missing step either; how many failed is reported beside.
    """
    answers = {campaign.key for campaign in played.campaigns if campaign.signal}
    public = [p for p in played.publications if p.published_at is not None]
    answered = [signal for signal in played.signals if signal.campaign in answers]
    test = played.experiment
    return {
        "goal planned": any(campaign.goal and campaign.plan for campaign in played.campaigns),
        "sent back in review": any(review.verdict is Verdict.REVISE for review in played.reviews),
        "page published": any(p.tool == PAGES and p.campaign not in answers for p in public),
        "signal answered": bool(answered),
        "variant published": any(p.tool == PAGES and p.campaign in answers for p in public),
        "experiment decided": test is not None and test.campaign in answers and test.decision is not None,
        "recovery measured": any(signal.measured_at for signal in answered),
        "learning cited": bool(test) and (not taught(test) or any(one.id in played.cited for one in played.learnings)),
    }


def taught(experiment: Experiment | None) -> bool:
    """Whether the test ended with a winner (the control may be it), which is what a learning is made of."""
    return experiment is not None and experiment.state is ExperimentState.DECIDED
