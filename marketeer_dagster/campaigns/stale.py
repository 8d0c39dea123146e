"""What is out of date: artefacts made from an older context, brand, skill, upstream work or learnings than today's.

The store keeps what every version was made from, so this is looked up and never guessed. Figures and live pages change
by the day and make nothing stale, as they make no approved work be written anew (sources.inputs_of).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefact_sources import Read
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.context import ContextVersion, Section
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.ids import ArtefactId, CampaignKey, TenantId
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.store import Store

OUT_THERE = (PublicationState.PUBLISHED, PublicationState.DRAFT)
"""States of publications that are in their channel now."""
_GONE = (PublicationState.SUPERSEDED, PublicationState.REJECTED)


class Ground(StrEnum):
    """What an artefact rests on that has moved on."""

    CONTEXT = "context"
    BRAND = "brand"
    SKILL = "skill"
    UPSTREAM = "upstream"
    LEARNINGS = "learnings"


class Stale(Value):
    """One reason for which one artefact is out of date."""

    tenant: TenantId
    campaign: CampaignKey
    artefact: ArtefactId
    version: int
    skill: str
    title: str
    ground: Ground
    made_from: str
    """What it was made from: a version, a fingerprint, ids."""
    current: str
    """What there is now."""
    why: str
    """Both in one sentence."""
    live: bool
    """Whether this version is in its channel now."""

    @property
    def next_step(self) -> str:
        """What a person does about it. What is published stays until a new version is approved."""
        return f"materialise the asset {self.skill.replace('-', '_')} for {self.campaign} in Dagster"


def stale_artefacts(store: Store, catalog: Catalog, day: date, tenant: TenantId | None = None) -> tuple[Stale, ...]:
    """Every reason of every current artefact, by tenant, campaign and skill; `day` is the business day.

    Left out is what nobody would write anew: work of campaigns that a person ended, and what was replaced.
    """
    found: list[Stale] = []
    for owner in store.tenants.list():
        if tenant is None or owner.id == tenant:
            found += _Ledger(store, catalog, owner.id, day).look()
    return tuple(found)


@dataclass(frozen=True)
class _Ledger:
    """One tenant's present, read once."""

    store: Store
    catalog: Catalog
    tenant: TenantId
    day: date

    @cached_property
    def context(self) -> ContextVersion | None:
        try:
            return self.store.contexts.latest(self.tenant)
        except NotFound:
            return None

    @cached_property
    def contexts(self) -> Mapping[int, ContextVersion]:
        return {version.version: version for version in self.store.contexts.history(self.tenant)}

    @cached_property
    def campaigns(self) -> Mapping[str, Campaign]:
        return {campaign.key: campaign for campaign in self.store.campaigns.list(tenant=self.tenant)}

    @cached_property
    def heads(self) -> Mapping[str, Artefact]:
        return {artefact.id: artefact for artefact in self.store.artefacts.list(tenant=self.tenant)}

    @cached_property
    def learnings(self) -> Mapping[str, Learning]:
        return {learning.id: learning for learning in self.store.learnings.list(self.tenant)}

    @cached_property
    def publications(self) -> Mapping[str, list[Publication]]:
        by_artefact: dict[str, list[Publication]] = {}
        for publication in self.store.publications.list(tenant=self.tenant):
            by_artefact.setdefault(publication.artefact, []).append(publication)
        return by_artefact

    def look(self) -> Iterator[Stale]:
        for artefact in sorted(self.heads.values(), key=lambda one: (one.campaign, one.skill)):
            if self._counts(artefact):
                yield from self._reasons(artefact)

    def _counts(self, artefact: Artefact) -> bool:
        if artefact.status not in (ArtefactStatus.APPROVED, ArtefactStatus.ESCALATED):
            return False
        campaign = self.campaigns.get(artefact.campaign)
        written = self.publications.get(artefact.id, [])
        if written and all(publication.state in _GONE for publication in written):
            return False
        return campaign is not None and (campaign.status is not CampaignStatus.FAILED or self._is_live(artefact))

    def _is_live(self, artefact: Artefact) -> bool:
        mine = self.publications.get(artefact.id, [])
        return any(p.version == artefact.version and p.state in OUT_THERE for p in mine)

    def _reasons(self, artefact: Artefact) -> Iterator[Stale]:
        yield from self._context(artefact)
        yield from self._skill(artefact)
        kept = self.store.artefact_sources.get(artefact.id, artefact.version)
        if kept is not None and kept.read is not None:
            yield from self._upstream(artefact, kept.read)
            yield from self._learnings(artefact, kept.read)

    def _context(self, artefact: Artefact) -> Iterator[Stale]:
        used, latest = self.contexts.get(artefact.context_version), self.context
        if used is None or latest is None or used.version == latest.version:
            return
        old, new = used.context.sections, latest.context.sections
        differing = [section for section in Section if old[section] != new[section]]
        facts = [section.value for section in differing if section is not Section.VOICE]
        if used.context.name != latest.context.name:
            facts.insert(0, "the product's name")
        versions = f"version {used.version}", f"version {latest.version}"
        if facts:
            why = f"made from context {versions[0]}; {', '.join(facts)} changed up to {versions[1]}"
            yield self._stale(artefact, Ground.CONTEXT, *versions, why)
        if Section.VOICE in differing:
            why = f"made for the brand voice of context {versions[0]}, which changed up to {versions[1]}"
            yield self._stale(artefact, Ground.BRAND, *versions, why)

    def _skill(self, artefact: Artefact) -> Iterator[Stale]:
        if not artefact.skill_hash:
            return
        skill = self.catalog.skills.get(artefact.skill)
        if skill is None:
            why = f"the skill {artefact.skill} is no longer in the catalog"
            yield self._stale(artefact, Ground.SKILL, artefact.skill_hash, "none", why)
        elif skill.hash != artefact.skill_hash:
            why = f"the skill {artefact.skill} (its folder's text) was edited since"
            yield self._stale(artefact, Ground.SKILL, artefact.skill_hash, skill.hash, why)

    def _upstream(self, artefact: Artefact, read: Read) -> Iterator[Stale]:
        for identifier, version in read.upstream:
            head = self.heads.get(identifier)
            if head is not None and head.status is ArtefactStatus.APPROVED and head.version != version:
                made, now = f"{head.skill} v{version}", f"{head.skill} v{head.version}"
                yield self._stale(artefact, Ground.UPSTREAM, made, now, f"built on {made}; approved now is {now}")
        reads = self.catalog.skills[artefact.skill].reads if artefact.skill in self.catalog.skills else ()
        seen = {identifier for identifier, _ in read.upstream}
        for head in self.heads.values():
            late = head.campaign == artefact.campaign and head.skill in reads and head.id not in seen
            if late and head.status is ArtefactStatus.APPROVED and head.created_at > artefact.created_at:
                now = f"{head.skill} v{head.version}"
                why = f"written before {now} of its campaign was there to be read"
                yield self._stale(artefact, Ground.UPSTREAM, "none", now, why)

    def _learnings(self, artefact: Artefact, read: Read) -> Iterator[Stale]:
        used = {learning.id: learning for learning in read.learnings}
        for identifier, learning in used.items():
            now = self.learnings.get(identifier)
            if now is None or now.state is LearningState.EXPIRED or now.expires_on < self.day:
                why = f'applies "{learning.statement}", which holds no longer'
                yield self._stale(artefact, Ground.LEARNINGS, identifier, "expired", why)
        for learning in self.learnings.values():
            holds = learning.state is LearningState.VALIDATED and learning.expires_on >= self.day
            newer = learning.created_at > artefact.created_at and learning.id not in used
            if holds and newer and learning.skill == artefact.skill:
                why = f'does not know yet: "{learning.statement}"'
                yield self._stale(artefact, Ground.LEARNINGS, ", ".join(used) or "none", learning.id, why)

    def _stale(self, artefact: Artefact, ground: Ground, made_from: str, current: str, why: str) -> Stale:
        return Stale(
            tenant=artefact.tenant,
            campaign=artefact.campaign,
            artefact=artefact.id,
            version=artefact.version,
            skill=artefact.skill,
            title=artefact.title,
            ground=ground,
            made_from=made_from,
            current=current,
            why=why,
            live=self._is_live(artefact),
        )
