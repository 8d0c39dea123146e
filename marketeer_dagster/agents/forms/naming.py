"""What is wrong with an answer, in lines that a model can act on: where, how much, and the very text.

For instance `headlines[3]: 34 characters, 4 over 30: 'Get your whole rota done in an hour'`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

LONGEST_SHOWN = 200
"""Characters of a faulty text that a line shows."""


def problems_of(error: ValidationError) -> tuple[str, ...]:
    """A validation error as one line per fault."""
    return tuple(
        f"{path(item['loc']) or 'answer'}: {_fault(item['type'], item.get('ctx', {}), item['input'], item['msg'])}"
        for item in error.errors(include_url=False)
        if not _is_echo(item["type"], item.get("ctx", {}), item["input"])
    )


def _is_echo(kind: str, context: Mapping[str, Any], value: object) -> bool:
    """Whether a list is called too short only because faulty items, which have lines of their own, are not counted."""
    return kind == "too_short" and isinstance(value, list) and len(value) >= context["min_length"]


def path(location: tuple[int | str, ...]) -> str:
    """`ad_groups[0].ad.headlines[3]`, as findings and texts name a place.

    A key that the answer made up may hold anything: of it one short line is shown.
    """
    parts = (f"[{part}]" if isinstance(part, int) else f".{' '.join(part.split())[:60] or '?'}" for part in location)
    return "".join(parts).lstrip(".")


def over_long(text: str, most: int) -> str:
    """Length and excess of a text."""
    return f"{len(text)} characters, {len(text) - most} over {most}: {shown(text)}"


def too_short(text: str, least: int) -> str:
    """Length of a text that lacks some."""
    return f"{len(text)} characters, at least {least} are needed: {shown(text)}"


def surplus(count: int, most: int) -> str:
    """Length and excess of a list."""
    return f"{count} items, {count - most} over {most}"


def shown(value: object) -> str:
    """A faulty value on one line: text quoted and cut; of lists and objects only what they are."""
    if isinstance(value, str):
        line = " ".join(value.split())
        return repr(line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…")
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return json.dumps(value, default=repr)


def _fault(kind: str, context: Mapping[str, Any], value: object, message: str) -> str:
    said = _LINES.get(kind)
    if said is not None:
        return said(context, value)
    line = message.removeprefix("Value error, ")
    return line if kind in _WHOLE or isinstance(value, Mapping) else f"{line}, not {shown(value)}"


_WHOLE = frozenset({"json_invalid", "value_error"})
"""Faults whose input is a whole document or list: showing it says nothing."""
_LINES: dict[str, Callable[[Mapping[str, Any], object], str]] = {
    "string_too_long": lambda context, value: over_long(str(value), context["max_length"]),
    "string_too_short": lambda context, value: too_short(str(value), context["min_length"]),
    "too_long": lambda context, value: (
        surplus(len(value), context["max_length"]) if isinstance(value, list) else f"over {context['max_length']} items"
    ),
    "too_short": lambda context, value: (
        f"{len(value) if isinstance(value, list) else context['actual_length']} items, "
        f"at least {context['min_length']} are needed"
    ),
    "enum": lambda context, value: f"{shown(value)} is none of {context['expected']}",
    "literal_error": lambda context, value: f"{shown(value)} is none of {context['expected']}",
    "missing": lambda _, __: "missing",
    "extra_forbidden": lambda _, __: "no field of the form; fields are spelled as there",
}
