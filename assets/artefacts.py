"""The artefact factory: from a skill's folder alone, one graph-backed asset whose ops show who works.

    draft > review_by_<reviewer> ... > agreement (of several reviewers) > director

Editing a skill's folder changes its hash, which is the asset's code version: exactly its artefacts turn stale.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from dagster import (
    AssetKey,
    AssetsDefinition,
    Backoff,
    CodeReferencesMetadataValue,
    DependencyDefinition,
    GraphDefinition,
    In,
    InputMapping,
    Nothing,
    OpDefinition,
    OutputMapping,
    RetryPolicy,
    SpecificPartitionsPartitionMapping,
)

from assets.artefact_ops import agreement_op, director_op, draft_op, review_op
from assets.code_references import CODE_REFERENCES, code_references
from assets.metrics.sources import SOURCES
from assets.names import CAMPAIGN_PLAN, asset_key, op_name
from assets.partitions import campaigns
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import artefact_kinds

_DAILY = frozenset(source.table for source in SOURCES)
OP_RETRIES = RetryPolicy(max_retries=1, delay=5, backoff=Backoff.EXPONENTIAL)
"""One more try for what passes by itself; Claude's own retries are inside its resource and paid answers replay."""


def build_artefact_assets(catalog: Catalog) -> list[AssetsDefinition]:
    """One asset per skill of the catalog."""
    return [build_artefact_asset(catalog, skill) for skill in catalog.skills.values()]


def build_artefact_asset(catalog: Catalog, skill: Skill) -> AssetsDefinition:
    """The asset that `skill`'s artefact is, partitioned by campaign."""
    name = op_name(skill.name)
    upstream = {f"after_{key.path[-1]}": key for key in _upstream(catalog, skill)}
    draft = draft_op(catalog, skill, {port: In(Nothing) for port in upstream}, OP_RETRIES)
    reviewers = tuple(dict.fromkeys(skill.reviewers))  # one turn each, however often a skill made by hand names it
    steps = [draft, *(review_op(catalog, skill, reviewer, OP_RETRIES) for reviewer in reviewers)]
    if len(reviewers) > 1:
        steps.append(agreement_op(catalog, skill, OP_RETRIES))
    steps.append(director_op(catalog, skill, OP_RETRIES))
    squad = catalog.squads[skill.squad]
    return AssetsDefinition.from_graph(
        _chain(name, steps, upstream),
        keys_by_input_name=upstream,
        keys_by_output_name={"result": asset_key(skill)},
        partitions_def=campaigns,
        # Figures are read once, when it is written: days that come or are read again later make no text "Unsynced".
        partition_mappings={
            f"after_{t}": SpecificPartitionsPartitionMapping([]) for t in sorted(_DAILY & set(skill.metrics))
        },
        group_name=skill.squad,
        descriptions_by_output_name={"result": _description(skill)},
        owners_by_output_name={"result": [squad.owner]},
        code_versions_by_output_name={"result": skill.hash},
        tags_by_output_name={"result": _tags(skill)},
        metadata_by_output_name={"result": _metadata(skill)},
    )


def _upstream(catalog: Catalog, skill: Skill) -> list[AssetKey]:
    keys = [CAMPAIGN_PLAN, *(asset_key(catalog.skill(name)) for name in skill.reads)]
    return [*keys, *(AssetKey(table) for table in skill.metrics)]


def _chain(name: str, steps: list[OpDefinition], upstream: Mapping[str, AssetKey]) -> GraphDefinition:
    first, last = steps[0], steps[-1]
    follows = {after.name: {"work": DependencyDefinition(before.name)} for before, after in pairwise(steps)}
    return GraphDefinition(
        name=name,
        node_defs=steps,
        dependencies={first.name: {}, **follows},
        input_mappings=[
            InputMapping(graph_input_name=port, mapped_node_name=first.name, mapped_node_input_name=port)
            for port in upstream
        ],
        output_mappings=[
            OutputMapping(graph_output_name="result", mapped_node_name=last.name, mapped_node_output_name="result")
        ],
    )


def _description(skill: Skill) -> str:
    made = artefact_kinds()[skill.artefact].title_of_kind
    chain = ", then ".join([*skill.reviewers, "the Director"])
    return f"**{made}.** {skill.description}\n\nReviewed by {chain}.\n\n---\n\n{skill.body}"


def _tags(skill: Skill) -> dict[str, str]:
    return {
        "marketeer/squad": skill.squad,
        "marketeer/artefact": skill.artefact,
        "marketeer/tier": skill.model_tier,
        "dagster/kind/claude": "",
        "dagster/kind/markdown": "",
    }


def _code(skill: Skill) -> CodeReferencesMetadataValue:
    """Where an artefact's making is written down: the skill's two files, then the factory."""
    folder = skill.path.resolve()
    return code_references(
        (folder / "SKILL.md", "the skill"), (folder / "skill.yaml", "its contract"), (Path(__file__), "the factory")
    )


def _metadata(skill: Skill) -> dict[str, object]:
    channels = ", ".join(skill.publishes_to) or "nowhere"
    rubric = ", ".join(f"{n} {d.weight:.0%} (at least {d.minimum:g})" for n, d in skill.rubric.dimensions.items())
    return {
        "skill_folder": f"skills/{skill.name}",
        "publishes_to": channels,
        "rubric": rubric,
        CODE_REFERENCES: _code(skill),
    }
