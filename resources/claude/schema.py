"""The JSON schema of an answer's form as structured outputs take it.

The API refuses lengths, bounds and patterns as keywords; the SDK moves them into descriptions, where the model reads
them. It also counts, over a whole request, optional fields and unions, and refuses too many. So every field is
required (a field without content holds the empty text, the empty list or null, and our forms take each), and a decimal
number is a number, not the union of number and text that pydantic makes of it. Field order is then the form's own:
optional fields would be answered after the required ones.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from marketeer_dagster.model.marks import MARKS

MOST_OPTIONAL = 24
"""Optional fields that the API takes in all schemas of one request (its page on structured outputs)."""
MOST_UNIONS = 16
"""Fields with a union (anyOf or a list of types) that it takes, likewise."""

_NOISE = {"title", "default", *MARKS}
"""What says nothing to the model, or is ours alone."""


@cache
def schema_of(answer: type[BaseModel]) -> dict[str, Any]:
    """The form's JSON schema in the subset that structured outputs accept; other limits become descriptions."""
    from anthropic import transform_schema

    return transform_schema(_plain(answer.model_json_schema()))


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """`schema` without noise, with every field required and decimals as numbers."""
    plain = {key: value for key, value in schema.items() if key not in _NOISE}
    for group in ("properties", "$defs"):
        if group in plain:
            plain[group] = {name: _plain(inner) for name, inner in plain[group].items()}
    if "properties" in plain:
        plain["required"] = list(plain["properties"])
    if "items" in plain:
        plain["items"] = _plain(plain["items"])
    if "anyOf" in plain:
        variants = _without_decimal_text([_plain(variant) for variant in plain.pop("anyOf")])
        plain |= variants[0] if len(variants) == 1 else {"anyOf": variants}
    return plain


def _without_decimal_text(variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The variants of a field; the text that pydantic puts beside the number of a Decimal left out."""
    kinds = [variant.get("type") for variant in variants]
    decimal = kinds.count("number") == 1 and kinds.count("string") == 1
    return [variant for variant in variants if not (decimal and variant.get("type") == "string")]
