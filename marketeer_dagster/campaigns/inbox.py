"""The inbox as a person decides on it: one question where one decision is meant, with its items beneath.

Each email of a sequence, and each thing that a campaign wants to publish, keeps a question of its own, because each
may be answered alone. Together they are one question, named by the campaign, and one answer is enough.
"""

from dataclasses import dataclass

from marketeer_dagster.campaigns.closing import why_gone
from marketeer_dagster.model.errors import BadInput, Conflict, NotFound
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.store import Store

ALONE = (
    ApprovalReason.LEGAL_RISK,
    ApprovalReason.PRICING_CHANGE,
    ApprovalReason.BRAND_CHANGE,
    ApprovalReason.BUDGET_THRESHOLD,
)
"""Reasons that are never approved among others: each such question is read, and answered by its own id."""


@dataclass(frozen=True)
class Question:
    """One line of the inbox. `items` are the questions that one answer to `id` answers."""

    id: str
    items: tuple[Approval, ...]

    @property
    def title(self) -> str:
        """What is asked, in one line."""
        first = self.items[0]
        return first.title if len(self.items) == 1 else f"Publish {len(self.items)} items of {first.campaign}"


def questions(store: Store, tenant: str | None = None) -> tuple[Question, ...]:
    """What waits for a person, in order of arrival. What nobody must answer any more is left out."""
    grouped: dict[str, list[Approval]] = {}
    for asked in store.approvals.list(tenant=tenant, state=ApprovalState.PENDING):
        if not why_gone(store, asked):
            release = asked.reason is ApprovalReason.APPROVAL_REQUIRED and bool(asked.campaign)
            grouped.setdefault(asked.campaign if release else asked.id, []).append(asked)
    return tuple(Question(id if len(items) > 1 else items[0].id, tuple(items)) for id, items in grouped.items())


def held(store: Store, tenant: str | None = None) -> tuple[Publication, ...]:
    """Publications that wait for a test, and for no answer."""
    return store.publications.list(tenant=tenant, state=PublicationState.HELD)


@dataclass(frozen=True)
class Meant:
    """The questions that an answer is for, and those of the same campaign that it leaves open."""

    answered: tuple[Approval, ...]
    left: tuple[Approval, ...]


def meant(store: Store, wanted: str, state: ApprovalState, tenant: str | None = None) -> Meant:
    """The questions that `wanted` stands for: an id, a campaign's key, an artefact's id, with or without `@version`.

    Under a campaign's key, approving leaves open what must be read and answered alone (`ALONE`), unless it is all there
    is. Work of several artefacts is not sent back together: BadInput names them. Raises Conflict for a campaign or
    artefact of which nothing waits; NotFound and BadInput as `store.approvals.get`.
    """
    asked = _of_campaign(store, wanted, tenant) if ":" in wanted else _of_artefact(store, wanted, tenant)
    if asked is None:
        return Meant((store.approvals.get(wanted, tenant),), ())
    waiting = tuple(question for question in asked if not why_gone(store, question))
    if not waiting:
        raise Conflict(
            f"nothing of {wanted} waits for an answer", hint=f"marketeer campaign show {_key(asked, wanted)}"
        )
    if len(waiting) == 1:
        return Meant(waiting, ())
    if state is ApprovalState.REVISE:
        return Meant((_one_work(store, waiting, wanted),), ())
    if state is ApprovalState.APPROVED:
        alone = tuple(question for question in waiting if question.reason in ALONE)
        others = tuple(question for question in waiting if question.reason not in ALONE)
        if not others:
            named = ", ".join(f"{question.id} ({question.reason.value})" for question in alone)
            raise BadInput(f"{wanted} asks about {len(alone)} things that are approved one by one", expected=named)
        return Meant(others, alone)
    return Meant(waiting, ())


def _of_campaign(store: Store, key: str, tenant: str | None) -> tuple[Approval, ...] | None:
    try:
        campaign = store.campaigns.get(key, tenant)
    except NotFound:
        return None
    return store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING) or None


def _of_artefact(store: Store, wanted: str, tenant: str | None) -> tuple[Approval, ...] | None:
    """Open questions about one artefact's present work: the version itself, and what it would be published as."""
    identifier, _, version = wanted.partition("@")
    if not identifier.startswith("art_"):
        return None
    try:
        artefact = store.artefacts.get(identifier, int(version) if version.isdigit() else None)
    except NotFound:
        return None
    if tenant is not None and artefact.tenant != tenant:
        return None
    rows = store.publications.list(campaign=artefact.campaign, artefact=artefact.id)
    subjects = {row.id for row in rows if row.version == artefact.version} | {f"{artefact.id}@{artefact.version}"}
    pending = store.approvals.list(campaign=artefact.campaign, state=ApprovalState.PENDING)
    return tuple(question for question in pending if question.subject in subjects) or None


def _one_work(store: Store, waiting: tuple[Approval, ...], wanted: str) -> Approval:
    """Any question about the one artefact that all of them are about: sending it back answers them all."""
    about = {_artefact_of(store, question): question for question in waiting}
    if len(about) > 1 or "" in about:
        named = ", ".join(sorted(filter(None, about))) or "questions about no work"
        raise BadInput(f"{wanted} stands for work of {len(about)} kinds", where="revise", expected=f"one of {named}")
    return next(iter(about.values()))


def _artefact_of(store: Store, question: Approval) -> str:
    if question.subject.startswith("pub_"):
        return store.publications.get(question.subject).artefact
    return question.subject.partition("@")[0] if "@" in question.subject else ""


def _key(asked: tuple[Approval, ...], wanted: str) -> str:
    return asked[0].campaign if asked else wanted
