"""A goal: what a person wants of the coming weeks, in their own words, with its limits."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import GoalId, TenantId


class Metric(StrEnum):
    """What can be measured and aimed at. The value names the column of mart `channel_performance` or `stripe_daily`."""

    SESSIONS = "sessions"
    CONVERSIONS = "conversions"
    CONVERSION_RATE = "conversion_rate"
    REVENUE = "revenue"
    TRIALS_STARTED = "trials_started"
    MRR = "mrr"
    CHURN_RATE = "churn_rate"
    CLICKS = "clicks"
    EMAIL_CLICK_RATE = "email_click_rate"


class Goal(Value):
    """A tenant's goal as stated. What it means in numbers is the plan's business."""

    id: GoalId
    tenant: TenantId
    text: str = Field(min_length=1, max_length=2000)
    budget_usd: Decimal | None = Field(default=None, ge=0)
    """Most that may be spent on this goal (Claude and ads together), in USD; None leaves the tenant's own limits."""
    deadline: date | None = None
    created_at: datetime


class Kpi(Value):
    """The one number a plan is held to."""

    metric: Metric
    baseline: float
    """The metric's level when planned, over `window_days`."""
    target: float
    window_days: int = Field(default=28, ge=1, le=365)
    unit: str = Field(default="per day", max_length=40)
