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
from marketeer_dagster.agents.reviewer import Reviewer, no_verdict
from marketeer_dagster.agents.revision import MAX_ASKED_AGAIN, MAX_ROUNDS, review_until
from marketeer_dagster.campaigns.examining import ExaminedReviewer, with_findings
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import Artefact, Spend
from marketeer_dagster.model.errors import ToolError
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
                context.log.info(
                    f"version {kept.version} is {kept.status.value}, for good or on what is unchanged: kept"
                )
                return bench.working_copy(kept.version, revisions=kept.revisions, spend=kept.spend, settled=True)
            drafted = await Author(bench.model).draft(bench.assignment)
            version = bench.version(drafted)
            context.log.info(f"drafted version {version}{' from paid answers' if drafted.replayed else ''}")
            return bench.working_copy(version, spend=drafted.spend)

    return draft


def review_op(catalog: Catalog, skill: Skill, reviewer: str, retries: RetryPolicy) -> OpDefinition:
    """One reviewer's rounds: review, revise on named findings, review again, at most three; the best goes on."""
    name = f"{op_name(skill.name)}__review_by_{op_name(reviewer)}"
    description = f"{reviewer} reviews; the author revises on its findings, at most {MAX_ROUNDS} rounds."
    return _asking_op(catalog, skill, name, (reviewer,), MAX_ROUNDS, description, retries)


def agreement_op(catalog: Catalog, skill: Skill, retries: RetryPolicy) -> OpDefinition:
    """Reviewers whose approval is of an older version than the one that came out are asked again."""
    name = f"{op_name(skill.name)}__agreement"
    description = (
        f"Whoever approved an older version is asked again, at most {MAX_ASKED_AGAIN} times; the author may revise."
    )
    return _asking_op(catalog, skill, name, skill.reviewers, MAX_ASKED_AGAIN, description, retries)


def _asking_op(
    catalog: Catalog,
    skill: Skill,
    name: str,
    reviewers: Sequence[str],
    rounds: int,
    description: str,
    retries: RetryPolicy,
) -> OpDefinition:
    @op(
        name=name,
        out=Out(WorkingCopy, io_manager_key="work_io"),
        description=description,
        required_resource_keys=RESOURCES,
        retry_policy=retries,
        tags={"marketeer/role": "reviewer"},
    )
    async def review(context: OpExecutionContext, work: WorkingCopy) -> WorkingCopy:
        if work.settled or work.ended:
            return work
        with explained_or_asked(context):
            bench = Workshop.of(context, catalog, skill, work)
            outcome = await review_until(
                Author(bench.model),
                ExaminedReviewer(Reviewer(bench.model, catalog), bench.examination(work.version)),
                bench.assignment,
                reviewers,
                as_drafted(bench.stored(work.version)),
                work.version,
                record=bench,
                now=bench.clock.now,
                history=bench.history(work),
                max_rounds=rounds,
                fail_closed=context.retry_number > 0,
            )
            context.log.info(
                f"version {outcome.best.version}: {outcome.verdict.value} after {len(outcome.reviews)} reviews and "
                f"{outcome.revisions} revisions. {outcome.cause}".strip()
            )
            return bench.working_copy(
                outcome.best.version,
                work,
                revisions=outcome.revisions,
                spend=outcome.spend,
                reviews=outcome.reviews,
                ended=None if outcome.approved else outcome.verdict,
                cause=outcome.cause,
            )

    return review


def director_op(catalog: Catalog, skill: Skill, retries: RetryPolicy) -> OpDefinition:
    """The Director's last look. The best version is always materialised; its status says what may follow."""

    @op(
        name=f"{op_name(skill.name)}__director",
        out={"result": Out(WorkingCopy, io_manager_key="work_io", code_version=skill.hash)},
        description="The Director takes the last look and gives the verdict.",
        required_resource_keys=RESOURCES,
        retry_policy=retries,
        tags={"marketeer/role": "director"},
    )
    async def director(context: OpExecutionContext, work: WorkingCopy):
        with explained_or_asked(context):
            bench = Workshop.of(context, catalog, skill, work)
            if work.settled:
                artefact = bench.stored(work.version)
                done, verdict = work, bench.verdict(artefact)
            else:
                artefact, verdict, spend = await _decided(bench, work, fail_closed=context.retry_number > 0)
                done = bench.working_copy(artefact.version, work, spend=spend, ended=work.ended, cause=work.cause)
        yield Output(done, metadata=artefact_metadata(bench, artefact, verdict), output_name="result")

    return director


async def _decided(bench: Workshop, work: WorkingCopy, *, fail_closed: bool) -> tuple[Artefact, Review, Spend]:
    """The Director's verdict on the best version, which is the head from now on, and what this last look cost."""
    candidate = bench.stored(work.version)
    content, now = candidate.parsed(), bench.clock.now()
    found = bench.examination(candidate.version)(content)
    ended = (work.ended, work.cause) if work.ended else None
    try:
        looked = await Director(bench.model, bench.catalog).decide(
            bench.assignment, content, bench.history(work), found, now, version=candidate.version, ended=ended
        )
    except ToolError as error:
        if not fail_closed:
            raise
        looked = no_verdict(bench.assignment, DIRECTOR, candidate.version, 1, now, error)
    decided = with_findings(looked, found)
    bench.review(decided)
    artefact = bench.finalise(candidate, decided.review, work, work.spend + decided.spend)
    return artefact, decided.review, decided.spend


def as_drafted(artefact: Artefact) -> Drafted:
    """A stored version as its author handed it in."""
    return Drafted(artefact.parsed(), artefact.spend, artefact.prompt_hash, replayed=True)
