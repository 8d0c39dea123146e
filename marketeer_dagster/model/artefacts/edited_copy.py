"""Edited copy: the page after seven sweeps, with every change tracked."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Memo, Part, Remark, Text
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.artefacts.readers import COLLEAGUES


class Sweep(StrEnum):
    """One pass over the text with one question in mind."""

    CLARITY = "clarity"
    VOICE = "voice"
    SO_WHAT = "so_what"
    PROOF = "proof"
    SPECIFICITY = "specificity"
    EMOTION = "emotion"
    RISK = "risk"


class Change(Part):
    """A tracked change."""

    sweep: Sweep
    where: Line = Field(description="Path into the copy, for instance sections[1].body.")
    before: Text
    after: Text
    reason: Remark


class EditedCopy(ArtefactContent):
    """The finished page copy and what was changed on the way."""

    kind: ClassVar[str] = "edited_copy"
    title_of_kind: ClassVar[str] = "Edited page copy"

    page: PageCopy
    changes: Annotated[tuple[Change, ...], COLLEAGUES] = Field(max_length=40)
    summary: Memo

    def primary_cta(self) -> str:
        return self.page.primary_cta()

    def target_page(self) -> str:
        return self.page.path

    def render(self) -> str:
        rows = [f"| {c.sweep.value} | {c.where} | {c.before} | {c.after} | {c.reason} |" for c in self.changes]
        table = "\n".join(["| Sweep | Where | Before | After | Why |", "|---|---|---|---|---|", *rows])
        return "\n\n".join([self.summary, "## Changes", table, "## Copy", self.page.render()])
