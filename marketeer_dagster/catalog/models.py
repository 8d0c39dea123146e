"""The catalog's values: what a loaded skill, pipeline, schedule, signal mapping and tool limit consist of."""

import math
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from marketeer_dagster.catalog import cron
from marketeer_dagster.catalog.durations import parse_duration
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.campaign import Priority

ModelTier = Literal["strategy", "execution", "judge"]
"""Which class of Claude model does the work; settings map a tier to a model."""

WEIGHT_TOLERANCE = 1e-6
"""How far a rubric's weights may sum from 1."""


def _priority(value: object) -> object:
    if isinstance(value, Priority):
        return value
    if isinstance(value, str) and value in Priority.__members__:
        return Priority[value]
    raise ValueError(f"{value!r} is not a priority; expected P0, P1, P2 or P3")


PriorityName = Annotated[Priority, BeforeValidator(_priority)]
"""A priority written as P0 … P3."""
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A positive length of time written as a number and a unit, for instance 5m, 24h, 7d."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Cron = Annotated[str, AfterValidator(cron.checked)]


class RubricDimension(Value):
    """One thing reviewers score. `weight` is its share of the total, `minimum` the least score (1-10) that passes."""

    weight: float = Field(ge=0, le=1)
    minimum: float = Field(ge=0, le=10)
    question: str = ""
    """What a reviewer asks of the work, in one sentence."""


class Rubric(Value):
    """How work is judged: weighted dimensions on the 1-10 scale for people, and the two thresholds."""

    dimensions: Mapping[str, RubricDimension] = Field(min_length=1)
    approve_at: float = Field(default=7.0, ge=0, le=10)
    """Weighted score from which work is approved when every minimum is met."""
    reject_below: float = Field(default=4.0, ge=0, le=10)

    @model_validator(mode="after")
    def _consistent(self) -> "Rubric":
        total = math.fsum(dimension.weight for dimension in self.dimensions.values())
        if abs(total - 1) > WEIGHT_TOLERANCE:
            shares = ", ".join(f"{name} {d.weight:g}" for name, d in self.dimensions.items())
            raise ValueError(f"rubric weights sum to {total:g} ({shares}); expected a sum of 1")
        if self.reject_below > self.approve_at:
            raise ValueError(f"reject_below {self.reject_below:g} is above approve_at {self.approve_at:g}")
        return self


class Squad(Value):
    """A team of skills: an asset group with one owner and one way of judging work."""

    name: Identifier
    description: Sentence
    owner: str = Field(pattern=r"^(team:[A-Za-z0-9_-]+|[^@\s]+@[^@\s]+\.[^@\s]+)$")
    """`team:<name>` or an email address, as Dagster wants owners."""
    rubric: Rubric


class Skill(Value):
    """A loaded skill folder: the method for the author, and what the platform builds around it."""

    name: Slug
    description: str
    squad: str
    artefact: str
    """Kind of the artefact it produces, a key of `artefact_kinds()`."""
    reads: tuple[str, ...] = ()
    """Skills whose approved work it reads: the asset's upstream skills."""
    metrics: tuple[str, ...] = ()
    """Warehouse tables it reads: the asset's upstream metric assets."""
    reviewers: tuple[str, ...] = ()
    """Skills that review its drafts, in order; the Director always comes last and is not listed."""
    rubric: Rubric
    tools: tuple[str, ...] = ()
    """Read-only tools it may use while working."""
    publishes_to: tuple[str, ...] = ()
    """Connectors its artefact can be published through."""
    model_tier: ModelTier
    priority: Priority
    aliases: tuple[str, ...] = ()
    body: str
    """SKILL.md without its frontmatter, Markdown."""
    references: tuple[tuple[str, str], ...] = ()
    """(file name, text) of each file in references/, by name."""
    hash: str
    """Fingerprint of the whole folder: the asset's code_version."""
    path: Path


class Pipeline(Value):
    """A named selection of skills that together answer one need."""

    name: Slug
    description: Sentence
    skills: tuple[str, ...] = Field(min_length=1)
    """In the order they work."""
    stages: tuple[tuple[str, ...], ...]
    """The same skills in groups: those of one stage do not wait for one another."""
    priority: Priority


class Schedule(Value):
    """When something runs by itself: either a pipeline or a job of the platform."""

    name: Identifier
    description: Sentence
    cron: Cron
    pipeline: str | None = None
    job: Identifier | None = None
    timezone: str = "tenant"
    """`tenant` for each tenant's own zone, or an IANA name."""
    days: int | None = Field(default=None, ge=1, le=90)
    """For jobs that re-read metrics: how many of the newest complete days."""
    window: Literal["day", "month"] | None = None
    """For the Director's reviews: the period that is looked back on, for each tenant."""

    @model_validator(mode="after")
    def _one_target(self) -> "Schedule":
        if (self.pipeline is None) == (self.job is None):
            raise ValueError("names both a pipeline and a job, or neither; expected exactly one of `pipeline`, `job`")
        return self

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return value if value == "tenant" else checked_zone(value)

    @property
    def target(self) -> str:
        """Name of what it starts."""
        return self.pipeline or self.job or ""


class SignalSpec(Value):
    """What happened -> what answers it. Cooldown is counted per (tenant, signal, subject)."""

    name: Identifier
    description: Sentence
    subject: Sentence
    """What one firing is about: a page, a channel, an experiment."""
    threshold: float = Field(gt=0)
    """The condition's number; `unit` says of what."""
    unit: Literal["relative_change", "false_positive_rate", "stale_days"]
    """relative_change: share below expectation (0.1 is 10 %); false_positive_rate: that of the always-valid test."""
    pipeline: str | None = None
    """The pipeline that answers; None where the platform itself acts, as `answer` says."""
    answer: Sentence
    priority: PriorityName
    cooldown: Duration
    once: bool = False
    """Whether a subject fires at most once, ever; the cooldown then only guards against races."""


class Rate(Value):
    """At most `amount` of `unit` in any `seconds`."""

    amount: float = Field(gt=0)
    seconds: float = Field(gt=0)
    unit: Literal["requests", "tokens", "operations", "rows"] = "requests"
    scope: str = "account"
    """What the vendor counts by: account, project, property, site, team."""


class ToolLimit(Value):
    """One tool's limits for one account tier, and how the tool says that they are reached."""

    tool: Identifier
    tier: str
    rates: tuple[Rate, ...] = ()
    concurrency: int | None = Field(default=None, ge=1)
    """Requests in flight at once."""
    quota_statuses: tuple[int, ...] = (429,)
    """HTTP statuses that may mean 'slow down'."""
    quota_markers: tuple[str, ...] = ()
    """Words in the answer's body that tell a limit from a refusal where the status is ambiguous."""
    page_rows: int | None = Field(default=None, ge=1)
    """Most rows of one answer."""
    sdk_retries: bool = False
    """Whether the SDK's own retries may stay on; off wherever it repeats writes."""
    writes: bool = False
    """Whether publications go through it."""
    source: str = ""
    """Where the figures come from: tried, vendor documentation, third party, unchecked."""

    def rates_of(self, unit: str) -> tuple[Rate, ...]:
        """The rates counted in one unit."""
        return tuple(rate for rate in self.rates if rate.unit == unit)


def checked_zone(value: str) -> str:
    """`value` when it is an IANA time zone; ValueError otherwise."""
    if value not in available_timezones():
        raise ValueError(f"{value!r} is not a time zone; expected 'tenant' or an IANA name such as Europe/Berlin")
    return value
