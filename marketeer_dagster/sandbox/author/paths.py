"""Places in a JSON document, written as findings write them: `headline`, `sections[2].body`."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

Step = str | int
_STEP = re.compile(r"(?P<name>[A-Za-z_]+)|\[(?P<index>\d+)\]")


def steps(where: str) -> list[Step]:
    """The names and indexes of a path."""
    return [int(m["index"]) if m["index"] else m["name"] for m in _STEP.finditer(where)]


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document with its path, in order."""
    if isinstance(value, str):
        if value.strip():
            yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")


def as_list(value: object) -> list[object] | None:
    """`value` when it is a list."""
    return cast("list[object]", value) if isinstance(value, list) else None


def child(value: object, step: Step) -> object:
    """One step down; None where there is nothing."""
    if isinstance(step, str):
        return cast("Mapping[str, object]", value).get(step) if isinstance(value, Mapping) else None
    entries = as_list(value)
    return entries[step] if entries is not None and step < len(entries) else None


def get(content: object, where: str) -> object:
    """The value at a path; None when there is none."""
    value = content
    for step in steps(where):
        value = child(value, step)
    return value


def put(content: object, where: str, new: object) -> None:
    """Set the value at a path; nothing happens when the way there does not exist."""
    *way, last = steps(where) or [""]
    holder = content
    for step in way:
        holder = child(holder, step)
    if isinstance(last, str) and isinstance(holder, dict):
        cast("dict[str, object]", holder)[last] = new
    elif isinstance(last, int) and (entries := as_list(holder)) is not None and last < len(entries):
        entries[last] = new


def locate(content: object, quote: str) -> str:
    """The path of the first text that holds `quote`; empty when none does."""
    return next((path for path, text in leaves(content) if quote and quote in text), "")
