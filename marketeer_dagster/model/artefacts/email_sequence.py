"""Email sequence: lifecycle emails with subject variants, delays, goals and an exit rule."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Part, Remark, Text
from marketeer_dagster.model.artefacts.readers import ADDRESS
from marketeer_dagster.model.marks import Alternatives

SUBJECT_LIMIT = 60
"""Characters of a subject that common inboxes show on a desktop; phones show about 40."""
PREHEADER_LIMIT = 110
Subject = Annotated[str, StringConstraints(min_length=3, max_length=SUBJECT_LIMIT)]


class Email(Part):
    """One email of the sequence."""

    purpose: Remark
    delay_days: int = Field(ge=0, le=60, description="Days after the trigger or the previous email.")
    subjects: Annotated[tuple[Subject, ...], Alternatives] = Field(
        min_length=2, max_length=4, description="Variants, best first."
    )
    preheader: Annotated[str, StringConstraints(min_length=3, max_length=PREHEADER_LIMIT)]
    body: Text = Field(description="Markdown, one idea, one call to action.")
    cta_label: Annotated[str, StringConstraints(min_length=2, max_length=40)]
    cta_url: Annotated[Line, ADDRESS]


class EmailSequence(ArtefactContent):
    """A sequence for one audience and one trigger."""

    kind: ClassVar[str] = "email_sequence"
    title_of_kind: ClassVar[str] = "Email sequence"

    name: Remark
    audience: Remark
    trigger: Remark
    goal: Remark
    exit_rule: Remark
    emails: tuple[Email, ...] = Field(min_length=1, max_length=9)

    def primary_cta(self) -> str:
        return self.emails[0].cta_label

    def render(self) -> str:
        parts = [
            f"# {self.name}",
            f"Audience: {self.audience} · trigger: {self.trigger} · goal: {self.goal} · exit: {self.exit_rule}",
        ]
        for number, email in enumerate(self.emails, 1):
            subjects = " / ".join(email.subjects)
            parts.append(
                f"## Email {number}: {email.purpose} (+{email.delay_days} d)\n\nSubjects: {subjects}\n\n"
                f"Preheader: {email.preheader}\n\n{email.body}\n\n**[{email.cta_label}]({email.cta_url})**"
            )
        return "\n\n".join(parts)
