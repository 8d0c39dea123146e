"""The Claude ledger: money reserved before a call, settled after it, answers kept so that none is paid twice."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field
from sqlalchemy import BigInteger, ColumnElement, Connection, Row, case, func, insert, select, type_coerce, update

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.errors import BudgetExceeded, Conflict, NotFound
from marketeer_dagster.model.ids import CampaignKey, TenantId, fresh
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.store import budget, schema
from marketeer_dagster.store.columns import usd
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.owners import Owners, this_process

_T = schema.llm_calls
_C = schema.llm_calls.c
_NOT_STORED = {"worst_case_usd", "at", "cheapest_tier", "priority", "campaign_limit_usd", "instead_of"}


class CallState(StrEnum):
    """Where a call stands. RESERVED and SETTLED count against the budget."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    """Failed without an answer; nothing is billed."""
    LOST = "lost"
    """Its process died; a new reservation of the same request took its place."""


class AlreadyAsked(Conflict):
    """An equal request is in flight or was just answered: look for its answer instead of paying for another."""


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
    reserved_at: datetime
    finished_at: datetime | None


class LlmLedger:
    """Every Claude call of every tenant."""

    def __init__(self, database: Database, owners: Owners) -> None:
        self._db = database
        self._owners = owners

    def replay(self, tenant: str, fingerprint: str) -> StoredAnswer | None:
        """The newest settled answer to an equal request of this tenant; None when it was never paid for."""
        where = (_C.tenant == tenant, _C.fingerprint == fingerprint, _C.state == CallState.SETTLED.value)
        with self._db.reading() as connection:
            row = connection.execute(select(_T).where(*where).order_by(_C.seq.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        return StoredAnswer(body_json=row.answer, model=row.model, spend=_spend(row), stop_reason=row.stop_reason)

    def reserve(self, wanted: LlmReservation, limit_usd: Decimal) -> str:
        """Hold back the worst case of a call and return its id; atomic across threads and processes.

        Raises AlreadyAsked when an equal request of this tenant is settled, or reserved by another process that lives;
        BudgetExceeded when the commitments of the tenant's month would pass what `limit_usd` and the priority allow
        (see budget.py), or those of the campaign its own limit. An open reservation of the same fingerprint whose
        process died, or that this process has given up, is marked lost.
        """
        self._owners.announce()
        with self._db.writing("llm", wanted.tenant) as connection:
            self._take_over(connection, wanted)
            _check(wanted, limit_usd, _committed(connection, tenant=wanted.tenant, month=wanted.month))
            _check_campaign(wanted, _committed(connection, campaign=wanted.campaign))
            call_id = fresh("llm")
            connection.execute(insert(_T).values(_new_row(call_id, wanted)))
            return call_id

    def _take_over(self, connection: Connection, wanted: LlmReservation) -> None:
        same = (_C.tenant == wanted.tenant, _C.fingerprint.in_({wanted.fingerprint, wanted.instead_of}))
        states = (CallState.RESERVED.value, CallState.SETTLED.value)
        for row in connection.execute(select(_C.id, _C.state, _C.owner).where(*same, _C.state.in_(states))).all():
            if row.state == CallState.SETTLED.value:
                raise AlreadyAsked(f"{wanted.purpose} of {wanted.campaign} is answered already")
            if row.owner != wanted.owner and self._owners.lives(connection, row.owner):
                raise AlreadyAsked(f"{wanted.purpose} of {wanted.campaign} is being asked by {row.owner}")
            lost = {"state": CallState.LOST.value, "finished_at": wanted.at, "error": "superseded by a new reservation"}
            connection.execute(update(_T).where(_C.id == row.id).values(**lost))

    def settle(
        self,
        call_id: str,
        *,
        body_json: str,
        stop_reason: str,
        spend: Spend,
        latency_s: float,
        request_id: str,
        at: datetime,
    ) -> None:
        """Store the answer and its real cost in place of the reservation. Also settles a call given up as lost."""
        values = {
            "answer": body_json, "stop_reason": stop_reason, "latency_s": latency_s, "request_id": request_id,
            "finished_at": at, "state": CallState.SETTLED.value, "error": "", **spend.model_dump(),
        }  # fmt: skip
        self._finish(call_id, values)

    def release(self, call_id: str, error: str, at: datetime) -> None:
        """Give a reservation back after a call that was not billed; a settled call stays settled."""
        values = {"state": CallState.RELEASED.value, "error": redact(error)[:2000], "finished_at": at}
        self._finish(call_id, values, _C.state != CallState.SETTLED.value)

    def expire(self, before: datetime) -> int:
        """Mark reservations made before a moment, whose processes died, as lost; returns how many."""
        open_ones = (_C.state == CallState.RESERVED.value, _C.reserved_at < before)
        lost = {"state": CallState.LOST.value, "finished_at": before, "error": "never finished"}
        with self._db.writing() as connection:
            owners = connection.execute(select(_C.owner).where(*open_ones).distinct()).scalars().all()
            dead = [owner for owner in owners if not self._owners.lives(connection, owner)]
            return connection.execute(update(_T).where(*open_ones, _C.owner.in_(dead)).values(**lost)).rowcount

    def committed(self, tenant: str, month: str) -> Decimal:
        """Settled cost and open reservations of a tenant's month, USD."""
        with self._db.reading() as connection:
            return _committed(connection, tenant=tenant, month=month)

    def totals(self, tenant: str | None = None, campaign: str | None = None, run_id: str | None = None) -> Spend:
        """What the settled calls of a tenant, campaign or run cost together."""
        sums = [func.coalesce(func.sum(_C[name]), 0) for name in Spend.model_fields if name != "cost_usd"]
        money = func.coalesce(func.sum(_nano(_C.cost_usd)), 0)
        where = _where(tenant=tenant, campaign=campaign, run_id=run_id, state=CallState.SETTLED)
        with self._db.reading() as connection:
            *counts, nano = connection.execute(select(*sums, money).where(*where)).one()
        names = [name for name in Spend.model_fields if name != "cost_usd"]
        return Spend(**dict(zip(names, map(int, counts), strict=True)), cost_usd=usd(int(nano)))

    def list(
        self,
        tenant: str | None = None,
        campaign: str | None = None,
        run_id: str | None = None,
        state: CallState | None = None,
        month: str | None = None,
    ) -> tuple[LlmCall, ...]:
        """Ledger rows in order of reservation."""
        where = _where(tenant=tenant, campaign=campaign, run_id=run_id, state=state, month=month)
        with self._db.reading() as connection:
            rows = connection.execute(select(_T).where(*where).order_by(_C.seq)).all()
        return tuple(_call(row) for row in rows)

    def _finish(self, call_id: str, values: Mapping[str, object], *where: ColumnElement[bool]) -> None:
        with self._db.writing() as connection:
            if connection.execute(update(_T).where(_C.id == call_id, *where).values(**values)).rowcount:
                return
            if connection.execute(select(_C.id).where(_C.id == call_id)).scalar() is None:
                raise NotFound(f"no Claude call {call_id!r} was reserved")


