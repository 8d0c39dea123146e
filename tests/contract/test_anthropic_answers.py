"""Every recorded answer of Anthropic, asked of our client over loopback: what it makes of it, and what that costs.

And the stand-in beside it: what the vendor's answers and errors have, ours have too.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel, ConfigDict, RootModel

from marketeer_dagster.agents.protocols import Prompt, PromptTurn, Refused, Unreadable
from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import MarketeerError, NoVerdict, ToolError, ToolErrorKind, TryLater
from marketeer_dagster.sandbox.faults import FaultKind, FaultSpec
from marketeer_dagster.sandbox.habits import HabitSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import CallState, Store
from resources.claude import Claude
from resources.claude.answer import Message
from tests.contract import recorded
from tests.contract.recorded import Answer, answer, serve
from tests.resources.test_claude import NOW, prices, scope, settings_for, store
from tests.support.waits import JumpingWaits

__all__ = ["prices", "store"]

TOOL = "anthropic"
SETTLED, CUT, RELEASED = CallState.SETTLED, CallState.CUT, CallState.RELEASED


class City(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str
    country: str
    population: int


class Amount(BaseModel):
    model_config = ConfigDict(extra="forbid")
    amount: Decimal


class Number(RootModel[int]):
    """No recorded answer is one: what is only prose is unreadable, and its text is what counts."""


@dataclass(frozen=True)
class Expected:
    """What the client makes of one answer."""

    outcome: BaseModel | type[MarketeerError]
    """The answer, or the error's class."""
    says: str = ""
    """What the error (its text where it is Unreadable) says."""
    state: CallState = SETTLED
    tokens: tuple[int, int] | None = None
    """Billed: in, out."""
    form: type[BaseModel] = Number
    kind: ToolErrorKind | None = None
    requests: int = 1
    waited_s: float = 0.0


OF_BOTH = 2
"""A refusal is asked of another model too."""
TABLE: Mapping[str, Expected] = {
    "error-400-credit-balance": Expected(TryLater, "credit balance is too low.*add credit", RELEASED),
    "error-400-effort": Expected(ToolError, "levels: high.*another model", RELEASED, kind=ToolErrorKind.INVALID),
    "error-404-count-tokens": Expected(ToolError, "model: claude-does-not-exist", RELEASED, kind=ToolErrorKind.MISSING),
    "error-404-model": Expected(ToolError, r"claude-sonet-4-5.*config\.toml", RELEASED, kind=ToolErrorKind.MISSING),
    "error-413-too-large": Expected(ToolError, "exceeds the maximum.*shorten", RELEASED, kind=ToolErrorKind.INVALID),
    "error-429-input-tokens": Expected(
        TryLater, "input tokens has exceeded.*2 tries in 8", RELEASED, requests=2, waited_s=505
    ),
    "error-529-overloaded": Expected(
        TryLater, "529 Overloaded.*tries in 1[45] minutes", RELEASED, requests=-1, waited_s=800
    ),
    "message-compaction": Expected(Unreadable, 'you said "hello" earlier', tokens=(136, 16)),
    "message-decimal-strict": Expected(Amount(amount=Decimal("12.34")), tokens=(222, 10), form=Amount),
    "message-effort-usage": Expected(Unreadable, "2 \\+ 2 = 4", tokens=(54, 14)),
    "message-headers-ratelimit": Expected(Unreadable, "City of Light", tokens=(14, 65)),
    "message-plain-ratelimit-headers": Expected(NoVerdict, "stop_sequence", tokens=(16, 28)),
    "message-redacted-thinking": Expected(Unreadable, "^I notice that your message", tokens=(92, 196)),
    # The adviser's pass is billed beside what the figures at the top say: 2,518 in and 22 out of another model.
    "message-server-tool": Expected(Unreadable, "^2 \\+ 2 = 4$", tokens=(4908, 143)),
    "message-stop-sequence": Expected(NoVerdict, "stop_sequence", tokens=(32, 5)),
    "message-structured-output": Expected(
        City(city="London", country="United Kingdom", population=9002488), tokens=(196, 19), form=City
    ),
    "message-thinking-block": Expected(NoVerdict, "tool_use", tokens=(671, 55)),
    "stream-compaction": Expected(Unreadable, "^Hello there!$", tokens=(30, 8)),
    "stream-error-overloaded": Expected(TryLater, "529 Overloaded", CUT, tokens=(10, 1), requests=2, waited_s=0.5),
    "stream-refusal": Expected(Refused, "cyber This request was refused", tokens=(20, 0), requests=OF_BOTH),
    "stream-refusal-after-text": Expected(Refused, "stopped with refusal", tokens=(28, 106), requests=OF_BOTH),
}  # fmt: skip


def test_no_recorded_answer_is_left_out() -> None:
    assert set(TABLE) == set(recorded.names(TOOL))
    assert all(answer(TOOL, name).source for name in TABLE)


