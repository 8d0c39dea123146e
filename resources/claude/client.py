"""Claude as a LanguageModel that never pays twice and never overspends.

A request is looked up in the ledger first; what was answered before is replayed. Otherwise its worst case is reserved
against the tenant's month, it is sent (retried on what passes, never on what does not), and its answer is stored
before anybody uses it. A process killed at any of these points leaves a ledger from which the next one goes on. Of two
processes that ask the same at once, one pays and the other waits for the answer.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from pydantic import BaseModel

from marketeer_dagster.agents.protocols import Answer, CallScope, Prompt, Tier, Usage
from marketeer_dagster.campaigns.spending import spending_limit
from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.model.errors import BudgetExceeded, ToolError, ToolErrorKind
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import AlreadyAsked, LlmReservation, Store, StoredAnswer
from resources.calling import ATTEMPTS, LONGEST_WAIT_S, call_async
from resources.claude.answer import TRUNCATED, Message, parsed, worst_case
from resources.claude.endpoint import Endpoint, line_to
from resources.claude.errors import translate
from resources.claude.request import EFFORT, Request, build
from resources.claude.traffic import Flights

P = ParamSpec("P")
T = TypeVar("T")

QUOTA_STATUS = 429

LARGEST_ANSWER = 64_000
"""Output tokens that are never asked for more of, whatever an answer would need."""

LOOK_S = 0.5
"""Between two looks for an answer that another process is paying for."""

_log = logging.getLogger(__name__)
_STILL_ASKED = "another process has not answered it yet; what it pays for replays: run it again"
_flights = Flights()
"""Equal requests of this process, to whatever endpoint."""
_ledger_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="claude-ledger")


@dataclass(frozen=True)
class _Answered:
    answer: StoredAnswer
    fingerprint: str
    replayed: bool


@dataclass(frozen=True)
class _Reply:
    """An answer as it came over the wire."""

    body: str
    request_id: str
    latency_s: float


class Claude:
    """The Anthropic API, metered. Thread-safe; may be used from several event loops."""

    def __init__(
        self, settings: Settings, store: Store, prices: PriceTable, clock: Clock, *, longest_wait_s: float | None = None
    ) -> None:
        """`longest_wait_s`: how long to wait for an answer that another process is paying for.

        By default as long as that may need for a call with all its retries, and once more for its queue.
        """
        self._models = settings.models
        self._store = store
        self._prices = prices
        self._clock = clock
        self._line = line_to(Endpoint.of(settings))
        self._longest_wait_s = longest_wait_s or 2 * ATTEMPTS * (settings.claude_timeout_s + LONGEST_WAIT_S)

    @property
    def simulated(self) -> bool:
        """Whether the answers come from the sandbox."""
        return self._line.endpoint.simulated

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        """See LanguageModel. An answer that ran out of room is asked for once more with twice the room.

        Cancelling gives an open reservation back and propagates at once; an answer that has arrived is still stored.
        """
        tenant = await _in_ledger(self._store.tenants.get, scope.tenant)
        answered = await self._answered(prompt, answer, tier, scope, tenant, prompt.max_tokens)
        spend, replayed = answered.answer.spend, answered.replayed
        if answered.answer.stop_reason == TRUNCATED and prompt.max_tokens < LARGEST_ANSWER:
            room = min(2 * prompt.max_tokens, LARGEST_ANSWER)
            answered = await self._answered(prompt, answer, tier, scope, tenant, room)
            spend, replayed = spend + answered.answer.spend, replayed and answered.replayed
        usage = Usage(model=answered.answer.model, fingerprint=answered.fingerprint, spend=spend, replayed=replayed)
        return parsed(answered.answer.body_json, answer, usage)

    async def aclose(self) -> None:
        """Close the running event loop's connections."""
        await self._line.close()

    async def _answered(
        self, prompt: Prompt, form: type[BaseModel], tier: Tier, scope: CallScope, tenant: Tenant, room: int
    ) -> _Answered:
        model = getattr(self._models, tier)
        usual = build(prompt, form, model=model, effort=EFFORT[tier], tenant=tenant.id, max_tokens=room)
        cheapest = build(prompt, form, model=self._models.cheapest, effort=None, tenant=tenant.id, max_tokens=room)
        async with _flights.alone(f"{self._store.where} {usual.fingerprint}"):
            patience = time.monotonic() + self._longest_wait_s
            while True:
                for request in (usual, cheapest):
                    known = await _in_ledger(self._store.llm.replay, tenant.id, request.fingerprint)
                    if known is not None:
                        return _Answered(known, request.fingerprint, replayed=True)
                try:
                    request, call_id = await self._reserve(usual, cheapest, scope, tenant)
                except AlreadyAsked as error:
                    if time.monotonic() > patience:
                        raise ToolError("claude", ToolErrorKind.OUTAGE, error.message, hint=_STILL_ASKED) from error
                    await asyncio.sleep(LOOK_S)
                    continue
                return _Answered(await self._pay(request, call_id), request.fingerprint, replayed=False)

    async def _reserve(
        self, usual: Request, cheapest: Request, scope: CallScope, tenant: Tenant
    ) -> tuple[Request, str]:
        """Hold back the worst case. Near the end of the budget, P0 work falls back to the cheapest model."""
        try:
            return usual, await self._hold_back(usual, cheapest, scope, tenant)
        except BudgetExceeded:
            if scope.priority is not Priority.P0 or usual.model == cheapest.model:
                raise
        _log.warning("%s of %s uses %s: its budget is nearly spent", scope.purpose, tenant.id, cheapest.model)
        return cheapest, await self._hold_back(cheapest, usual, scope, tenant)

    async def _hold_back(self, request: Request, other: Request, scope: CallScope, tenant: Tenant) -> str:
        reserving = _ledger_threads.submit(self._reserved, request, other, scope, tenant)
        try:
            return await asyncio.shield(asyncio.wrap_future(reserving))
        except asyncio.CancelledError:
            reserving.add_done_callback(self._give_back_late)
            raise

    async def _pay(self, request: Request, call_id: str) -> StoredAnswer:
        try:
            crash_point("before_call")
            reply = await call_async("claude", lambda: self._send(request), translate=translate)
            crash_point("after_answer")
            message = Message.read(reply.body)
        except asyncio.CancelledError:
            _ledger_threads.submit(self._released, call_id, "cancelled in flight; the vendor may have billed it")
            raise
        except Exception as error:
            await _in_ledger(self._released, call_id, str(error))
            raise
        answer = await _in_ledger(self._settled, request, call_id, reply, message)
        crash_point("after_settle")
        return answer

    async def _send(self, request: Request) -> _Reply:
        from anthropic import APIStatusError

        await self._line.pace.wait()
        async with self._line.slots.hold():
            began = time.perf_counter()
            try:
                raw = await self._line.client().messages.with_raw_response.create(
                    **request.params, extra_headers={"Idempotency-Key": request.fingerprint}
                )
                body = await raw.text()
            except APIStatusError as error:
                self._line.pace.note(error.response.headers, turned_away=error.status_code == QUOTA_STATUS)
                raise
        self._line.pace.note(raw.headers)
        return _Reply(body, raw.request_id or "", time.perf_counter() - began)

    # What follows runs in the ledger's threads: the store, and a clock that may ask over HTTP.

    def _reserved(self, request: Request, other: Request, scope: CallScope, tenant: Tenant) -> str:
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
            cheapest_tier=request.model == self._models.cheapest,
            campaign_limit_usd=spending_limit(self._store, scope.campaign),
            at=now,
        )
        return self._store.llm.reserve(wanted, tenant.llm_budget_usd)

    def _settled(self, request: Request, call_id: str, reply: _Reply, message: Message) -> StoredAnswer:
        now = self._clock.now()
        spend = message.spend(self._prices.price(request.model, now.date(), message.prompt_tokens))
        reason = message.stop_reason or ""
        self._store.llm.settle(
            call_id,
            body_json=reply.body,
            stop_reason=reason,
            spend=spend,
            latency_s=reply.latency_s,
            request_id=reply.request_id,
            at=now,
        )
        return StoredAnswer(body_json=reply.body, model=request.model, spend=spend, stop_reason=reason)

    def _released(self, call_id: str, error: str) -> None:
        self._store.llm.release(call_id, error, self._clock.now())

    def _give_back_late(self, reserving: "Future[str]") -> None:
        """A reservation that came through after its caller had been cancelled."""
        if not reserving.cancelled() and reserving.exception() is None:
            _ledger_threads.submit(self._released, reserving.result(), "cancelled before it was sent")


async def _in_ledger(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a step that, once begun, is finished even when its caller is cancelled: what is paid is stored."""
    return await asyncio.shield(asyncio.wrap_future(_ledger_threads.submit(step, *args, **kwargs)))
