"""The product context as an artefact: what the skill product-marketing-context proposes."""

from typing import ClassVar

from pydantic import Field

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Part, Remark, Text, bullets
from marketeer_dagster.model.context import Section


class ContextSection(Part):
    """One of the twelve sections."""

    section: Section
    body: Text = Field(description="Markdown. Only what the sources state; gaps belong into open_questions.")


class ContextDocument(ArtefactContent):
    """An improved 12-section context, and what only the tenant can answer."""

    kind: ClassVar[str] = "context_document"
    title_of_kind: ClassVar[str] = "Product context"
    paper: ClassVar[bool] = True

    name: Line
    sections: tuple[ContextSection, ...] = Field(min_length=12, max_length=12)
    changes: tuple[Remark, ...] = Field(default=(), description="What was tightened or moved, one line each.")
    open_questions: tuple[Remark, ...] = Field(default=(), description="What the document should say and does not.")

    def render(self) -> str:
        parts = [f"# Product context: {self.name}"]
        parts += [f"## {n}. {s.section.value}\n\n{s.body}" for n, s in enumerate(self.sections, 1)]
        if self.open_questions:
            parts.append("## Open questions\n\n" + bullets(self.open_questions))
        return "\n\n".join(parts)
