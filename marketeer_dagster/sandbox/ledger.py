"""The ledger: every billed call and every accepted write, with its idempotency key. Tests count doubles here."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from marketeer_dagster.sandbox.state import State


class LedgerEntry(BaseModel):
    """One thing that cannot be undone: money spent, or something written."""

    model_config = ConfigDict(frozen=True)

    n: int
    at: datetime
    vendor: str
    action: str
    """For instance messages, page.create, page.update, campaign.send."""
    key: str = ""
    """Idempotency key or natural key; equal keys of one action are a double."""
    tenant: str = ""
    amount: Decimal = Decimal(0)
    """US dollars billed."""
    detail: str = ""


class Ledger:
    """Append-only."""

    def __init__(self, state: State, now: Callable[[], datetime]) -> None:
        self._state, self._now = state, now

    def record(
        self,
        vendor: str,
        action: str,
        key: str = "",
        tenant: str = "",
        amount: Decimal | float = Decimal(0),
        detail: str = "",
    ) -> int:
        """Append an entry; returns its number."""
        return self._state.add_ledger((self._now().isoformat(), vendor, action, key, tenant, str(amount), detail))

    def entries(self, *, vendor: str | None = None, tenant: str | None = None) -> tuple[LedgerEntry, ...]:
        """Everything recorded, oldest first."""
        names = ("n", "at", "vendor", "action", "key", "tenant", "amount", "detail")
        entries = (LedgerEntry.model_validate(dict(zip(names, row, strict=True))) for row in self._state.ledger())
        return tuple(
            e for e in entries if (vendor is None or e.vendor == vendor) and (tenant is None or e.tenant == tenant)
        )
