"""Experiments: a control and its challengers on one subject, watched daily until decided."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ArtefactId, CampaignKey, ExperimentId, TenantId

SLOTS: Final = range(1, 6)
"""Tests that a tenant may run at once: each keeps its visitors' arms in a user property of its own.

Of Google Analytics' 25 user-scoped custom dimensions a property these are five, registered once and used again.
"""
PROPERTY_VALUE_LIMIT: Final = 36
"""Longest value of a user property, characters (Google Analytics; names may have 24)."""


def user_property(slot: int) -> str:
    """The user property in which the test of this slot keeps a visitor's arm."""
    return f"marketeer_test_{slot}"


def arm_value(experiment: str, arm: str) -> str:
    """What the user property holds for a visitor of this arm. The experiment's id keeps a slot's tests apart."""
    return f"{experiment}.{arm}"


def arm_of(value: str) -> tuple[str, str] | None:
    """Experiment and arm of a user property's value; None for one that is not ours, such as (not set)."""
    experiment, dot, arm = value.rpartition(".")
    return (experiment, arm) if dot and experiment and arm else None


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


class ArmCount(Value):
    """What was counted of one arm when the test was decided."""

    name: str
    visitors: int = Field(ge=0)
    conversions: int = Field(ge=0)


class Decision(Value):
    """How an experiment ended. `lift` figures are relative to control (0.12 is +12 %)."""

    winner: str
    lift: float
    """Of `compared`: its conversions / visitors over the control's, less one, by the counts of `arms`."""
    low: float
    high: float
    confidence: float = Field(ge=0, le=1)
    """Coverage of the always-valid interval [low, high]."""
    looks: int = Field(ge=0)
    summary: str = Field(max_length=2000)
    """Plain-language verdict."""
    decided_on: date
    measured_on: date | None = None
    """The day of `experiment_daily` that was judged; None where nothing could be, and in decisions of old."""
    compared: str = ""
    """The challenger that `lift` is about: the best one; empty where nothing could be compared."""
    arms: tuple[ArmCount, ...] = ()
    """What the arms had on that day."""


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
    slot: int = Field(default=1, ge=SLOTS.start, lt=SLOTS.stop)
    """Which of the tenant's user properties holds its visitors' arms; no two running tests share one."""
    state: ExperimentState = ExperimentState.RUNNING
    decision: Decision | None = None
    started_on: date
    created_at: datetime

    def tests(self, artefact: str, version: int) -> bool:
        """Whether this very version is the one challenger."""
        return [(arm.artefact, arm.version) for arm in self.variants[1:]] == [(artefact, version)]
