"""The author's answer as a Message: content blocks, stop reason, output tokens."""

import json
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.api.caching import CacheUse
from marketeer_dagster.sandbox.author.api.reading import MessagesRequest, Tool
from marketeer_dagster.sandbox.author.api.tokens import estimate
from marketeer_dagster.sandbox.author.compose import fingerprint, prose, structured, tool_input
from marketeer_dagster.sandbox.author.request import REFUSAL_MARK, Task, read_task
from marketeer_dagster.sandbox.author.words import terms


@dataclass(frozen=True)
class Written:
    """What the author produced, before anybody is billed."""

    blocks: tuple[dict[str, object], ...]
    stop_reason: str
    stop_sequence: str | None
    output_tokens: int
    tenant: str
    """Whose campaign the prompt names; empty when it names none."""
    campaign: str
    """The campaign's key, likewise."""
    purpose: str
    """Skill and role the prompt names, for the ledger."""


def write(request: MessagesRequest) -> Written:
    """The answer to a request: a function of the request alone."""
    task = read_task(request.system, request.turns)
    if REFUSAL_MARK in request.system or any(REFUSAL_MARK in text for _, text in request.turns):
        return _written(task, (), "refusal", None, 1)
    tool = _wanted_tool(request, task)
    if tool is not None:
        block = _tool_block(tool, task)
        return _written(task, (block,), "tool_use", None, estimate(json.dumps(block, ensure_ascii=False)) + 8)
    if request.schema is not None:
        text = json.dumps(structured(task, request.schema), ensure_ascii=False)
    else:
        text = prose(task)
    text, stop, sequence = _stopped(text, request.stop_sequences)
    tokens = estimate(text) + 2
    if tokens > request.max_tokens:
        return _written(task, (_text(_cut(text, request.max_tokens)),), "max_tokens", None, request.max_tokens)
    return _written(task, (_text(text),), stop, sequence, tokens)


def message(request: MessagesRequest, written: Written, use: CacheUse, identity: str) -> dict[str, object]:
    """The Message document."""
    details = None
    if written.stop_reason == "refusal":
        details = {"type": "refusal", "category": None, "explanation": "The prompt carries the refusal test string."}
    return {
        "id": f"msg_{identity}",
        "type": "message",
        "role": "assistant",
        "model": request.model.id,
        "content": list(written.blocks),
        "stop_reason": written.stop_reason,
        "stop_sequence": written.stop_sequence,
        "stop_details": details,
        "container": None,
        "usage": usage(written, use),
    }


def usage(written: Written, use: CacheUse, *, tier: str = "standard") -> dict[str, object]:
    """The usage document."""
    counts: dict[str, object] = {
        "input_tokens": use.full,
        "cache_creation_input_tokens": use.write_5m + use.write_1h,
        "cache_read_input_tokens": use.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": use.write_5m,
            "ephemeral_1h_input_tokens": use.write_1h,
        },
        "output_tokens": written.output_tokens,
    }
    return {
        **counts,
        "iterations": [{**counts, "type": "message"}],
        "output_tokens_details": {"thinking_tokens": 0},
        "server_tool_use": None,
        "inference_geo": "global",
        "service_tier": tier,
    }


def _written(
    task: Task, blocks: tuple[dict[str, object], ...], stop: str, sequence: str | None, tokens: int
) -> Written:
    campaign = task.block("campaign").attributes.get("key", "")
    reviewer = task.attributes.get("reviewer", "")
    purpose = "/".join(part for part in (task.skill, task.role, reviewer) if part)
    return Written(blocks, stop, sequence, tokens, campaign.partition(":")[0], campaign, purpose)


def _text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text, "citations": None}


def _wanted_tool(request: MessagesRequest, task: Task) -> Tool | None:
    """The tool to call first: the one the prompt names, else the one nearest in meaning; none once results are in."""
    if not request.tools or request.tools_answered:
        return None
    asked = request.turns[-1][1]
    named = [tool for tool in request.tools if tool.name in asked or tool.name.replace("_", " ") in asked.lower()]
    if named:
        return named[0]
    about = terms(asked)
    close = max(request.tools, key=lambda tool: len(about & terms(f"{tool.name.replace('_', ' ')} {tool.description}")))
    shared = about & terms(f"{close.name.replace('_', ' ')} {close.description}")
    return close if len(shared) >= 2 else None


def _tool_block(tool: Tool, task: Task) -> dict[str, object]:
    filled = tool_input(task, tool.schema)
    identity = fingerprint(f"{tool.name}{task.user}{json.dumps(filled, sort_keys=True)}")
    return {
        "type": "tool_use",
        "id": f"toolu_{identity}",
        "name": tool.name,
        "input": filled,
        "caller": {"type": "direct"},
    }


def _stopped(text: str, sequences: tuple[str, ...]) -> tuple[str, str, str | None]:
    found = [(text.index(sequence), sequence) for sequence in sequences if sequence and sequence in text]
    if not found:
        return text, "end_turn", None
    position, sequence = min(found)
    return text[:position], "stop_sequence", sequence


def _cut(text: str, max_tokens: int) -> str:
    """As much of `text` as `max_tokens` holds."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimate(text[:middle]) + 2 <= max_tokens else (low, middle - 1)
    return text[:low] or text[:1]
