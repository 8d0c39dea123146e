"""The bench an op works at: its assignment, the model, and where versions and reviews are kept."""

from dataclasses import dataclass

from dagster import OpExecutionContext

from assets.desk import Desk
from assets.io import WorkingCopy
from assets.sources import keep_sources
from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.campaigns.decisions import artefact_subject, human_approval
from marketeer_dagster.campaigns.escalation import reason_of
from marketeer_dagster.campaigns.examining import sources_of
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend, artefact_kinds, dump_content
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import ApprovalId, CampaignKey, derived
from marketeer_dagster.model.review import Approval, Review, Verdict
from marketeer_dagster.store import Store
from resources.claude import Claude


@dataclass(frozen=True)
class Workshop:
    """Implements the agents' Recorder on the store. Built anew by every op, so a step can run on any machine."""

    store: Store
    clock: Clock
    model: Claude
    assignment: Assignment

    @classmethod
    def of(cls, context: OpExecutionContext, catalog: Catalog, skill: Skill) -> "Workshop":
        """The bench for one skill in the run's campaign."""
        resources = context.resources
        store: Store = resources.store.store()
        desk = Desk(store, resources.warehouse.warehouse(), catalog, resources.clock.clock(), resources.publishers)
        assignment = desk.assignment(CampaignKey(context.partition_key), skill.name, context.run_id)
        return cls(store, desk.clock, resources.claude.model(), assignment)

    def version(self, drafted: Drafted) -> int:
        content, content_hash = dump_content(drafted.content)
        assignment = self.assignment
        kind = assignment.skill.artefact
        title = f"{artefact_kinds()[kind].title_of_kind} {drafted.content.target_page()}".strip()
        stored = self.store.artefacts.put(
            Artefact(
                id=assignment.artefact_id,
                tenant=assignment.tenant.id,
                campaign=assignment.campaign.key,
                brief=assignment.brief.id,
                skill=assignment.skill.name,
                kind=kind,
                version=1,
                title=title,
                content=content,
                content_hash=content_hash,
                context_version=assignment.context.version,
                skill_hash=assignment.skill.hash,
                prompt_hash=drafted.prompt_hash,
                spend=drafted.spend,
                simulated=self.model.simulated,
                created_at=self.clock.now(),
            )
        )
        keep_sources(self.store, stored, sources_of(assignment))
        return stored.version

    def review(self, reviewed: Reviewed) -> None:
        self.store.reviews.add(reviewed.review)

    def stored(self, version: int) -> Artefact:
        """One stored version of this bench's artefact."""
        return self.store.artefacts.get(self.assignment.artefact_id, version)

    def working_copy(
        self, version: int, before: WorkingCopy | None = None, *, revisions: int = 0, spend: Spend | None = None
    ) -> WorkingCopy:
        """What the next op gets: the best version, with revisions and spend added to what came before."""
        return WorkingCopy(
            artefact=self.assignment.artefact_id,
            campaign=self.assignment.campaign.key,
            skill=self.assignment.skill.name,
            version=version,
            revisions=revisions + (before.revisions if before else 0),
            spend=(spend or Spend()) + (before.spend if before else Spend()),
        )

    def finalise(self, candidate: Artefact, review: Review, revisions: int, spend: Spend) -> Artefact:
        """Make `candidate` the head with the Director's verdict; without approval a person is asked."""
        approved = review.verdict is Verdict.APPROVE or human_approval(self.store, candidate) is not None
        artefact = self.store.artefacts.finalise(
            candidate.id,
            candidate.version,
            status=ArtefactStatus.APPROVED if approved else ArtefactStatus.ESCALATED,
            score=review.score,
            verdict=review.verdict,
            revisions=revisions,
            spend=spend,
            prompt_hash=candidate.prompt_hash,
        )
        if not approved:
            self._escalate(artefact, review)
        return artefact

    def _escalate(self, artefact: Artefact, review: Review) -> None:
        findings = "\n".join(f"- {f.severity.value} `{f.where}`: {f.problem}" for f in review.findings)
        subject = artefact_subject(artefact)
        self.store.approvals.open(
            Approval(
                id=ApprovalId(derived("apr", subject)),
                tenant=artefact.tenant,
                campaign=artefact.campaign,
                subject=subject,
                reason=reason_of(review),
                title=f"{artefact.title}: {review.verdict.value} at {review.score:.1f}"[:300],
                detail=f"{review.summary}\n\n{findings}"[:4000],
                created_at=self.clock.now(),
            )
        )
