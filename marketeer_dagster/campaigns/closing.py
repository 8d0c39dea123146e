"""A question dies with what it asks about: whoever changes that, and whoever looks, closes what nobody must answer."""

from marketeer_dagster.campaigns.escalation import is_of_this_round
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.ids import ArtefactId
from marketeer_dagster.model.review import Approval, ApprovalState
from marketeer_dagster.publishing.questions import close, why_dead
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.store import Store


def close_dead(store: Store, clock: Clock, campaign: str) -> tuple[Approval, ...]:
    """Close the campaign's questions that nobody must answer any more; returns those that somebody must."""
    alive: list[Approval] = []
    reading = Reading(store)  # closing a question changes nothing that another depends on
    for question in store.approvals.list(campaign=campaign, state=ApprovalState.PENDING):
        why = why_gone(store, question, reading)
        if why:
            close(store, clock, question, why)
        else:
            alive.append(question)
    return tuple(alive)


def why_gone(store: Store, question: Approval, reading: Reading | None = None) -> str:
    """Why nobody must answer a question any more, for people; empty while somebody must."""
    if question.subject.startswith("pub_"):
        return why_dead(store, question, reading)
    if question.subject == question.campaign:
        return _of_campaign(store, question)
    identifier, separator, version = question.subject.partition("@")
    return _of_version(store, ArtefactId(identifier), int(version)) if separator else ""


def _of_campaign(store: Store, question: Approval) -> str:
    try:
        campaign = store.campaigns.get(question.campaign)
    except NotFound:
        return ""
    return "" if is_of_this_round(campaign, question) else "the campaign has gone on since"


def _of_version(store: Store, id: ArtefactId, version: int) -> str:
    try:
        asked = store.artefacts.get(id, version)
        head = store.artefacts.get(id)
    except NotFound:
        return ""
    if head.version != version:
        return f"{artefact_subject(asked)} is not the present version any more, {artefact_subject(head)} is"
    if asked.status is ArtefactStatus.ESCALATED:
        return ""
    how = "sent back" if asked.status is ArtefactStatus.DRAFT else asked.status.value
    return f"version {version} was {how}"


def artefact_subject(artefact: Artefact) -> str:
    """How an approval names one version of an artefact."""
    return f"{artefact.id}@{artefact.version}"
