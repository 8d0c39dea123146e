"""Typed clients of the sandbox's own routes: its admin, and its clock as the platform's clock."""

import threading
import time
from datetime import date, datetime

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, ToolError, ToolErrorKind
from marketeer_dagster.sandbox.accounts import Account, AccountSpec
from marketeer_dagster.sandbox.faults import FaultKind, FaultSpec
from marketeer_dagster.sandbox.habits import HabitSpec
from marketeer_dagster.sandbox.identity import MarketFace
from marketeer_dagster.sandbox.ledger import LedgerEntry
from marketeer_dagster.sandbox.shocks import Shock, ShockSpec

_TIMEOUT_S = 120.0
"""Advancing many days at once takes its time."""
_LEDGER = TypeAdapter(tuple[LedgerEntry, ...])


class ClockFace(BaseModel):
    """What the market's clock shows."""

    model_config = ConfigDict(frozen=True)

    now: datetime
    day: date
    room_days: int
    """Days it can still move before it would reach the real today."""


class ToolAccess(BaseModel):
    """Settings and secrets with which one tool of an account is reached."""

    model_config = ConfigDict(frozen=True)

    settings: dict[str, str]
    secrets: dict[str, str]


class HabitState(BaseModel):
    """A habit of a vendor and whether it is in force."""

    model_config = ConfigDict(frozen=True)

    vendor: str
    name: str
    means: str
    on: bool


_HABITS = TypeAdapter(tuple[HabitState, ...])
_ACCOUNTS = TypeAdapter(tuple[Account, ...])
_ACCESS = TypeAdapter(dict[str, ToolAccess])


class SandboxAdmin:
    """The admin routes. Raises BadInput for what the sandbox refuses, ToolError when it cannot be reached."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Loading the system's certificates for each call would cost more than the call.
        self._verify = self.url.startswith("https:")

    def healthy(self) -> bool:
        return self.face() is not None

    def face(self) -> MarketFace | None:
        """Which market answers; None when none does, or something else that is no market."""
        try:
            answer = httpx.get(f"{self.url}/_sandbox/health", timeout=5, verify=self._verify)
            known = answer.status_code == 200 and b'"simulated"' in answer.content
            return MarketFace.model_validate_json(answer.content) if known else None
        except (httpx.HTTPError, ValidationError):
            return None

    def clock(self) -> ClockFace:
        return ClockFace.model_validate_json(self._call("GET", "clock"))

    def advance(self, days: int = 1) -> ClockFace:
        """Live through `days` days; returns the clock after them."""
        return ClockFace.model_validate_json(self._call("POST", "advance", f'{{"days": {days}}}'))

    def open_account(self, spec: AccountSpec) -> tuple[Connection, ...]:
        """The tenant's connections, ready for the store; the first call makes the account (see World.open_account)."""
        found = _ACCESS.validate_json(self._call("POST", "accounts", spec.model_dump_json(exclude_unset=True)))
        face = self.face()
        kind = {"tenant": spec.tenant, "simulated": True, "sandbox": face.id if face else "", "sandbox_at": self.url}
        return tuple(
            Connection.model_validate({**kind, "tool": tool, "settings": a.settings, "secrets": a.secrets})
            for tool, a in found.items()
        )

    def account(self, tenant: str) -> AccountSpec | None:
        """What the market knows of a tenant; None for one without an account."""
        found = _ACCOUNTS.validate_json(self._call("GET", "accounts"))
        return next((account.spec for account in found if account.tenant == tenant), None)

    def fault(
        self,
        vendor: str,
        kind: FaultKind | str,
        *,
        rate: float = 1.0,
        count: int | None = None,
        lasts_s: float | None = None,
    ) -> None:
        """Make `vendor` ("*" is all) misbehave with probability `rate`, at most `count` times and `lasts_s` seconds."""
        spec = FaultSpec(vendor=vendor, kind=FaultKind(kind), rate=rate, count=count, lasts_s=lasts_s)
        self._call("POST", "faults", spec.model_dump_json())

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def habit(self, vendor: str, name: str, *, on: bool = True, tenant: str = "") -> None:
        """Make `vendor` as unkind as its habit `name` says, towards one tenant or all."""
        self._call("POST", "habits", HabitSpec(vendor=vendor, name=name, on=on, tenant=tenant).model_dump_json())

    def habits(self, tenant: str = "") -> tuple[HabitState, ...]:
        """Every vendor's habits and whether they are in force for `tenant`."""
        return _HABITS.validate_json(self._call("GET", f"habits?tenant={tenant}"))

    def shock(self, spec: ShockSpec) -> Shock:
        """Plant an event."""
        return Shock.model_validate_json(self._call("POST", "shocks", spec.model_dump_json()))

    def ledger(self, *, vendor: str = "", tenant: str = "") -> tuple[LedgerEntry, ...]:
        """Every billed call and accepted write, oldest first; filtered where a filter is given."""
        query = "&".join(f"{key}={value}" for key, value in (("vendor", vendor), ("tenant", tenant)) if value)
        return _LEDGER.validate_json(self._call("GET", f"ledger?{query}"))

    def _call(self, method: str, path: str, body: str = "") -> bytes:
        try:
            answer = httpx.request(
                method, f"{self.url}/_sandbox/{path}", content=body, timeout=_TIMEOUT_S, verify=self._verify
            )
        except httpx.HTTPError as error:
            raise ToolError(
                "sandbox",
                ToolErrorKind.OUTAGE,
                f"{self.url} does not answer: {error}",
                hint="start it: marketeer sandbox",
            ) from error
        if answer.status_code == 400:
            raise BadInput(str(answer.json()["error"]), where="sandbox")
        if answer.status_code != 200:
            raise ToolError("sandbox", ToolErrorKind.OUTAGE, answer.text[:300], status=answer.status_code)
        return answer.content


class SandboxClock:
    """model.clock.Clock over a sandbox; asks at most once per `cache_s` real seconds."""

    def __init__(self, url: str, *, cache_s: float = 1.0) -> None:
        self._admin = SandboxAdmin(url)
        self._cache_s = cache_s
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._now: datetime | None = None

    def now(self) -> datetime:
        with self._lock:
            if self._now is None or time.monotonic() - self._read_at > self._cache_s:
                self._now = self._admin.clock().now
                self._read_at = time.monotonic()
            return self._now
