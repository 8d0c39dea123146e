"""Page audit: what keeps a live page from converting, with evidence."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from marketeer_dagster.model.artefacts.base import ArtefactContent, Memo, PagePath, Part, Remark, bullets


class Area(StrEnum):
    """What part of the page's work a finding is about, in order of influence on conversion."""

    VALUE_PROPOSITION = "value_proposition"
    MESSAGE_MATCH = "message_match"
    HEADLINE = "headline"
    CTA = "cta"
    PROOF = "proof"
    OBJECTIONS = "objections"
    FRICTION = "friction"
    LAYOUT = "layout"
    SPEED = "speed"


class Level(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AuditFinding(Part):
    """One thing that costs conversions."""

    area: Area
    impact: Level
    evidence: Memo = Field(description="A quotation from the page or a figure from the metrics, named as such.")
    problem: Remark
    recommendation: Memo


class TestIdea(Part):
    """A change worth an experiment."""

    __test__ = False  # pytest: not a test class

    hypothesis: Memo
    change: Remark
    expected_effect: Remark


class PageAudit(ArtefactContent):
    """An audit of the page as it is live now."""

    kind: ClassVar[str] = "page_audit"
    title_of_kind: ClassVar[str] = "Conversion audit"
    paper: ClassVar[bool] = True

    path: PagePath
    summary: Memo
    findings: tuple[AuditFinding, ...] = Field(min_length=1, max_length=15)
    quick_wins: tuple[Remark, ...] = Field(min_length=1, max_length=8)
    test_ideas: tuple[TestIdea, ...] = Field(min_length=1, max_length=6)

    def target_page(self) -> str:
        return self.path

    def render(self) -> str:
        parts = [f"# Conversion audit of `{self.path}`", self.summary, "## Findings"]
        parts += [
            f"### {f.area.value.replace('_', ' ').capitalize()} ({f.impact.value}): {f.problem}\n\n"
            f"Evidence: {f.evidence}\n\n{f.recommendation}"
            for f in self.findings
        ]
        parts += ["## Quick wins", bullets(self.quick_wins), "## Test ideas"]
        parts += [f"- {t.hypothesis} Change: {t.change}. Expected: {t.expected_effect}." for t in self.test_ideas]
        return "\n\n".join(parts)
