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

    Prose around an author's answer is passed over, because what is written is judged afterwards; a verdict or a plan
    in prose is asked for again.
    """
    schema = _schema(form)
    mending = Mending(schema)
    try:
        value = value_in(answer, in_prose=issubclass(form, ArtefactContent))
        mended = mending.mended(value, schema)
        text = json.dumps(mended, ensure_ascii=False, separators=(",", ":"))
    except NoJson as error:
        raise Misread(answer, (f"answer: {error}",)) from error
    except RecursionError as error:
        raise Misread(answer, ("answer: nested too deeply",)) from error
    try:
        return form.model_validate_json(text), tuple(mending.notes)
    except ValidationError as error:
        raise Misread(answer if mended == value else text, problems_of(error)) from error


@cache
def _schema(form: type[BaseModel]) -> dict[str, Any]:
    return form.model_json_schema()
