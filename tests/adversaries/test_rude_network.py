"""Claude behind a rude network: overloaded for minutes, cut in the middle, silent, late, gone; what that costs.

The server is real and on loopback, and knows no idempotency: whatever it begins to answer is generated and billed. Only
waiting takes no time. Every row says what came out, how often the question went out, what the ledger holds and in which
states: never less than what was generated, never a third time by itself.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from marketeer_dagster.agents.asking import ask
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import MarketeerError, NoVerdict, ToolError, ToolErrorKind, TryLater
from marketeer_dagster.store import CallState, Store
from resources.claude import Claude
from resources.claude.errors import Unanswered
from resources.claude.patience import OFFLINE_S
from tests.resources.test_claude import (
    NOW,
    TENANT,
    Word,
    prices,
    prompt,
    say,
    scope,
    server,
    settings_for,
    states,
    store,
    waits,
)
from tests.support.messages_script import in_order
from tests.support.messages_server import Fault, MessagesServer, Reply
from tests.support.waits import JumpingWaits

__all__ = ["prices", "server", "store", "waits"]

MONTH = "2026-11"
SETTLED, CUT, RELEASED = CallState.SETTLED, CallState.CUT, CallState.RELEASED
OVERLOADED = Fault(529, {"x-should-retry": "true"}, "overloaded_error")
BUSY = Fault(429, {"retry-after": "505", "x-should-retry": "true"}, "rate_limit_error")
GATEWAY = Fault(502, body="<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
PRICE = Decimal("0.0007")
"""Of one whole answer of the server: 100 tokens in, 50 out, of claude-sonnet-5-5."""


@pytest.fixture
async def claude(
    server: MessagesServer, store: Store, prices, tmp_path: Path, waits: JumpingWaits
) -> AsyncIterator[Claude]:
    changes = {"claude_idle_s": 0.4, "claude_timeout_s": 3.0}
    model = Claude(settings_for(server.url, tmp_path, **changes), store, prices, FixedClock(NOW), waits=waits)
    yield model
    await model.aclose()


@dataclass(frozen=True)
class Case:
    """What happens on the wire, and what must come of it."""

    name: str
    faults: list[Fault]
    outcome: type[MarketeerError] | None
    """The error; None for the answer."""
    sent: int
    """Requests that reached the server."""
    states: list[CallState]
    waited_s: tuple[float, float] = (0.0, 0.0)
    """Bounds of the waiting, seconds."""


def told(events: int) -> Fault:
    """The vendor says in the stream that it stops, after so many events."""
    return Fault(200, events=events, error="overloaded_error")


CASES = [
    Case("one 529", [OVERLOADED], None, 2, [SETTLED], (0.5, 1)),
    Case("529 for five minutes", [OVERLOADED] * 11, None, 12, [SETTLED], (240, 480)),
    Case("529 for ever", [OVERLOADED] * 90, TryLater, -1, [RELEASED], (800, 900)),
    Case("a 503 and a 500", [Fault(503), Fault(500)], None, 3, [SETTLED], (1, 3)),
    Case("a gateway's page with 502", [GATEWAY, GATEWAY], None, 3, [SETTLED], (1, 3)),
    Case("a used-up minute: come back in 505 s", [BUSY], None, 2, [SETTLED], (505, 511)),
    Case("a used-up minute twice", [BUSY, BUSY], TryLater, 2, [RELEASED], (505, 511)),
    Case("come back in an hour", [Fault(429, {"retry-after": "3600"})], TryLater, 1, [RELEASED]),
    Case("a 529 that is not to be repeated", [Fault(529, {"x-should-retry": "false"})], TryLater, 1, [RELEASED]),
    Case("a 409 that is to be repeated", [Fault(409, {"x-should-retry": "true"})], None, 2, [SETTLED], (0.5, 1)),
    Case("accepted and hung up", [Fault(0)], None, 2, [CUT, SETTLED]),
    Case("accepted and hung up twice", [Fault(0)] * 9, Unanswered, 2, [CUT, CUT]),
    Case("cut before the first word", [Fault(200, events=2)], None, 2, [CUT, SETTLED]),
    Case("cut in the middle", [Fault(200, events=7)], None, 2, [CUT, SETTLED]),
    Case("cut in the middle, for ever", [Fault(200, events=7)] * 9, Unanswered, 2, [CUT, CUT]),
    Case("silent from the start", [Fault(-1)], None, 2, [CUT, SETTLED]),
    Case("silent in the middle", [Fault(200, events=7, hangs=True)], None, 2, [CUT, SETTLED]),
    Case("silent, for ever", [Fault(-1)] * 9, Unanswered, 2, [CUT, CUT]),
    Case("a gateway that gave up waiting", [Fault(504, body="<html>")] * 9, Unanswered, 2, [CUT, CUT]),
    Case("overloaded after the headers", [told(1)], None, 2, [CUT, SETTLED], (0.5, 1)),
    Case("overloaded after the headers, for ever", [told(7)] * 9, TryLater, 2, [CUT, CUT], (1, 3)),
    Case("an error in place of an answer, after a 200", [told(0)] * 3, None, 4, [SETTLED], (3, 7)),
    Case("overloaded, then cut, then answered", [OVERLOADED, Fault(200, events=5)], None, 3, [CUT, SETTLED], (0.5, 1)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_comes_of_it(
    claude: Claude, server: MessagesServer, store: Store, waits: JumpingWaits, case: Case
) -> None:
    server.faults = list(case.faults)
    if case.outcome is None:
        answer, _ = await say(claude, run_id="run-1")
        assert answer.word == "yes"
    else:
        with pytest.raises(case.outcome):
            await say(claude, run_id="run-1")
    assert states(store) == case.states
    assert case.sent in (-1, len(server.requests))
    least, most = case.waited_s
    assert least <= waits.total <= most
    spent = store.llm.committed(TENANT, MONTH)
    assert spent == store.llm.totals(tenant=TENANT).cost_usd
    assert spent >= PRICE * len(server.billed)
    assert len(server.billed) <= 2
    for call in store.llm.list():
        assert call.error or call.state is SETTLED
        assert call.state is not RELEASED or call.spend.cost_usd == 0


async def test_a_cut_call_counts_with_the_input_it_told_and_a_full_answer(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.faults = [Fault(200, events=7)]
    await say(claude)
    cut, _ = store.llm.list()
    # 100 tokens in at USD 2 and 1,000 out at USD 10 per million
    assert cut.spend.cost_usd == Decimal("0.0102") < cut.reserved_usd
    assert cut.request_id == "req_0001"


async def test_a_vendor_that_stops_before_the_first_word_has_written_none(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.faults = [told(1)]
    await say(claude)
    assert [call.spend.cost_usd for call in store.llm.list()] == [Decimal("0.00021"), PRICE]


async def test_pings_are_life(claude: Claude, server: MessagesServer, store: Store) -> None:
    server.ping_s = 0.15
    server.faults = [Fault(200, events=99, pings=8, error="")]
    answer, _ = await say(claude)
    assert (answer.word, states(store), len(server.requests)) == ("yes", [SETTLED], 1)


async def test_pings_alone_are_not_waited_for_without_end(claude: Claude, server: MessagesServer, store: Store) -> None:
    server.ping_s = 0.15
    server.faults = [Fault(200, pings=200)]
    await say(claude)
    assert states(store) == [CUT, SETTLED]
    assert "no whole answer within 3 s" in store.llm.list()[0].error


async def test_a_cut_question_is_not_asked_a_third_time_in_its_run_and_is_by_the_next(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.faults = [Fault(0)] * 3
    for _ in range(4):
        with pytest.raises(Unanswered) as caught:
            await say(claude, run_id="run-1")
        assert caught.value.permanent, "the op's RetryPolicy must not repeat it"
    assert len(server.requests) == 2
    assert (await say(claude, run_id="run-2"))[0].word == "yes"
    assert states(store) == [CUT, CUT, CUT, SETTLED]
    assert [call.attempt for call in store.llm.list()] == [1, 1, 2, 2]


async def test_a_process_that_dies_in_flight_again_and_again_stops_after_one_repetition(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.faults = [Fault(-1)] * 2
    for run_id in ("run-1", "run-2"):
        asking = asyncio.create_task(say(claude, run_id=run_id))
        await asyncio.to_thread(_until, lambda: any(call.sent_at for call in _open(store)))
        (call,) = _open(store)
        store.llm.cut(call.id, "its process died", call.spend, NOW)  # as a process leaves it that is taken over
        asking.cancel()
        await asyncio.wait([asking])
    with pytest.raises(Unanswered):
        await say(claude, run_id="run-3")
    assert len(server.requests) <= 2


def _open(store: Store):
    return store.llm.list(state=CallState.RESERVED)


async def test_nobody_there_costs_nothing_and_is_told_within_a_minute(
    store: Store, prices, tmp_path: Path, waits: JumpingWaits
) -> None:
    model = Claude(settings_for("http://127.0.0.1:9", tmp_path), store, prices, FixedClock(NOW), waits=waits)
    with pytest.raises(TryLater, match="connection failed"):
        await say(model)
    await model.aclose()
    assert states(store) == [RELEASED]
    assert store.llm.committed(TENANT, MONTH) == 0
    assert waits.total <= OFFLINE_S


async def test_an_empty_purse_at_the_vendor_is_no_fault_of_the_request(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.faults = [Fault(402, kind="billing_error")]
    with pytest.raises(TryLater, match="add credit") as caught:
        await say(claude)
    assert caught.value.retry_after_s == 3600
    assert (states(store), len(server.requests)) == ([RELEASED], 1)


async def test_answers_that_are_late_are_waited_for(claude: Claude, server: MessagesServer, store: Store) -> None:
    server.delay_s = 0.3
    assert (await say(claude))[0].word == "yes"
    assert (states(store), len(server.requests)) == ([SETTLED], 1)


async def test_truncated_twice_ends_with_a_reason_and_both_calls_are_paid(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.answer = lambda body: Reply('{"word"', stop_reason="max_tokens")
    with pytest.raises(NoVerdict, match="max_tokens"):
        await say(claude)
    assert [body["max_tokens"] for body in server.requests] == [1000, 2000]
    assert store.llm.totals(tenant=TENANT).cost_usd == 2 * PRICE


async def test_a_model_that_is_refused_cut_and_over_long_ends_within_few_calls(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    """Everything at once: no path asks in a circle."""
    refusal = {"type": "refusal", "category": None, "explanation": None}
    server.answer = in_order(Reply("", stop_reason="refusal", stop_details=refusal), Reply('{"word": "far too long"}'))
    server.faults = [OVERLOADED, Fault(200, events=4), OVERLOADED]
    with pytest.raises(NoVerdict):
        await ask(claude, prompt(), Word, tier="execution", scope=scope(run_id="run-1"))
    assert len(server.requests) <= 9
    assert store.llm.committed(TENANT, MONTH) >= PRICE * len(server.billed)


@pytest.mark.parametrize("kind", [ToolErrorKind.AUTH, ToolErrorKind.INVALID])
async def test_request_ids_are_kept_for_failures_too(
    claude: Claude, server: MessagesServer, store: Store, kind: ToolErrorKind
) -> None:
    status = 401 if kind is ToolErrorKind.AUTH else 400
    server.faults = [Fault(status, {"request-id": "req_failed"})]
    with pytest.raises(ToolError) as caught:
        await say(claude)
    assert caught.value.kind is kind
    assert [(call.state, call.request_id) for call in store.llm.list()] == [(RELEASED, "req_failed")]


def _until(true) -> None:
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never became true")
