"""One question, in at most three calls: a repair for the form, another for what the answer says."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, StringConstraints

from marketeer_dagster.agents.asking import Asked, Problems, ask
from marketeer_dagster.agents.protocols import CallScope, Prompt, PromptBlock, PromptTurn
from marketeer_dagster.model.errors import NoVerdict
from marketeer_dagster.store import Store
from resources.claude import Claude
from tests.support import marketing
from tests.support.messages_script import Said, in_order, user_turns
from tests.support.messages_server import MessagesServer, Reply

PROMPT = Prompt(system=(PromptBlock(text="s"),), turns=(PromptTurn(role="user", text="Say a word."),))


class Word(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: Annotated[str, StringConstraints(max_length=4)]


GOOD, BAD, LONG = '{"word":"good"}', '{"word":"bad"}', '{"word":"over-long"}'
REFUSAL = Reply("", stop_reason="refusal")


def rules(answer: Word) -> Problems:
    return () if answer.word == "good" else (f"word: {answer.word} is not good",)


async def asked(claude: Claude, server: MessagesServer, *said: Said) -> Asked[Word]:
    server.answer = in_order(*said)
    scope = CallScope(tenant=marketing.TENANT, campaign=marketing.KEY, purpose="test/say")
    return await ask(claude, PROMPT, Word, tier="judge", scope=scope, check=rules)


def purposes(store: Store) -> list[str]:
    return [call.purpose.removeprefix("test/say") for call in store.llm.list()]


@pytest.mark.parametrize(("said", "word", "calls"), [
    ((GOOD,), "good", [""]),
    ((LONG, GOOD), "good", ["", "-form-repair"]),
    ((BAD, GOOD), "good", ["", "-rules-repair"]),
    ((LONG, BAD, GOOD), "good", ["", "-form-repair", "-rules-repair"]),
    ((BAD, LONG, GOOD), "good", ["", "-rules-repair", "-form-repair"]),
    ((BAD, BAD), "bad", ["", "-rules-repair"]),
    ((LONG, BAD, BAD), "bad", ["", "-form-repair", "-rules-repair"]),
    ((BAD, LONG, LONG), "bad", ["", "-rules-repair", "-form-repair"]),
    ((LONG, BAD, LONG), "bad", ["", "-form-repair", "-rules-repair"]),
    ((BAD, REFUSAL), "bad", ["", "-rules-repair"]),
    ((BAD, LONG, REFUSAL), "bad", ["", "-rules-repair", "-form-repair"]),
])  # fmt: skip
async def test_form_and_rules_have_a_repair_each_and_no_answer_in_hand_is_lost(
    claude: Claude, server: MessagesServer, store: Store, said: tuple[Said, ...], word: str, calls: list[str]
) -> None:
    made = await asked(claude, server, *said)
    assert made.value.word == word
    assert made.problems == rules(made.value)
    ledger = store.llm.list()
    assert {call.purpose.removeprefix("test/say") for call in ledger} >= set(calls[: len(ledger)])
    assert set(calls) <= set(purposes(store))
    if REFUSAL not in said:
        assert purposes(store) == calls
        assert made.spend.cost_usd == sum(call.spend.cost_usd for call in ledger)
        assert (made.spend.calls, made.replayed) == (len(calls), False)


@pytest.mark.parametrize("first", [LONG, "prose", "", '{"wort":"yes"}'])
async def test_an_answer_of_no_form_twice_is_no_verdict_that_names_the_faults(
    claude: Claude, server: MessagesServer, first: str
) -> None:
    with pytest.raises(NoVerdict, match="no answer of the form asked for, twice: word: 9 characters, 5 over 4: 'over-"):
        await asked(claude, server, first, '{"word":"over-mild"}')
    assert len(server.requests) == 2


async def test_a_repair_of_the_rules_goes_on_from_the_question_and_the_answer_in_hand(
    claude: Claude, server: MessagesServer
) -> None:
    """Not from the whole conversation: what was wrong with the form before is mended and need not be paid for again."""
    await asked(claude, server, LONG, BAD, GOOD)
    first, form, repaired = user_turns(server.requests)
    assert form[:2] == [first[0], LONG]
    assert "- word: 9 characters, 5 over 4: 'over-long'" in form[2]
    assert repaired[:2] == [first[0], BAD]
    assert "- word: bad is not good" in repaired[2]


async def test_repairs_replay_like_every_answer(claude: Claude, server: MessagesServer) -> None:
    one = await asked(claude, server, LONG, BAD, GOOD)
    other = await asked(claude, server, "never asked")
    assert (other.value, other.spend, other.replayed) == (one.value, one.spend, True)
    assert len(server.requests) == 3
