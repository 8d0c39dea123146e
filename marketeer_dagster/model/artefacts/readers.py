"""Who reads a field of an artefact, said where the field is declared.

A field that says nothing is read by customers, and so is every field of a kind that says nothing: what is not declared
is held to the stricter rules. Marks stand among a field's annotations, where pydantic leaves them alone:

    notes: Annotated[str, COLLEAGUES] = ""
"""

from dataclasses import dataclass
from enum import Enum


class Mark(Enum):
    """What a field says of itself. A mark on a field holds for everything below it."""

    COLLEAGUES = "colleagues"
    """Written for colleagues (reasons, notes, names of things in a tool), never shown to customers."""
    ADDRESS = "address"
    """A link or a path, no prose."""


COLLEAGUES, ADDRESS = Mark.COLLEAGUES, Mark.ADDRESS


@dataclass(frozen=True)
class Passage:
    """One text of an artefact."""

    path: str
    """For instance `sections[2].body`."""
    text: str
    marks: frozenset[Mark]

    @property
    def public(self) -> bool:
        """Whether customers may get to see it."""
        return Mark.COLLEAGUES not in self.marks

    @property
    def is_address(self) -> bool:
        """Whether it is an address and no prose. Whatever holds white space is prose, whatever its field says."""
        return Mark.ADDRESS in self.marks and not any(map(str.isspace, self.text))
