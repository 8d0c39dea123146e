"""What structured outputs are asked for: within the API's counts, without noise, and wide enough for 'nothing'."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from marketeer_dagster.agents.answers import PlanAnswer, ReviewAnswer
from marketeer_dagster.agents.forms import read
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.model.direction import PeriodReview
from marketeer_dagster.model.marks import MARKS
from marketeer_dagster.sandbox.author.api.errors import ApiError
from marketeer_dagster.sandbox.author.api.schemas import check_schema, check_size
from resources.claude.schema import MOST_OPTIONAL, MOST_UNIONS, schema_of
from tests.quality import pages

FORMS: list[type[BaseModel]] = [*artefact_kinds().values(), ReviewAnswer, PlanAnswer, PeriodReview]
TAKEN = {
    "type", "properties", "required", "additionalProperties", "items", "minItems", "anyOf", "enum", "const", "format",
    "description", "$ref", "$defs",
}  # fmt: skip
"""Keywords of structured outputs that our forms need. What else limits a field stands in its description."""


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema; names of properties are not keywords."""
    if isinstance(schema, list):
        for item in schema:
            yield from nodes(item)
    elif isinstance(schema, dict):
        yield schema
        for group in ("properties", "$defs"):
            yield from nodes(list(schema.get(group, {}).values()))
        yield from nodes([schema[key] for key in ("items", "anyOf", "allOf") if key in schema])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_stays_within_what_the_api_counts(form: type[BaseModel]) -> None:
    schema = schema_of(form)
    every = list(nodes(schema))
    optional = sum(len(set(node.get("properties", {})) - set(node.get("required", ()))) for node in every)
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node in every)
    assert (optional, MOST_OPTIONAL) == (0, 24)
    assert unions <= 4 < MOST_UNIONS == 16
    for node in every:
        assert set(node) <= TAKEN, node
        assert node.get("minItems", 0) in (0, 1)
        if "properties" in node:
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"]), "in the form's order, which is the answer's"
    check_schema(schema, "schema")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_descriptions_hold_limits_and_meaning_but_no_noise(form: type[BaseModel]) -> None:
    text = json.dumps(schema_of(form), ensure_ascii=False)
    for noise in ("default:", "title:", "x-", "additionalProperties:", "{}", "None"):
        assert noise not in text.replace('"additionalProperties": false', ""), noise
    assert not MARKS & set(text.replace('"', " ").split())


def test_limits_that_the_api_does_not_take_are_told_in_words() -> None:
    """Our own limits reach the model although they are no keywords of the schema."""
    page = schema_of(artefact_kinds()["page_copy"])["properties"]
    assert page["title_tag"]["description"] == "{maxLength: 60, minLength: 10}"
    assert page["notes"]["description"] == "For colleagues: choices made and why.\n\n{maxLength: 2000}"
    assert page["sections"]["description"] == "{maxItems: 9, minItems: 3}"
    budget = schema_of(artefact_kinds()["ad_campaign"])["properties"]["daily_budget_usd"]
    assert budget == {"type": "number", "description": "{minimum: 0.0}"}, "no union of number and text"
    goal = schema_of(PeriodReview)["$defs"]["RecommendedGoal"]["properties"]["budget_usd"]
    assert [variant["type"] for variant in goal["anyOf"]] == ["number", "null"]


def nothing(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """What an answer holds in a field about which there is nothing to say."""
    if any(variant.get("type") == "null" for variant in schema.get("anyOf", ())):
        return None
    return {"string": "", "array": []}[schema["type"]]


@pytest.mark.parametrize("kind", pages.ALL)
@pytest.mark.parametrize("how", ["empty", "null"])
def test_nothing_is_of_the_form_wherever_a_field_could_once_be_left_out(kind: str, how: str) -> None:
    """Required fields do not make anybody invent: the empty text, the empty list and null are read as before."""
    content = pages.ALL[kind]
    raw = type(content).model_json_schema()
    told = json.loads(content.model_dump_json())
    left_out = [name for name in raw["properties"] if name not in raw["required"]]
    for name in left_out:
        told[name] = None if how == "null" else nothing(schema_of(type(content))["properties"][name], raw)
    value, notes = read(json.dumps(told), type(content))
    assert notes == ()
    assert all(not getattr(value, name) for name in left_out)


def test_the_stand_in_refuses_what_the_api_counts_too_many() -> None:
    fields = {f"f{n}": {"type": "string"} for n in range(25)}
    many = {"type": "object", "properties": fields, "additionalProperties": False}
    with pytest.raises(ApiError, match=r"too many optional parameters \(25\)"):
        check_size([many])
    check_size([{**many, "required": ["f0"]}])
    with pytest.raises(ApiError, match="too many optional"):
        check_size([{**many, "required": ["f0"]}, {**many, "required": ["f0"]}])
    union = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    with pytest.raises(ApiError, match=r"too many union types \(17\)"):
        check_size([{"type": "array", "items": {"anyOf": [union] * 16}}])
    for form in FORMS:
        check_size([schema_of(form)])