def _check(wanted: LlmReservation, limit_usd: Decimal, committed_usd: Decimal) -> None:
    admission = budget.admit(
        committed_usd=committed_usd,
        worst_case_usd=wanted.worst_case_usd,
        limit_usd=limit_usd,
        priority=wanted.priority,
        cheapest_tier=wanted.cheapest_tier,
    )
    if not admission.allowed:
        raise BudgetExceeded(
            f"tenant {wanted.tenant}, {wanted.month}: {wanted.purpose} may cost USD {wanted.worst_case_usd:.4f}, "
            f"USD {committed_usd:.4f} of {limit_usd:.2f} are committed, and {wanted.priority.name} work may bring "
            f"that to {admission.ceiling_usd:.2f}",
            hint=f"raise it with `marketeer tenant set {wanted.tenant} --llm-budget USD`, or wait for the next month",
        )


def _check_campaign(wanted: LlmReservation, committed_usd: Decimal) -> None:
    limit = wanted.campaign_limit_usd
    if limit is not None and committed_usd + wanted.worst_case_usd > limit:
        raise BudgetExceeded(
            f"campaign {wanted.campaign}: {wanted.purpose} may cost USD {wanted.worst_case_usd:.4f}, and "
            f"USD {committed_usd:.4f} of the campaign's budget of USD {limit:.2f} are committed",
            hint="a person may let it go on: marketeer inbox",
        )


def _committed(connection: Connection, **of: str) -> Decimal:
    held = case(
        (_C.state == CallState.SETTLED.value, _nano(_C.cost_usd)),
        (_C.state == CallState.RESERVED.value, _nano(_C.reserved_usd)),
        else_=0,
    )
    total = select(func.coalesce(func.sum(held), 0)).where(*_where(**of))
    return usd(int(connection.execute(total).scalar_one()))


def _nano(column: ColumnElement[Decimal]) -> ColumnElement[int]:
    """The stored integer itself: sums of it are exact on every database."""
    return type_coerce(column, BigInteger)


def _where(**wanted: object) -> list[ColumnElement[bool]]:
    plain = {name: value.value if isinstance(value, StrEnum) else value for name, value in wanted.items()}
    return [_C[name] == value for name, value in plain.items() if value is not None]


def _new_row(call_id: str, wanted: LlmReservation) -> Mapping[str, object]:
    row = wanted.model_dump(exclude=_NOT_STORED)
    return row | {
        "id": call_id, "state": CallState.RESERVED.value, "priority": int(wanted.priority),
        "reserved_usd": wanted.worst_case_usd, "reserved_at": wanted.at, "stop_reason": "", "request_id": "",
        "error": "", **Spend().model_dump(),
    }  # fmt: skip


def _spend(row: Row[tuple[object, ...]]) -> Spend:
    return Spend(**{name: getattr(row, name) for name in Spend.model_fields})


def _call(row: Row[tuple[object, ...]]) -> LlmCall:
    names = [name for name in LlmCall.model_fields if name != "spend"]
    return LlmCall(**{name: getattr(row, name) for name in names}, spend=_spend(row))
