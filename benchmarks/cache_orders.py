"""What the input of the same requests costs in another order, or without a cache, by the vendor's documented rules.

The requests are those that were really sent. Each order is replayed through the accounting of `PromptCache`: an entry
belongs to an account, a model and an answer's schema, ends at a breakpoint, must have the model's smallest size, costs
1.25 times the input price to write, and lives five minutes from its last use. Time passes as it would: a call takes
`seconds_of` its answer, one call after the other, which is the longest a campaign can take and so the hardest on
entries that expire. Calls of one wave that start together cannot read what each of them is still writing; in a row
they can, so the figures are a little kind to every order alike.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.sandbox.author.api.caching import PromptCache
from marketeer_dagster.sandbox.author.api.reading import read_request

START_S = 3.0
"""Seconds until an answer begins."""
TOKENS_PER_S = 60.0
"""Output tokens a second: in the middle of what is published for models of these sizes."""
_MARK = {"type": "ephemeral", "ttl": "5m"}

Order = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Sent:
    """One request as it went out, and how long its answer was."""

    body: dict[str, Any]
    output_tokens: int


def seconds_of(sent: Sent) -> float:
    """How long the call takes."""
    return START_S + sent.output_tokens / TOKENS_PER_S


def as_sent(body: dict[str, Any]) -> dict[str, Any]:
    """Platform, product context, campaign, skill, then the material of one piece of work, then the task."""
    return body


def skill_first(body: dict[str, Any]) -> dict[str, Any]:
    """The former order: platform, skill, product context, campaign, the task; a breakpoint after the middle three."""
    blocks = {_name(block["text"]): block["text"] for block in body["system"]}
    order = ["platform", "skill", *(name for name in blocks if name not in ("platform", "skill"))]
    system: list[dict[str, Any]] = [{"type": "text", "text": blocks[name], "cache_control": _MARK} for name in order]
    del system[0]["cache_control"]
    return {**uncached(body), "system": system}


def uncached(body: dict[str, Any]) -> dict[str, Any]:
    """No breakpoint at all."""
    plain = deepcopy(body)
    contents = [message["content"] for message in plain["messages"] if isinstance(message["content"], list)]
    for blocks in (plain["system"], *contents):
        for block in blocks:
            block.pop("cache_control", None)
    return plain


ORDERS: Mapping[str, Order] = {"ours": as_sent, "skill first": skill_first, "no cache": uncached}


def input_costs(sent: Sequence[Sent], prices: PriceTable, at: date) -> Mapping[str, Decimal]:
    """USD for the input of all requests, by order."""
    return {name: input_cost(sent, order, prices, at) for name, order in ORDERS.items()}


def input_cost(
    sent: Sequence[Sent], order: Order, prices: PriceTable, at: date, *, seconds: Callable[[Sent], float] = seconds_of
) -> Decimal:
    """USD for the input of all requests in one order, one account, one after the other."""
    now = 0.0
    cache = PromptCache(lambda: now)
    total = Decimal(0)
    for one in sent:
        request = read_request(order(one.body))
        use = cache.use("account", request)
        total += prices.price(request.model.id, at, request.tokens).cost(
            input_tokens=use.full,
            cache_read_tokens=use.read,
            cache_write_5m_tokens=use.write_5m,
            cache_write_1h_tokens=use.write_1h,
        )
        now += seconds(one)
    return total


def _name(block: str) -> str:
    return block[1:].partition(">")[0].partition(" ")[0]
