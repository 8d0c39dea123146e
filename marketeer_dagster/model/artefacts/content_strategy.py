"""Content strategy: pillars, topic clusters, a prioritised roadmap."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Memo, Part, Remark, bullets


class Stage(StrEnum):
    """Where the reader is on the way to buying."""

    AWARENESS = "awareness"
    CONSIDERATION = "consideration"
    DECISION = "decision"
    RETENTION = "retention"


class Pillar(Part):
    """A theme the company can own."""

    name: Line
    why: Memo
    topics: tuple[Line, ...] = Field(min_length=2, max_length=8)


class ContentItem(Part):
    """One piece to make."""

    title: Line
    pillar: Line
    query: Line = Field(description="The search or question it answers, in the customer's words.")
    stage: Stage
    format: Remark
    impact: int = Field(ge=1, le=5)
    effort: int = Field(ge=1, le=5)
    why_now: Remark


class ContentStrategy(ArtefactContent):
    """What to publish, in which order, and why."""

    kind: ClassVar[str] = "content_strategy"
    title_of_kind: ClassVar[str] = "Content strategy"
    paper: ClassVar[bool] = True

    summary: Memo
    pillars: tuple[Pillar, ...] = Field(min_length=2, max_length=5)
    roadmap: tuple[ContentItem, ...] = Field(min_length=3, max_length=24)
    measures: tuple[Remark, ...] = Field(min_length=1, max_length=6)

    def render(self) -> str:
        parts = ["# Content strategy", self.summary, "## Pillars"]
        parts += [f"### {p.name}\n\n{p.why}\n\n{bullets(p.topics)}" for p in self.pillars]
        rows = "\n".join(
            f"| {i.title} | {i.query} | {i.stage.value} | {i.format} | {i.impact} | {i.effort} | {i.why_now} |"
            for i in self.roadmap
        )
        head = "| Piece | Query | Stage | Format | Impact | Effort | Why now |\n|---|---|---|---|---|---|---|\n"
        parts += ["## Roadmap", head + rows, "## Measures", bullets(self.measures)]
        return "\n\n".join(parts)
