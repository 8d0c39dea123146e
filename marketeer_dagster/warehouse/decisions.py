"""Copies about who decides and by what: questions to people with their answers, and the skills in force."""

from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from marketeer_dagster.warehouse.tables import SIMULATED, TENANT, Column, Table, moment, name, number, text


def _words(values: type[ApprovalState] | type[ApprovalReason]) -> str:
    *most, last = (value.value for value in values)
    return f"{', '.join(most)} or {last}"


APPROVALS = Table(
    "approvals",
    "Questions to people and their answers: who decided what, when, with which note, on which version.",
    (
        TENANT,
        name("approval", "Question's id, as `marketeer inbox` shows it."),
        text("campaign", "Campaign's key; null for what concerns the tenant as a whole.", nullable=True),
        text("about", "What is decided on: artefact, publication, campaign, signal, recommendation or other."),
        text("subject", "Id of what is decided on; of an artefact with its version, art_…@2."),
        text("artefact", "Artefact's id; null when it is about no artefact.", nullable=True),
        Column("version", "INTEGER", "The artefact's version decided on; null without an artefact.", nullable=True),
        text("publication", "Publication's id; null when it is about no publication.", nullable=True),
        text("reason", f"Why a person is asked: {_words(ApprovalReason)}."),
        text("title", "The question in one line."),
        text("state", f"{_words(ApprovalState)}."),
        text("decided_by", "Who answered; null while it waits.", nullable=True),
        text("note", "What they said; empty without a note."),
        moment("created_at", "When it was asked (UTC, in the tenant's world)."),
        moment("decided_at", "When it was answered (UTC, in the tenant's world); null while it waits.", nullable=True),
        number("waited_hours", "decided_at - created_at (hours); null while it waits.", nullable=True),
        SIMULATED,
    ),
)

SKILLS = Table(
    "skills",
    "The skills in force: what each skill's text is now. An artefact whose skill_hash differs is from an older text.",
    (
        TENANT,
        name("skill", "Skill's name."),
        text("squad", "Squad it works in."),
        text("kind", "Type of content it makes, for instance page_copy."),
        text("reviewers", "Skills that review it, in order, separated by commas; the Director comes last, unlisted."),
        text("skill_hash", "Fingerprint of the skill's folder as it is now."),
        SIMULATED,
    ),
)
