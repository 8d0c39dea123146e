"""A whole campaign without Dagster: plan, draft, review until it is good, decide; on a real store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from marketeer_dagster.agents import MAX_ASKED_AGAIN, MAX_ROUNDS, Author, Director, Reviewer, review_until
from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.protocols import LanguageModel
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.campaign import Campaign, Plan
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.store import Store
from tests.support import marketing
from tests.support.recording import StoreRecorder


@dataclass(frozen=True)
class Outcome:
    """What the campaign made."""

    plan: Plan
    artefacts: tuple[Artefact, ...]


async def run_campaign(
    model: LanguageModel,
    store: Store,
    catalog: Catalog,
    pipeline: str | None,
    skills: Sequence[str] | None = None,
    *,
    context: ContextVersion | None = None,
) -> Outcome:
    """Plan (with `pipeline`, or one brief for each of `skills`), then make the artefacts of `skills` in order."""
    campaign, context = marketing.campaign(), context or marketing.context()
    if pipeline is None:
        plan = marketing.campaign(*(skills or ())).plan
        assert plan is not None
    else:
        plan, _ = await Director(model, catalog).plan(
            marketing.goal(), marketing.tenant(), context, marketing.METRICS, (), campaign=campaign,
            pipeline=pipeline, at=marketing.NOW, run_id="run-1",
        )  # fmt: skip
    campaign = store_plan(store, campaign, plan)
    made: list[Artefact] = []
    for skill in catalog.selection_order(skills or plan.skills):
        brief = plan.brief_for(skill)
        assert brief is not None
        work = marketing.assignment(catalog, skill, of=campaign, brief=brief, context=context)
        upstream = tuple(artefact for artefact in made if artefact.skill in work.skill.reads)
        made.append(await make_artefact(model, store, catalog, replace(work, upstream=upstream)))
    return Outcome(plan, tuple(made))


def store_plan(store: Store, campaign: Campaign, plan: Plan) -> Campaign:
    """The campaign with its plan, stored once."""
    if campaign.key not in {known.key for known in store.campaigns.list()}:
        if not store.goals.list(tenant=campaign.tenant):
            store.goals.add(marketing.goal())
        store.campaigns.add(campaign)
        store.campaigns.save_plan(campaign.key, plan, marketing.NOW)
    return store.campaigns.get(campaign.key)


async def make_artefact(model: LanguageModel, store: Store, catalog: Catalog, work: Assignment) -> Artefact:
    """One artefact through its whole chain: draft, every reviewer in order, the Director."""
    author, reviewer, record = Author(model), Reviewer(model, catalog), StoreRecorder(store, work)
    drafted = await author.draft(work)
    version, spend, revisions = record.version(drafted), drafted.spend, 0
    history, ended = [], None
    turns = [((name,), MAX_ROUNDS) for name in work.skill.reviewers]
    for reviewers, rounds in [*turns, (work.skill.reviewers, MAX_ASKED_AGAIN)]:
        if ended is None:
            outcome = await review_until(
                author, reviewer, work, reviewers, drafted, version,
                record=record, now=lambda: marketing.NOW, history=history, max_rounds=rounds,
            )  # fmt: skip
            drafted, version = outcome.best.drafted, outcome.best.version
            spend, revisions = spend + outcome.spend, revisions + outcome.revisions
            history += outcome.reviews
            ended = None if outcome.approved else (outcome.verdict, outcome.cause)
    decided = await Director(model, catalog).decide(
        work, drafted.content, history, (), marketing.NOW, version=version, ended=ended
    )
    record.review(decided)
    spend += decided.spend
    return record.finalise(version, decided.review, revisions, spend, drafted.prompt_hash)
