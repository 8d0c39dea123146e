"""The loaded catalog: one value that answers what exists and in which order it works."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from marketeer_dagster.catalog import graph
from marketeer_dagster.catalog.entries import load_pipelines, load_schedules, load_signals
from marketeer_dagster.catalog.models import Pipeline, Schedule, SignalSpec, Skill, Squad, ToolLimit
from marketeer_dagster.catalog.prices import PriceTable
from marketeer_dagster.catalog.problems import Problems
from marketeer_dagster.catalog.reference import LimitTiers, load_limits, load_prices, load_squads
from marketeer_dagster.catalog.skills import load_skills
from marketeer_dagster.catalog.yamlfile import YamlFile, did_you_mean, listed
from marketeer_dagster.model.errors import ConfigError, NotFound

T = TypeVar("T")

DATA = Path(__file__).parent / "data"
PROJECT = Path(__file__).parents[2]
FILES = ("squads.yaml", "limits.yaml", "models.yaml", "pipelines.yaml", "schedules.yaml", "signals.yaml")


@dataclass(frozen=True)
class Catalog:
    """Everything the product knows how to do. Immutable; load it again to see changed files."""

    root: Path
    squads: Mapping[str, Squad]
    skills: Mapping[str, Skill]
    """By name, each after all it reads."""
    pipelines: Mapping[str, Pipeline]
    schedules: Mapping[str, Schedule]
    signals: Mapping[str, SignalSpec]
    prices: PriceTable
    limits: Mapping[str, ToolLimit]
    """By tool, for its default account tier."""
    limit_tiers: Mapping[str, LimitTiers]

    @classmethod
    def load(cls, root: Path | None = None) -> "Catalog":
        """Read and validate the catalog.

        `root` holds `skills/` and, optionally, `catalog/*.yaml`, each replacing the shipped file of the same name;
        None is the project itself. Raises ConfigError: the file, the line, the key, what was expected.
        """
        loaded = _load(root, Problems(strict=True))
        if loaded is None:
            raise AssertionError("a strict load raises instead of returning nothing")
        return loaded

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Alias -> canonical skill name."""
        return {alias: skill.name for skill in self.skills.values() for alias in skill.aliases}

    @cached_property
    def reads(self) -> graph.Reads:
        """Skill -> the skills it reads directly."""
        return {name: skill.reads for name, skill in self.skills.items()}

    def skill(self, name: str) -> Skill:
        """The skill of that name or alias; raises NotFound with the closest names."""
        canonical = self.aliases.get(name, name)
        if canonical in self.skills:
            return self.skills[canonical]
        close = difflib.get_close_matches(name, [*self.skills, *self.aliases], n=3)
        suggestions = dict.fromkeys(self.aliases.get(match, match) for match in close)
        hint = f"did you mean {' or '.join(suggestions)}?" if suggestions else "see docs/skills.md"
        raise NotFound(f"no skill {name!r}", where="catalog", expected=listed(tuple(self.skills)), hint=hint)

    def pipeline(self, name: str) -> Pipeline:
        """The pipeline of that name; raises NotFound with the closest one."""
        return _named(self.pipelines, name, "pipeline")

    def signal(self, name: str) -> SignalSpec:
        """The signal mapping of that name; raises NotFound with the closest one."""
        return _named(self.signals, name, "signal")

    def limit(self, tool: str, tier: str | None = None) -> ToolLimit:
        """A tool's limits for an account tier (default: the tool's default tier); raises NotFound."""
        if tool not in self.limit_tiers:
            return _named(self.limits, tool, "tool")
        return self.limit_tiers[tool].at(tier)

    def selection_order(self, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """The named skills (default: all; aliases allowed), each after every selected one that it reads."""
        wanted = self.skills if names is None else [self.skill(name).name for name in names]
        return graph.order(wanted, self.reads)

    def upstream(self, name: str) -> tuple[str, ...]:
        """All skills that `name` reads, directly or through others, in working order."""
        return self.selection_order(graph.ancestors(self.skill(name).name, self.reads))


def validate(root: Path | None = None) -> tuple[ConfigError, ...]:
    """Everything wrong with the catalog at `root`, for `marketeer doctor`; empty when it loads."""
    problems = Problems(strict=False)
    _load(root, problems)
    return tuple(problems.found)


def _load(root: Path | None, problems: Problems) -> Catalog | None:
    home = PROJECT if root is None else root
    files: dict[str, YamlFile] = {}
    with problems.guard():
        paths = _paths(None if root is None else root / "catalog")
        for name, path in paths.items():
            with problems.guard():
                files[name] = YamlFile.read(path)
    if len(files) < len(FILES):
        return None
    squads = load_squads(files["squads.yaml"], problems)
    tiers = load_limits(files["limits.yaml"], problems)
    prices = load_prices(files["models.yaml"], problems)
    limits = {tool: entry.at() for tool, entry in tiers.items()}
    publishers = tuple(tool for tool, limit in limits.items() if limit.writes)
    skills = load_skills(home / "skills", squads, tuple(limits), publishers, problems)
    pipelines = load_pipelines(files["pipelines.yaml"], skills, problems)
    schedules = load_schedules(files["schedules.yaml"], pipelines, problems)
    signals = load_signals(files["signals.yaml"], pipelines, problems)
    if problems.found or prices is None:
        return None
    return Catalog(home, squads, skills, pipelines, schedules, signals, prices, limits, tiers)


def _paths(override: Path | None) -> dict[str, Path]:
    paths = {name: DATA / name for name in FILES}
    if override is not None and override.is_dir():
        for path in sorted((*override.glob("*.yaml"), *override.glob("*.yml"))):
            if path.name not in FILES:
                raise ConfigError(
                    "unknown catalog file", where=str(path), expected=listed(FILES), hint=did_you_mean(path.name, FILES)
                )
            paths[path.name] = path
    return paths


def _named(entries: Mapping[str, T], name: str, noun: str) -> T:
    if name in entries:
        return entries[name]
    known = tuple(entries)
    raise NotFound(f"no {noun} {name!r}", where="catalog", expected=listed(known), hint=did_you_mean(name, known))