@pytest.mark.parametrize("name", sorted(TABLE))
async def test_what_the_client_makes_of_it(name: str, store: Store, prices: PriceTable, tmp_path: Path) -> None:
    expected, waits = TABLE[name], JumpingWaits()
    with serve(answer(TOOL, name)) as wire:
        claude = Claude(settings_for(wire.url, tmp_path), store, prices, FixedClock(NOW), waits=waits)
        outcome = await outcome_of(claude, expected.form)
        await claude.aclose()
    if isinstance(expected.outcome, BaseModel):
        assert outcome == expected.outcome
    else:
        assert type(outcome) is expected.outcome
        said = outcome.text if isinstance(outcome, Unreadable) else str(outcome)
        assert re.search(expected.says, said, re.S), said
    if isinstance(outcome, ToolError):
        assert outcome.kind is expected.kind
    calls = store.llm.list()
    assert {call.state for call in calls} == {expected.state}
    assert expected.requests in (-1, len(wire.asked))
    assert waits.total >= expected.waited_s
    if expected.tokens is not None:
        assert {(call.spend.input_tokens, call.spend.output_tokens) for call in calls} == {expected.tokens}
    told = (answer(TOOL, name).body or {}).get("request_id") if isinstance(answer(TOOL, name).body, dict) else None
    if told and expected.state is RELEASED:
        assert {call.request_id for call in calls} == {told}


