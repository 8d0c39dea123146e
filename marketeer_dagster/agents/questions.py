"""Every form in which the product asks a model to answer, and of which tier: what an endpoint has to take."""

from pydantic import BaseModel

from marketeer_dagster.agents.answers import PlanAnswer, ReviewAnswer
from marketeer_dagster.agents.protocols import Tier
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.model.direction import PeriodReview


def asked_forms(catalog: Catalog) -> tuple[tuple[type[BaseModel], Tier], ...]:
    """Form and tier, each pair once: the Director's, the judges', then those of the catalog's skills by name."""
    kinds = artefact_kinds()
    asked: list[tuple[type[BaseModel], Tier]] = [
        (PlanAnswer, "strategy"), (PeriodReview, "strategy"), (ReviewAnswer, "judge"),
    ]  # fmt: skip
    for _, skill in sorted(catalog.skills.items()):
        asked.append((kinds[skill.artefact], skill.model_tier))
    return tuple(dict.fromkeys(asked))
