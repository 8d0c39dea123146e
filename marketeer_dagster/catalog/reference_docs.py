"""docs/skills.md, generated from the catalog: `python -m marketeer_dagster.catalog.reference_docs docs/skills.md`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Pipeline, Schedule, SignalSpec, Skill, Squad
from marketeer_dagster.model.artefacts import artefact_kinds

_HEAD = """# Skills, pipelines, schedules and signals

<!-- Generated: `python -m marketeer_dagster.catalog.reference_docs docs/skills.md`. Edit the catalog, not this. -->

A skill is a folder below `skills/`: `SKILL.md` is the method in the open Agent Skills format, `skill.yaml` tells the
platform which artefact it makes, what it reads and who reviews it. CONTRIBUTING.md shows how to add one."""


def render(catalog: Catalog) -> str:
    """The whole page as Markdown, ending in one newline."""
    parts = [_HEAD]
    for squad in catalog.squads.values():
        members = [skill for skill in catalog.skills.values() if skill.squad == squad.name]
        if members:
            parts.append(_squad(squad, members))
    parts += [
        _pipelines(catalog.pipelines.values()),
        _schedules(catalog.schedules.values()),
        _signals(catalog.signals.values()),
    ]
    return "\n\n".join(parts) + "\n"


def _squad(squad: Squad, members: list[Skill]) -> str:
    profile = ", ".join(
        f"{name} {d.weight:.0%} (at least {d.minimum:g})" for name, d in squad.rubric.dimensions.items()
    )
    head = f"## Squad {squad.name}\n\n{squad.description}\n\nJudged by: {profile}."
    return "\n\n".join([head, *(_skill(skill) for skill in members)])


def _skill(skill: Skill) -> str:
    facts = [
        f"Makes: {artefact_kinds()[skill.artefact].title_of_kind.lower()} (`{skill.artefact}`)",
        f"Reads: {_names((*skill.reads, *skill.metrics))}",
        f"Reviewed by: {_names((*skill.reviewers, 'director'))}",
    ]
    if skill.publishes_to:
        facts.append(f"Published through: {_names(skill.publishes_to)}")
    facts.append(f"Model tier {skill.model_tier}, priority {skill.priority.name}")
    if skill.aliases:
        facts.append(f"Also called: {_names(skill.aliases)}")
    title = f"### [{skill.name}](../skills/{skill.name}/SKILL.md)"
    return f"{title}\n\n{skill.description}\n\n" + "\n".join(f"- {fact}" for fact in facts)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _pipelines(pipelines: Iterable[Pipeline]) -> str:
    rows = [
        f"| `{p.name}` | {' > '.join(' + '.join(stage) for stage in p.stages)} | {p.priority.name} | {p.description} |"
        for p in pipelines
    ]
    note = "Skills joined by + do not wait for one another."
    return _table("Pipelines", note, ("Pipeline", "Stages", "Priority", "For"), rows)


def _schedules(schedules: Iterable[Schedule]) -> str:
    rows = [
        f"| `{s.name}` | `{s.cron}` | {'pipeline' if s.pipeline else 'job'} `{s.target}` | {s.description} |"
        for s in schedules
    ]
    note = "Times are in each tenant's own time zone."
    return _table("Schedules", note, ("Schedule", "Cron", "Starts", "For"), rows)


def _signals(signals: Iterable[SignalSpec]) -> str:
    rows = [
        f"| `{s.name}` | {s.description} | {s.threshold:g} {s.unit.replace('_', ' ')} | "
        f"{f'pipeline `{s.pipeline}`: ' if s.pipeline else ''}{s.answer} | {s.priority.name} | {_cooldown(s)} |"
        for s in signals
    ]
    note = "A signal whose data fails its quality check does not fire."
    return _table("Signals", note, ("Signal", "Happened", "Threshold", "Answer", "Priority", "Cooldown"), rows)


def _table(title: str, note: str, columns: tuple[str, ...], rows: list[str]) -> str:
    head = [f"## {title}", "", note, "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*head, *rows])


def _cooldown(signal: SignalSpec) -> str:
    hours = signal.cooldown.total_seconds() / 3600
    return f"once per {signal.subject}" if signal.once else f"{hours:g} h per {signal.subject}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(Catalog.load()), encoding="utf-8")
