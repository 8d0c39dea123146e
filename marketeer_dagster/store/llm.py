"""The Claude ledger: money reserved before a call, settled after it, answers kept so that none is paid twice.

What is counted is never less than what may be billed. A call that went out and never came back whole counts with the
most that it can have cost, and the same question is not sent a third time by itself.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, Connection, case, func, insert, or_, select, type_coerce, update

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.errors import Conflict, NotFound
from marketeer_dagster.model.ids import fresh
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.store import schema
from marketeer_dagster.store.admission import check_campaign, check_month
from marketeer_dagster.store.columns import usd
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.llm_rows import (
    BILLED,
    CallState,
    LlmCall,
    LlmReservation,
    StoredAnswer,
    call_of,
    new_row,
    spend_of,
)
from marketeer_dagster.store.owners import Owners

MOST_CUTS = 2
"""Calls of one question that may go out without a whole answer coming back, before a person has to ask again: the
first, and the one time that it is repeated by itself."""
ERROR_LIMIT = 2000
"""Characters kept of what went wrong."""

_T = schema.llm_calls
_C = schema.llm_calls.c


class AlreadyAsked(Conflict):
    """An equal request is in flight or was just answered: look for its answer instead of paying for another."""


class CutTooOften(Conflict):
    """An equal request went out MOST_CUTS times without a whole answer: it is not repeated by itself."""


class LlmLedger:
    """Every Claude call of every tenant."""

    def __init__(self, database: Database, owners: Owners) -> None:
        self._db = database
        self._owners = owners

    def replay(self, tenant: str, fingerprint: str, run_id: str = "") -> StoredAnswer | None:
        """The newest answer to an equal request of this tenant; None when there is none that may be used again.

        An answer whose asking failed is not used again, except in the run `run_id` that judged so: within one run the
        same question is never paid for anew, however often it is asked.
        """
        where = (
            _C.tenant == tenant,
            _C.fingerprint == fingerprint,
            _C.state == CallState.SETTLED.value,
            _holds(run_id),
        )
        with self._db.reading() as connection:
            row = connection.execute(select(_T).where(*where).order_by(_C.seq.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        return StoredAnswer(
            call=row.id, body_json=row.answer, model=row.model, spend=spend_of(row), stop_reason=row.stop_reason
        )

    def reserve(self, wanted: LlmReservation, limit_usd: Decimal) -> str:
        """Hold back the worst case of a call and return its id; atomic across threads and processes.

        Raises AlreadyAsked when an equal request of this tenant has an answer, or is being made by another process that
        lives; CutTooOften when equal requests went out MOST_CUTS times without an answer (this asking has then failed,
        and another run may ask again); BudgetExceeded when the commitments of the tenant's month would pass what
        `limit_usd` and the priority allow (see budget.py), or those of the campaign its own limit. An open reservation
        of the same fingerprint whose process died, or that this process has given up, is marked lost, or cut when its
        request had gone out.
        """
        self._owners.announce()
        with self._db.writing("llm", wanted.tenant) as connection:
            self._take_over(connection, wanted)
            too_often = _cut_too_often(connection, wanted)
            if not too_often:
                check_month(wanted, limit_usd, _committed(connection, tenant=wanted.tenant, month=wanted.month))
                check_campaign(wanted, _committed(connection, campaign=wanted.campaign))
                call_id = fresh("llm")
                attempt = _attempt(connection, wanted)
                connection.execute(insert(_T).values(new_row(call_id, wanted, attempt)))
                return call_id
        # Outside of the transaction, which would take back what it says about the calls that were cut.
        raise CutTooOften(f"{wanted.purpose} of {wanted.campaign} went out {MOST_CUTS} times and no whole answer came")

    def _take_over(self, connection: Connection, wanted: LlmReservation) -> None:
        states = (CallState.RESERVED.value, CallState.SETTLED.value)
        wheres = (*_same(wanted), _C.state.in_(states), _holds(wanted.run_id))
        columns = (_C.id, _C.state, _C.owner, _C.sent_at, _C.reserved_usd)
        for row in connection.execute(select(*columns).where(*wheres)).all():
            if row.state == CallState.SETTLED.value:
                raise AlreadyAsked(f"{wanted.purpose} of {wanted.campaign} is answered already")
            if row.owner != wanted.owner and self._owners.lives(connection, row.owner):
                raise AlreadyAsked(f"{wanted.purpose} of {wanted.campaign} is being asked by {row.owner}")
            values = _abandoned(row.sent_at, row.reserved_usd, "superseded by a new reservation", wanted.at)
            connection.execute(update(_T).where(_C.id == row.id).values(**values))

    def sent(self, call_id: str, at: datetime) -> None:
        """Note that the request goes out now: from here on it may be billed."""
        self._finish(call_id, {"sent_at": at}, _C.state == CallState.RESERVED.value)

    def turned_away(self, call_id: str, error: str, request_id: str) -> None:
        """Note that the vendor took the request not, and why: nothing is billed, and it may be sent again."""
        values = {"sent_at": None, "error": redact(error)[:ERROR_LIMIT], "request_id": request_id}
        self._finish(call_id, values, _C.state == CallState.RESERVED.value)

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
        """Store the answer and its real cost in place of the reservation, also of a call given up as lost or cut."""
        values = {
            "answer": body_json, "stop_reason": stop_reason, "latency_s": latency_s, "request_id": request_id,
            "finished_at": at, "state": CallState.SETTLED.value, "error": "", **spend.model_dump(),
        }  # fmt: skip
        self._finish(call_id, values)

    def cut(
        self, call_id: str, error: str, spend: Spend, at: datetime, request_id: str = "", given_up_by: str | None = None
    ) -> None:
        """Note that no whole answer came to a request that went out; `spend` is the most that it can have cost.

        `given_up_by` names the run that was cancelled while it waited (empty outside of runs): who asks again then does
        so on a person's word, so the call is none of those that were repeated. A settled call stays settled.
        """
        values = {
            "state": CallState.CUT.value, "error": redact(error)[:ERROR_LIMIT], "finished_at": at,
            "request_id": request_id, "rejected_by": given_up_by, **spend.model_dump(),
        }  # fmt: skip
        self._finish(call_id, values, _C.state == CallState.RESERVED.value)

    def release(self, call_id: str, error: str, at: datetime, request_id: str = "") -> None:
        """Give a reservation back after a call that was not billed; one that has ended otherwise stays as it is."""
        values = {
            "state": CallState.RELEASED.value, "error": redact(error)[:ERROR_LIMIT], "finished_at": at, "sent_at": None,
            "request_id": request_id,
        }  # fmt: skip
        self._finish(call_id, values, _C.state.in_((CallState.RESERVED.value, CallState.LOST.value)))

    def reject(self, calls: Collection[str], run_id: str, why: str) -> None:
        """Say that the asking of these calls failed: no other run uses their answers again, each asks anew.

        What was billed stays billed. Calls of which this was said before stay as they are.
        """
        with self._db.writing() as connection:
            asked = select(_C.tenant, _C.fingerprint).where(_C.id.in_(list(calls))).distinct()
            for tenant, fingerprint in connection.execute(asked).all():
                _close(connection, (_C.tenant == tenant, _C.fingerprint == fingerprint), run_id, why)

    def expire(self, before: datetime) -> int:
        """Give up reservations made before a moment whose processes died: lost, or cut when the request had gone out.

        Returns how many there were.
        """
        open_ones = (_C.state == CallState.RESERVED.value, _C.reserved_at < before)
        with self._db.writing() as connection:
            rows = connection.execute(select(_C.id, _C.owner, _C.sent_at, _C.reserved_usd).where(*open_ones)).all()
            lives = {owner: self._owners.lives(connection, owner) for owner in {row.owner for row in rows}}
            dead = [row for row in rows if not lives[row.owner]]
            for row in dead:
                values = _abandoned(row.sent_at, row.reserved_usd, "never finished", before)
                connection.execute(update(_T).where(_C.id == row.id).values(**values))
            return len(dead)

    def committed(self, tenant: str, month: str) -> Decimal:
        """What a tenant's month may have cost by now, and open reservations, USD."""
        with self._db.reading() as connection:
            return _committed(connection, tenant=tenant, month=month)

    def totals(self, tenant: str | None = None, campaign: str | None = None, run_id: str | None = None) -> Spend:
        """What the calls of a tenant, campaign or run cost together, those that were cut at their most."""
        sums = [func.coalesce(func.sum(_C[name]), 0) for name in Spend.model_fields if name != "cost_usd"]
        money = func.coalesce(func.sum(_nano(_C.cost_usd)), 0)
        where = (*_where(tenant=tenant, campaign=campaign, run_id=run_id), _C.state.in_([s.value for s in BILLED]))
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
        return tuple(call_of(row) for row in rows)

    def _finish(self, call_id: str, values: Mapping[str, object], *where: ColumnElement[bool]) -> None:
        with self._db.writing() as connection:
            if connection.execute(update(_T).where(_C.id == call_id, *where).values(**values)).rowcount:
                return
            if connection.execute(select(_C.id).where(_C.id == call_id)).scalar() is None:
                raise NotFound(f"no Claude call {call_id!r} was reserved")


