"""Loading the reference tables: squads, tool limits, model prices."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from marketeer_dagster.catalog.models import Identifier, Rate, Rubric, RubricDimension, Sentence, Squad, ToolLimit
from marketeer_dagster.catalog.prices import PriceTable
from marketeer_dagster.catalog.problems import Problems
from marketeer_dagster.catalog.yamlfile import YamlFile, did_you_mean, listed
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import NotFound


class SquadEntry(Value):
    """A squad as squads.yaml writes it; `profile` is dimension -> [weight, minimum]."""

    description: Sentence
    owner: str
    profile: Mapping[Identifier, tuple[float, float]] = Field(min_length=1)


class TierEntry(Value):
    """What one account tier of a tool allows."""

    rates: tuple[Rate, ...] = ()
    concurrency: int | None = Field(default=None, ge=1)


class LimitEntry(Value):
    """A tool as limits.yaml writes it."""

    source: str = ""
    default_tier: str = "standard"
    tiers: Mapping[str, TierEntry] = Field(min_length=1)
    quota_statuses: tuple[int, ...] = (429,)
    quota_markers: tuple[str, ...] = ()
    page_rows: int | None = Field(default=None, ge=1)
    sdk_retries: bool = False
    writes: bool = False


class LimitTiers(Value):
    """One tool's limits for each of its account tiers."""

    tool: str
    default: str
    tiers: Mapping[str, ToolLimit]

    def at(self, tier: str | None = None) -> ToolLimit:
        """The limits of one tier; raises NotFound naming the tiers there are."""
        name = tier or self.default
        if name not in self.tiers:
            known = tuple(self.tiers)
            raise NotFound(
                f"{self.tool} has no tier {name!r}",
                where="limits.yaml",
                expected=listed(known),
                hint=did_you_mean(name, known),
            )
        return self.tiers[name]


def load_squads(file: YamlFile, problems: Problems) -> dict[str, Squad]:
    """squads.yaml: the dimensions' questions, and each squad's description, owner and profile."""
    squads: dict[str, Squad] = {}
    with problems.guard():
        file.only("dimensions", "squads")
        questions = {str(name): str(text) for name, text in file.mapping("dimensions").items()}
        for name, data in file.mapping("squads").items():
            with problems.guard():
                squads[str(name)] = _squad(file, str(name), data, questions)
    return squads


def _squad(file: YamlFile, name: str, data: Any, questions: Mapping[str, str]) -> Squad:
    keys = ("squads", name)
    written = file.build(SquadEntry, data, keys)
    dimensions: dict[str, RubricDimension] = {}
    for dimension, (weight, minimum) in written.profile.items():
        if dimension not in questions:
            known = tuple(questions)
            raise file.error(
                (*keys, "profile", dimension),
                f"unknown dimension {dimension!r}",
                expected=listed(known),
                hint=did_you_mean(dimension, known),
            )
        parts = {"weight": weight, "minimum": minimum, "question": questions[dimension]}
        dimensions[dimension] = file.build(RubricDimension, parts, (*keys, "profile", dimension))
    rubric = file.build(Rubric, {"dimensions": dimensions}, (*keys, "profile"))
    values = {"name": name, "description": written.description, "owner": written.owner, "rubric": rubric}
    return file.build(Squad, values, keys)


def load_limits(file: YamlFile, problems: Problems) -> dict[str, LimitTiers]:
    """limits.yaml: each tool's limits per account tier."""
    found: dict[str, LimitTiers] = {}
    with problems.guard():
        file.only("tools")
        for tool, data in file.mapping("tools").items():
            with problems.guard():
                found[str(tool)] = _tool(file, str(tool), data)
    return found


def _tool(file: YamlFile, tool: str, data: Any) -> LimitTiers:
    keys = ("tools", tool)
    written = file.build(LimitEntry, data, keys)
    if written.default_tier not in written.tiers:
        raise file.error(
            (*keys, "default_tier"), f"unknown tier {written.default_tier!r}", expected=listed(tuple(written.tiers))
        )
    shared = written.model_dump(exclude={"default_tier", "tiers"})
    tiers = {
        name: file.build(ToolLimit, {"tool": tool, "tier": name, **shared, **tier.model_dump()}, keys)
        for name, tier in written.tiers.items()
    }
    return LimitTiers(tool=tool, default=written.default_tier, tiers=tiers)


def load_prices(file: YamlFile, problems: Problems) -> PriceTable | None:
    """models.yaml: the price table; None after a reported problem."""
    with problems.guard():
        return file.build(PriceTable, file.data)
    return None
