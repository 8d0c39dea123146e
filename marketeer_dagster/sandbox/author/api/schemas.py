"""The subset of JSON schema that structured outputs take. What is outside it is refused, as the API does."""

from collections.abc import Iterable, Iterator, Mapping

from marketeer_dagster.sandbox.author.api.errors import invalid

_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
_REFUSED: dict[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "array": frozenset({"maxItems", "uniqueItems"}),
    "object": frozenset({"minProperties", "maxProperties", "patternProperties"}),
}


MOST_OPTIONAL, MOST_UNIONS = 24, 16
"""Over all schemas of one request, as the vendor's page on structured outputs states them."""


def check_size(schemas: Iterable[Mapping[str, object]]) -> None:
    """Raise ApiError when the schemas of one request have more optional fields or unions than the API takes."""
    every = [node for schema in schemas for node in _nodes(schema)]
    optional = sum(len(set(dict(_children(node, "properties"))) - set(_required(node))) for node in every)
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node in every)
    for found, most, what in ((optional, MOST_OPTIONAL, "optional parameters"), (unions, MOST_UNIONS, "union types")):
        if found > most:
            raise invalid(f"Schemas contain too many {what} ({found}); the limit is {most} over all of a request.")


def _required(node: Mapping[str, object]) -> list[object]:
    names = node.get("required")
    return names if isinstance(names, list) else []


def _nodes(schema: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """A schema and every schema inside it."""
    yield schema
    inner = [child for word in ("$defs", "properties") for _, child in _children(schema, word)]
    for word in ("items", "anyOf", "allOf"):
        held = schema.get(word)
        inner += [part for part in (held if isinstance(held, list) else [held]) if isinstance(part, Mapping)]
    for child in inner:
        yield from _nodes(child)


def check_schema(schema: Mapping[str, object], where: str) -> None:
    """Raise ApiError for a schema that structured outputs do not take."""
    for name, definition in _children(schema, "$defs"):
        check_schema(definition, f"{where}.$defs.{name}")
    if "$ref" in schema:
        return
    kind = schema.get("type")
    if isinstance(kind, str):
        _check_type(schema, kind, where)
    elif not any(key in schema for key in ("enum", "const", "anyOf", "allOf")) and not isinstance(kind, list):
        raise invalid(f"{where}: Schema must have a 'type', 'anyOf', 'allOf', 'enum', 'const' or '$ref'")
    for name, child in _children(schema, "properties"):
        check_schema(child, f"{where}.properties.{name}")
    items = schema.get("items")
    if isinstance(items, Mapping):
        check_schema(items, f"{where}.items")
    for word in ("anyOf", "allOf"):
        variants = schema.get(word)
        for index, variant in enumerate(variants if isinstance(variants, list) else []):
            if isinstance(variant, Mapping):
                check_schema(variant, f"{where}.{word}.{index}")


def _check_type(schema: Mapping[str, object], kind: str, where: str) -> None:
    if kind not in _TYPES:
        raise invalid(f"{where}: Invalid type '{kind}'")
    refused = sorted(_REFUSED.get(kind, frozenset()) & set(schema))
    if refused:
        raise invalid(f"{where}: For '{kind}' type, property '{refused[0]}' is not supported")
    if kind == "object" and schema.get("additionalProperties") is not False:
        raise invalid(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if kind == "array" and schema.get("minItems") not in (None, 0, 1):
        raise invalid(f"{where}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")


def _children(schema: Mapping[str, object], word: str) -> list[tuple[str, Mapping[str, object]]]:
    held = schema.get(word)
    if not isinstance(held, Mapping):
        return []
    return [(str(name), child) for name, child in held.items() if isinstance(child, Mapping)]
