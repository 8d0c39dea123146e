"""The forms in which reviewers and the Director answer. Authors answer in the artefact's own content model."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from marketeer_dagster.model.goal import Metric
from marketeer_dagster.model.marks import Alternatives, ForColleagues
from marketeer_dagster.quality.earlier import JudgedMend
from marketeer_dagster.quality.rubric import JudgedDimension, JudgedFinding


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ReviewAnswer(_Form):
    """A judge's answer, in the order in which a careful reader comes to it: flaws before marks. No verdict: code
    decides (quality/rubric.py). Every field is required, so that the order holds."""

    earlier: tuple[JudgedMend, ...] = Field(
        description="Exactly one entry per finding of `earlier`; empty when the task has none."
    )
    findings: tuple[JudgedFinding, ...] = Field(
        max_length=20,
        description="New flaws, worst first, without those of `earlier`; empty when there is nothing to mend.",
    )
    dimensions: tuple[JudgedDimension, ...] = Field(description="Exactly one entry per dimension of the rubric.")
    summary: Annotated[str, StringConstraints(max_length=2000), ForColleagues] = Field(
        description="Two or three sentences for a person."
    )


class KpiAnswer(_Form):
    """The one number the plan is held to."""

    metric: Metric
    baseline: float = Field(ge=0, description="The metric's level now over window_days, from the metrics.")
    target: float = Field(ge=0, description="The level to reach by the deadline.")
    window_days: int = Field(ge=1, le=365)
    unit: Annotated[str, StringConstraints(max_length=40), ForColleagues] = Field(
        description="For instance: per day, share of sessions."
    )


class BriefAnswer(_Form):
    """The task for one skill."""

    skill: str = Field(description="Name of a skill from the catalog, spelled as there.")
    objective: Annotated[str, StringConstraints(min_length=1, max_length=1200), ForColleagues]
    audience: Annotated[str, StringConstraints(max_length=600), ForColleagues]
    key_message: Annotated[str, StringConstraints(max_length=600)]
    offer: Annotated[str, StringConstraints(max_length=300)] = ""
    cta: Annotated[str, StringConstraints(max_length=80)] = ""
    target: Annotated[str, StringConstraints(max_length=300)] = Field(
        default="", description="Page path such as /pricing, list or ad group it is about; empty where there is none."
    )
    keywords: Annotated[tuple[str, ...], Alternatives] = Field(default=(), max_length=12)
    must_address: tuple[str, ...] = Field(default=(), max_length=12)
    learnings: tuple[str, ...] = Field(default=(), description="Ids of the learnings this brief applies.")
    evidence: Annotated[str, StringConstraints(max_length=4000), ForColleagues] = Field(
        default="", description="The figures behind this brief, as Markdown."
    )


class PlanAnswer(_Form):
    """The Director's plan as answered; code checks it against the catalog and the limits before it counts."""

    summary: Annotated[str, StringConstraints(min_length=1, max_length=2000), ForColleagues]
    kpi: KpiAnswer
    deadline: date
    budget_usd: float = Field(ge=0)
    rationale: Annotated[str, StringConstraints(max_length=4000), ForColleagues] = ""
    risks: tuple[str, ...] = Field(default=(), max_length=10)
    briefs: tuple[BriefAnswer, ...] = Field(min_length=1)
