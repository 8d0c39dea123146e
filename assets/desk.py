"""The desk: gathers what an agent may read for one brief, from the store, the snapshot and the live site.

Work reads only approved versions: the campaign's own first, then the tenant's newest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from marketeer_dagster.agents.assignment import Assignment, LivePage
from marketeer_dagster.campaigns.learnings import applicable_learnings
from marketeer_dagster.campaigns.sources import notes_of
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.artefacts.seo_audit import SeoAudit
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import BadInput, ToolError
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from resources.market_data import metrics_brief
from resources.publishers import PublishersResource, TenantSite

Seen = TypeVar("Seen")
WEB = "web"
"""The tool, as skill.yaml names it, of skills that look at pages as visitors see them."""


@dataclass(frozen=True)
class Desk:
    """Where an assignment is put together."""

    store: Store
    warehouse: Warehouse
    catalog: Catalog
    clock: Clock
    publishers: PublishersResource

    def assignment(self, key: CampaignKey, skill_name: str, run_id: str) -> Assignment:
        """Everything `skill_name` needs for its brief in campaign `key`.

        Raises BadInput when the campaign has no plan or its plan no brief for the skill.
        """
        campaign = self.store.campaigns.get(key)
        brief = campaign.plan.brief_for(skill_name) if campaign.plan else None
        if brief is None:
            raise BadInput(
                f"campaign {key} has no brief for {skill_name}",
                where="plan",
                hint=f"materialise campaign_plan for {key} first, or select only {_planned(campaign.plan)}",
            )
        brief = self.store.briefs.get(brief.id)
        skill = self.catalog.skill(skill_name)
        reads_metrics = bool(skill.metrics)
        return Assignment(
            tenant=self.store.tenants.get(campaign.tenant),
            campaign=campaign,
            brief=brief,
            skill=skill,
            context=self.store.contexts.latest(campaign.tenant),
            upstream=self._upstream(campaign.tenant, key, skill),
            metrics=metrics_brief(self.warehouse, campaign.tenant, brief.target or None) if reads_metrics else "",
            learnings=self._learnings(campaign.tenant, brief.learnings),
            goal=self.store.goals.get(campaign.goal).text if campaign.goal else "",
            notes=notes_of(self.store, key),
            run_id=run_id,
        )

    def with_pages(self, assignment: Assignment) -> Assignment:
        """The assignment with what the web shows, for skills whose tools name it: the page its brief is about.

        An audit of a site gets a crawl of it as well. Asks the site; raises ToolError when one that is connected
        cannot be reached now.
        """
        skill, path = assignment.skill, assignment.brief.target
        if WEB not in skill.tools:
            return assignment
        page = self._seen(assignment, lambda site: site.page(path)) if path.startswith("/") else None
        crawl = self._seen(assignment, TenantSite.crawl) if skill.artefact == SeoAudit.kind else None
        return replace(assignment, live_page=LivePage(path, page) if page else None, crawl=crawl)

    def _seen(self, assignment: Assignment, look: Callable[[TenantSite], Seen]) -> Seen | None:
        """What `look` finds; None where there is nothing to be seen or the address must not be read."""
        connected = True
        try:
            site = self.publishers.site(assignment.tenant)
            connected = site.connected
            return look(site)
        except ToolError as error:
            if error.permanent or not connected:
                return None
            raise

    def _upstream(self, tenant: TenantId, key: CampaignKey, skill: Skill) -> tuple[Artefact, ...]:
        found = (self.store.artefacts.latest_approved(tenant, name, campaign=key) for name in skill.reads)
        return tuple(artefact for artefact in found if artefact is not None)

    def _learnings(self, tenant: TenantId, cited: tuple[str, ...]):
        wanted = set(cited)
        return tuple(
            learning for learning in applicable_learnings(self.store, self.clock, tenant) if learning.id in wanted
        )


def _planned(plan) -> str:
    return ", ".join(plan.skills) if plan else "nothing: the campaign is not planned"