async def outcome_of(claude: Claude, form: type[BaseModel]) -> BaseModel | Exception:
    prompt = Prompt(system=(), turns=(PromptTurn(role="user", text="?"),), max_tokens=1000)
    try:
        said, _ = await claude.complete(prompt, form, tier="execution", scope=scope(run_id="run-1"))
    except MarketeerError as error:
        return error
    return said


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (Answer("html-413", 413, {}, "<html><title>413 Request Entity Too Large</title></html>"), ToolErrorKind.INVALID,
         "a web page in place of an answer: 413 Request"),
        (Answer("html-200", 200, {}, "<html><title>Sign in</title></html>"), ToolErrorKind.INVALID,
         "no Messages API answer"),
        (Answer("html-403", 403, {}, "<html>Attention</html>"), ToolErrorKind.AUTH, "a web page in place of an answer"),
    ],
)  # fmt: skip
async def test_pages_in_place_of_answers_are_named_and_not_quoted(
    body: Answer, kind: ToolErrorKind, says: str, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    with serve(body) as wire:
        claude = Claude(settings_for(wire.url, tmp_path), store, prices, FixedClock(NOW), waits=JumpingWaits())
        outcome = await outcome_of(claude, Number)
        await claude.aclose()
    assert isinstance(outcome, ToolError)
    assert (outcome.kind, len(wire.asked)) == (kind, 1)
    assert says in str(outcome)
    assert [call.state for call in store.llm.list()] == [RELEASED]


LIMITED = [
    ("You have reached your specified API usage limits. You will regain access on 2099-01-01 at 00:00 UTC.", 400, None),
    ("You have reached your specified workspace API usage limits. You will regain access on 2099-01-01.", 403, None),
    ("Your account's spend limit was reached.", 429, {"error_code": "enforced_spend_limit_reached"}),
    ("Usage is capped.", 429, {"error_code": "contract_spend_limit_reached"}),
]


@pytest.mark.parametrize(("message", "status", "details"), LIMITED)
async def test_every_way_to_be_out_of_money_waits_for_it(
    message: str, status: int, details: dict[str, str] | None, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    error = {"type": "invalid_request_error", "message": message, "details": details}
    with serve(Answer("limit", status, {}, {"type": "error", "error": error, "request_id": "req_1"})) as wire:
        claude = Claude(settings_for(wire.url, tmp_path), store, prices, FixedClock(NOW), waits=JumpingWaits())
        outcome = await outcome_of(claude, Number)
        await claude.aclose()
    assert isinstance(outcome, TryLater)
    assert "budget" in outcome.message
    assert len(wire.asked) == 1
    assert outcome.retry_after_s > 86_400 if "2099" in message else outcome.retry_after_s == 3600


async def test_limits_of_a_streamed_answer_do_not_hold_the_next_one_back(
    store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    waits = JumpingWaits()
    with serve(answer(TOOL, "message-headers-ratelimit")) as wire:  # a 200 with `retry-after: 55`
        claude = Claude(settings_for(wire.url, tmp_path), store, prices, FixedClock(NOW), waits=waits)
        await outcome_of(claude, Number)
        await outcome_of(claude, City)
        await claude.aclose()
    assert (len(wire.asked), waits.slept) == (2, [])


async def test_every_request_asks_to_be_streamed_and_claims_no_idempotency(
    store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    with serve(answer(TOOL, "message-structured-output")) as wire:
        claude = Claude(settings_for(wire.url, tmp_path), store, prices, FixedClock(NOW))
        await outcome_of(claude, City)
        await claude.aclose()
    (asked,) = wire.asked
    assert json.loads(asked.body)["stream"] is True
    assert "idempotency-key" not in {name.lower() for name in asked.headers}


def test_a_pass_of_a_model_without_a_price_costs_as_the_one_that_was_asked(prices: PriceTable) -> None:
    message = Message.read(json.dumps(answer(TOOL, "message-server-tool").body))
    spend = message.spend("claude-sonnet-5", lambda model, tokens: prices.price(model, NOW.date(), tokens))
    assert spend.cost_usd == Decimal(2 * 4908 + 10 * 143) / 1_000_000  # claude-opus-4-8 is not in the table


# The stand-in, held to the same answers.


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


def said_by(sandbox: Running, body: dict[str, Any]) -> tuple[int, Mapping[str, str], Any]:
    client = anthropic.Anthropic(api_key="sk-shapes", base_url=f"{sandbox.url}/anthropic", max_retries=0)
    try:
        raw = client.messages.with_raw_response.create(**body)
    except anthropic.APIStatusError as error:
        return error.status_code, error.response.headers, error.body
    return raw.status_code, raw.headers, json.loads(raw.text())


ASK = {"model": "claude-sonnet-5-5", "max_tokens": 500, "messages": [{"role": "user", "content": "What is 2 + 2?"}]}
ERRORS: Mapping[str, tuple[dict[str, Any], FaultKind | None]] = {
    "error-400-credit-balance": (ASK, FaultKind.NO_CREDIT),
    "error-400-effort": (ASK | {"output_config": {"effort": "xhigh"}}, None),
    "error-404-model": (ASK | {"model": "claude-sonet-4-5"}, None),
    "error-413-too-large": (ASK | {"messages": [{"role": "user", "content": "x" * 33_600_000}]}, None),
    "error-529-overloaded": (ASK, FaultKind.OVERLOADED),
}


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_the_stand_in_says_no_as_the_vendor(sandbox: Running, name: str) -> None:
    body, fault = ERRORS[name]
    if fault is not None:
        sandbox.world.faults.add(FaultSpec(vendor=TOOL, kind=fault, count=1))
    status, headers, said = said_by(sandbox, body)
    real = answer(TOOL, name)
    assert status == real.status
    assert said["error"]["type"] == real.body["error"]["type"]
    assert set(said) == set(real.body)
    for header in ("x-should-retry", "retry-after"):
        assert headers.get(header) == real.headers.get(header)
    same = {"error-404-model", "error-529-overloaded", "error-400-credit-balance", "error-413-too-large"}
    if name in same:
        assert said["error"]["message"] == real.body["error"]["message"]


def test_the_stand_in_limits_a_small_account_as_the_vendor(sandbox: Running) -> None:
    sandbox.world.habits.turn(HabitSpec(vendor=TOOL, name="small_account"))
    try:
        status, headers, said = said_by(sandbox, ASK | {"messages": [{"role": "user", "content": "word " * 40_000}]})
    finally:
        sandbox.world.habits.turn(HabitSpec(vendor=TOOL, name="small_account", on=False))
    real = answer(TOOL, "error-429-input-tokens")
    assert (status, said["error"]) == (real.status, real.body["error"])
    for header in ("retry-after", "x-should-retry", *(h for h in real.headers if h.endswith("-limit"))):
        assert headers[header] == real.headers[header]
    assert set(real.headers) <= {*headers, "content-type"}


def test_the_stand_ins_answers_have_what_the_vendors_have(sandbox: Running) -> None:
    _, _, said = said_by(sandbox, ASK)
    real = answer(TOOL, "message-effort-usage").body
    assert set(real) <= set(said)
    assert set(real["usage"]) <= set(said["usage"])
    assert set(real["usage"]["iterations"][0]) <= set(said["usage"]["iterations"][0])


def test_the_stand_in_streams_the_events_that_the_vendor_streams(sandbox: Running) -> None:
    def kinds(text: str) -> list[str]:
        found = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
        return [kind for i, kind in enumerate(found) if i == 0 or kind != found[i - 1]]

    client = anthropic.Anthropic(api_key="sk-shapes", base_url=f"{sandbox.url}/anthropic", max_retries=0)
    with client.messages.with_streaming_response.create(stream=True, **ASK) as response:
        streamed = response.read().decode()
    one_block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert kinds(streamed) == ["message_start", "ping", *one_block, "message_delta", "message_stop"]
    real = kinds(answer(TOOL, "message-plain-ratelimit-headers").body)
    assert set(kinds(streamed)) == set(real)
    sandbox.world.faults.add(FaultSpec(vendor=TOOL, kind=FaultKind.STREAM_ERROR, count=1))
    with client.messages.with_streaming_response.create(stream=True, **ASK) as response:
        assert kinds(response.read().decode()) == kinds(answer(TOOL, "stream-error-overloaded").body)
