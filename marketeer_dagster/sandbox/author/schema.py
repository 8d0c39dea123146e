"""JSON schema as it reaches the author, and answers brought into its form.

The SDK moves constraints that the API does not enforce (maxLength, pattern, minItems above 1 …) into the description
as `{maxLength: 60, minLength: 10}`; they are read back from there.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping

from marketeer_dagster.sandbox.author.text import cut

Schema = Mapping[str, object]
Filler = Callable[[str, "Node"], object]
_BRACES = re.compile(r"\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\s*$")
_PAIR = re.compile(r"(?P<key>[A-Za-z]+): (?P<value>.*?)(?=, [A-Za-z]+: |$)", re.DOTALL)
_ANNOTATIONS = frozenset({"title", "description", "default", "examples"})


class Node:
    """One place in a schema: references resolved, constraints gathered."""

    def __init__(self, schema: Schema, root: Schema) -> None:
        self.root = root
        self.schema = _resolved(schema, root)
        self.limits = {**_described(str(self.schema.get("description", ""))), **self.schema}

    @property
    def type(self) -> str:
        """JSON type; empty for an enumeration or union."""
        kind = self.schema.get("type")
        if isinstance(kind, list):
            return next((str(k) for k in kind if k != "null"), "null")
        return str(kind) if kind else "object" if "properties" in self.schema else ""

    @property
    def choices(self) -> list[object]:
        """Allowed values of an enumeration or constant."""
        values = self.schema.get("enum")
        if isinstance(values, list):
            return list(values)
        return [self.schema["const"]] if "const" in self.schema else []

    @property
    def variants(self) -> list["Node"]:
        options = self.schema.get("anyOf") or self.schema.get("oneOf")
        return (
            [Node(option, self.root) for option in options if isinstance(option, Mapping)]
            if isinstance(options, list)
            else []
        )

    @property
    def properties(self) -> dict[str, "Node"]:
        merged: dict[str, object] = {}
        every = self.schema.get("allOf")
        for part in every if isinstance(every, list) else []:
            if isinstance(part, Mapping):
                merged.update({name: node.schema for name, node in Node(part, self.root).properties.items()})
        own = self.schema.get("properties")
        merged.update({str(k): v for k, v in own.items()} if isinstance(own, Mapping) else {})
        return {name: Node(schema, self.root) for name, schema in merged.items() if isinstance(schema, Mapping)}

    @property
    def required(self) -> set[str]:
        names = self.schema.get("required")
        return {str(name) for name in names} if isinstance(names, list) else set()

    @property
    def items(self) -> "Node":
        entry = self.schema.get("items")
        return Node(entry if isinstance(entry, Mapping) else {"type": "string"}, self.root)

    def number(self, *names: str) -> float | None:
        """A numeric constraint by any of its names."""
        for name in names:
            value = self.limits.get(name)
            try:
                if value is not None and not isinstance(value, bool):
                    return float(str(value))
            except ValueError:
                continue
        return None

    def text(self, name: str) -> str:
        value = self.limits.get(name)
        return value if isinstance(value, str) else ""

    @property
    def nothing(self) -> object:
        """The value that says nothing in this form: an empty text or list, else null."""
        return {"string": "", "array": []}.get("" if self.choices else self.type)

    @property
    def may_be_empty(self) -> bool:
        """Whether `nothing` is of this form."""
        if self.choices or self.variants:
            return any(variant.type == "null" for variant in self.variants)
        least = {"string": "minLength", "array": "minItems"}.get(self.type)
        return least is not None and not self.number(least) and not self.text("pattern")

    @property
    def meaning(self) -> str:
        """Title and description without the constraints."""
        described = _BRACES.sub("", str(self.schema.get("description", ""))).strip()
        return f"{self.schema.get('title', '')} {described}".strip()


def _resolved(schema: Schema, root: Schema) -> Schema:
    seen = 0
    while isinstance(reference := schema.get("$ref"), str) and seen < 20:
        target: object = root
        for step in reference.removeprefix("#/").split("/"):
            target = target.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**target, **rest} if isinstance(target, Mapping) else rest
        seen += 1
    return schema


def _described(description: str) -> dict[str, object]:
    braces = _BRACES.search(description)
    pairs = _PAIR.finditer(braces[1]) if braces else ()
    return {m["key"]: m["value"].strip() for m in pairs if m["key"] not in _ANNOTATIONS}


def fit(value: object, node: Node, fill: Filler, name: str = "") -> object:
    """`value` in the schema's form: unknown fields dropped, missing required ones filled, limits kept."""
    if node.choices:
        return value if value in node.choices else fill(name, node)
    if node.variants:
        return _fit_variant(value, node, fill, name)
    kinds: dict[str, Callable[[], object]] = {
        "object": lambda: _fit_object(value, node, fill, name),
        "array": lambda: _fit_array(value, node, fill, name),
        "string": lambda: _fit_string(value, node, fill, name),
        "integer": lambda: _fit_number(value, node, fill, name, whole=True),
        "number": lambda: _fit_number(value, node, fill, name, whole=False),
        "boolean": lambda: value if isinstance(value, bool) else fill(name, node),
        "null": lambda: None,
    }
    return kinds[node.type]() if node.type in kinds else value


