"""A form's JSON schema as its reader needs it: references followed, one variant chosen, faults of a value found."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marketeer_dagster.agents.forms.naming import over_long, shown, surplus, too_short

Schema = Mapping[str, Any]
_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int, float), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def resolved(schema: Schema, root: Schema) -> Schema:
    """`schema` with its reference, if it is one, replaced by what it names."""
    while "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def variant(schema: Schema, root: Schema, value: object) -> Schema:
    """Of a union, the first variant whose JSON type `value` has; anything else as it is."""
    options = [resolved(option, root) for option in schema.get("anyOf", ())]
    return next((option for option in options if isinstance(value, _KINDS.get(option.get("type", ""), ()))), schema)


def is_optional(name: str, schema: Schema, root: Schema) -> bool:
    """Whether a form takes a field's absence, and does not itself give null a meaning."""
    field = resolved(schema["properties"][name], root)
    nullable = any(resolved(option, root).get("type") == "null" for option in field.get("anyOf", ()))
    return name not in schema.get("required", ()) and not nullable


def faults(value: object, schema: Schema, root: Schema) -> Iterator[str]:
    """What a form would refuse in `value`, the first fault first: lengths, choices, patterns, missing parts."""
    schema = variant(resolved(schema, root), root, value)
    if "enum" in schema or "const" in schema:
        if value not in (schema.get("enum") or [schema.get("const")]):
            yield f"{shown(value)} is none of its choices"
    elif isinstance(value, str):
        yield from _text_faults(value, schema)
    elif isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        yield from (f"{name}: missing" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            if name in properties:
                yield from (f"{name}: {fault}" for fault in faults(item, properties[name], root))
    elif isinstance(value, list) and "items" in schema:
        if len(value) > schema.get("maxItems", len(value)):
            yield surplus(len(value), schema["maxItems"])
        if len(value) < schema.get("minItems", 0):
            yield f"{len(value)} items, at least {schema['minItems']} are needed"
        for item in value:
            yield from faults(item, schema["items"], root)
    elif not isinstance(value, _KINDS.get(schema.get("type", ""), (object,))):
        yield f"{shown(value)} is no {schema['type']}"


def _text_faults(text: str, schema: Schema) -> Iterator[str]:
    if schema.get("type") in ("object", "array", "null"):
        yield f"{shown(text)} is no {schema['type']}"
    if len(text) > schema.get("maxLength", len(text)):
        yield over_long(text, schema["maxLength"])
    if len(text) < schema.get("minLength", 0):
        yield too_short(text, schema["minLength"])
    if "pattern" in schema and not re.search(schema["pattern"], text):
        yield f"{shown(text)} does not match {schema['pattern']}"
