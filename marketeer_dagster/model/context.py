"""The 12-section product context: parsed from and rendered to one Markdown document."""

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field, field_validator

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId, content_hash

MAX_BYTES = 512 * 1024
"""A context document above this is refused: it is the shared prefix of every prompt, not an archive."""


class Section(StrEnum):
    """The twelve sections, in document order. The value is the heading."""

    OVERVIEW = "Product overview"
    AUDIENCE = "Target audience"
    PERSONAS = "Personas"
    PROBLEMS = "Problems and pain points"
    COMPETITION = "Competitive landscape"
    DIFFERENTIATION = "Differentiation"
    OBJECTIONS = "Objections"
    SWITCHING = "Switching dynamics"
    LANGUAGE = "Customer language"
    VOICE = "Brand voice"
    PROOF = "Proof points"
    GOALS = "Goals"


_BY_HEADING = {section.value.lower(): section for section in Section}
_TITLE = re.compile(r"^#\s+(?:product context\s*[:：]\s*)?(?P<name>.+?)\s*$", re.IGNORECASE)
_HEADING = re.compile(r"^##\s+(?:\d{1,2}[.)]\s*)?(?P<heading>.+?)\s*$")


class ProductContext(Value):
    """What is true of a tenant's product. The only source of facts that marketing may state."""

    name: str = Field(min_length=1, max_length=120)
    sections: dict[Section, str]

    @field_validator("sections")
    @classmethod
    def _complete(cls, value: dict[Section, str]) -> dict[Section, str]:
        missing = [section.value for section in Section if not value.get(section, "").strip()]
        if missing:
            raise ValueError(f"missing or empty: {', '.join(missing)}")
        return {section: value[section].strip() for section in Section}

    @property
    def hash(self) -> str:
        """Fingerprint of the rendered document."""
        return content_hash(self.render())

    def render(self) -> str:
        """The one Markdown form of this context; `parse` reads it back to an equal value."""
        parts = [f"# Product context: {self.name}"]
        parts += [f"## {n}. {section.value}\n\n{self.sections[section]}" for n, section in enumerate(Section, 1)]
        return "\n\n".join(parts) + "\n"

    @classmethod
    def parse(cls, text: str, *, where: str = "context") -> "ProductContext":
        """Read a Markdown document: one `# Product context: NAME`, then twelve `## N. Heading` sections.

        Numbers are optional, headings match without regard to case, order is free. Raises BadInput that
        names the line of an unknown or repeated heading, and every missing section.
        """
        size = len(text.encode())
        if size > MAX_BYTES:
            raise BadInput(f"{size:,} bytes", where=where, expected=f"at most {MAX_BYTES:,} bytes")
        name: str | None = None
        bodies: dict[Section, list[str]] = {}
        current: list[str] | None = None
        fenced = False
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith(("```", "~~~")):
                fenced = not fenced
            heading = None if fenced else _HEADING.match(line)
            if heading:
                section = _section(heading["heading"], f"{where} line {number}")
                if section in bodies:
                    raise BadInput(f"section {section.value!r} appears twice", where=f"{where} line {number}")
                current = bodies[section] = []
            elif name is None and not fenced and (title := _TITLE.match(line)):
                name = title["name"]
            elif current is not None:
                current.append(line)
        if name is None:
            raise BadInput("no title", where=where, expected="a first line '# Product context: NAME'")
        return cls._of(name, bodies, where)

    @classmethod
    def _of(cls, name: str, bodies: Mapping[Section, list[str]], where: str) -> "ProductContext":
        texts = {section: "\n".join(lines).strip() for section, lines in bodies.items()}
        missing = [section.value for section in Section if not texts.get(section)]
        if missing:
            raise BadInput(
                f"missing or empty section{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
                where=where,
                expected="all twelve: " + ", ".join(s.value for s in Section),
            )
        return cls(name=name, sections=texts)


def _section(heading: str, where: str) -> Section:
    section = _BY_HEADING.get(heading.lower().replace("&", "and"))
    if section is None:
        raise BadInput(
            f"unknown section {heading!r}", where=where, expected="one of " + ", ".join(s.value for s in Section)
        )
    return section


class ContextVersion(Value):
    """One stored version of a tenant's context. Versions count from 1; equal content makes no new version."""

    tenant: TenantId
    version: int = Field(ge=1)
    context: ProductContext
    note: str = ""
    created_at: datetime


def diff(old: ProductContext, new: ProductContext) -> str:
    """A unified diff of the two rendered documents; empty when they are equal."""
    lines = difflib.unified_diff(old.render().splitlines(), new.render().splitlines(), "old", "new", lineterm="", n=2)
    return "\n".join(lines)
