"""How catalog names become Dagster names, in one place."""

from dagster import AssetKey

from marketeer_dagster.catalog.models import Skill

CAMPAIGN_PLAN = AssetKey("campaign_plan")
CAMPAIGN_REVIEW = AssetKey("campaign_review")
PRODUCT_CONTEXT = AssetKey("product_context")
NEXT_STEP = "next_step"
"""Metadata of a failed check: what a person does about it, a command where there is one."""


def op_name(name: str) -> str:
    """A skill's name as Dagster identifiers want it: page-cro -> page_cro."""
    return name.replace("-", "_")


def asset_key(skill: Skill | str) -> AssetKey:
    """The asset that a skill's artefact is."""
    return AssetKey(op_name(skill if isinstance(skill, str) else skill.name))
