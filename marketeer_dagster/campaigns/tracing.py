"""One artefact or campaign both ways: what was asked, read and answered, by whom, at what price; what came of it.

Everything is read from the store, the ledger and the snapshot; nothing is kept for the trace alone.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from marketeer_dagster.campaigns.costs import CampaignCost, campaign_cost, part_of
from marketeer_dagster.campaigns.decisions import artefact_subject
from marketeer_dagster.campaigns.results import Result, Standing, standing
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.campaign import Brief, Campaign
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.review import Review
from marketeer_dagster.store import LlmCall, Store


class Asked(Value):
    """What the work answers."""

    by: str
    """Goal, pipeline or signal, in words."""
    brief: Brief | None = None


class ReadBefore(Value):
    """What its author had on the desk."""

    context_version: int
    upstream: tuple[str, ...] = ()
    """`skill vN of campaign (id)`."""
    learnings: tuple[str, ...] = ()
    page: str = ""
    figures: int = 0
    """Characters of the tables of figures it was handed."""
    said_by_people: tuple[str, ...] = ()


class Call(Value):
    """One call in the ledger."""

    call: str
    purpose: str
    work: str
    """The part of the campaign's cost that it belongs to."""
    model: str
    state: str
    cost_usd: Decimal
    input_tokens: int
    output_tokens: int
    at: datetime
    run: str
    error: str = ""


class Quote(Value):
    """What a reviewer rests on: a mark or a finding, with the words."""

    reviewer: str
    about: str
    said: str
    words: str


class Reviewed(Value):
    """One review."""

    version: int
    reviewer: str
    round: int
    verdict: str
    score: float
    quotes: tuple[Quote, ...]


class Decided(Value):
    """One question to a person and its answer."""

    question: str
    state: str
    by: str
    note: str
    at: datetime | None


class Published(Value):
    """One publication: where it is, how it stands now, what it brought so far."""

    publication: str
    version: int
    tool: str
    kind: str
    target: str
    url: str
    standing: Standing
    result: Result | None


class ArtefactTrace(Value):
    """One artefact."""

    artefact: str
    campaign: CampaignKey
    skill: str
    title: str
    version: int
    """The current one."""
    status: str
    score: float
    skill_hash: str
    prompt_hash: str
    asked: Asked
    read: ReadBefore
    versions: tuple[str, ...]
    calls: tuple[Call, ...]
    reviews: tuple[Reviewed, ...]
    decisions: tuple[Decided, ...]
    publications: tuple[Published, ...]
    simulated: bool

    @property
    def cost_usd(self) -> Decimal:
        """What all calls made for it cost, those for versions that were not kept too."""
        return sum((call.cost_usd for call in self.calls), start=Decimal(0))


class CampaignTrace(Value):
    """One campaign: its plan and all of its artefacts."""

    campaign: CampaignKey
    title: str
    status: str
    asked: str
    plan: str
    plan_calls: tuple[Call, ...]
    cost: CampaignCost
    artefacts: tuple[ArtefactTrace, ...]


