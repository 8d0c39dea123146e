"""From an answer's text to its form: put right where that is harmless, refused with every fault named where not."""

import json
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from marketeer_dagster.agents.forms.json_text import NoJson, value_in
from marketeer_dagster.agents.forms.mending import Mending
from marketeer_dagster.agents.forms.naming import problems_of
from marketeer_dagster.model.artefacts import ArtefactContent

Form = TypeVar("Form", bound=BaseModel)


class Misread(ValueError):
    """An answer that is not of its form."""

    def __init__(self, text: str, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems[:5]))
        self.text = text
        """The answer that the problems' places refer to."""
        self.problems = problems


def read(answer: str, form: type[Form]) -> tuple[Form, tuple[str, ...]]:
    """The answer in its form, and one line for each thing that was left out or cut on reading. Raises Misread.

    Prose around an author's answer, and fields that its form does not have, are passed over, because what is written is
    judged afterwards. A verdict or a plan with either is asked for again: what stands beside it may deny it.
    """
    lenient = issubclass(form, ArtefactContent)
    try:
        value = value_in(answer, in_prose=lenient)
        text, notes = _mended(value, form, drops_fields=lenient)
    except NoJson as error:
        raise Misread(answer, (f"answer: {error}",)) from error
    except RecursionError as error:
        raise Misread(answer, ("answer: nested too deeply",)) from error
    try:
        return form.model_validate_json(text), notes
    except ValidationError:
        # Named for whoever answers again: with all that was said, in its own words.
        text, _ = _mended(value, form, drops_fields=False)
        raise Misread(answer if json.loads(text) == value else text, _problems(text, form)) from None


def _mended(value: dict[str, object], form: type[BaseModel], *, drops_fields: bool) -> tuple[str, tuple[str, ...]]:
    schema = _schema(form)
    mending = Mending(schema, drops_fields)
    return json.dumps(mending.mended(value, schema), ensure_ascii=False, separators=(",", ":")), tuple(mending.notes)


def _problems(text: str, form: type[BaseModel]) -> tuple[str, ...]:
    try:
        form.model_validate_json(text)
    except ValidationError as error:
        return problems_of(error)
    raise AssertionError("an answer that was refused is of its form after all")


@cache
def _schema(form: type[BaseModel]) -> dict[str, Any]:
    return form.model_json_schema()
