"""One Messages API request: its parameters, its fingerprint and the most input tokens it can have."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from marketeer_dagster.agents.protocols import Prompt, PromptBlock, PromptTurn, Tier
from resources.claude.schema import schema_of

if TYPE_CHECKING:
    from anthropic.types import TextBlockParam
    from anthropic.types.message_create_params import MessageCreateParamsNonStreaming

MAX_BREAKPOINTS = 4
"""Cache breakpoints that the API accepts in one request."""
EFFORT: dict[Tier, str] = {"strategy": "high", "execution": "medium", "judge": "medium"}
"""How hard a model works, by tier. Temperature and its kin are gone from the API; this is what steers."""

_OVERHEAD_TOKENS = 2000
"""Tokens the API adds by itself for roles, blocks and keeping to a schema; well above what is billed."""


@dataclass(frozen=True)
class Request:
    """A request ready to be sent. Equal fingerprints mean equal requests of one tenant."""

    model: str
    params: "MessageCreateParamsNonStreaming"
    fingerprint: str
    """SHA-256 (hex) of the tenant and the canonical parameters."""
    max_input_tokens: int
    max_tokens: int


def build(
    prompt: Prompt, answer: type[BaseModel], *, model: str, effort: str | None, tenant: str, max_tokens: int
) -> Request:
    """The request that asks `model` to answer `prompt` in the form of `answer`.

    Raises ValueError when the prompt has more than four cache breakpoints.
    """
    breakpoints = sum(block.cache for block in prompt.system) + sum(bool(turn.shared) for turn in prompt.turns)
    if breakpoints > MAX_BREAKPOINTS:
        raise ValueError(f"{breakpoints} cache breakpoints; the API takes at most {MAX_BREAKPOINTS}")
    output: dict[str, Any] = {"format": {"type": "json_schema", "schema": schema_of(answer)}}
    if effort is not None:
        output["effort"] = effort
    params: Any = {
        "model": model,
        "max_tokens": max_tokens,
        "system": [_block(block) for block in prompt.system],
        "messages": [{"role": turn.role, "content": _content(turn)} for turn in prompt.turns],
        "output_config": output,
    }
    canonical = json.dumps([tenant, params], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Request(
        model=model,
        params=params,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
        max_input_tokens=token_bound(canonical) + _OVERHEAD_TOKENS,
        max_tokens=max_tokens,
    )


def token_bound(text: str) -> int:
    """The most tokens `text` can be: never reached, and never far above on prose.

    Byte-level tokenizers make at most one token of a byte. Runs of ASCII letters and spaces hold words of two
    characters and more (a word and the space before it are one token), so they count half.
    """
    plain = sum(character.isascii() and (character.isalpha() or character == " ") for character in text)
    return plain // 2 + len(text.encode()) - plain


def _block(block: PromptBlock) -> "TextBlockParam":
    return _cached(block.text) if block.cache else {"type": "text", "text": block.text}


def _content(turn: PromptTurn) -> "str | list[TextBlockParam]":
    return [_cached(turn.shared), {"type": "text", "text": turn.text}] if turn.shared else turn.text


def _cached(text: str) -> "TextBlockParam":
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "5m"}}
