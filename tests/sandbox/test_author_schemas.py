"""Any JSON schema is filled: pydantic models nobody wrote a writer for, with their limits, come back valid."""

import json
import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from anthropic import transform_schema
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, StringConstraints

from marketeer_dagster.sandbox.author.compose import structured, tool_input
from marketeer_dagster.sandbox.author.text import numbers
from tests.sandbox import author_tasks as tasks


class Network(StrEnum):
    X = "x"
    LINKEDIN = "linkedin"


class Post(BaseModel):
    network: Network
    text: Annotated[str, StringConstraints(min_length=20, max_length=280)]
    hashtag: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    on: date
    hour: int = Field(ge=0, le=23)


class Calendar(BaseModel):
    """A social calendar."""

    title: Annotated[str, StringConstraints(max_length=40)]
    posts: tuple[Post, ...] = Field(min_length=4, max_length=6)
    reach: float = Field(gt=0, lt=1)
    tone: Literal["dry", "warm"]
    approved: bool
    reviewer: str | None
    made_at: datetime
    link: str


class Node(BaseModel):
    """A tree."""

    label: str
    children: list["Node"] = Field(max_length=3)


@pytest.mark.parametrize("name", tasks.CONTEXTS)
def test_an_unknown_model_is_filled_within_its_limits(name: str) -> None:
    calendar = Calendar.model_validate(structured(tasks.task(name, tasks.draft(name)), transform_schema(Calendar)))
    known = set(numbers(tasks.context(name).render()))
    for post in calendar.posts:
        assert set(numbers(post.text)) <= known
    assert len({post.text for post in calendar.posts}) > 1


def test_recursive_schemas_end() -> None:
    value = structured(tasks.task("saas", tasks.draft("saas")), transform_schema(Node))
    assert Node.model_validate(value).label


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {}, "additionalProperties": False},
        {"type": "array", "items": {"type": "integer"}, "description": "{minItems: 3, maxItems: 3}"},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
        {"enum": ["a", "b"]},
        {"const": 7},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "uuid"},
        {"type": "number", "description": "Share.\n\n{exclusiveMinimum: 0, maximum: 0.25}"},
        {"type": "integer", "description": "{minimum: 40, maximum: 41}"},
        {"$ref": "#/$defs/T", "$defs": {"T": {"type": "boolean"}}},
        {
            "allOf": [
                {
                    "type": "object",
                    "properties": {"a": {"type": "string"}},
                    "required": ["a"],
                    "additionalProperties": False,
                }
            ],
            "type": "object",
        },
    ],
)
def test_plain_schemas(schema: dict[str, object]) -> None:
    value = structured(tasks.task("saas", tasks.draft("saas")), schema)
    Draft202012Validator(schema).validate(json.loads(json.dumps(value)))
    described = re.findall(r"(\w+): ([\d.]+)", str(schema.get("description", "")))
    limits = {key: float(limit) for key, limit in described}
    size = len(value) if isinstance(value, list) else value
    if isinstance(size, int | float):
        assert limits.get("minItems", limits.get("minimum", size)) <= size <= limits.get("maximum", size)


def test_tool_arguments_have_the_tools_form() -> None:
    schema = {
        "type": "object",
        "properties": {"url": {"type": "string"}, "depth": {"type": "integer"}},
        "required": ["url"],
    }
    arguments = tool_input(tasks.task("saas", "Please fetch the page"), schema)
    assert isinstance(arguments["url"], str)


def test_without_any_context_it_says_so_and_invents_nothing() -> None:
    value = structured(tasks.read_task("", [("user", "Write a page.")]), transform_schema(Calendar))
    assert not set(numbers(Calendar.model_validate(value).title))
