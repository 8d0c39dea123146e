"""The Director's review of a period: what happened, what it means, and goals that a person may take up."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from marketeer_dagster.model.artefacts.base import ArtefactContent, Memo, Part, Remark, Spend, bullets
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.goal import Metric
from marketeer_dagster.model.ids import TenantId, derived

MOST_GOALS = 3


class Period(StrEnum):
    """What is looked back on."""

    DAY = "day"
    MONTH = "month"
    """The last four whole weeks: the same number of each weekday as in the four before."""


class RecommendedGoal(Part):
    """A goal worth considering. Nothing starts before a person approves it."""

    goal: str = Field(min_length=1, max_length=600)
    """As a person would state it."""
    reason: Memo
    """The figures of the period that speak for it."""
    expected_effect: Remark
    metric: Metric
    budget_usd: Decimal | None = Field(default=None, ge=0)
    pipeline: str = Field(default="", max_length=64)
    """The pipeline that would answer it; empty where the Director would choose the skills."""


class PeriodReview(ArtefactContent):
    """The review itself: Claude's output schema. It is written for colleagues and checked like every such paper."""

    title_of_kind: ClassVar[str] = "Director's review"
    paper: ClassVar[bool] = True

    summary: Memo
    happened: tuple[Memo, ...] = Field(min_length=1, max_length=10)
    """One observation each, with its figures as the tables have them."""
    meaning: Memo
    recommendations: tuple[RecommendedGoal, ...] = Field(default=(), max_length=MOST_GOALS)

    def render(self) -> str:
        goals = [
            f"### {n}. {wanted.goal}\n\n{wanted.reason}\n\nExpected: {wanted.expected_effect} "
            f"({wanted.metric.value}). Answer: {wanted.pipeline or 'as the Director plans it'}."
            for n, wanted in enumerate(self.recommendations, 1)
        ]
        recommended = "\n\n".join(goals) or "None."
        return (
            f"{self.summary}\n\n## What happened\n\n{bullets(self.happened)}\n\n## What it means\n\n{self.meaning}\n\n"
            f"## Recommended goals\n\n{recommended}"
        )


class DirectorReview(Value):
    """One stored review, with the very material it was written from: that of one run, whichever others there are."""

    id: str
    tenant: TenantId
    period: Period
    first: date
    last: date
    content: PeriodReview
    material: str
    """Markdown: the only source of its figures beside the product context."""
    context_version: int = Field(ge=1)
    prompt_hash: str
    run_id: str = ""
    """The run that wrote it. What judges or acts on a review reads the review of its own run, never the newest."""
    spend: Spend
    created_at: datetime


def review_id(tenant: TenantId, period: Period, last: date, run_id: str = "") -> str:
    """One id for each run: a step that is tried again within its run takes the place of what it had written."""
    return derived("dir", tenant, period.value, last.isoformat(), run_id)
