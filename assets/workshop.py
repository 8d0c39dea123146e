"""The bench an op works at: its assignment, the model, and where versions and reviews are kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dagster import OpExecutionContext

from assets.desk import Desk
from assets.io import WorkingCopy
from marketeer_dagster.agents.assignment import Assignment, Drafted, Reviewed
from marketeer_dagster.agents.prompt import DIRECTOR
from marketeer_dagster.agents.reviewer import make_review
from marketeer_dagster.campaigns.closing import close_dead
from marketeer_dagster.campaigns.decisions import human_decision, rejected_by_person
from marketeer_dagster.campaigns.escalating import escalate
from marketeer_dagster.campaigns.examining import Examination
from marketeer_dagster.campaigns.sources import (
    Material,
    as_read,
    inputs_of,
    keep_material,
    kept_material,
    material_of,
)
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend, artefact_kinds, dump_content
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.review import ApprovalState, Review, Verdict
from marketeer_dagster.quality.gate import Standing, gate, newest_words
from marketeer_dagster.store import Store
from resources.claude import Claude


@dataclass(frozen=True)
class Workshop:
    """Implements the agents' Recorder on the store. Built anew by every op, so a step can run on any machine."""

    store: Store
    clock: Clock
    catalog: Catalog
    model: Claude
    assignment: Assignment
    material: Material
    """What every version made here may state facts from: gathered for the draft, then kept with it."""
    warn: Callable[[str], None]
    """Where a run's reader is told what became of an answer."""

    @classmethod
    def of(
        cls, context: OpExecutionContext, catalog: Catalog, skill: Skill, work: WorkingCopy | None = None
    ) -> "Workshop":
        """The bench for one skill in the run's campaign: for its draft, or for going on with `work`."""
        resources = context.resources
        store: Store = resources.store.store()
        desk = Desk(store, resources.warehouse.warehouse(), catalog, resources.clock.clock(), resources.publishers)
        assignment = desk.assignment(CampaignKey(context.partition_key), skill.name, context.run_id)
        if work is None:
            assignment = desk.with_pages(assignment)
            material = material_of(assignment)
        else:
            artefact = store.artefacts.get(work.artefact, work.version)
            assignment = as_read(store, artefact, assignment)
            material = kept_material(store, artefact)
        return cls(store, desk.clock, catalog, resources.claude.model(), assignment, material, context.log.warning)

    def settled(self) -> Artefact | None:
        """The approved version that a campaign taken up again keeps: made from the very brief, context and work read.

        Figures change by the day; without this, going on after a person's approval would write, and pay for, all the
        campaign's work anew, and the approved version would be another's. Approved is what a person approved, or what
        every reviewer and the Director did: the stored reviews are asked again, not the status alone.
        """
        if self.assignment.campaign.round == 0:
            return None
        try:
            head = self.store.artefacts.get(self.assignment.artefact_id)
        except NotFound:
            return None
        if head.status is ArtefactStatus.REJECTED and rejected_by_person(self.store, head) is not None:
            return head  # stopped for good: nothing is written, paid or asked for it again
        kept = self.store.artefact_sources.get(head.id, head.version)
        if kept is None or kept.inputs != inputs_of(self.assignment) or head.status is not ArtefactStatus.APPROVED:
            return None
        return head if self._may_go_on(head, self.standing(head.version).approved) else None

    def standing(self, version: int) -> Standing:
        """How a version stands with all of the skill's reviewers and the Director, by what is stored."""
        reviews = self.store.reviews.list(artefact=self.assignment.artefact_id)
        return gate(reviews, (*self.assignment.skill.reviewers, DIRECTOR), version)

    def history(self, work: WorkingCopy) -> tuple[Review, ...]:
        """This take's reviews so far, in order."""
        stored = {review.id: review for review in self.store.reviews.list(artefact=work.artefact)}
        return tuple(stored[identifier] for identifier in work.reviews if identifier in stored)

    def examination(self, version: int) -> Examination:
        """What code can see in a version, exactly as the asset's checks will look at it."""
        return Examination.of(self.store, self.catalog, self.stored(version))

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
        keep_material(self.store, stored, self.material, assignment)
        for line in drafted.mended:
            self.warn(f"version {stored.version} of {assignment.skill.name}, put right on reading: {line}")
        return stored.version

    def review(self, reviewed: Reviewed) -> None:
        self.store.reviews.add(reviewed.review)

    def stored(self, version: int) -> Artefact:
        """One stored version of this bench's artefact."""
        return self.store.artefacts.get(self.assignment.artefact_id, version)

    def working_copy(
        self,
        version: int,
        before: WorkingCopy | None = None,
        *,
        revisions: int = 0,
        spend: Spend | None = None,
        settled: bool = False,
        reviews: Sequence[Review] = (),
        ended: Verdict | None = None,
        cause: str = "",
    ) -> WorkingCopy:
        """What the next op gets: the best version, with revisions, spend and reviews added to what came before."""
        return WorkingCopy(
            artefact=self.assignment.artefact_id,
            campaign=self.assignment.campaign.key,
            skill=self.assignment.skill.name,
            version=version,
            revisions=revisions + (before.revisions if before else 0),
            spend=(spend or Spend()) + (before.spend if before else Spend()),
            settled=settled,
            reviews=(*(before.reviews if before else ()), *(review.id for review in reviews)),
            ended=ended,
            cause=cause,
        )

    def finalise(self, candidate: Artefact, review: Review, work: WorkingCopy, spend: Spend) -> Artefact:
        """Make `candidate` the head with the Director's verdict; without approval a person is asked.

        It is approved when the stored reviews say so: of this very version, by every reviewer and the Director. A
        person's word on this very version stands above every verdict: what was sent back and returned as it was is a
        question to that person, whatever the reviewers make of it.
        """
        standing = self.standing(candidate.version)
        agreed = standing.approved and work.ended is None
        approved = self._may_go_on(candidate, agreed) and rejected_by_person(self.store, candidate) is None
        verdict = review.verdict if agreed or review.verdict is not Verdict.APPROVE else standing.verdict
        artefact = self.store.artefacts.finalise(
            candidate.id,
            candidate.version,
            status=ArtefactStatus.APPROVED if approved else ArtefactStatus.ESCALATED,
            score=review.score,
            verdict=verdict,
            revisions=work.revisions,
            spend=spend,
            prompt_hash=candidate.prompt_hash,
        )
        close_dead(self.store, self.clock, artefact.campaign)  # questions about the head before this one
        if approved:
            return artefact
        if agreed:
            summary = "It came back as it was after a person sent it back."
            return escalate(self.store, self.clock, artefact, review.findings, why="unchanged", summary=summary)
        why = "no verdict" if verdict is Verdict.NONE else f"{verdict.value} at {review.score:.1f}"
        summary = review.summary if verdict is review.verdict else standing.cause
        return escalate(self.store, self.clock, artefact, review.findings, why=why, summary=summary)

    def _may_go_on(self, version: Artefact, agreed: bool) -> bool:
        """A person's last word on this very version where there is one, else whether everybody agreed."""
        decision = human_decision(self.store, version)
        return agreed if decision is None else decision.state is ApprovalState.APPROVED

    def verdict(self, artefact: Artefact) -> Review:
        """The Director's newest review of a version that was settled earlier."""
        reviews = self.store.reviews.list(artefact=artefact.id, version=artefact.version)
        said = newest_words(reviews, artefact.version).get(DIRECTOR)
        if said is not None:
            return said
        return make_review(
            self.assignment, DIRECTOR, artefact.version, 1, artefact.created_at,
            verdict=artefact.verdict, score=artefact.score, summary="Approved by a person; the Director was not asked.",
        )  # fmt: skip
