"""A campaign: one plan for one tenant, and the briefs it consists of."""

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.goal import Kpi
from marketeer_dagster.model.ids import BriefId, CampaignKey, GoalId, LearningId, SignalId, TenantId

REASON_LIMIT = 2000
"""Characters kept of why a campaign stands where it stands."""


class Priority(IntEnum):
    """P0 is most urgent; budget tightens from P3 upwards."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3


class CampaignStatus(StrEnum):
    """Where a campaign stands. Commands, pages, warehouse and documents say these words and no others."""

    DRAFTED = "drafted"
    """Wanted, no plan yet."""
    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "approved"
    """All work is approved, and something of it waits for a person's release."""
    POSTPONED = "postponed"
    """Waits for time to pass, and for nobody: taken up by itself at `resume_at`."""
    HELD = "held"
    """Its work waits until a test of its page has ended, and for nobody; goes on by itself."""
    PUBLISHED = "published"
    FAILED = "failed"
    ESCALATED = "escalated"

    @classmethod
    def _missing_(cls, value: object) -> "CampaignStatus | None":
        """Rows of before the words were one: `waiting` was the store's for what commands called approved."""
        return cls.WAITING if value == "waiting" else None


ENDED = (
    CampaignStatus.WAITING,
    CampaignStatus.HELD,
    CampaignStatus.PUBLISHED,
    CampaignStatus.FAILED,
    CampaignStatus.ESCALATED,
)
"""Statuses in which no run is to come by itself: whatever was postponed is not wanted any more."""


class Brief(Value):
    """The task for one skill in one campaign."""

    id: BriefId
    campaign: CampaignKey
    tenant: TenantId
    skill: str
    objective: str = Field(min_length=1, max_length=1200)
    """What this artefact must achieve, in one or two sentences."""
    audience: str = Field(max_length=600)
    key_message: str = Field(max_length=600)
    offer: str = Field(default="", max_length=300)
    cta: str = Field(default="", max_length=80)
    target: str = Field(default="", max_length=300)
    """What it is about: a page path such as /pricing, a list, an ad group; empty where the skill has no target."""
    keywords: tuple[str, ...] = ()
    must_address: tuple[str, ...] = ()
    """Findings, objections or facts that the work must deal with (from signals, audits or a person's note)."""
    learnings: tuple[LearningId, ...] = ()
    """Validated learnings this brief applies; cited by id."""
    evidence: str = Field(default="", max_length=4000)
    """The figures behind it, as Markdown: for instance the signal's evidence."""
    created_at: datetime


class Plan(Value):
    """The Director's answer to a goal: which skills, a brief each, and the number it is held to."""

    summary: str = Field(min_length=1, max_length=2000)
    kpi: Kpi
    deadline: date
    budget_usd: Decimal = Field(ge=0)
    briefs: tuple[Brief, ...] = Field(min_length=1)
    rationale: str = Field(default="", max_length=4000)
    risks: tuple[str, ...] = ()

    @property
    def skills(self) -> tuple[str, ...]:
        """Names of the chosen skills, in plan order."""
        return tuple(brief.skill for brief in self.briefs)

    def brief_for(self, skill: str) -> Brief | None:
        """The brief of one skill, or None when the plan leaves it out."""
        return next((brief for brief in self.briefs if brief.skill == skill), None)


class Campaign(Value):
    """One plan for one tenant; a key of the dynamic partition set `campaigns`."""

    key: CampaignKey
    tenant: TenantId
    goal: GoalId | None = None
    """The goal it serves; None for a campaign started by a pipeline or signal."""
    pipeline: str | None = None
    """The named pipeline, when one was asked for; None when the Director chose."""
    signal: SignalId | None = None
    """The signal that asked for it."""
    parent: CampaignKey | None = None
    """The campaign whose work this one improves."""
    title: str = Field(min_length=1, max_length=200)
    priority: Priority = Priority.P2
    status: CampaignStatus = CampaignStatus.DRAFTED
    plan: Plan | None = None
    round: int = Field(default=0, ge=0)
    """How often it was taken up again after it had ended: by a person's decision, a restated goal, or time passed."""
    reason: str = Field(default="", max_length=REASON_LIMIT)
    """Why it stands where it stands, in words for people; empty while it is worked on and when all went well."""
    resume_at: datetime | None = None
    """When postponed work is taken up again, by the clock on the wall; None when nothing is postponed."""
    postponed: int = Field(default=0, ge=0)
    """How often in a row it was postponed: each wait is longer than the one before."""
    created_at: datetime
    updated_at: datetime
