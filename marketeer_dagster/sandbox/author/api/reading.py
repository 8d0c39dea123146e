"""A Messages request, read and refused where the API refuses it. Messages name the field as the API does."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.api.errors import ApiError, invalid
from marketeer_dagster.sandbox.author.api.models import EFFORTS, MAX_OUTPUT, Model, model
from marketeer_dagster.sandbox.author.api.schemas import check_schema, check_size
from marketeer_dagster.sandbox.author.api.tokens import BLOCK_OVERHEAD, estimate

MAX_BREAKPOINTS = 4
_GONE = ("temperature", "top_p", "top_k")
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        "model max_tokens messages system tools tool_choice stream stop_sequences metadata thinking output_config "
        "service_tier container context_management cache_control mcp_servers inference_geo speed diagnostics betas "
        "user_profile_id",
    )
)


@dataclass(frozen=True)
class Segment:
    """A stretch of the prompt as the cache sees it: canonical text, tokens, and the breakpoint that ends it."""

    text: str
    tokens: int
    ttl: str = ""
    """5m or 1h when a cache breakpoint ends the segment."""


@dataclass(frozen=True)
class Tool:
    """A client tool the model may call."""

    name: str
    description: str
    schema: Mapping[str, object]
    strict: bool


@dataclass(frozen=True)
class MessagesRequest:
    """What is asked, checked."""

    model: Model
    max_tokens: int
    system: str
    turns: tuple[tuple[str, str], ...]
    """(role, text); tool results are their text."""
    segments: tuple[Segment, ...]
    schema: Mapping[str, object] | None
    tools: tuple[Tool, ...]
    tools_answered: bool
    """Whether the last turn brings tool results."""
    stop_sequences: tuple[str, ...]
    stream: bool
    user: str
    """metadata.user_id"""
    identity: str
    """Hash of the whole body: equal for requests that ask the same."""

    @property
    def tokens(self) -> int:
        """All input tokens."""
        return sum(segment.tokens for segment in self.segments)


def read_request(body: object, *, counting: bool = False) -> MessagesRequest:
    """The request in `body` (parsed JSON). Raises ApiError. `counting`: for count_tokens, which needs no max_tokens."""
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    fields: dict[str, object] = {str(key): value for key, value in body.items()}
    _check_fields(fields)
    chosen = _model(fields)
    _check_effort(fields, chosen)
    max_tokens = 1 if counting else _max_tokens(fields, chosen)
    schema = _schema(fields)
    tools = _tools(fields)
    check_size([*([schema] if schema is not None else []), *(tool.schema for tool in tools if tool.strict)])
    system = _system(fields.get("system"))
    turns, segments, answered = _messages(fields.get("messages"))
    everything = (*_head(fields, schema), *system, *segments)
    _check_breakpoints(everything)
    return MessagesRequest(
        model=chosen,
        max_tokens=max_tokens,
        system="\n".join(segment.text for segment in system),
        turns=turns,
        segments=everything,
        schema=schema,
        tools=tools,
        tools_answered=answered,
        stop_sequences=tuple(str(s) for s in _list(fields.get("stop_sequences"), "stop_sequences")),
        stream=fields.get("stream") is True,
        user=str(_mapping(fields.get("metadata")).get("user_id") or ""),
        identity=hashlib.sha256(_canonical(fields).encode()).hexdigest(),
    )


def _check_fields(fields: Mapping[str, object]) -> None:
    for name in _GONE:
        if fields.get(name) is not None:
            raise invalid(f"`{name}` is not supported on this model. Use output_config.effort instead.")
    unknown = [name for name in fields if name not in _KNOWN]
    if unknown:
        raise invalid(f"{unknown[0]}: Extra inputs are not permitted")
    choice = _mapping(fields.get("tool_choice")).get("type")
    if choice in ("any", "tool"):
        raise invalid(f"tool_choice: type '{choice}' forces tool use, which this model does not support; use 'auto'.")
    if choice not in (None, "auto", "none"):
        raise invalid(f"tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none', not {choice!r}")
    effort = _mapping(fields.get("output_config")).get("effort")
    if effort not in (None, *EFFORTS):
        raise invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")


def _model(fields: Mapping[str, object]) -> Model:
    name = fields.get("model")
    if not isinstance(name, str) or not name:
        raise invalid("model: Field required")
    found = model(name)
    if found is None:
        raise ApiError(404, f"model: {name}")
    return found


def _check_effort(fields: Mapping[str, object], chosen: Model) -> None:
    effort = _mapping(fields.get("output_config")).get("effort")
    if effort is None or effort in chosen.efforts:
        return
    if not chosen.efforts:
        raise invalid("This model does not support the effort parameter.")
    supported = ", ".join(sorted(chosen.efforts))
    raise invalid(f"This model does not support effort level '{effort}'. Supported levels: {supported}.")


def _max_tokens(fields: Mapping[str, object], chosen: Model) -> int:
    value = fields.get("max_tokens")
    if value is None:
        raise invalid("max_tokens: Field required")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid("max_tokens: Input should be greater than or equal to 1")
    if value > MAX_OUTPUT:
        raise invalid(
            f"max_tokens: {value} > {MAX_OUTPUT}, which is the maximum allowed number of output tokens for {chosen.id}"
        )
    return value


def _schema(fields: Mapping[str, object]) -> Mapping[str, object] | None:
    wanted = _mapping(fields.get("output_config")).get("format")
    if wanted is None:
        return None
    form = _mapping(wanted)
    if form.get("type") != "json_schema":
        raise invalid("output_config.format.type: Input should be 'json_schema'")
    schema = form.get("schema")
    if not isinstance(schema, Mapping):
        raise invalid("output_config.format.schema: Field required")
    check_schema(schema, "output_config.format.schema")
    return schema


def _tools(fields: Mapping[str, object]) -> tuple[Tool, ...]:
    found: list[Tool] = []
    if _mapping(fields.get("tool_choice")).get("type") == "none":
        return ()
    for index, entry in enumerate(_list(fields.get("tools"), "tools")):
        tool = _mapping(entry)
        if tool.get("type") not in (None, "custom"):
            continue
        name, schema = tool.get("name"), tool.get("input_schema")
        if not isinstance(name, str) or not name:
            raise invalid(f"tools.{index}.custom.name: Field required")
        if not isinstance(schema, Mapping):
            raise invalid(f"tools.{index}.custom.input_schema: Field required")
        if tool.get("strict") is True:
            check_schema(schema, f"tools.{index}.custom.input_schema")
        found.append(Tool(name, str(tool.get("description") or ""), schema, tool.get("strict") is True))
    return tuple(found)


def _head(fields: Mapping[str, object], schema: Mapping[str, object] | None) -> tuple[Segment, ...]:
    """Schema and tools stand before the system prompt: another output format means another cache."""
    found: list[Segment] = []
    if schema is not None:
        text = _canonical(schema)
        found.append(Segment(text, estimate(text)))
    for entry in _list(fields.get("tools"), "tools"):
        text = _canonical({k: v for k, v in _mapping(entry).items() if k != "cache_control"})
        found.append(Segment(text, estimate(text), _ttl(_mapping(entry), text)))
    return tuple(found)


def _system(value: object) -> tuple[Segment, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (Segment(value, estimate(value) + BLOCK_OVERHEAD),)
    found: list[Segment] = []
    for index, entry in enumerate(_list(value, "system")):
        block = _mapping(entry)
        text = block.get("text")
        if block.get("type") != "text" or not isinstance(text, str) or not text.strip():
            raise invalid(f"system.{index}: text content blocks must be non-empty")
        found.append(Segment(text, estimate(text) + BLOCK_OVERHEAD, _ttl(block, text)))
    return tuple(found)


def _messages(value: object) -> tuple[tuple[tuple[str, str], ...], tuple[Segment, ...], bool]:
    entries = _list(value, "messages")
    if not entries:
        raise invalid("messages: at least one message is required")
    turns: list[tuple[str, str]] = []
    segments: list[Segment] = []
    answered = False
    for index, entry in enumerate(entries):
        message = _mapping(entry)
        role = message.get("role")
        if role not in ("user", "assistant"):
            raise invalid(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        texts, answered = _content(message.get("content"), f"messages.{index}", str(role), segments)
        turns.append((str(role), "\n".join(texts)))
    if turns[0][0] != "user":
        raise invalid('messages: first message must use the "user" role')
    if turns[-1][0] == "assistant":
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    return tuple(turns), tuple(segments), answered


def _content(value: object, where: str, role: str, segments: list[Segment]) -> tuple[list[str], bool]:
    """Texts of one message, and whether it brings tool results; its segments are appended."""
    blocks = [{"type": "text", "text": value}] if isinstance(value, str) else _list(value, f"{where}.content")
    if not blocks:
        raise invalid(f"{where}: all messages must have non-empty content")
    texts: list[str] = []
    answered = False
    for index, entry in enumerate(blocks):
        block = _mapping(entry)
        kind = block.get("type")
        if kind == "text" and not (isinstance(block.get("text"), str) and str(block["text"]).strip()):
            raise invalid(f"{where}: text content blocks must be non-empty")
        if not isinstance(kind, str):
            raise invalid(f"{where}.content.{index}.type: Field required")
        answered = answered or kind == "tool_result"
        canonical = _canonical({k: v for k, v in block.items() if k != "cache_control"})
        texts.append(_readable(block))
        tokens = estimate(texts[-1] if kind == "text" else canonical) + BLOCK_OVERHEAD
        segments.append(Segment(f"{role}\x1f{canonical}", tokens, _ttl(block, canonical)))
    return texts, answered


def _readable(block: Mapping[str, object]) -> str:
    if block.get("type") == "text":
        return str(block.get("text"))
    content = block.get("content")
    if block.get("type") == "tool_result":
        parts = [_mapping(part).get("text") for part in content] if isinstance(content, list) else [content]
        return "\n".join(str(part) for part in parts if part)
    return ""


def _ttl(block: Mapping[str, object], text: str) -> str:
    control = block.get("cache_control")
    if control is None:
        return ""
    settings = _mapping(control)
    if settings.get("type") != "ephemeral":
        raise invalid("cache_control.type: Input should be 'ephemeral'")
    if not text.strip():
        raise invalid("cache_control cannot be set for empty text blocks")
    ttl = settings.get("ttl") or "5m"
    if ttl not in ("5m", "1h"):
        raise invalid("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
    return str(ttl)


def _check_breakpoints(segments: tuple[Segment, ...]) -> None:
    marks = [segment.ttl for segment in segments if segment.ttl]
    if len(marks) > MAX_BREAKPOINTS:
        raise invalid(f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {len(marks)}.")
    if "1h" in marks[marks.index("5m") :] if "5m" in marks else False:
        raise invalid(
            "A ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Blocks are "
            "processed in "
            "the following order: `tools`, `system`, `messages`."
        )


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _mapping(value: object) -> Mapping[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def _list(value: object, where: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"{where}: Input should be a valid list")
    return list(value)
