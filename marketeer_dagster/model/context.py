"""The 12-section product context: parsed from and rendered to one Markdown document."""

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field, field_validator

from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.exported import plain_markdown
from marketeer_dagster.model.ids import TenantId, content_hash
from marketeer_dagster.model.outline import Heading, heading_key, headings, plain_headings
from marketeer_dagster.model.visible import Visible, visible
from marketeer_dagster.model.wrapped import unwrapped

MAX_BYTES = 512 * 1024
"""A context document above this is refused: it is the shared prefix of every prompt, not an archive."""


MAX_NAME = 120
"""Characters of a product's name."""


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


_BY_KEY = {heading_key(section.value): section for section in Section}
_TITLE = re.compile(r"^\W*product context\s*[:：|–—-]\s*(?P<name>\S.*)$", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype html|html|body|h[1-6]|p)\b", re.IGNORECASE)
_TITLE_WANTED = "a first line '# Product context: NAME'"


class ProductContext(Value):
    """What is true of a tenant's product. The only source of facts that marketing may state."""

    name: str = Field(min_length=1, max_length=MAX_NAME)
    sections: dict[Section, str]

    @field_validator("sections")
    @classmethod
    def _all_seen(cls, value: dict[Section, str]) -> dict[Section, str]:
        """All twelve, each as a reader sees it: what stands in a comment was never said, whoever stored it."""
        seen = {section: visible(text, open_comments=True).text.strip() for section, text in value.items()}
        missing = [section.value for section in Section if not seen.get(section)]
        if missing:
            raise ValueError(f"missing or empty: {', '.join(missing)}")
        return {section: seen[section] for section in Section}

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
        """See `read`; without what was left out."""
        return cls.read(text, where=where).context

    @classmethod
    def read(cls, text: str, *, where: str = "context") -> "ReadContext":
        """Read a Markdown document: one `# Product context: NAME`, then twelve `## N. Heading` sections.

        Numbers are optional, headings match without regard to case, marks and level, order is free. What a reader of
        the rendered document does not see (comments, struck-out words, front matter) is left out. Raises BadInput that
        names the line of an unknown or repeated heading, and every missing section.
        """
        size = len(text.encode())
        if size > MAX_BYTES:
            raise BadInput(
                f"{size:,} bytes",
                where=where,
                expected=f"at most {MAX_BYTES:,} bytes",
                hint="pictures that an exporter embedded count too: leave them out",
            )
        seen = visible(unwrapped(text.replace("\r\n", "\n").removeprefix("\ufeff"), _is_section), where)
        found = _outline(seen.text, where)
        name = _name(seen, found, where)
        lines = seen.text.split("\n")
        sections: dict[Section, str] = {}
        ends = [*(heading.line for heading in found.all if heading.line > found.sections[0].line), len(lines)]
        for heading in found.sections:
            section = _BY_KEY[heading.key]
            if section in sections:
                raise BadInput(
                    f"section {section.value!r} appears twice",
                    where=f"{where} line {heading.line + 1}",
                    expected="once",
                )
            end = next(line for line in ends if line > heading.line)
            sections[section] = plain_markdown("\n".join(lines[heading.end : end]), unmarked=heading.level == 0).strip()
        _complete(sections, seen.text, found, where)
        return ReadContext(cls(name=name, sections=sections), seen.hidden_lines)


class ReadContext(NamedTuple):
    """A context as read from a document."""

    context: ProductContext
    hidden_lines: tuple[int, ...]
    """Lines, from 1, at which something was left out: comments, struck-out words."""


class _Outline(NamedTuple):
    title: Heading | None
    sections: list[Heading]
    all: list[Heading]
    """Everything at which a section's text ends."""


def _outline(text: str, where: str) -> _Outline:
    """Title and sections. The first heading that names a section says at which level sections stand."""
    every = headings(text)
    first = next((heading for heading in every if heading.key in _BY_KEY), None)
    if first is None:
        bare = plain_headings(text, frozenset(_BY_KEY))
        if not bare:
            raise BadInput(
                "no section heading was found",
                where=where,
                expected=f"twelve, such as '## 1. {Section.OVERVIEW.value}'",
                hint="this is HTML: export it as Markdown" if _HTML.search(text) else None,
            )
        title = next((heading for heading in every if heading.line < bare[0].line), None)
        return _Outline(title, bare, bare)
    title = next((heading for heading in every if heading.line < first.line), None)
    sections = [
        heading
        for heading in every
        if heading.line >= first.line and heading.level <= first.level and not _by_chance(heading)
    ]
    for heading in sections:
        if heading.key not in _BY_KEY:
            _refuse(heading, first.level, where)
    return _Outline(title, sections, sections)


def _is_section(heading: str) -> bool:
    return heading_key(heading) in _BY_KEY or _TITLE.match(heading) is not None


def _by_chance(heading: Heading) -> bool:
    """A paragraph above a dividing line reads as an underlined heading."""
    return heading.underlined and heading.key not in _BY_KEY


def _refuse(heading: Heading, level: int, where: str) -> None:
    near = difflib.get_close_matches(heading.key, _BY_KEY, n=1)
    deeper = "#" * min(level + 1, 6)
    raise BadInput(
        f"unknown section {heading.text!r}",
        where=f"{where} line {heading.line + 1}",
        expected=repr(_BY_KEY[near[0]].value) if near else "one of " + ", ".join(s.value for s in Section),
        hint=f"a heading inside of a section begins with {deeper}",
    )


def _name(seen: Visible, found: _Outline, where: str) -> str:
    """The product's name: of the title heading, of front matter, or of a first line without a mark."""
    before = [line.strip() for line in seen.text.split("\n")[: found.sections[0].line] if line.strip()]
    said = found.title.text if found.title else seen.title
    if not said and before and _TITLE.match(before[0].strip("*_ ")):
        said = before[0].strip("*_ ")
    named = _TITLE.match(said)
    name = (named["name"] if named else said).strip("*_ ")
    if not name:
        raise BadInput(
            "no title",
            where=where,
            expected=_TITLE_WANTED,
            hint="some exporters leave the document's title out: write it as the first line",
        )
    if len(name) > MAX_NAME:
        raise BadInput(
            f"a name of {len(name)} characters", where=f"{where}, title", expected=f"at most {MAX_NAME} characters"
        )
    return name


def _complete(sections: Mapping[Section, str], text: str, found: _Outline, where: str) -> None:
    """Refuse a document without all twelve sections, naming the lines that look like the missing ones."""
    missing = [section for section in Section if not sections.get(section)]
    if not missing:
        return
    taken = {heading.line for heading in found.sections}
    stray = (*headings(text), *plain_headings(text, frozenset(_BY_KEY)))
    meant = {
        section: heading.line + 1
        for heading in reversed(stray)
        if (section := _BY_KEY.get(heading.key)) in missing and section and heading.line not in taken
    }
    mark = "#" * (found.sections[0].level or 2)
    hints = [f"line {line} looks like {section.value!r}: begin it with {mark}" for section, line in meant.items()]
    raise BadInput(
        f"missing or empty section{'s' if len(missing) > 1 else ''}: {', '.join(s.value for s in missing)}",
        where=where,
        expected="all twelve: " + ", ".join(s.value for s in Section),
        hint="; ".join(hints) or None,
    )


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
