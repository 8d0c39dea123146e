"""What code can see in an artefact, and a reviewer that cannot overlook it.

Its rules are large and loaded when they are first asked, not with every run.

The ops that write and judge an artefact and the checks that let it pass ask the same `Examination`: what a check will
hold against a text, its author has heard of in time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from marketeer_dagster.agents.assignment import Assignment, Reviewed
from marketeer_dagster.agents.revision import Judges
from marketeer_dagster.campaigns.sources import Material, kept_material
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactContent, ArtefactStatus
from marketeer_dagster.model.campaign import Brief
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.review import Finding, Review, Verdict
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store

Findings = tuple[Finding, ...]
Heads = Mapping[str, ArtefactContent]
"""Artefacts of one campaign by skill."""


@dataclass(frozen=True)
class Examination:
    """What one artefact is held against."""

    skill: str
    tenant: Tenant
    brief: Brief
    material: Material
    heads: Heads
    """What it must agree with."""

    @classmethod
    def of(cls, store: Store, catalog: Catalog, artefact: Artefact) -> "Examination":
        """For one stored version: the sources its author was handed and the approved work that stands before it."""
        return cls(
            skill=artefact.skill,
            tenant=store.tenants.get(artefact.tenant),
            brief=store.briefs.get(artefact.brief),
            material=kept_material(store, artefact),
            heads=earlier_heads(store, catalog, artefact.campaign, artefact.skill),
        )

    def among(self, heads: Heads, context: ProductContext) -> "Examination":
        """The same artefact held against other work and another version of the context."""
        return replace(self, heads=heads, material=self.material.model_copy(update={"context": context}))

    def __call__(self, content: ArtefactContent) -> Findings:
        """All findings: rules of the channel, unsupported claims, disagreements."""
        return (*self.rules(content), *self.claims(content), *self.consistency(content))

    def rules(self, content: ArtefactContent) -> Findings:
        """What the channel's rules refuse."""
        from marketeer_dagster.quality import rules

        return rules.check(content, self.tenant, self.brief)

    def claims(self, content: ArtefactContent) -> Findings:
        """What no source supports."""
        from marketeer_dagster.quality import claims

        return claims.check(content, self.material.claims)

    def consistency(self, content: ArtefactContent) -> Findings:
        """Where it disagrees with the context and with the work before it; never what others say among themselves."""
        from marketeer_dagster.quality import consistency

        context = self.material.stated
        found = dict.fromkeys(consistency.check({self.skill: content}, context))
        for skill, head in self.heads.items():
            alone = frozenset(consistency.check({skill: head}, context))
            together = consistency.check({skill: head, self.skill: content}, context)
            found |= dict.fromkeys(finding for finding in together if finding not in alone)
        return tuple(_here(finding, self.skill) for finding in found)


def earlier_heads(
    store: Store, catalog: Catalog, campaign: CampaignKey, skill: str, *, approved_only: bool = True
) -> dict[str, ArtefactContent]:
    """The campaign's current artefacts of the skills that come before `skill` in the catalog's working order.

    Of two that disagree only the later one answers for it, so no finding reddens work that was there before.
    """
    heads = {head.skill: head for head in store.artefacts.heads(campaign)}
    found: dict[str, ArtefactContent] = {}
    for name in catalog.skills:
        if name == skill:
            break
        head = heads.get(name)
        if head is not None and (head.status is ArtefactStatus.APPROVED or not approved_only):
            found[name] = head.parsed()
    return found


def is_serious(finding: Finding) -> bool:
    """Whether a finding stands against approval."""
    return finding.serious


def _here(finding: Finding, skill: str) -> Finding:
    """The finding with its place as a path into the artefact, as its author reads it."""
    return finding.model_copy(update={"where": finding.where.removeprefix(f"{skill}.")})


class ExaminedReviewer:
    """Wraps a judge: a version with a serious deterministic finding is never approved, and the author hears of it."""

    def __init__(self, judge: Judges, examination: Examination) -> None:
        self._judge = judge
        self._examination = examination

    async def review(
        self,
        assignment: Assignment,
        reviewer: str,
        content: ArtefactContent,
        version: int,
        round: int,
        at: datetime,
        *,
        history: Sequence[Review] = (),
    ) -> Reviewed:
        reviewed = await self._judge.review(assignment, reviewer, content, version, round, at, history=history)
        return with_findings(reviewed, self._examination(content))


def with_findings(reviewed: Reviewed, found: Findings) -> Reviewed:
    """The review with more findings; APPROVE turns into REVISE when any of them is serious."""
    review = reviewed.review
    serious = any(map(is_serious, found))
    verdict = Verdict.REVISE if serious and review.verdict is Verdict.APPROVE else review.verdict
    findings = (*found, *(finding for finding in review.findings if finding not in found))
    return Reviewed(review.model_copy(update={"findings": findings, "verdict": verdict}), reviewed.spend)
