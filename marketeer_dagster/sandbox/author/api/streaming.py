"""A Message as server-sent events, in the order and shapes the SDK accumulates."""

import json
from collections.abc import Iterator, Mapping

from marketeer_dagster.sandbox.author.request import Record

CHUNK = 160
"""Characters of text in one delta."""


def events(message: Mapping[str, object]) -> Iterator[bytes]:
    """message_start, then start, deltas and stop of each block, message_delta, message_stop."""
    usage = Record.of(message.get("usage")).values
    empty = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "stop_details": None}
    yield _event("message_start", {"message": {**empty, "usage": {**usage, "output_tokens": 1}}})
    yield _event("ping", {})
    content = message.get("content")
    for index, block in enumerate(content if isinstance(content, list) else []):
        yield from _block(index, Record.of(block))
    delta = {key: message.get(key) for key in ("stop_reason", "stop_sequence", "stop_details", "container")}
    counted = {key: usage.get(key) for key in _COUNTED}
    yield _event("message_delta", {"delta": delta, "usage": counted})
    yield _event("message_stop", {})


def broken_events(model: str, input_tokens: int) -> Iterator[bytes]:
    """An answer that begins and is given up by the server: the failure comes after a status of 200."""
    usage = {"input_tokens": input_tokens, "output_tokens": 1}
    start = {
        "id": "msg_begun", "type": "message", "role": "assistant", "model": model, "content": [], "stop_reason": None,
        "usage": usage,
    }  # fmt: skip
    yield _event("message_start", {"message": start})
    yield _event("error", {"error": {"details": None, "type": "overloaded_error", "message": "Overloaded"}})


_COUNTED = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
    "server_tool_use",
    "iterations",
)


def _block(index: int, block: Record) -> Iterator[bytes]:
    if block.text("type") == "tool_use":
        start: dict[str, object] = {**block.values, "input": {}}
        kind, key, text = "input_json_delta", "partial_json", json.dumps(block.values.get("input"), ensure_ascii=False)
    else:
        start = {**block.values, "text": ""}
        kind, key, text = "text_delta", "text", str(block.values.get("text", ""))
    yield _event("content_block_start", {"index": index, "content_block": start})
    for position in range(0, len(text), CHUNK):
        yield _event(
            "content_block_delta", {"index": index, "delta": {"type": kind, key: text[position : position + CHUNK]}}
        )
    yield _event("content_block_stop", {"index": index})


def _event(name: str, data: Mapping[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data}, ensure_ascii=False)}\n\n".encode()
