"""Odd streams and figures: what a later event says, or an answer of another model, never makes an answer cheaper."""

from decimal import Decimal
from typing import Any

import pytest

from marketeer_dagster.catalog import Price
from marketeer_dagster.model.errors import NotFound, ToolError
from resources.claude.answer import Message
from resources.claude.stream import Gathered

START: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "small", "usage": {"input_tokens": 100}},
}
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "yes"}}
END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 50}}
PRICES = {
    name: Price(input=Decimal(usd), output=Decimal(5 * usd), cache_read=Decimal(0), cache_write_5m=Decimal(usd),
                cache_write_1h=Decimal(usd))
    for name, usd in (("small", 1), ("large", 5))
}  # fmt: skip


def price_of(model: str, _: int) -> Price:
    if model not in PRICES:
        raise NotFound(f"no price of {model}")
    return PRICES[model]


def gathered(*events: dict[str, Any]) -> Message:
    stream = Gathered()
    for event in events:
        stream.take(event)
    assert stream.whole
    return Message.read(stream.body)


def test_a_later_end_without_a_reason_takes_none_back() -> None:
    later = {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 60}}
    message = gathered(START, BLOCK, TEXT, END, later)
    assert (message.stop_reason, message.text, message.usage.output_tokens) == ("end_turn", "yes", 60)


@pytest.mark.parametrize(
    ("answered", "cost"),
    [("small", "0.00035"), ("large", "0.00175"), ("unheard-of", "0.00035")],
)
def test_an_answer_of_another_model_costs_what_the_dearer_one_does(answered: str, cost: str) -> None:
    begun = {"type": "message_start", "message": {**START["message"], "model": answered}}
    assert gathered(begun, BLOCK, TEXT, END).spend("small", price_of).cost_usd == Decimal(cost)


@pytest.mark.parametrize("figures", [{"output_tokens": -50}, {"output_tokens": 5, "input_tokens": -100}])
def test_figures_below_zero_are_no_answer_and_so_no_refund(figures: dict[str, int]) -> None:
    with pytest.raises(ToolError, match="no Messages API answer"):
        gathered(START, BLOCK, TEXT, {**END, "usage": figures})
