"""Loading skill folders: SKILL.md for the author, skill.yaml for the platform, and what they say of one another."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from marketeer_dagster.catalog import graph
from marketeer_dagster.catalog.models import (
    Identifier,
    ModelTier,
    PriorityName,
    Rubric,
    RubricDimension,
    Skill,
    Slug,
    Squad,
)
from marketeer_dagster.catalog.problems import Problems
from marketeer_dagster.catalog.skillfile import folder_hash, read_skill_document
from marketeer_dagster.catalog.tables import AFTER_SKILLS, READABLE_TABLES
from marketeer_dagster.catalog.yamlfile import YamlFile, did_you_mean, listed
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import ConfigError

DIRECTOR = "director"
"""The reviewer that always comes last; never a skill."""


class Refinement(Value):
    """What a skill changes of one dimension of its squad's rubric."""

    weight: float | None = Field(default=None, ge=0, le=1)
    minimum: float | None = Field(default=None, ge=0, le=10)
    question: str | None = None


class SkillFile(Value):
    """skill.yaml as written."""

    squad: str
    artefact: str
    reads: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    rubric: Mapping[Identifier, Refinement] = Field(default_factory=dict)
    tools: tuple[str, ...] = ()
    publishes_to: tuple[str, ...] = ()
    model_tier: ModelTier
    priority: PriorityName
    aliases: tuple[Slug, ...] = ()


def load_skills(
    root: Path, squads: Mapping[str, Squad], tools: Collection[str], publishers: Collection[str], problems: Problems
) -> dict[str, Skill]:
    """Every skill folder of `root`, by name in dependency order, validated alone and against one another.

    `tools` and `publishers` are the connector names a skill may mention. Raises or reports ConfigError.
    """
    if not root.is_dir():
        problems.add(ConfigError("missing", where=str(root), expected="a folder with one folder per skill"))
        return {}
    skills: dict[str, Skill] = {}
    files: dict[str, YamlFile] = {}
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "__"))):
        with problems.guard():
            file = YamlFile.read(folder / "skill.yaml")
            skills[folder.name] = _load(folder, file, squads, tools, publishers)
            files[folder.name] = file
    if not skills:
        problems.add(ConfigError("holds no skill", where=str(root), expected="at least one skill folder"))
    for name, skill in skills.items():
        with problems.guard():
            _check_neighbours(skill, files[name], skills)
    _check_aliases(skills, files, problems)
    if not problems.found:
        _check_cycle(skills, files, problems)
    reads = {name: skill.reads for name, skill in skills.items()}
    if graph.find_cycle(reads):
        return skills
    return {name: skills[name] for name in graph.order(skills, reads)}


def _load(
    folder: Path, file: YamlFile, squads: Mapping[str, Squad], tools: Collection[str], publishers: Collection[str]
) -> Skill:
    document = read_skill_document(folder)
    written = file.build(SkillFile, file.data)
    _known(file, ("squad",), written.squad, tuple(squads), "squad")
    _known(file, ("artefact",), written.artefact, tuple(artefact_kinds()), "artefact kind")
    _known_tables(file, written.metrics)
    for key, names, known, noun in (
        ("tools", written.tools, tools, "tool"),
        ("publishes_to", written.publishes_to, publishers, "publisher"),
    ):
        for index, name in enumerate(names):
            _known(file, (key, index), name, tuple(known), noun)
    for key in ("reads", "metrics", "reviewers", "tools", "publishes_to", "aliases"):
        _no_repeats(file, key, getattr(written, key))
    return Skill(
        name=document.name,
        description=document.description,
        rubric=_rubric(file, written.rubric, squads[written.squad].rubric),
        body=document.body,
        references=document.references,
        hash=folder_hash(folder),
        path=folder,
        **{key: getattr(written, key) for key in SkillFile.model_fields if key != "rubric"},
    )


def _rubric(file: YamlFile, refinements: Mapping[str, Refinement], profile: Rubric) -> Rubric:
    dimensions = dict(profile.dimensions)
    for name, refinement in refinements.items():
        changes = refinement.model_dump(exclude_none=True)
        known = dimensions.get(name)
        if known is None and not changes.keys() >= {"weight", "minimum", "question"}:
            raise file.error(
                ["rubric", name],
                f"{name!r} is no dimension of the squad's profile",
                expected=listed(tuple(dimensions)) + ", or a new one with weight, minimum and question",
                hint=did_you_mean(name, tuple(dimensions)),
            )
        base = known.model_dump() if known else {}
        dimensions[name] = RubricDimension(**(base | changes))
    return file.build(Rubric, profile.model_dump() | {"dimensions": dimensions}, ["rubric"])


def _known(file: YamlFile, keys: Sequence[str | int], name: str, known: tuple[str, ...], noun: str) -> None:
    if name not in known:
        raise file.error(keys, f"unknown {noun} {name!r}", expected=listed(known), hint=did_you_mean(name, known))


def _known_tables(file: YamlFile, tables: tuple[str, ...]) -> None:
    for index, table in enumerate(tables):
        if table in AFTER_SKILLS:
            raise file.error(
                ("metrics", index),
                f"{table!r} is made from the skills' own work and cannot be read by a skill",
                expected=listed(READABLE_TABLES),
                hint="what worked reaches a brief as a learning",
            )
        _known(file, ("metrics", index), table, READABLE_TABLES, "metric table")


def _no_repeats(file: YamlFile, key: str, names: tuple[str, ...]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise file.error((key, index), f"{name!r} is listed twice", expected="each name once")


def _check_neighbours(skill: Skill, file: YamlFile, skills: Mapping[str, Skill]) -> None:
    others = tuple(name for name in skills if name != skill.name)
    for key, names in (("reads", skill.reads), ("reviewers", skill.reviewers)):
        for index, name in enumerate(names):
            if name == DIRECTOR:
                raise file.error(
                    (key, index), f"{DIRECTOR!r} is not listed", expected="skills; the Director always comes last"
                )
            if name == skill.name:
                raise file.error((key, index), f"{name!r} names itself", expected="another skill")
            _known(file, (key, index), name, others, "skill")


def _check_aliases(skills: Mapping[str, Skill], files: Mapping[str, YamlFile], problems: Problems) -> None:
    owner = {name: name for name in skills}
    for skill in skills.values():
        for index, alias in enumerate(skill.aliases):
            taken = owner.setdefault(alias, skill.name)
            if taken != skill.name or alias in skills:
                kind = "the name of a skill" if alias in skills else f"an alias of {taken!r}"
                problems.add(
                    files[skill.name].error(
                        ("aliases", index), f"{alias!r} is already {kind}", expected="a name used once"
                    )
                )


def _check_cycle(skills: Mapping[str, Skill], files: Mapping[str, YamlFile], problems: Problems) -> None:
    cycle = graph.find_cycle({name: skill.reads for name, skill in skills.items()})
    if cycle is None:
        return
    first, second = cycle[0], cycle[1]
    problems.add(
        files[first].error(
            ("reads", skills[first].reads.index(second)),
            "skills read one another in a circle: " + " -> ".join(cycle),
            expected="an acyclic graph",
            hint="take one of these out of `reads`; loops close through sensors",
        )
    )