def trace_artefact(store: Store, artefact: Artefact, figures: Mapping[str, Result]) -> ArtefactTrace:
    """The trace of an artefact's current version, with all versions' calls and publications."""
    campaign = store.campaigns.get(artefact.campaign)
    mine = [call for call in store.llm.list(campaign=campaign.key) if call.purpose.startswith(f"{artefact.skill}/")]
    asked = store.approvals.list(campaign=campaign.key)
    versions = store.artefacts.versions(artefact.id)
    subjects = {artefact_subject(version) for version in versions}
    publications = store.publications.list(campaign=campaign.key, artefact=artefact.id)
    subjects |= {publication.id for publication in publications}
    return ArtefactTrace(
        artefact=artefact.id,
        campaign=artefact.campaign,
        skill=artefact.skill,
        title=artefact.title,
        version=artefact.version,
        status=artefact.status.value,
        score=artefact.score,
        skill_hash=artefact.skill_hash,
        prompt_hash=artefact.prompt_hash,
        asked=Asked(by=asked_by(store, campaign), brief=store.briefs.get(artefact.brief)),
        read=_read(store, artefact),
        versions=tuple(f"v{v.version} {v.status.value}, {v.created_at:%Y-%m-%d %H:%M} UTC" for v in versions),
        calls=tuple(map(_call, mine)),
        reviews=tuple(_reviewed(review) for review in store.reviews.list(artefact=artefact.id)),
        decisions=tuple(
            Decided(question=q.title, state=q.state.value, by=q.decided_by, note=q.note, at=q.decided_at)
            for q in asked
            if q.subject in subjects
        ),
        publications=tuple(
            Published(
                publication=p.id, version=p.version, tool=p.tool, kind=p.kind, target=p.target, url=p.url,
                standing=standing(store, p), result=figures.get(p.id),
            )
            for p in publications
        ),
        simulated=artefact.simulated,
    )  # fmt: skip


def trace_campaign(store: Store, campaign: Campaign, figures: Mapping[str, Result]) -> CampaignTrace:
    """The trace of a campaign and everything it made."""
    plan = [call for call in store.llm.list(campaign=campaign.key) if part_of(call.purpose) == "plan"]
    return CampaignTrace(
        campaign=campaign.key,
        title=campaign.title,
        status=campaign.status.value,
        asked=asked_by(store, campaign),
        plan=campaign.plan.summary if campaign.plan else "",
        plan_calls=tuple(map(_call, plan)),
        cost=campaign_cost(store, campaign.key),
        artefacts=tuple(trace_artefact(store, head, figures) for head in store.artefacts.heads(campaign.key)),
    )


def asked_by(store: Store, campaign: Campaign) -> str:
    """What a campaign answers, in words."""
    if campaign.goal:
        return f"the goal: {store.goals.get(campaign.goal).text}"
    if campaign.signal:
        signal = store.signals.get(campaign.signal)
        return f"the signal {signal.name} of {signal.subject}: {signal.evidence.detail}"
    return f"the pipeline {campaign.pipeline}" if campaign.pipeline else "nobody: it was made by hand"


def _read(store: Store, artefact: Artefact) -> ReadBefore:
    kept = store.artefact_sources.get(artefact.id, artefact.version)
    if kept is None or kept.read is None:
        return ReadBefore(context_version=artefact.context_version)
    works = [store.artefacts.get(identifier, version) for identifier, version in kept.read.upstream]
    return ReadBefore(
        context_version=artefact.context_version,
        upstream=tuple(f"{work.skill} v{work.version} of {work.campaign} ({work.id})" for work in works),
        learnings=tuple(learning.statement for learning in kept.read.learnings),
        page=kept.read.page_path,
        figures=len(kept.metrics),
        said_by_people=kept.people,
    )


def _call(call: LlmCall) -> Call:
    return Call(
        call=call.id,
        purpose=call.purpose,
        work=part_of(call.purpose),
        model=call.model,
        state=call.state.value,
        cost_usd=call.spend.cost_usd,
        input_tokens=call.spend.input_tokens + call.spend.cache_read_tokens + call.spend.cache_write_tokens,
        output_tokens=call.spend.output_tokens,
        at=call.reserved_at,
        run=call.run_id,
        error=call.error,
    )


def _reviewed(review: Review) -> Reviewed:
    marks = [
        Quote(reviewer=review.reviewer, about=f"{d.dimension} {d.score:g}", said=d.reason, words=d.quote)
        for d in review.dimensions
        if d.quote or d.reason
    ]
    flaws = [
        Quote(reviewer=review.reviewer, about=f"{f.severity.value}: {f.where}", said=f.problem, words=f.quote)
        for f in review.findings
    ]
    return Reviewed(
        version=review.version,
        reviewer=review.reviewer,
        round=review.round,
        verdict=review.verdict.value,
        score=review.score,
        quotes=(*marks, *flaws),
    )
