"""Claude, metered: real SDK, real SQLite store, a loopback server that speaks the Messages API."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from marketeer_dagster.agents.protocols import CallScope, Prompt, PromptBlock, PromptTurn, Tier, Unreadable
from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.catalog.catalog import DATA
from marketeer_dagster.catalog.problems import Problems
from marketeer_dagster.catalog.reference import load_prices
from marketeer_dagster.catalog.yamlfile import YamlFile
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.clock import FixedClock, SystemClock
from marketeer_dagster.model.errors import BudgetExceeded, NoVerdict, ToolError, ToolErrorKind
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import LlmReservation, Store
from marketeer_dagster.store.llm import CallState
from resources.claude import Claude
from tests.support.messages_server import Fault, MessagesServer, Reply, messages_server
from tests.support.waits import JumpingWaits

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
TENANT = TenantId("acme")


class Word(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: str = Field(max_length=5)


@pytest.fixture(scope="module")
def prices() -> PriceTable:
    table = load_prices(YamlFile.read(DATA / "models.yaml"), Problems(strict=True))
    assert table is not None
    return table


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with messages_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(Tenant(id=TENANT, name="Acme", website="https://acme.example", created_at=NOW))
        yield opened


def settings_for(url: str, home: Path, **changes: object) -> Settings:
    return Settings.model_validate(
        {"home": home, "database_url": "sqlite://", "warehouse": str(home / "w.duckdb"), "anthropic_base_url": url}
        | changes
    )


@pytest.fixture
def waits() -> JumpingWaits:
    return JumpingWaits()


@pytest.fixture
async def claude(
    server: MessagesServer, store: Store, prices: PriceTable, tmp_path: Path, waits: JumpingWaits
) -> AsyncIterator[Claude]:
    model = Claude(settings_for(server.url, tmp_path), store, prices, FixedClock(NOW), waits=waits)
    yield model
    await model.aclose()


def prompt(task: str = "Say yes.", max_tokens: int = 1000) -> Prompt:
    system = (PromptBlock(text="You answer."), PromptBlock(text="Shared.", cache=True))
    return Prompt(system=system, turns=(PromptTurn(role="user", text=task),), max_tokens=max_tokens)


def scope(priority: Priority = Priority.P2, tenant: str = TENANT, run_id: str = "") -> CallScope:
    campaign, purpose = CampaignKey(f"{tenant}:spring"), "copywriting/draft"
    return CallScope(tenant=TenantId(tenant), campaign=campaign, purpose=purpose, priority=priority, run_id=run_id)


async def say(claude: Claude, task: str = "Say yes.", tier: Tier = "execution", **changes: object):
    return await claude.complete(prompt(task), Word, tier=tier, scope=scope(**changes))


def states(store: Store) -> list[CallState]:
    return [call.state for call in store.llm.list(tenant=TENANT)]


async def test_an_answer_comes_parsed_priced_and_settled(claude: Claude, server: MessagesServer, store: Store) -> None:
    usage = {
        "input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 2000, "cache_creation_input_tokens": 500,
        "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 100},
    }  # fmt: skip
    server.answer = lambda body: Reply('{"word": "yes"}', usage=usage)
    answer, used = await say(claude)
    assert answer == Word(word="yes")
    assert (used.model, used.replayed) == ("claude-sonnet-5-5", False)
    # 1000 x 2 + 100 x 10 + 2000 x .10 + 400 x 2.50 + 100 x 4, per million (tools.md)
    assert used.spend.cost_usd == Decimal("0.0046")
    (call,) = store.llm.list(tenant=TENANT)
    assert (call.state, call.spend, call.request_id, call.month) == (
        CallState.SETTLED, used.spend, "req_0001", "2026-11",
    )  # fmt: skip


async def test_every_request_is_valid_by_the_sdks_own_types(claude: Claude, server: MessagesServer) -> None:
    for tier in ("strategy", "execution", "judge"):
        await say(claude, tier=tier)
    assert server.invalid == []
    models = [body["model"] for body in server.requests]
    assert models == ["claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-5"]
    body = server.requests[0]
    assert [block.get("cache_control") for block in body["system"]] == [None, {"type": "ephemeral", "ttl": "5m"}]
    assert body["output_config"]["effort"] == "high"
    assert body["output_config"]["format"]["schema"]["additionalProperties"] is False
    assert not {"temperature", "top_p", "top_k", "tool_choice"} & set(body)


async def test_an_equal_request_is_replayed_and_costs_nothing(
    claude: Claude, server: MessagesServer, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    _, first = await say(claude)
    other_process = Claude(settings_for(server.url, tmp_path), store, prices, FixedClock(NOW))
    answer, second = await say(other_process)
    assert answer.word == "yes"
    assert (second.replayed, second.fingerprint, second.spend) == (True, first.fingerprint, first.spend)
    assert len(server.requests) == 1
    assert store.llm.totals(tenant=TENANT) == first.spend


async def test_tenants_do_not_share_answers(claude: Claude, server: MessagesServer, store: Store) -> None:
    store.tenants.add(Tenant(id=TenantId("bell"), name="Bell", website="https://bell.example", created_at=NOW))
    _, first = await say(claude)
    _, second = await say(claude, tenant="bell")
    assert first.fingerprint != second.fingerprint
    assert len(server.requests) == 2


async def test_two_equal_requests_at_once_share_one_call(claude: Claude, server: MessagesServer) -> None:
    server.delay_s = 0.1
    answers = await asyncio.gather(*(say(claude) for _ in range(5)))
    assert len(server.requests) == 1
    assert sorted(usage.replayed for _, usage in answers) == [False, True, True, True, True]


async def test_who_waits_for_a_cancelled_twin_takes_over(claude: Claude, server: MessagesServer, store: Store) -> None:
    server.delay_s = 0.2
    first = asyncio.create_task(say(claude))
    await asyncio.to_thread(server.arrived.wait)
    second = asyncio.create_task(say(claude))
    await asyncio.sleep(0)
    first.cancel()
    answer, usage = await second
    assert (answer.word, usage.replayed) == ("yes", False)
    assert first.cancelled()
    assert states(store) == [CallState.CUT, CallState.SETTLED]


async def test_no_more_requests_are_in_flight_than_allowed(
    server: MessagesServer, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    server.delay_s = 0.05
    settings = settings_for(server.url, tmp_path, claude_concurrency=3)
    one, other = (Claude(settings, store, prices, FixedClock(NOW)) for _ in range(2))
    await asyncio.gather(*(say(model, f"{n}") for n in range(6) for model in (one, other)))
    await one.aclose()
    assert server.most_in_flight == 3


async def test_the_limit_holds_over_event_loops_of_other_threads(
    server: MessagesServer, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    server.delay_s = 0.05
    model = Claude(settings_for(server.url, tmp_path, claude_concurrency=2), store, prices, FixedClock(NOW))

    async def work(thread: int) -> None:
        await asyncio.gather(*(say(model, f"{thread}-{n}") for n in range(3)))
        await model.aclose()

    threads = [threading.Thread(target=lambda n=n: asyncio.run(work(n))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert len(server.billed) == 9
    assert server.most_in_flight == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ToolErrorKind.INVALID), (401, ToolErrorKind.AUTH), (403, ToolErrorKind.AUTH),
        (404, ToolErrorKind.MISSING), (413, ToolErrorKind.INVALID), (422, ToolErrorKind.INVALID),
    ],
)  # fmt: skip
async def test_what_does_not_pass_is_never_tried_again(
    claude: Claude, server: MessagesServer, store: Store, status: int, kind: ToolErrorKind
) -> None:
    server.faults = [Fault(status)]
    with pytest.raises(ToolError) as caught:
        await say(claude)
    assert (caught.value.kind, caught.value.status, len(server.requests)) == (kind, status, 1)
    assert states(store) == [CallState.RELEASED]
    assert store.llm.committed(TENANT, "2026-11") == 0


async def test_a_used_up_rate_limit_holds_the_next_request_back(
    claude: Claude, server: MessagesServer, waits: JumpingWaits
) -> None:
    reset = SystemClock().now() + timedelta(seconds=40)
    limits = {
        "anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": reset.isoformat(),
    }  # fmt: skip
    server.answer = lambda body: Reply('{"word": "yes"}', headers=limits)
    await say(claude, "first")
    assert waits.slept == []
    await say(claude, "second")
    assert 30 < waits.total <= 40


async def test_a_truncated_answer_gets_twice_the_room_once(claude: Claude, server: MessagesServer) -> None:
    def cut(body: dict[str, object]) -> Reply:
        return Reply('{"word"', stop_reason="max_tokens") if body["max_tokens"] == 1000 else Reply('{"word": "yes"}')

    server.answer = cut
    answer, usage = await say(claude)
    assert (answer.word, usage.spend.calls) == ("yes", 2)
    assert [body["max_tokens"] for body in server.requests] == [1000, 2000]


async def test_an_answer_truncated_twice_is_no_verdict(claude: Claude, server: MessagesServer) -> None:
    server.answer = lambda body: Reply('{"word"', stop_reason="max_tokens")
    with pytest.raises(NoVerdict, match="max_tokens"):
        await say(claude)
    assert len(server.requests) == 2


@pytest.mark.parametrize("text", ['{"word": "much too long"}', '{"wort": "yes"}', "yes", ""])
async def test_an_answer_of_another_form_is_unreadable_and_names_why(
    claude: Claude, server: MessagesServer, text: str
) -> None:
    server.answer = lambda body: text
    with pytest.raises(Unreadable) as caught:
        await say(claude)
    assert caught.value.text == text
    assert caught.value.problems
    assert caught.value.usage.spend.calls == 1


async def test_an_answer_without_figures_counts_as_dearly_as_it_can_be(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.answer = lambda body: Reply("", usage={})
    with pytest.raises(ToolError, match="no Messages API answer"):
        await say(claude)
    (call,) = store.llm.list()
    assert (call.state, call.spend.cost_usd, len(server.requests)) == (CallState.CUT, call.reserved_usd, 1)


async def test_a_call_that_is_cancelled_in_flight_counts_as_dearly_as_it_can_be(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.delay_s = 30
    task = asyncio.create_task(say(claude, run_id="run-1"))
    await asyncio.to_thread(server.arrived.wait)
    held = store.llm.committed(TENANT, "2026-11")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(_until, lambda: states(store) == [CallState.CUT])
    assert store.llm.committed(TENANT, "2026-11") == held > 0
    server.delay_s = 0
    await say(claude, run_id="run-2")
    assert states(store) == [CallState.CUT, CallState.SETTLED]


async def test_a_call_that_is_cancelled_before_it_is_sent_costs_nothing(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.delay_s = 30
    tasks = [asyncio.create_task(say(claude, f"{n}")) for n in range(9)]  # one more than may be in flight
    await asyncio.to_thread(_until, lambda: len(server.requests) == 8 and len(states(store)) == 9)
    for task in tasks:
        task.cancel()
    await asyncio.to_thread(_until, lambda: CallState.RESERVED not in states(store))
    assert sorted(states(store)) == [CallState.CUT] * 8 + [CallState.RELEASED]


def _until(true: object) -> None:
    for _ in range(500):
        if true():  # type: ignore[operator]
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never became true")


async def test_nothing_is_sent_when_the_worst_case_passes_the_budget(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    store.tenants.save(store.tenants.get(TENANT).model_copy(update={"llm_budget_usd": Decimal("0.01")}))
    with pytest.raises(BudgetExceeded):
        await say(claude)
    assert server.requests == []
    assert store.llm.list(tenant=TENANT) == ()


async def test_near_the_end_of_the_budget_only_p0_works_and_on_the_cheapest_model(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    leave_the_last_twentieth(store)
    with pytest.raises(BudgetExceeded):
        await say(claude, priority=Priority.P1)
    assert server.requests == []
    answer, usage = await say(claude, priority=Priority.P0)
    assert (answer.word, usage.model) == ("yes", "claude-haiku-5-5")
    assert "effort" not in server.requests[-1]["output_config"]
    again, replay = await say(claude, priority=Priority.P0)
    assert (again.word, replay.replayed, replay.model) == ("yes", True, "claude-haiku-5-5")


def leave_the_last_twentieth(store: Store) -> None:
    """Of USD 100, 96 are reserved by other work."""
    store.tenants.save(store.tenants.get(TENANT).model_copy(update={"llm_budget_usd": Decimal(100)}))
    held = LlmReservation(
        tenant=TENANT, campaign=CampaignKey("acme:spring"), purpose="other", model="claude-haiku-5-5",
        fingerprint="other", month="2026-11", worst_case_usd=Decimal(96), priority=Priority.P0, cheapest_tier=True,
        at=NOW,
    )  # fmt: skip
    store.llm.reserve(held, Decimal(100))


async def test_concurrent_calls_cannot_overshoot_together(claude: Claude, server: MessagesServer, store: Store) -> None:
    server.delay_s = 0.3
    limit = Decimal("0.08")
    store.tenants.save(store.tenants.get(TENANT).model_copy(update={"llm_budget_usd": limit}))
    outcomes = await asyncio.gather(*(say(claude, f"{n}") for n in range(12)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BudgetExceeded)]
    assert 0 < len(refused) < 12
    assert len(server.billed) == 12 - len(refused)
    assert store.llm.committed(TENANT, "2026-11") <= limit


async def test_the_key_goes_to_the_configured_server_and_nothing_else_is_sent(
    server: MessagesServer, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    settings = settings_for(server.url, tmp_path, anthropic_api_key="sk-test")
    model = Claude(settings, store, prices, FixedClock(NOW))
    await say(model)
    await model.aclose()
    sent = server.headers[0].get("x-api-key") or server.headers[0].get("authorization", "")
    assert "sk-test" in sent
    assert "sk-test" not in repr(settings)
    assert not model.simulated


async def test_without_a_key_the_sandbox_answers(
    server: MessagesServer, store: Store, prices: PriceTable, tmp_path: Path
) -> None:
    settings = settings_for(server.url, tmp_path, anthropic_base_url=None, sandbox_url="http://127.0.0.1:9")
    assert Claude(settings, store, prices, FixedClock(NOW)).simulated
    keyed = settings.model_copy(update={"anthropic_base_url": server.url})
    assert not Claude(keyed, store, prices, FixedClock(NOW)).simulated
