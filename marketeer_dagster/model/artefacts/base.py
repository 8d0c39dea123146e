"""What every artefact has in common, and the registry of types.

A new artefact type is one more module in this folder: the registry finds every concrete subclass of
`ArtefactContent` by its `kind`, and the author, store, checks and renderers work from the class alone.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from marketeer_dagster.model.artefacts.readers import ADDRESS, COLLEAGUES, Mark, Passage
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.ids import ArtefactId, BriefId, CampaignKey, TenantId, content_hash
from marketeer_dagster.model.marks import ForColleagues
from marketeer_dagster.model.pages import page_of
from marketeer_dagster.model.review import Verdict

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
"""A single line of text."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=6000, strip_whitespace=True)]
"""Prose, Markdown allowed."""
Remark = Annotated[Line, ForColleagues, COLLEAGUES]
"""A line that only colleagues read: reasons, names of things, conditions. Cut at a word when it is too long."""
Memo = Annotated[Text, ForColleagues, COLLEAGUES]
"""Prose that only colleagues read: summaries, rationale, notes. Cut at a word when it is too long."""
PagePath = Annotated[
    str,
    StringConstraints(pattern=r"^/[a-z0-9/_-]*$", max_length=200),
    AfterValidator(lambda path: page_of(path)),
    ADDRESS,
]
"""A page's path on the tenant's site, for instance /pricing: its identity, so that no two spellings are two pages."""


class Part(BaseModel):
    """Base of the pieces an artefact's content consists of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ArtefactContent(Part):
    """The typed content of an artefact: Claude's output schema, the store's JSON, the publishers' input."""

    kind: ClassVar[str] = ""
    """Registry name, as `artefact` in skill.yaml says it."""
    title_of_kind: ClassVar[str] = ""
    """Human name, for instance 'Landing page copy'."""
    paper: ClassVar[bool] = False
    """Whether all of it is for colleagues. Fields of other kinds say so one by one (readers.py)."""

    def render(self) -> str:
        """The artefact as Markdown for people."""
        raise NotImplementedError

    def passages(self) -> Iterator[Passage]:
        """Every text with its path and who reads it, in order."""
        yield from _passages(self, "", frozenset({COLLEAGUES} if self.paper else ()))

    def texts(self, *, public_only: bool = False) -> Iterator[tuple[str, str]]:
        """Every text with its path (`sections[2].body`), in order; `public_only` leaves out what colleagues read."""
        for passage in self.passages():
            if passage.public or not public_only:
                yield passage.path, passage.text

    def primary_cta(self) -> str:
        """The one action it asks for; empty where the kind has none."""
        return ""

    def target_page(self) -> str:
        """The page path it is about; empty where the kind has none."""
        return ""


def _passages(value: Any, path: str, marks: frozenset[Mark]) -> Iterator[Passage]:
    if isinstance(value, StrEnum):
        return
    if isinstance(value, str):
        if value:
            yield Passage(path, value, marks)
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            own = marks | {mark for mark in field.metadata if isinstance(mark, Mark)}
            yield from _passages(getattr(value, name), f"{path}.{name}" if path else name, own)
    elif isinstance(value, dict):
        for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _passages(item, f"{path}[{key}]", marks)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            yield from _passages(item, f"{path}[{index}]", marks)


@cache
def artefact_kinds() -> dict[str, type[ArtefactContent]]:
    """All artefact types by `kind`, found by importing every module of this package."""
    package = importlib.import_module(__package__ or "marketeer_dagster.model.artefacts")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    found: dict[str, type[ArtefactContent]] = {}
    pending = list(ArtefactContent.__subclasses__())
    while pending:
        cls = pending.pop()
        pending.extend(cls.__subclasses__())
        if cls.kind:
            found[cls.kind] = cls
    return dict(sorted(found.items()))


class ArtefactStatus(StrEnum):
    """Where a version stands. Only APPROVED versions are read by downstream work and published."""

    DRAFT = "draft"
    APPROVED = "approved"
    ESCALATED = "escalated"
    """Not approved within the allowed revisions; a person decides."""
    REJECTED = "rejected"


class Spend(Value):
    """Claude calls and their price. Token counts are as billed, by kind."""

    calls: int = 0
    input_tokens: int = 0
    """Full-price input tokens (neither read from nor written to the cache)."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
        )


class Artefact(Value):
    """One stored version of an artefact. Id is derived from (campaign, skill); versions count from 1.

    `content` is the JSON of the kind's model; equal content makes no new version.
    """

    id: ArtefactId
    tenant: TenantId
    campaign: CampaignKey
    brief: BriefId
    skill: str
    kind: str
    version: int = Field(ge=1)
    title: str = Field(max_length=300)
    content: str
    content_hash: str
    status: ArtefactStatus = ArtefactStatus.DRAFT
    score: float = Field(default=0.0, ge=0, le=10)
    verdict: Verdict = Verdict.NONE
    revisions: int = Field(default=0, ge=0)
    context_version: int = Field(ge=1)
    skill_hash: str = ""
    prompt_hash: str = ""
    spend: Spend = Spend()
    simulated: bool = False
    created_at: datetime

    def parsed(self) -> ArtefactContent:
        """The content as its typed model."""
        return artefact_kinds()[self.kind].model_validate_json(self.content)


def dump_content(content: ArtefactContent) -> tuple[str, str]:
    """The canonical JSON of `content` and its hash."""
    text = content.model_dump_json()
    return text, content_hash(text)


def bullets(items: tuple[str, ...] | list[str]) -> str:
    """Items as a Markdown list."""
    return "\n".join(f"- {item}" for item in items)
