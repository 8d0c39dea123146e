"""Learnings: what worked, with its proof, so that later briefs can cite it."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ExperimentId, LearningId, TenantId


class LearningState(StrEnum):
    CANDIDATE = "candidate"
    VALIDATED = "validated"
    EXPIRED = "expired"


class Learning(Value):
    """One statement about what works for a tenant, and the experiment that showed it."""

    id: LearningId
    tenant: TenantId
    statement: str = Field(min_length=1, max_length=600)
    """What to do again (or not), as one sentence that a brief can quote."""
    skill: str
    """The skill it applies to."""
    subject: str = ""
    experiment: ExperimentId | None = None
    lift: float
    low: float
    high: float
    """Relative lift and its interval, from the experiment."""
    state: LearningState
    expires_on: date
    created_at: datetime
