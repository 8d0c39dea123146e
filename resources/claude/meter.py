"""The ledger as the client uses it: every step in a thread, and once begun, finished.

A step that is under way is not given up when its caller is cancelled: what is paid is stored, what was held back is
given back. The store and a clock that may ask over HTTP would also hold up every other question of an event loop.
"""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from marketeer_dagster.agents.protocols import CallScope
from marketeer_dagster.campaigns.spending import spending_limit
from marketeer_dagster.catalog import Price, PriceTable
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import LlmReservation, Store, StoredAnswer
from resources.claude.answer import most_of, worst_case
from resources.claude.request import Request
from resources.claude.sending import Failed, Reply

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="claude-ledger")


class Meter:
    """What Claude costs: held back before, booked after."""

    def __init__(self, store: Store, prices: PriceTable, clock: Clock, cheapest: str) -> None:
        """`cheapest` is the model of the cheapest tier."""
        self._store = store
        self._prices = prices
        self._clock = clock
        self._cheapest = cheapest

    async def tenant(self, scope: CallScope) -> Tenant:
        """Who pays. Raises NotFound."""
        return await _in_thread(self._store.tenants.get, scope.tenant)

    async def replay(self, scope: CallScope, fingerprint: str) -> StoredAnswer | None:
        """An earlier answer that this asking may use."""
        return await _in_thread(self._store.llm.replay, scope.tenant, fingerprint, scope.run_id)

    async def reserve(self, request: Request, other: Request, scope: CallScope, tenant: Tenant) -> str:
        """Hold back what `request` may cost; `other` is the same question to another model. Raises as the ledger."""
        reserving = _threads.submit(self._reserve, request, other, scope, tenant)
        try:
            return await asyncio.shield(asyncio.wrap_future(reserving))
        except asyncio.CancelledError:
            reserving.add_done_callback(self._give_back_late)
            raise

    async def sent(self, call_id: str) -> None:
        """The request goes out now."""
        await _in_thread(lambda: self._store.llm.sent(call_id, self._clock.now()))

    async def turned_away(self, call_id: str, failed: Failed) -> None:
        """The vendor took it not; it may be sent again under the same reservation."""
        await _in_thread(self._store.llm.turned_away, call_id, failed.error.message, failed.request_id)

    async def settle(self, request: Request, call_id: str, reply: Reply) -> StoredAnswer:
        """Store the answer and its cost."""
        return await _in_thread(self._settle, request, call_id, reply)

    async def release(self, call_id: str, error: str, request_id: str = "") -> None:
        """Nothing was generated: give the reservation back."""
        await _in_thread(lambda: self._store.llm.release(call_id, error, self._clock.now(), request_id))

    async def cut(self, request: Request, call_id: str, failed: Failed) -> None:
        """It went out and no whole answer came: book the most that it can have cost."""
        await _in_thread(self._cut, request, call_id, failed)

    async def reject(self, calls: Collection[str], why: str, scope: CallScope) -> None:
        """The asking of these calls failed."""
        await _in_thread(self._store.llm.reject, calls, scope.run_id, why)

    def give_up(self, request: Request, call_id: str, scope: CallScope, *, sent: bool) -> None:
        """The caller was cancelled: end the call without waiting for it."""
        _threads.submit(self._give_up, request, call_id, scope, sent)

    def _reserve(self, request: Request, other: Request, scope: CallScope, tenant: Tenant) -> str:
        now = self._clock.now()
        price = self._prices.price(request.model, now.date(), request.max_input_tokens)
        wanted = LlmReservation(
            tenant=tenant.id,
            campaign=scope.campaign,
            purpose=scope.purpose,
            run_id=scope.run_id,
            model=request.model,
            fingerprint=request.fingerprint,
            instead_of=other.fingerprint,
            month=now.astimezone(tenant.zone).strftime("%Y-%m"),
            worst_case_usd=worst_case(price, request.max_input_tokens, request.max_tokens),
            priority=scope.priority,
            cheapest_tier=request.model == self._cheapest,
            campaign_limit_usd=spending_limit(self._store, scope.campaign),
            at=now,
        )
        return self._store.llm.reserve(wanted, tenant.llm_budget_usd)

    def _settle(self, request: Request, call_id: str, reply: Reply) -> StoredAnswer:
        spend = reply.message.spend(request.model, self._price)
        reason = reply.message.stop_reason or ""
        self._store.llm.settle(
            call_id,
            body_json=reply.body,
            stop_reason=reason,
            spend=spend,
            latency_s=reply.latency_s,
            request_id=reply.request_id,
            at=self._clock.now(),
        )
        return StoredAnswer(call=call_id, body_json=reply.body, model=request.model, spend=spend, stop_reason=reason)

    def _cut(self, request: Request, call_id: str, failed: Failed) -> None:
        usage = failed.gathered.usage
        # The vendor that says itself that it stops, before it had written a word, has written none.
        stopped = failed.told and not failed.gathered.began
        room = int(usage.get("output_tokens") or 0) if stopped else request.max_tokens
        price = self._price(request.model, request.max_input_tokens)
        spend = most_of(usage, room, request.max_input_tokens, price)
        self._store.llm.cut(call_id, failed.error.message, spend, self._clock.now(), failed.request_id)

    def _give_up(self, request: Request, call_id: str, scope: CallScope, sent: bool) -> None:
        now = self._clock.now()
        if not sent:
            self._store.llm.release(call_id, "cancelled before it was sent", now)
            return
        price = self._price(request.model, request.max_input_tokens)
        most = Spend(calls=1, cost_usd=worst_case(price, request.max_input_tokens, request.max_tokens))
        said = "cancelled in flight; the vendor may have billed it"
        self._store.llm.cut(call_id, said, most, now, given_up_by=scope.run_id)

    def _price(self, model: str, prompt_tokens: int) -> Price:
        return self._prices.price(model, self._clock.now().date(), prompt_tokens)

    def _give_back_late(self, reserving: "Future[str]") -> None:
        """A reservation that came through after its caller had been cancelled."""
        if not reserving.cancelled() and reserving.exception() is None:
            said = "cancelled before it was sent"
            _threads.submit(lambda: self._store.llm.release(reserving.result(), said, self._clock.now()))


async def _in_thread(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.shield(asyncio.wrap_future(_threads.submit(step, *args, **kwargs)))
