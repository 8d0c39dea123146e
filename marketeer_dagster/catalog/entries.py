"""Loading pipelines, schedules and signals: the entries that name skills and one another."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import Field

from marketeer_dagster.catalog import graph
from marketeer_dagster.catalog.models import Pipeline, PriorityName, Schedule, Sentence, SignalSpec, Skill
from marketeer_dagster.catalog.problems import Problems
from marketeer_dagster.catalog.yamlfile import YamlFile, did_you_mean, listed
from marketeer_dagster.model.base import Value

Entry = TypeVar("Entry")


class PipelineEntry(Value):
    """A pipeline as pipelines.yaml writes it."""

    description: Sentence
    skills: tuple[str, ...] = Field(min_length=1)
    priority: PriorityName


def load_pipelines(file: YamlFile, skills: Mapping[str, Skill], problems: Problems) -> dict[str, Pipeline]:
    """pipelines.yaml; every name must be a skill and the order must be one in which they can work."""
    aliases = {alias: skill.name for skill in skills.values() for alias in skill.aliases}
    reads = {name: skill.reads for name, skill in skills.items()}

    def build(name: str, data: Any) -> Pipeline:
        written = file.build(PipelineEntry, data, ["pipelines", name])
        chain = tuple(aliases.get(skill, skill) for skill in written.skills)
        for index, skill in enumerate(chain):
            keys = ("pipelines", name, "skills", index)
            if skill not in skills:
                known = tuple(skills)
                hint = did_you_mean(skill, known)
                raise file.error(keys, f"unknown skill {skill!r}", expected=listed(known), hint=hint)
            if skill in chain[:index]:
                raise file.error(keys, f"{skill!r} is listed twice", expected="each skill once")
            _in_order(file, keys, skill, chain[:index], reads)
        return file.build(
            Pipeline,
            {
                "name": name,
                "description": written.description,
                "skills": chain,
                "stages": graph.stages(chain, reads),
                "priority": written.priority,
            },
            ["pipelines", name],
        )

    if problems.found and graph.find_cycle(reads):
        return {}
    return _entries(file, "pipelines", build, problems)


def load_schedules(file: YamlFile, pipelines: Mapping[str, Pipeline], problems: Problems) -> dict[str, Schedule]:
    """schedules.yaml; cron expressions are checked, pipelines must exist."""

    def build(name: str, data: Any) -> Schedule:
        schedule = file.build(Schedule, _with_name(name, data), ["schedules", name])
        _known_pipeline(file, ("schedules", name, "pipeline"), schedule.pipeline, pipelines)
        return schedule

    return _entries(file, "schedules", build, problems)


def load_signals(file: YamlFile, pipelines: Mapping[str, Pipeline], problems: Problems) -> dict[str, SignalSpec]:
    """signals.yaml; cooldowns are positive, pipelines must exist."""

    def build(name: str, data: Any) -> SignalSpec:
        signal = file.build(SignalSpec, _with_name(name, data), ["signals", name])
        _known_pipeline(file, ("signals", name, "pipeline"), signal.pipeline, pipelines)
        return signal

    return _entries(file, "signals", build, problems)


def _entries(file: YamlFile, key: str, build: Callable[[str, Any], Entry], problems: Problems) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    with problems.guard():
        file.only(key)
        for name, data in file.mapping(key).items():
            with problems.guard():
                found[str(name)] = build(str(name), data)
    return found


def _with_name(name: str, data: Any) -> Any:
    return {"name": name, **data} if isinstance(data, dict) else data


def _in_order(
    file: YamlFile, keys: tuple[str | int, ...], skill: str, before: tuple[str, ...], reads: graph.Reads
) -> None:
    for earlier in before:
        if skill in graph.ancestors(earlier, reads):
            raise file.error(
                keys,
                f"{skill!r} comes after {earlier!r}, which reads it",
                expected=f"{skill!r} before {earlier!r}",
                hint="a skill that judges later work does so as a reviewer, not as a later asset",
            )


def _known_pipeline(
    file: YamlFile, keys: tuple[str | int, ...], name: str | None, pipelines: Mapping[str, Pipeline]
) -> None:
    if name is not None and name not in pipelines:
        known = tuple(pipelines)
        raise file.error(keys, f"unknown pipeline {name!r}", expected=listed(known), hint=did_you_mean(name, known))