def _holds(run_id: str) -> ColumnElement[bool]:
    """Rows that stand for their question in the run `run_id`: those not judged bad, or judged so by itself."""
    open_ = _C.rejected_by.is_(None)
    return or_(open_, _C.rejected_by == run_id) if run_id else open_


def _same(wanted: LlmReservation) -> tuple[ColumnElement[bool], ...]:
    return (_C.tenant == wanted.tenant, _C.fingerprint.in_({wanted.fingerprint, wanted.instead_of} - {""}))


def _attempt(connection: Connection, wanted: LlmReservation) -> int:
    done = (_C.tenant == wanted.tenant, _C.fingerprint == wanted.fingerprint, _C.rejected_by.is_not(None))
    return 1 + (connection.execute(select(func.max(_C.attempt)).where(*done)).scalar() or 0)


def _cut_too_often(connection: Connection, wanted: LlmReservation) -> bool:
    """Whether this asking has used up its cuts; it has failed then, and another run begins with none."""
    cut = (*_same(wanted), _C.state == CallState.CUT.value, _holds(wanted.run_id))
    if connection.execute(select(func.count()).where(*cut)).scalar_one() < MOST_CUTS:
        return False
    _close(connection, _same(wanted), wanted.run_id, "")
    return True


def _close(connection: Connection, same: tuple[ColumnElement[bool], ...], run_id: str, why: str) -> None:
    """Mark the ended calls of a question as judged bad; a reason is kept where none is."""
    ended = (*same, _C.state.in_([state.value for state in BILLED]), _C.rejected_by.is_(None))
    error = case((_C.error == "", redact(why)[:ERROR_LIMIT]), else_=_C.error)
    connection.execute(update(_T).where(*ended).values(rejected_by=run_id, error=error))


def _abandoned(sent_at: datetime | None, reserved_usd: Decimal, why: str, at: datetime) -> Mapping[str, object]:
    """What becomes of a reservation that nobody will finish."""
    if sent_at is None:
        return {"state": CallState.LOST.value, "finished_at": at, "error": why}
    spend = Spend(calls=1, cost_usd=reserved_usd)
    said = f"{why}; the request had gone out"
    return {"state": CallState.CUT.value, "finished_at": at, "error": said, **spend.model_dump()}


def _committed(connection: Connection, **of: str) -> Decimal:
    held = case(
        (_C.state.in_([state.value for state in BILLED]), _nano(_C.cost_usd)),
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
