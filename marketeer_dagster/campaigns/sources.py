"""What an artefact may state facts from: gathered when it is written, kept with it, read again by every check."""

from dataclasses import replace
from typing import TYPE_CHECKING

from marketeer_dagster.agents.assignment import Assignment, LivePage
from marketeer_dagster.agents.web import SiteCrawl
from marketeer_dagster.model.artefact_sources import ArtefactSources, Read
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.ids import CampaignKey, content_hash
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.store import Store

if TYPE_CHECKING:
    from marketeer_dagster.quality.claims import Sources


class Material(Value):
    """The sources of one version as they are handed on from its draft to its last check."""

    context: ProductContext
    metrics: str = ""
    texts: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    goal: str = ""

    @property
    def claims(self) -> "Sources":
        """As `quality.claims` reads them.

        A goal joins the context's own section of goals: its words count as the context's, and its figures are aims,
        which papers may name and customers are never told as facts ("+20 % trials" is no claim about the product).
        """
        from marketeer_dagster.quality.claims import Sources

        context = _extended(self.context, Section.GOALS, (self.goal,))
        return Sources(context=context, metrics=self.metrics, texts=self.texts, people=self.people)

    @property
    def stated(self) -> ProductContext:
        """The context together with what people said of the product, for whatever compares texts with it."""
        return _extended(self.context, Section.OVERVIEW, self.people)


def material_of(assignment: Assignment) -> Material:
    """Context and metrics, the brief, work it was told to read, pages, and what people of the tenant said."""
    texts = [assignment.brief.model_dump_json(exclude={"id", "campaign", "tenant", "created_at"})]
    texts += [artefact.content for artefact in assignment.upstream]
    texts += [learning.statement for learning in assignment.learnings]
    if assignment.live_page:
        texts.append(assignment.live_page.text)
    if assignment.crawl:
        texts.append(assignment.crawl.render())
    return Material(
        context=assignment.context.context,
        metrics=assignment.metrics,
        texts=tuple(texts),
        people=assignment.notes,
        goal=assignment.goal,
    )


def sources_of(assignment: Assignment) -> "Sources":
    """`material_of` as the claims check reads it."""
    return material_of(assignment).claims


def keep_material(store: Store, artefact: Artefact, material: Material, assignment: Assignment) -> None:
    """Keep what `artefact` was written from: what it may state, what its author read, what the work rested on."""
    store.artefact_sources.put(
        ArtefactSources(
            artefact=artefact.id,
            tenant=artefact.tenant,
            version=artefact.version,
            metrics=material.metrics,
            texts=material.texts,
            people=material.people,
            goal=material.goal,
            read=_read(assignment),
            inputs=inputs_of(assignment),
        )
    )


def kept_material(store: Store, artefact: Artefact) -> Material:
    """The very sources its author was handed, with the context version it was written from."""
    context = store.contexts.get(artefact.tenant, artefact.context_version).context
    kept = store.artefact_sources.get(artefact.id, artefact.version)
    if kept is None:
        return Material(context=context)
    return Material(context=context, metrics=kept.metrics, texts=kept.texts, people=kept.people, goal=kept.goal)


def as_read(store: Store, artefact: Artefact, assignment: Assignment) -> Assignment:
    """The assignment with the very material that the author of this version was handed.

    Whoever reviews or revises it later must see the same, word for word: figures, pages and approved work of others
    may have moved on, and a question that is asked again must be the same question to be paid once.
    """
    kept = store.artefact_sources.get(artefact.id, artefact.version)
    if kept is None or kept.read is None:
        return assignment
    read = kept.read
    return replace(
        assignment,
        context=store.contexts.get(artefact.tenant, artefact.context_version),
        upstream=tuple(store.artefacts.get(identifier, version) for identifier, version in read.upstream),
        metrics=kept.metrics,
        learnings=read.learnings,
        live_page=LivePage(read.page_path, read.page) if read.page else None,
        crawl=SiteCrawl.model_validate_json(read.crawl) if read.crawl else None,
    )


def _read(assignment: Assignment) -> Read:
    page, crawl = assignment.live_page, assignment.crawl
    return Read(
        upstream=tuple((artefact.id, artefact.version) for artefact in assignment.upstream),
        learnings=assignment.learnings,
        page_path=page.path if page else "",
        page=page.text if page else "",
        crawl=crawl.model_dump_json() if crawl else "",
    )


def inputs_of(assignment: Assignment) -> str:
    """Fingerprint of what the work rests on. Figures and pages change by the day and are left out."""
    parts = (
        assignment.brief.model_dump_json(exclude={"created_at"}),
        str(assignment.context.version),
        assignment.skill.hash,
        *(f"{artefact.id}@{artefact.version}" for artefact in assignment.upstream),
        *(learning.id for learning in assignment.learnings),
    )
    return content_hash("\n".join(parts))


def notes_of(store: Store, campaign: CampaignKey) -> tuple[str, ...]:
    """What people wrote when they sent work of this campaign back: statements of theirs about all of it."""
    sent_back = store.approvals.list(campaign=campaign, state=ApprovalState.REVISE)
    return tuple(dict.fromkeys(approval.note for approval in sent_back if approval.note))


def _extended(context: ProductContext, section: Section, texts: tuple[str, ...]) -> ProductContext:
    said = [text for text in texts if text.strip()]
    if not said:
        return context
    joined = "\n\n".join((context.sections[section], *said))
    return context.model_copy(update={"sections": {**context.sections, section: joined}})
