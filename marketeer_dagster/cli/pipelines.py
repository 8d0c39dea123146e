"""`marketeer pipeline --list`: what can be asked for by name, what it makes, who works in it, which tools it wants."""

from collections.abc import Mapping
from dataclasses import dataclass

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Pipeline
from marketeer_dagster.cli.output import print_json, print_table
from marketeer_dagster.warehouse.marts import MARTS, mart


@dataclass(frozen=True)
class Offer:
    """One pipeline as somebody chooses it."""

    name: str
    description: str
    priority: str
    skills: tuple[str, ...]
    """Who works in it, in working order."""
    makes: tuple[str, ...]
    """Kinds of artefact, in the same order, each once."""
    publishes_to: tuple[str, ...]
    """Tools that what it makes goes to: without one of them the work is made, and stays here."""
    reads_from: tuple[str, ...]
    """Tools whose figures its skills are shown: without them they work from the context alone."""


def print_pipelines(catalog: Catalog, name: str | None, *, as_json: bool) -> None:
    """All pipelines, or the named one. Raises NotFound with the nearest name."""
    wanted = [catalog.pipeline(name)] if name else list(catalog.pipelines.values())
    from assets.metrics import SOURCES  # brings Dagster along

    tools = {source.table: source.tool for source in SOURCES}
    offers = [_offer(catalog, pipeline, tools) for pipeline in wanted]
    if as_json:
        print_json([vars(offer) for offer in offers])
        return
    columns = ("pipeline", "what for", "who works", "makes", "publishes to", "reads from", "priority")
    rows = (
        (o.name, o.description, ", ".join(o.skills), ", ".join(o.makes), ", ".join(o.publishes_to) or "nothing",
         ", ".join(o.reads_from) or "nothing", o.priority)
        for o in offers
    )  # fmt: skip
    print_table("Pipelines", columns, rows, "The catalog names no pipelines.")


def _offer(catalog: Catalog, pipeline: Pipeline, tools: Mapping[str, str]) -> Offer:
    skills = [catalog.skill(name) for name in catalog.selection_order(pipeline.skills)]
    tables = [table for skill in skills for table in skill.metrics]
    return Offer(
        name=pipeline.name,
        description=pipeline.description,
        priority=f"P{int(pipeline.priority)}",
        skills=tuple(skill.name for skill in skills),
        makes=tuple(dict.fromkeys(skill.artefact for skill in skills)),
        publishes_to=tuple(dict.fromkeys(tool for skill in skills for tool in skill.publishes_to)),
        reads_from=tuple(dict.fromkeys(tool for table in tables for tool in _behind(table, tools))),
    )


def _behind(table: str, tools: Mapping[str, str]) -> tuple[str, ...]:
    """The tools whose figures a table holds: its own source's, or, for a mart, those of the facts that it reads."""
    if table in tools:
        return (tools[table],)
    return tuple(dict.fromkeys(tool for fact, tool in tools.items() if table in MARTS and fact in mart(table).select))
