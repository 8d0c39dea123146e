"""Marks on the fields of an answer's form: what may be put right when an answer is read, instead of refused.

They stand in the form's JSON schema under keys of ours, so that one reader serves every form; what is sent to a vendor
does not hold them.
"""

from dataclasses import dataclass

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

FOR_COLLEAGUES = "x-for-colleagues"
ALTERNATIVES = "x-alternatives"
MARKS = frozenset({FOR_COLLEAGUES, ALTERNATIVES})


@dataclass(frozen=True)
class Mark:
    """An annotation that adds one key to the JSON schema of what it annotates."""

    key: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), self.key: True}


ForColleagues = Mark(FOR_COLLEAGUES)
"""A text that only colleagues read (reasons, notes, summaries): above its length it is cut at a word, with an ellipsis.

Never for a text that customers read or that a machine acts on.
"""
Alternatives = Mark(ALTERNATIVES)
"""A list whose items each stand alone and of which fewer do: what its channel refuses may be left out, never below the
list's minimum."""