def _fit_variant(value: object, node: Node, fill: Filler, name: str) -> object:
    for variant in node.variants:
        if _is(value, variant):
            return fit(value, variant, fill, name)
    return fill(name, node)


def _is(value: object, node: Node) -> bool:
    if node.choices:
        return value in node.choices
    types: dict[str, tuple[type, ...]] = {
        "object": (dict,), "array": (list, tuple), "string": (str,), "integer": (int,), "number": (int, float),
        "boolean": (bool,), "null": (type(None),),
    }  # fmt: skip
    if isinstance(value, dict) and node.type == "object":
        return node.required <= set(value)
    return isinstance(value, types.get(node.type, ())) and (node.type == "boolean" or not isinstance(value, bool))


def _fit_object(value: object, node: Node, fill: Filler, name: str) -> object:
    properties = node.properties
    if not properties:
        return value if isinstance(value, dict) else fill(name, node)
    given = value if isinstance(value, Mapping) else {}
    result: dict[str, object] = {}
    for key, child in properties.items():
        if key in given:
            result[key] = fit(given[key], child, fill, key)
        elif key in node.required:
            # Whoever wrote some of it left this out on purpose: it is filled only where it must not be empty.
            result[key] = child.nothing if given and child.may_be_empty else fill(key, child)
    return result


def _fit_array(value: object, node: Node, fill: Filler, name: str) -> object:
    if not isinstance(value, list | tuple):
        return fill(name, node)
    most, least = node.number("maxItems"), node.number("minItems") or 0
    entries = [fit(item, node.items, fill, name) for item in value]
    if node.limits.get("uniqueItems") in (True, "True"):
        entries = [item for index, item in enumerate(entries) if item not in entries[:index]]
    entries = entries[: int(most)] if most is not None else entries
    if len(entries) < least:
        extra = fill(name, node)
        entries += [item for item in extra if item not in entries] if isinstance(extra, list) else []
    return entries[: int(most)] if most is not None else entries


def _fit_string(value: object, node: Node, fill: Filler, name: str) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if not isinstance(value, str):
        return fill(name, node)
    most, least = node.number("maxLength"), node.number("minLength") or 0
    text = cut(value, int(most)) if most is not None and len(value) > most else value
    pattern = node.text("pattern")
    if len(text) < least or (pattern and not matches(pattern, text)):
        return fill(name, node)
    return text


def _fit_number(value: object, node: Node, fill: Filler, name: str, *, whole: bool) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return fill(name, node)
    low, high = bounds(node)
    clamped = min(max(value, low), high)
    return round(clamped) if whole else clamped


def bounds(node: Node) -> tuple[float, float]:
    """Smallest and largest value a number may take; exclusive bounds are moved inwards a little."""
    low, high = node.number("minimum"), node.number("maximum")
    above, below = node.number("exclusiveMinimum"), node.number("exclusiveMaximum")
    step = 1.0 if node.type == "integer" else 1e-6
    low = max(low if low is not None else float("-inf"), above + step if above is not None else float("-inf"))
    high = min(high if high is not None else float("inf"), below - step if below is not None else float("inf"))
    return low, high


def matches(pattern: str, text: str) -> bool:
    """Whether `text` has the pattern; a pattern Python cannot read counts as kept."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True
