"""Rows of the Claude ledger: what a call may cost, where it stands, what it became."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field
from sqlalchemy import Row

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.store.owners import this_process

_NOT_STORED = {"worst_case_usd", "at", "cheapest_tier", "priority", "campaign_limit_usd", "instead_of"}


class CallState(StrEnum):
    """Where a call stands. RESERVED, SETTLED and CUT count against the budget."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    """Failed, or given up, without anything having been generated: nothing is billed."""
    LOST = "lost"
    """Its process died before the request went out; a new reservation of the same request took its place."""
    CUT = "cut"
    """The request went out and no whole answer came back. Whether it is billed is not known, so it counts as the most
    that it can have cost, until it is known."""


BILLED = (CallState.SETTLED, CallState.CUT)
"""States whose `cost_usd` counts as spent."""


class LlmReservation(Value):
    """What a call may cost at most, asked for before it is sent."""

    tenant: TenantId
    campaign: CampaignKey
    purpose: str
    """`<skill>/<role>`."""
    run_id: str = ""
    model: str
    fingerprint: str = Field(min_length=1, max_length=128)
    instead_of: str = Field(default="", max_length=128)
    """Fingerprint of the same question to another model; whoever asks one of the two need not ask the other."""
    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    """The month it is booked to, for instance 2026-11, in the tenant's time zone."""
    worst_case_usd: Decimal = Field(ge=0)
    priority: Priority = Priority.P2
    cheapest_tier: bool = False
    """Whether `model` is the cheapest tier: the only one that may use the last 5 % of a budget."""
    campaign_limit_usd: Decimal | None = Field(default=None, ge=0)
    """What the campaign as a whole may commit, over all months; None when only the tenant's month limits it."""
    at: datetime
    owner: str = Field(default_factory=this_process)
    """The process that will make the call."""


class StoredAnswer(Value):
    """An answer paid for earlier."""

    call: str
    """Id of the call in the ledger."""
    body_json: str
    model: str
    spend: Spend
    stop_reason: str


class LlmCall(Value):
    """One row of the ledger."""

    id: str
    tenant: TenantId
    campaign: CampaignKey
    purpose: str
    run_id: str
    model: str
    fingerprint: str
    attempt: int
    """The how-manieth asking of the same question this is: a new one begins when the answer before was judged bad."""
    month: str
    priority: Priority
    state: CallState
    reserved_usd: Decimal
    """The worst case that was held back, USD."""
    spend: Spend
    stop_reason: str
    request_id: str
    latency_s: float | None
    error: str
    """What went wrong with it, or why its answer was judged bad; empty otherwise."""
    reserved_at: datetime
    sent_at: datetime | None
    """When the request went out; None before, and again once the vendor has turned it away."""
    finished_at: datetime | None
    rejected_by: str | None
    """The run in which its asking was judged to have failed (empty outside of runs); None while it was not."""


def new_row(call_id: str, wanted: LlmReservation, attempt: int) -> Mapping[str, object]:
    """The row of a reservation."""
    row = wanted.model_dump(exclude=_NOT_STORED)
    return row | {
        "id": call_id, "state": CallState.RESERVED.value, "priority": int(wanted.priority), "attempt": attempt,
        "reserved_usd": wanted.worst_case_usd, "reserved_at": wanted.at, "stop_reason": "", "request_id": "",
        "error": "", **Spend().model_dump(),
    }  # fmt: skip


def spend_of(row: Row[tuple[object, ...]]) -> Spend:
    """What a row's call cost."""
    return Spend(**{name: getattr(row, name) for name in Spend.model_fields})


def call_of(row: Row[tuple[object, ...]]) -> LlmCall:
    """The row as a value."""
    names = [name for name in LlmCall.model_fields if name != "spend"]
    return LlmCall(**{name: getattr(row, name) for name in names}, spend=spend_of(row))
