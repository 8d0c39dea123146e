"""Requests before they are sent: valid, equal when they mean the same, and never dearer than reserved."""

from decimal import Decimal
from functools import cache

import pytest
from anthropic.types import MessageCreateParams
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from marketeer_dagster.agents.answers import PlanAnswer, ReviewAnswer
from marketeer_dagster.agents.prompt import draft_prompt
from marketeer_dagster.agents.protocols import Prompt, PromptBlock, PromptTurn
from marketeer_dagster.catalog import Catalog, Price
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.sandbox.author.api.tokens import estimate
from resources.claude.answer import Message, worst_case
from resources.claude.request import Request, build, schema_of, token_bound
from tests.support import marketing

FORMS: list[type[BaseModel]] = [*artefact_kinds().values(), ReviewAnswer, PlanAnswer]
UNSUPPORTED = {
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "pattern",
    "maxItems",
    "default",
    "oneOf",
}
MODELS = ["claude-opus-5-5", "claude-sonnet-5-5", "claude-sonnet-5", "claude-haiku-5-5", "claude-haiku-4-5"]


@cache
def catalog() -> Catalog:
    return Catalog.load()


def request(prompt: Prompt, form: type[BaseModel] = ReviewAnswer, **changes: object) -> Request:
    values: dict[str, object] = {
        "model": "claude-sonnet-5-5", "effort": "medium", "tenant": "lumen", "max_tokens": 1000,
    }  # fmt: skip
    return build(prompt, form, **(values | changes))  # type: ignore[arg-type]


def a_prompt(text: str = "Task.", blocks: int = 2) -> Prompt:
    system = tuple(PromptBlock(text=f"block {n}", cache=True) for n in range(blocks))
    return Prompt(system=system, turns=(PromptTurn(role="user", text=text),))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_makes_a_request_the_sdk_calls_valid(form: type[BaseModel]) -> None:
    made = request(draft_prompt(marketing.assignment(catalog(), "copywriting")), form)
    TypeAdapter(MessageCreateParams).validate_python(made.params)
    for node in nodes(schema_of(form)):
        assert not UNSUPPORTED & set(node), node
        if node.get("type") == "object":
            assert node["additionalProperties"] is False


def nodes(schema: object) -> list[dict[str, object]]:
    """Every schema inside a schema; names of properties are not keywords."""
    if isinstance(schema, list):
        return [node for item in schema for node in nodes(item)]
    if not isinstance(schema, dict):
        return []
    named = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner = [value for key, value in schema.items() if key in ("items", "anyOf", "allOf")]
    return [schema, *(node for item in [*named, *inner] for node in nodes(item))]


def test_more_than_four_breakpoints_are_refused_before_they_are_sent() -> None:
    assert request(a_prompt(blocks=4))
    with pytest.raises(ValueError, match="5 cache breakpoints"):
        request(a_prompt(blocks=5))


def test_a_fingerprint_tells_apart_whatever_changes_the_answer_or_the_payer() -> None:
    others = [
        request(a_prompt("Another task.")), request(a_prompt(blocks=3)), request(a_prompt(), PlanAnswer),
        request(a_prompt(), model="claude-sonnet-5"), request(a_prompt(), tenant="other"),
        request(a_prompt(), max_tokens=2000), request(a_prompt(), effort=None),
    ]  # fmt: skip
    made = request(a_prompt())
    assert made.fingerprint == request(a_prompt()).fingerprint
    assert len({made.fingerprint, *(other.fingerprint for other in others)}) == 1 + len(others)
    assert len(made.fingerprint) == 64


@given(st.text(max_size=400))
def test_no_text_has_more_tokens_than_its_bound_but_a_byte_each(text: str) -> None:
    assert token_bound(text) <= len(text.encode())
    assert token_bound(text + "1") == token_bound(text) + 1


@pytest.mark.parametrize("skill", sorted(catalog().skills))
def test_the_bound_lies_above_what_is_billed_and_not_far_above(skill: str) -> None:
    prompt = draft_prompt(marketing.assignment(catalog(), skill))
    text = "".join(block.text for block in prompt.system) + prompt.turns[0].whole
    assert estimate(text) <= token_bound(text) <= 4 * estimate(text)


@given(
    st.integers(0, 50_000), st.integers(0, 50_000), st.integers(0, 50_000), st.integers(0, 8000),
    st.sampled_from(MODELS),
)  # fmt: skip
def test_no_call_costs_more_than_its_worst_case(full: int, read: int, written: int, output: int, model: str) -> None:
    usage = {
        "input_tokens": full, "output_tokens": output, "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }  # fmt: skip
    message = Message.model_validate({"content": [], "usage": usage})
    total = full + read + written
    prices = catalog().prices
    billed = message.spend(model, lambda name, tokens: prices.price(name, marketing.NOW.date(), tokens))
    reserved = prices.price(model, marketing.NOW.date(), total + 10)
    assert billed.cost_usd <= worst_case(reserved, total + 10, output)


def test_the_second_band_of_haiku_is_billed_by_the_whole_prompt() -> None:
    usage = {"input_tokens": 1, "output_tokens": 0, "cache_read_input_tokens": 100_000}
    message = Message.model_validate({"content": [], "usage": usage})
    price: Price = catalog().prices.price("claude-haiku-5-5", marketing.NOW.date(), message.prompt_tokens)
    assert (price.input, price.output) == (Decimal("0.50"), Decimal("2.50"))
