"""Experiments: a control and its challengers on one subject, watched daily until decided."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ArtefactId, CampaignKey, ExperimentId, TenantId


class ExperimentState(StrEnum):
    RUNNING = "running"
    DECIDED = "decided"
    """A winner (possibly the control) was found."""
    INCONCLUSIVE = "inconclusive"
    """Reached its longest duration without a decision; the control stays."""
    STOPPED = "stopped"


class Variant(Value):
    """One arm. `name` is 'control' or a short slug such as 'b'."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,24}$")
    artefact: ArtefactId
    version: int
    share: float = Field(gt=0, le=1)
    """Planned share of visitors."""


class Decision(Value):
    """How an experiment ended. `lift` figures are relative to control (0.12 is +12 %)."""

    winner: str
    lift: float
    low: float
    high: float
    confidence: float = Field(ge=0, le=1)
    """Coverage of the always-valid interval [low, high]."""
    looks: int = Field(ge=0)
    summary: str = Field(max_length=2000)
    """Plain-language verdict."""
    decided_on: date


class Experiment(Value):
    """A test on one subject (a page path). Results live in the warehouse table `experiment_daily`."""

    id: ExperimentId
    tenant: TenantId
    campaign: CampaignKey
    subject: str
    hypothesis: str = Field(max_length=1200)
    metric: str = "conversion_rate"
    variants: tuple[Variant, ...] = Field(min_length=2)
    max_days: int = Field(ge=1, le=180)
    sample_per_arm: int = Field(ge=1)
    """Planned visitors per arm."""
    minimum_effect: float = Field(default=0.1, gt=0, le=10)
    """Smallest relative lift worth finding; fixed before the start, it shapes the always-valid test."""
    state: ExperimentState = ExperimentState.RUNNING
    decision: Decision | None = None
    started_on: date
    created_at: datetime
