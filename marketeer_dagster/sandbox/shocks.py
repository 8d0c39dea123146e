"""Planted events: what happens to a market that nobody in it chose."""

from datetime import date, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from marketeer_dagster.sandbox.state import State

_VENDOR = "shocks"


class ShockKind(StrEnum):
    INTENT_DRIFT = "intent_drift"
    """A page's visitors start to arrive with another concern; lasts until the end, healed by copy that addresses it."""
    OUTAGE = "outage"
    """The site is down for `size` of `days` days."""
    COMPETITOR = "competitor"
    """A competitor's move takes `size` of all conversions, fading over six weeks."""
    TRAFFIC_DROP = "traffic_drop"
    """Organic traffic of a page loses `size`; refreshed content wins half of it back."""
    TRACKING_BROKEN = "tracking_broken"
    """Analytics lose `size` of all hits for `days` days; the business goes on."""


class ShockSpec(BaseModel):
    """What is asked of POST /_sandbox/shocks."""

    model_config = ConfigDict(extra="forbid")

    tenant: str
    kind: ShockKind
    page: str = ""
    """Page path; empty means the whole site. intent_drift needs one."""
    size: float = Field(default=0.35, gt=0, le=1)
    start_in_days: int = Field(default=0, ge=0)
    days: int | None = Field(default=None, ge=1)
    """Length for outage (default 1) and tracking_broken (default 3)."""


class Shock(BaseModel):
    """A planted event with its dates."""

    model_config = ConfigDict(frozen=True)

    id: str
    spec: ShockSpec
    start: date
    intent: str | None = None
    """Set on the first day of an intent drift: which concern the visitors now have."""
    share: float = 0.0
    """Set on the first day of an intent drift: which share of the visitors has it."""

    def age(self, day: date) -> int:
        """Days since the start; negative before."""
        return (day - self.start).days

    def active(self, day: date) -> bool:
        lengths = {ShockKind.OUTAGE: 1, ShockKind.TRACKING_BROKEN: 3}
        length = self.spec.days or lengths.get(self.spec.kind)
        return self.age(day) >= 0 and (length is None or self.age(day) < length)


class Shocks:
    """One tenant's planted events."""

    def __init__(self, state: State, tenant: str) -> None:
        self._state, self._tenant = state, tenant

    def plant(self, spec: ShockSpec, today: date) -> Shock:
        number = self._state.count_up(f"{_VENDOR}/{self._tenant}")
        return self.save(Shock(id=f"shk_{number}", spec=spec, start=today + timedelta(days=spec.start_in_days)))

    def save(self, shock: Shock) -> Shock:
        self._state.put(self._tenant, _VENDOR, "shock", shock.id, shock.model_dump(mode="json"))
        return shock

    def list(self) -> tuple[Shock, ...]:
        return tuple(Shock.model_validate(body) for body in self._state.list(self._tenant, _VENDOR, "shock"))

    def active(self, day: date) -> tuple[Shock, ...]:
        return tuple(shock for shock in self.list() if shock.active(day))
