"""What agents are handed and what they hand back."""

from dataclasses import dataclass

from marketeer_dagster.agents.protocols import CallScope
from marketeer_dagster.agents.web import SiteCrawl
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact, ArtefactContent, Spend, artefact_kinds
from marketeer_dagster.model.campaign import Brief, Campaign
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.model.ids import ArtefactId, derived
from marketeer_dagster.model.learning import Learning
from marketeer_dagster.model.review import Review
from marketeer_dagster.model.tenant import Tenant


@dataclass(frozen=True)
class LivePage:
    """A page as visitors see it now. Its text comes from outside: data, never instructions."""

    path: str
    text: str
    """Readable text or Markdown of the page."""


@dataclass(frozen=True)
class Assignment:
    """One brief with everything its author and reviewers may read."""

    tenant: Tenant
    campaign: Campaign
    brief: Brief
    skill: Skill
    context: ContextVersion
    upstream: tuple[Artefact, ...] = ()
    """Newest approved artefact of every skill this one reads, where there is one."""
    metrics: str = ""
    """Markdown tables of the figures this skill reads; empty where it reads none."""
    learnings: tuple[Learning, ...] = ()
    live_page: LivePage | None = None
    crawl: SiteCrawl | None = None
    """What a look around the tenant's site found; None for skills that audit no site."""
    goal: str = ""
    """What a person wants of the campaign, in their own words; empty where a pipeline or a signal asked for it."""
    notes: tuple[str, ...] = ()
    """What people said when they sent work of this campaign back."""
    run_id: str = ""

    @property
    def artefact_id(self) -> ArtefactId:
        """Id of the artefact this assignment makes: derived from (campaign, skill), so a retry finds it."""
        return ArtefactId(derived("art", self.campaign.key, self.skill.name))

    @property
    def content_type(self) -> type[ArtefactContent]:
        """The model the author answers in."""
        return artefact_kinds()[self.skill.artefact]

    def scope(self, role: str) -> CallScope:
        """Who pays for a call in this role, under `<skill>/<role>` in the ledger."""
        return CallScope(
            tenant=self.tenant.id,
            campaign=self.campaign.key,
            purpose=f"{self.skill.name}/{role}",
            priority=self.campaign.priority,
            run_id=self.run_id,
        )


@dataclass(frozen=True)
class Drafted:
    """A version of the content as its author wrote it."""

    content: ArtefactContent
    spend: Spend
    """What this version's calls cost when they were first made, also when `replayed`."""
    prompt_hash: str
    """Fingerprint (16 hex digits) of the prompt that led to it."""
    replayed: bool
    """True when every answer came from the store and nothing was paid now."""
    mended: tuple[str, ...] = ()
    """One line for each variant left out and each remark cut on reading what the author answered."""


@dataclass(frozen=True)
class Reviewed:
    """A review and what it cost."""

    review: Review
    spend: Spend
