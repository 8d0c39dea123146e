"""The ops at work inside an artefact's asset: who drafts, who reviews, who decides. Each names its worker."""

from collections.abc import Mapping, Sequence

from anyio import to_thread
from dagster import In, OpDefinition, OpExecutionContext, Out, Output, RetryPolicy, op

from assets.artefact_metadata import artefact_metadata
from assets.failures import explained_or_asked
from assets.io import WorkingCopy
from assets.names import op_name
from assets.workshop import Workshop
from marketeer_dagster.agents.assignment import Drafted
from marketeer_dagster.agents.author import Author
from marketeer_dagster.agents.director import Director
from marketeer_dagster.agents.prompt import DIRECTOR
from marketeer_dagster.agents.reviewer import Reviewer
from marketeer_dagster.agents.revision import review_until
from marketeer_dagster.campaigns.examining import ExaminedReviewer, with_findings
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact, Spend
from marketeer_dagster.model.review import Review

RESOURCES = {"store", "warehouse", "clock", "claude", "publishers"}


def draft_op(catalog: Catalog, skill: Skill, after: Mapping[str, In], retries: RetryPolicy) -> OpDefinition:
    """The author's first version, stored before anyone judges it."""

    @op(
        name=f"{op_name(skill.name)}__draft",
        ins=dict(after),
        out=Out(WorkingCopy, io_manager_key="work_io"),
        description=f"The author drafts with the skill {skill.name}.",
        required_resource_keys=RESOURCES,
        retry_policy=retries,
        tags={"marketeer/role": "author"},
    )
    async def draft(context: OpExecutionContext) -> WorkingCopy:
        with explained_or_asked(context):
            # In a thread: pages are read with an ordinary client, and other steps wait on this loop for Claude.
            bench = await to_thread.run_sync(Workshop.of, context, catalog, skill, abandon_on_cancel=True)
            if (kept := bench.settled()) is not None:
                context.log.info(f"version {kept.version} was approved and what it rests on is unchanged: kept")
                return bench.working_copy(kept.version, revisions=kept.revisions, spend=kept.spend, settled=True)
            drafted = await Author(bench.model).draft(bench.assignment)
            version = bench.version(drafted)
            context.log.info(f"drafted version {version}{' from paid answers' if drafted.replayed else ''}")
            return bench.working_copy(version, spend=drafted.spend)

    return draft


def review_op(catalog: Catalog, skill: Skill, reviewer: str, retries: RetryPolicy) -> OpDefinition:
    """One reviewer's rounds: review, revise on named findings, review again, at most three; the best goes on."""

    @op(
        name=f"{op_name(skill.name)}__review_by_{op_name(reviewer)}",
        out=Out(WorkingCopy, io_manager_key="work_io"),
        description=f"{reviewer} reviews; the author revises on its findings, at most three rounds.",
        required_resource_keys=RESOURCES,
        retry_policy=retries,
        tags={"marketeer/role": "reviewer"},
    )
    async def review(context: OpExecutionContext, work: WorkingCopy) -> WorkingCopy:
        if work.settled:
            return work
        with explained_or_asked(context):
            bench = Workshop.of(context, catalog, skill, work)
            judge = ExaminedReviewer(Reviewer(bench.model, catalog), bench.examination(work.version))
            outcome = await review_until(
                Author(bench.model),
                judge,
                bench.assignment,
                reviewer,
                as_drafted(bench.stored(work.version)),
                work.version,
                record=bench,
                now=bench.clock.now,
                fail_closed=context.retry_number > 0,
            )
            best = outcome.best
            context.log.info(
                f"{reviewer}: {outcome.verdict.value} version {best.version} at {best.review.score:.1f} "
                f"after {outcome.revisions} revisions"
            )
            return bench.working_copy(best.version, work, revisions=outcome.revisions, spend=outcome.spend)

    return review


def director_op(catalog: Catalog, skill: Skill) -> OpDefinition:
    """The Director's last look. The best version is always materialised; its status says what may follow."""

    @op(
        name=f"{op_name(skill.name)}__director",
        out={"result": Out(WorkingCopy, io_manager_key="work_io", code_version=skill.hash)},
        description="The Director takes the last look and gives the verdict.",
        required_resource_keys=RESOURCES,
        tags={"marketeer/role": "director"},
    )
    async def director(context: OpExecutionContext, work: WorkingCopy):
        with explained_or_asked(context):
            bench = Workshop.of(context, catalog, skill, work)
            if work.settled:
                artefact = bench.stored(work.version)
                done, verdict = work, bench.verdict(artefact)
            else:
                artefact, verdict, spend = await _decided(bench, work)
                done = bench.working_copy(artefact.version, work, spend=spend)
        yield Output(done, metadata=artefact_metadata(bench, artefact, verdict), output_name="result")

    return director


async def _decided(bench: Workshop, work: WorkingCopy) -> tuple[Artefact, Review, Spend]:
    """The Director's verdict on the best version, which is the head from now on, and what this last look cost."""
    candidate = bench.stored(work.version)
    content = candidate.parsed()
    found = bench.examination(candidate.version)(content)
    newest = newest_by_reviewer(bench.store.reviews.list(artefact=candidate.id, version=candidate.version))
    director = Director(bench.model, bench.catalog)
    looked = await director.decide(
        bench.assignment, content, newest, found, bench.clock.now(), version=candidate.version
    )
    decided = with_findings(looked, found)
    bench.review(decided)
    artefact = bench.finalise(candidate, decided.review, work.revisions, work.spend + decided.spend)
    return artefact, decided.review, decided.spend


def newest_by_reviewer(reviews: Sequence[Review]) -> tuple[Review, ...]:
    """Each reviewer's last word; the Director's own earlier looks are left out."""
    last = {review.reviewer: review for review in sorted(reviews, key=lambda review: review.round)}
    return tuple(review for name, review in last.items() if name != DIRECTOR)


def as_drafted(artefact: Artefact) -> Drafted:
    """A stored version as its author handed it in."""
    return Drafted(artefact.parsed(), artefact.spend, artefact.prompt_hash, replayed=True)
