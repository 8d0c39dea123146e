"""Signals: something that happened, with evidence, what answered it, and whether the metric recovered."""

from datetime import date, datetime

from pydantic import Field

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import CampaignKey, SignalId, TenantId


class Evidence(Value):
    """The figures behind a signal."""

    metric: str
    observed: float
    expected: float
    low: float
    high: float
    """The interval in which the metric was expected, same unit as `observed`."""
    since: date
    """First day the metric was off."""
    until: date
    """The newest day looked at."""
    relative_change: float
    """observed / expected - 1."""
    detail: str = Field(default="", max_length=4000)
    """Markdown for people: what was compared with what, top queries, counts."""


class Signal(Value):
    """One firing. Cooldown is counted per (tenant, name, subject)."""

    id: SignalId
    tenant: TenantId
    name: str
    """Entry of the signal catalog, for instance conversion_drop."""
    subject: str
    """What it is about: a page path, channel, experiment id, plan."""
    evidence: Evidence
    campaign: CampaignKey | None = None
    """The campaign that answers it."""
    run_id: str = ""
    recovered: bool | None = None
    """None until measured."""
    recovery: Evidence | None = None
    created_at: datetime
    measured_at: datetime | None = None
