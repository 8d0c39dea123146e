"""Two processes that ask Claude the same: one pays, the other waits for the answer, or for the death of the first."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import BudgetExceeded, TryLater
from marketeer_dagster.model.goal import Goal
from marketeer_dagster.model.ids import CampaignKey, GoalId
from marketeer_dagster.store import CallState, LlmReservation, Store
from resources.claude import Claude
from tests.resources.test_claude import NOW, TENANT, prices, say, server, settings_for, states, store
from tests.support.messages_server import MessagesServer
from tests.support.owners import a_process

__all__ = ["prices", "server", "store"]

BODY = (
    '{"id": "msg_1", "content": [{"type": "text", "text": "{\\"word\\": \\"other\\"}"}], "stop_reason": "end_turn", '
    '"usage": {"input_tokens": 1, "output_tokens": 1}}'
)


@pytest.fixture
async def claude(server: MessagesServer, store: Store, prices, tmp_path: Path) -> AsyncIterator[Claude]:
    model = Claude(settings_for(server.url, tmp_path), store, prices, FixedClock(NOW))
    yield model
    await model.aclose()


@pytest.fixture
async def fingerprint(server: MessagesServer, prices, tmp_path: Path, store: Store) -> str:
    """Of the request that `say` makes, found out with a store of its own."""
    with Store.open(f"sqlite:///{tmp_path / 'scratch.db'}") as scratch:
        scratch.migrate()
        scratch.tenants.add(store.tenants.get(TENANT))
        scout = Claude(settings_for(server.url, tmp_path), scratch, prices, FixedClock(NOW))
        _, usage = await say(scout)
        await scout.aclose()
    server.requests.clear()
    return usage.fingerprint


@pytest.fixture
def other() -> Iterator[str]:
    with a_process() as owner:
        yield owner


def reserve(store: Store, fingerprint: str, owner: str) -> str:
    wanted = LlmReservation(
        tenant=TENANT, campaign=CampaignKey("acme:spring"), purpose="copywriting/draft", model="claude-sonnet-5-5",
        fingerprint=fingerprint, month="2026-11", worst_case_usd=Decimal("0.1"), at=NOW, owner=owner,
    )  # fmt: skip
    return store.llm.reserve(wanted, Decimal(1000))


async def waiting(store: Store, asking: "asyncio.Task[object]") -> None:
    """Return when the question has had time for several looks, and is still open."""
    done, _ = await asyncio.wait([asking], timeout=2)
    assert not done, "it must wait for the other process"
    assert states(store) == [CallState.RESERVED]


async def test_the_second_waits_and_replays_what_the_first_paid_for(
    claude: Claude, server: MessagesServer, store: Store, fingerprint: str, other: str
) -> None:
    call = reserve(store, fingerprint, other)
    asking = asyncio.create_task(say(claude))
    await waiting(store, asking)
    spend = Spend(calls=1, input_tokens=1, output_tokens=1, cost_usd=Decimal("0.01"))
    store.llm.settle(call, body_json=BODY, stop_reason="end_turn", spend=spend, latency_s=1, request_id="req_1", at=NOW)
    answer, usage = await asking
    assert (answer.word, usage.replayed, usage.spend) == ("other", True, spend)
    assert server.requests == []
    assert states(store) == [CallState.SETTLED]


async def test_the_second_pays_when_the_first_was_killed(
    claude: Claude, server: MessagesServer, store: Store, fingerprint: str
) -> None:
    with a_process() as first:
        reserve(store, fingerprint, first)
        asking = asyncio.create_task(say(claude))
        await waiting(store, asking)
    answer, usage = await asking
    assert (answer.word, usage.replayed) == ("yes", False)
    assert len(server.requests) == 1
    assert states(store) == [CallState.LOST, CallState.SETTLED]


async def test_who_waits_can_be_cancelled(
    claude: Claude, server: MessagesServer, store: Store, fingerprint: str, other: str
) -> None:
    reserve(store, fingerprint, other)
    asking = asyncio.create_task(say(claude))
    await waiting(store, asking)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert states(store) == [CallState.RESERVED]
    assert server.requests == []


async def test_who_has_waited_too_long_says_so_and_pays_nothing(
    server: MessagesServer, store: Store, prices, tmp_path: Path, fingerprint: str, other: str
) -> None:
    reserve(store, fingerprint, other)
    hasty = Claude(settings_for(server.url, tmp_path), store, prices, FixedClock(NOW), longest_wait_s=0.1)
    with pytest.raises(TryLater, match=r"being asked by .*another process has not answered"):
        await say(hasty)
    assert server.requests == []


async def test_a_goals_budget_limits_what_claude_may_spend_on_it(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    goal = Goal(id=GoalId("gol_1"), tenant=TENANT, text="More", budget_usd=Decimal("0.001"), created_at=NOW)
    store.goals.add(goal)
    key = CampaignKey("acme:spring")
    store.campaigns.add(Campaign(key=key, tenant=TENANT, goal=goal.id, title="M", created_at=NOW, updated_at=NOW))
    with pytest.raises(BudgetExceeded, match=r"campaign acme:spring.*budget of USD 0\.00"):
        await say(claude)
    assert server.requests == []
    assert states(store) == []
