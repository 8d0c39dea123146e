"""A tenant: one customer's workspace, with its time zone, money limits and autonomy policy."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, HttpUrl, field_validator

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.holidays import NamedPeriod
from marketeer_dagster.model.ids import SLUG, TenantId


class Autonomy(StrEnum):
    """How far publishing may go without a person."""

    DRAFT_ONLY = "draft_only"
    """Write drafts in the tool, never make anything public."""
    APPROVE = "approve"
    """Ask a person before anything is written to the tool."""
    AUTOPILOT = "autopilot"
    """Publish what passed its checks."""


@cache
def _zones() -> frozenset[str]:
    """The names of all time zones of this machine, which are files: not to be listed for every tenant read."""
    return frozenset(available_timezones())


class Pause(Value):
    """A time in which nothing new starts for a tenant and nothing of it is published. Moments are the wall's."""

    since: datetime
    by: str = Field(min_length=1, max_length=120)
    reason: str = Field(default="", max_length=300)
    until: datetime | None = None
    """When it ends by itself; None: when somebody ends it."""
    ended_at: datetime | None = None
    """When somebody ended it."""
    ended_by: str = Field(default="", max_length=120)

    @property
    def over_at(self) -> datetime | None:
        """The moment from which it holds nobody up any more; None while that is open."""
        return min((moment for moment in (self.until, self.ended_at) if moment is not None), default=None)


class Tenant(Value):
    """A customer's workspace. Everything stored, published or spent belongs to exactly one."""

    id: TenantId
    name: str = Field(min_length=1, max_length=120)
    website: HttpUrl
    timezone: str = "UTC"
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    autonomy: Autonomy = Autonomy.APPROVE
    autonomy_by_tool: dict[str, Autonomy] = Field(default_factory=dict)
    """Overrides of `autonomy` for single tools, for instance {"wordpress": "autopilot"}."""
    llm_budget_usd: Decimal = Field(default=Decimal(1000), ge=0)
    """Claude spend allowed per calendar month, in USD."""
    ad_budget_usd: Decimal = Field(default=Decimal(0), ge=0)
    """Advertising spend allowed per calendar month, in USD."""
    country: str = Field(default="", pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,4})?)?$")
    """Whose public holidays its market keeps: ISO 3166, DE or DE-BE; empty: none are known."""
    holidays: tuple[NamedPeriod, ...] = ()
    """Further days that are not judged as ordinary ones, by their own names."""
    simulated: bool = False
    """Whether this tenant lives in the sandbox's market."""
    pause: Pause | None = None
    """The newest pause, also one that is over: schedules make up for what was due in it."""
    created_at: datetime

    @field_validator("id")
    @classmethod
    def _slug(cls, value: str) -> str:
        if len(value) > 40 or not SLUG.match(value):
            raise ValueError("a tenant id is 1-40 of a-z, 0-9 and single hyphens")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError("not an IANA time zone such as Europe/Berlin")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def paused_at(self, moment: datetime) -> Pause | None:
        """The pause that holds at a moment of the clock on the wall."""
        pause = self.pause
        return None if pause is None or (pause.over_at is not None and pause.over_at <= moment) else pause

    def autonomy_for(self, tool: str) -> Autonomy:
        """The policy that holds for one tool."""
        return self.autonomy_by_tool.get(tool, self.autonomy)
