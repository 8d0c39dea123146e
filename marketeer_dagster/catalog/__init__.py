"""What the product knows how to do, as data: skills, squads, pipelines, schedules, signals, prices, tool limits."""

from marketeer_dagster.catalog.catalog import Catalog, validate
from marketeer_dagster.catalog.models import (
    Pipeline,
    Rate,
    Rubric,
    RubricDimension,
    Schedule,
    SignalSpec,
    Skill,
    Squad,
    ToolLimit,
)
from marketeer_dagster.catalog.prices import ModelPricing, Price, PriceTable

__all__ = [
    "Catalog",
    "ModelPricing",
    "Pipeline",
    "Price",
    "PriceTable",
    "Rate",
    "Rubric",
    "RubricDimension",
    "Schedule",
    "SignalSpec",
    "Skill",
    "Squad",
    "ToolLimit",
    "validate",
]
