"""SEO audit: technical, on-page and content findings from rankings and pages."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Memo, Part, Remark, bullets
from marketeer_dagster.model.artefacts.page_audit import Level


class SeoArea(StrEnum):
    TECHNICAL = "technical"
    ON_PAGE = "on_page"
    CONTENT = "content"


class SeoFinding(Part):
    """One thing that costs clicks from search."""

    area: SeoArea
    impact: Level
    page: Line
    evidence: Memo = Field(description="A figure from Search Console or words from the page.")
    problem: Remark
    fix: Memo


class QueryOpportunity(Part):
    """A query where a better page would earn more clicks."""

    query: Line
    page: Line
    clicks: int = Field(ge=0)
    impressions: int = Field(ge=0)
    position: float = Field(ge=0)
    action: Remark


class SeoAudit(ArtefactContent):
    """Findings in order of clicks at stake."""

    kind: ClassVar[str] = "seo_audit"
    title_of_kind: ClassVar[str] = "SEO audit"
    paper: ClassVar[bool] = True

    summary: Memo
    findings: tuple[SeoFinding, ...] = Field(min_length=1, max_length=20)
    opportunities: tuple[QueryOpportunity, ...] = Field(default=(), max_length=20)
    next_steps: tuple[Remark, ...] = Field(min_length=1, max_length=8)

    def render(self) -> str:
        parts = ["# SEO audit", self.summary, "## Findings"]
        parts += [
            f"### {f.area.value.replace('_', ' ')} ({f.impact.value}), `{f.page}`: {f.problem}\n\n"
            f"Evidence: {f.evidence}\n\n{f.fix}"
            for f in self.findings
        ]
        if self.opportunities:
            rows = [
                f"| {o.query} | {o.page} | {o.clicks} | {o.impressions} | {o.position:.1f} | {o.action} |"
                for o in self.opportunities
            ]
            head = ["| Query | Page | Clicks | Impressions | Position | Action |", "|---|---|---|---|---|---|"]
            parts += ["## Opportunities", "\n".join([*head, *rows])]
        return "\n\n".join([*parts, "## Next steps", bullets(self.next_steps)])
