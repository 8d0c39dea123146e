"""A shorter form of an upstream artefact: enough to build on, not enough to pay for twice.

The structure stays the JSON of the content's model; long texts and lists are cut. Work that transforms its upstream
(edited copy holds the whole page copy) gets it whole.
"""

import json
from typing import Any, get_args

from pydantic import BaseModel

from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.model.artefacts import Artefact, artefact_kinds

MAX_TEXT = 280
"""Characters of one text in a digest."""
MAX_ITEMS = 5
"""Items of one list in a digest."""


def digest(content: str) -> str:
    """The JSON `content` with texts above MAX_TEXT and lists above MAX_ITEMS cut, and empty fields left out."""
    return json.dumps(_shortened(json.loads(content)), ensure_ascii=False, separators=(",", ":"))


def is_transformed(artefact: Artefact, assignment: Assignment) -> bool:
    """Whether the assignment's artefact type contains this upstream's type, so that its author rewrites it."""
    upstream = artefact_kinds().get(artefact.kind)
    fields = assignment.content_type.model_fields.values()
    return upstream is not None and any(upstream in _models(field.annotation) for field in fields)


def _models(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for argument in get_args(annotation) for model in _models(argument)}


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT].rstrip()}…"
    if isinstance(value, list):
        return [_shortened(item) for item in value[:MAX_ITEMS]]
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items() if item not in ("", [], None)}
    return value
