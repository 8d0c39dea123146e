"""Bad answers: paid and kept, replayed to the asking that was killed, asked anew by the next one, never in a circle."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.agents.asking import ask
from marketeer_dagster.agents.attempts import one_asking
from marketeer_dagster.agents.protocols import Refused, Unreadable
from marketeer_dagster.model.errors import NoVerdict
from marketeer_dagster.model.ids import fresh
from marketeer_dagster.store import CallState, Store
from resources.claude import Claude
from tests.resources.test_claude import (
    TENANT,
    Word,
    claude,
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
from tests.store import values
from tests.support.messages_script import in_order
from tests.support.messages_server import MessagesServer, Reply

__all__ = ["claude", "prices", "server", "settings_for", "store", "waits"]

YES = Reply('{"word": "yes"}')
LONG = Reply('{"word": "much too long"}')
NO = Reply("", stop_reason="refusal", stop_details={"type": "refusal", "category": "cyber", "explanation": "no"})


async def question(claude: Claude, run_id: str) -> str:
    asked = await ask(claude, prompt(), Word, tier="execution", scope=scope(run_id=run_id))
    return asked.value.word


async def test_what_could_not_be_read_twice_is_asked_anew_by_the_next_run(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.answer = in_order(LONG, LONG, YES)
    with pytest.raises(NoVerdict, match="twice"):
        await question(claude, "run-1")
    assert [(call.rejected_by, call.attempt) for call in store.llm.list()] == [("run-1", 1), ("run-1", 1)]
    paid = store.llm.totals(tenant=TENANT)
    assert paid.calls == 2
    assert await question(claude, "run-2") == "yes"
    assert [(call.rejected_by, call.attempt) for call in store.llm.list()][2:] == [(None, 2)]
    assert store.llm.totals(tenant=TENANT).cost_usd > paid.cost_usd
    assert await question(claude, "run-3") == "yes"
    assert len(server.requests) == 3


async def test_within_one_run_a_bad_answer_replays_however_often_it_is_asked(
    claude: Claude, server: MessagesServer
) -> None:
    server.answer = in_order(LONG, LONG, YES)
    for _ in range(5):
        with pytest.raises(NoVerdict):
            await question(claude, "run-1")
    assert len(server.requests) == 2


async def test_an_asking_that_was_killed_before_its_end_replays_what_it_had(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.answer = in_order(LONG, YES)
    with pytest.raises(Unreadable):  # as a process leaves it that dies before the repair
        await say(claude, run_id="run-1")
    assert await question(claude, "run-2") == "yes"
    assert len(server.requests) == 2
    assert states(store) == [CallState.SETTLED, CallState.SETTLED]


async def test_who_judges_an_answer_bad_later_than_ask_has_it_asked_anew(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    async def unsound(run_id: str) -> None:
        async with one_asking(claude, scope(run_id=run_id)) as model:
            await ask(model, prompt(), Word, tier="execution", scope=scope(run_id=run_id))
            raise NoVerdict("the plan is unsound")

    for run_id in ("run-1", "run-1", "run-2"):
        with pytest.raises(NoVerdict):
            await unsound(run_id)
    assert len(server.requests) == 2
    assert [call.error for call in store.llm.list()] == ["the plan is unsound"] * 2


async def test_a_refusal_is_asked_once_of_another_model(claude: Claude, server: MessagesServer, store: Store) -> None:
    server.answer = in_order(NO, YES)
    answer, usage = await say(claude)
    assert answer.word == "yes"
    assert [body["model"] for body in server.requests] == ["claude-sonnet-5-5", "claude-opus-5-5"]
    assert (usage.spend.calls, usage.model, len(usage.calls)) == (2, "claude-opus-5-5", 2)
    again, replayed = await say(claude)
    assert (again, replayed.replayed, len(server.requests)) == (answer, True, 2)
    assert store.llm.totals(tenant=TENANT) == usage.spend


async def test_a_refusal_by_both_is_no_verdict_with_its_category_and_is_billed(
    claude: Claude, server: MessagesServer, store: Store
) -> None:
    server.answer = in_order(NO)
    with pytest.raises(Refused, match="cyber") as caught:
        await say(claude, run_id="run-1")
    assert (caught.value.category, caught.value.usage.spend.output_tokens) == ("cyber", 100)
    assert len(server.requests) == 2
    with pytest.raises(Refused):
        await say(claude, run_id="run-1")
    assert len(server.requests) == 2
    with pytest.raises(Refused):
        await say(claude, run_id="run-2")
    assert len(server.requests) == 4
    assert store.llm.totals(tenant=TENANT).calls == 4


@pytest.mark.parametrize("reason", ["pause_turn", "model_context_window_exceeded", "tool_use", "stop_sequence", "odd"])
async def test_a_stop_that_is_no_answer_is_no_verdict(
    claude: Claude, server: MessagesServer, store: Store, reason: str
) -> None:
    server.answer = in_order(Reply('{"word": "yes"}', stop_reason=reason))
    for run_id, calls in (("run-1", 1), ("run-1", 1), ("run-2", 2)):
        with pytest.raises(NoVerdict, match=reason):
            await say(claude, run_id=run_id)
        assert len(server.requests) == calls


RUNS, OUTCOMES = ("run-1", "run-2", "run-3"), ("good", "bad")
ASKINGS = st.lists(st.tuples(st.sampled_from(RUNS), st.sampled_from(OUTCOMES)), max_size=8)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 's.db'}") as opened:
        opened.migrate()
        opened.tenants.add(values.tenant())
        yield opened


@given(ASKINGS)
@settings(max_examples=60, deadline=None)
def test_over_any_row_of_askings_each_run_pays_at_most_once_and_nothing_after_a_good_answer(
    ledger: Store, askings: list[tuple[str, str]]
) -> None:
    question = fresh("question")
    paid: Counter[str] = Counter()
    good = False
    for run_id, outcome in askings:
        if ledger.llm.replay("acme", question, run_id) is not None:
            continue
        assert not good, "a good answer is used again by every run"
        call = ledger.llm.reserve(values.reservation(question, "0.001", run_id=run_id), Decimal(10_000))
        ledger.llm.settle(
            call, body_json="{}", stop_reason="end_turn", spend=values.spend("0.001"), latency_s=1, request_id="",
            at=values.NOW,
        )  # fmt: skip
        paid[run_id] += 1
        good = outcome == "good"
        if not good:
            ledger.llm.reject([call], run_id, "bad")
    assert max(paid.values(), default=0) <= 1
    calls = [call for call in ledger.llm.list() if call.fingerprint == question]
    assert [call.attempt for call in calls] == list(range(1, paid.total() + 1))
