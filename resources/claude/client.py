"""Claude as a LanguageModel that never overspends and pays for no answer twice.

A request is looked up in the ledger first; what was answered before is replayed. Otherwise its worst case is reserved
against the tenant's month, it is sent, and its answer is stored before anybody uses it. A process killed at any of
these points leaves a ledger from which the next one goes on. Of two processes that ask the same at once, one pays and
the other waits for the answer.

The API knows no key by which a repeated request would be the same one. So what may have been generated is counted as if
it had been, and repeated by itself once; what surely was not (no connection, an error in place of an answer) is free,
and waited for.
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass

from pydantic import BaseModel

from marketeer_dagster.agents.protocols import Answer, CallScope, Prompt, Tier, Unreadable, Usage
from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.model.errors import BudgetExceeded, NoVerdict, ToolError, ToolErrorKind, TryLater
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import AlreadyAsked, CutTooOften, Store, StoredAnswer
from resources.claude.answer import REFUSED, TRUNCATED, parsed
from resources.claude.endpoint import Endpoint, line_to
from resources.claude.errors import Fate, Unanswered
from resources.claude.meter import Meter
from resources.claude.patience import Patience, Waits, WallWaits
from resources.claude.request import EFFORT, Request, build
from resources.claude.sending import Failed, Reply, send
from resources.claude.traffic import Flights

LARGEST_ANSWER = 64_000
"""Output tokens that are never asked for more of, whatever an answer would need."""
PAYDAY_S = 3600.0
"""Between two looks whether an account at the vendor has money again: each costs nothing and is one refused request."""
LOOK_S = 0.5
"""Between two looks for an answer that another process is paying for."""
OTHER_TIER: dict[Tier, Tier] = {"strategy": "execution", "execution": "strategy", "judge": "strategy"}
"""Whose model is asked what the model of a tier has declined. A judge is never replaced by the author it judges."""

_log = logging.getLogger(__name__)
_STILL_ASKED = "another process has not answered it yet; what it pays for replays: run it again"
_flights = Flights()
"""Equal requests of this process, to whatever endpoint."""


@dataclass(frozen=True)
class _Answered:
    """What one question came to: all its calls, and the answer that counts."""

    calls: tuple[StoredAnswer, ...]
    fingerprint: str
    replayed: bool

    @property
    def answer(self) -> StoredAnswer:
        return self.calls[-1]

    def then(self, later: "_Answered") -> "_Answered":
        """This, and what was asked because of it."""
        return _Answered((*self.calls, *later.calls), later.fingerprint, self.replayed and later.replayed)

    @property
    def usage(self) -> Usage:
        return Usage(
            model=self.answer.model,
            fingerprint=self.fingerprint,
            spend=sum((call.spend for call in self.calls), Spend()),
            replayed=self.replayed,
            calls=tuple(call.call for call in self.calls),
        )


class Claude:
    """The Anthropic API, metered. Thread-safe; may be used from several event loops."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        prices: PriceTable,
        clock: Clock,
        *,
        waits: Waits | None = None,
        longest_wait_s: float | None = None,
    ) -> None:
        """`waits` is the time that waiting for the vendor takes, by default that on the wall.

        `longest_wait_s`: how long to wait for an answer that another process is paying for; by default as long as that
        may need for a call with its one repetition and all its waiting.
        """
        self._models = settings.models
        self._where = store.where
        self._meter = Meter(store, prices, clock, settings.models.cheapest)
        self._line = line_to(Endpoint.of(settings))
        self._waits = waits or WallWaits()
        self._patience_s = settings.claude_patience_s
        self._longest_wait_s = longest_wait_s or 2 * settings.claude_timeout_s + settings.claude_patience_s

    @property
    def simulated(self) -> bool:
        """Whether the answers come from the sandbox."""
        return self._line.endpoint.simulated

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        """See LanguageModel. What ran out of room is asked for once more with twice the room; what a model declines, of
        the model of another tier.

        Cancelling gives back what was not sent and propagates at once; an answer that has arrived is still stored.
        """
        tenant = await self._meter.tenant(scope)
        answered = await self._with_room(prompt, answer, tier, scope, tenant)
        other = OTHER_TIER[tier]
        if answered.answer.stop_reason == REFUSED and self._model(other) != self._model(tier):
            _log.warning("%s of %s was declined by %s", scope.purpose, scope.campaign, answered.answer.model)
            answered = answered.then(await self._with_room(prompt, answer, other, scope, tenant))
        usage = answered.usage
        try:
            return parsed(answered.answer.body_json, answer, usage)
        except Unreadable:
            raise
        except NoVerdict as error:
            await self.reject(usage.calls, error.message, scope=scope)
            raise

    async def reject(self, calls: Collection[str], why: str, *, scope: CallScope) -> None:
        """See LanguageModel."""
        await self._meter.reject(calls, why, scope)

    async def aclose(self) -> None:
        """Close the running event loop's connections."""
        await self._line.close()

    def _model(self, tier: Tier) -> str:
        return getattr(self._models, tier)

    async def _with_room(
        self, prompt: Prompt, form: type[BaseModel], tier: Tier, scope: CallScope, tenant: Tenant
    ) -> _Answered:
        answered = await self._answered(prompt, form, tier, scope, tenant, prompt.max_tokens)
        if answered.answer.stop_reason != TRUNCATED or prompt.max_tokens >= LARGEST_ANSWER:
            return answered
        room = min(2 * prompt.max_tokens, LARGEST_ANSWER)
        return answered.then(await self._answered(prompt, form, tier, scope, tenant, room))

    async def _answered(
        self, prompt: Prompt, form: type[BaseModel], tier: Tier, scope: CallScope, tenant: Tenant, room: int
    ) -> _Answered:
        """The answer to one request: an earlier one, another process's, or one that is paid for now."""
        usual = build(prompt, form, model=self._model(tier), effort=EFFORT[tier], tenant=tenant.id, max_tokens=room)
        cheapest = build(prompt, form, model=self._models.cheapest, effort=None, tenant=tenant.id, max_tokens=room)
        patience = Patience(self._waits, self._patience_s)
        last: Failed | None = None
        async with _flights.alone(f"{self._where} {usual.fingerprint}"):
            until = self._waits.now() + self._longest_wait_s
            while True:
                for request in (usual, cheapest):
                    known = await self._meter.replay(scope, request.fingerprint)
                    if known is not None:
                        return _Answered((known,), request.fingerprint, replayed=True)
                try:
                    request, call_id = await self._reserve(usual, cheapest, scope, tenant)
                except AlreadyAsked as error:
                    if self._waits.now() > until:
                        raise TryLater(error.message, retry_after_s=0.0, hint=_STILL_ASKED) from error
                    await self._waits.sleep(LOOK_S)
                    continue
                except CutTooOften as error:
                    raise _given_up(error, last) from last
                try:
                    answer = await self._pay(request, call_id, scope, patience)
                except Failed as failed:
                    last = failed
                    if not failed.passing:
                        raise failed.error from failed
                    if failed.told:
                        await patience.after(failed.error)
                    continue
                return _Answered((answer,), request.fingerprint, replayed=False)

    async def _reserve(
        self, usual: Request, cheapest: Request, scope: CallScope, tenant: Tenant
    ) -> tuple[Request, str]:
        """Hold back the worst case. Near the end of the budget, P0 work falls back to the cheapest model."""
        try:
            return usual, await self._meter.reserve(usual, cheapest, scope, tenant)
        except BudgetExceeded:
            if scope.priority is not Priority.P0 or usual.model == cheapest.model:
                raise
        _log.warning("%s of %s uses %s: its budget is nearly spent", scope.purpose, tenant.id, cheapest.model)
        return cheapest, await self._meter.reserve(cheapest, usual, scope, tenant)

    async def _pay(self, request: Request, call_id: str, scope: CallScope, patience: Patience) -> StoredAnswer:
        """Send the request until it is answered, and store the answer. Ends the reservation, however it ends.

        Raises Failed when the request was cut, ToolError for what does not pass, TryLater when patience is over.
        """
        sent = False
        try:
            while True:
                await self._line.pace.wait(patience)
                async with self._line.slots.hold():
                    crash_point("before_call")
                    await self._meter.sent(call_id)
                    sent = True
                    outcome = await self._sent(request)
                if isinstance(outcome, Reply):
                    crash_point("after_answer")
                    answer = await self._meter.settle(request, call_id, outcome)
                    crash_point("after_settle")
                    return answer
                if outcome.fate is Fate.CUT:
                    await self._meter.cut(request, call_id, outcome)
                    raise outcome
                await self._meter.turned_away(call_id, outcome)
                sent = False
                await self._next_try(outcome, call_id, patience)
        except asyncio.CancelledError:
            self._meter.give_up(request, call_id, scope, sent=sent)
            raise

    async def _sent(self, request: Request) -> Reply | Failed:
        try:
            return await send(self._line, request, self._waits.now)
        except Failed as failed:
            return failed

    async def _next_try(self, failed: Failed, call_id: str, patience: Patience) -> None:
        """Wait for the next try of a request that was not taken; when there is none, give the reservation back."""
        error = failed.error
        _log.warning("Claude took no request (%s): %s", failed.request_id or "no request id", error.message)
        try:
            if error.kind is ToolErrorKind.BUDGET:
                raise TryLater(error.message, retry_after_s=error.retry_after_s or PAYDAY_S, hint=error.hint)
            if not failed.passing:
                raise error
            await patience.after(error, offline=failed.fate is Fate.UNSENT, pointless=failed.pointless)
        except (ToolError, TryLater) as over:
            await self._meter.release(call_id, over.message, failed.request_id)
            raise over from failed


def _given_up(error: CutTooOften, last: Failed | None) -> Unanswered | TryLater:
    """What is said of a question that went out twice for nothing. A vendor that stopped by itself is waited for."""
    if last is not None and last.told:
        return TryLater(last.error.message, retry_after_s=last.error.retry_after_s or 0.0, hint=last.error.hint)
    return Unanswered(f"{error.message}{f': {last.error.message}' if last else ''}")
