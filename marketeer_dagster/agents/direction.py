"""The Director looking back: one call, whose figures must all come from what it was shown."""

from datetime import datetime

from marketeer_dagster.agents.asking import ask
from marketeer_dagster.agents.prompt import json_block, look_back_prompt, text_block
from marketeer_dagster.agents.protocols import CallScope, LanguageModel
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign, Priority
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.model.direction import MOST_GOALS, DirectorReview, PeriodReview, review_id
from marketeer_dagster.model.ids import campaign_key
from marketeer_dagster.model.material import Material
from marketeer_dagster.model.spelling import known
from marketeer_dagster.model.tenant import Tenant

MOST_NAMED = 10
"""Problems named in the one repair that is asked for."""


def unsupported(content: PeriodReview, material: str, context: ContextVersion) -> tuple[str, ...]:
    """One line per figure that neither the material nor the context states; empty when all are supported."""
    from marketeer_dagster.quality import claims  # large, and needed once a day

    found = claims.check(content, claims.Sources(context=context.context, metrics=material))
    return tuple(f"{finding.where}: {finding.problem}" for finding in found)


def unknown_pipelines(content: PeriodReview, catalog: Catalog) -> tuple[str, ...]:
    """One line per recommended pipeline that there is none of: approving it could start nothing."""
    named = [wanted.pipeline for wanted in content.recommendations if wanted.pipeline]
    return tuple(f"recommendations: no pipeline {name!r}" for name in named if name not in catalog.pipelines)


def problems_of(
    content: PeriodReview, material: Material, context: ContextVersion, catalog: Catalog
) -> tuple[str, ...]:
    """Everything wrong with a review: unsupported figures, unknown pipelines, the same goal twice."""
    goals = [wanted.goal.casefold() for wanted in content.recommendations]
    twice = ["recommendations: a goal is listed twice"] if len(set(goals)) < len(goals) else []
    return (*unknown_pipelines(content, catalog), *twice, *unsupported(content, material.text, context))


def spelled(content: PeriodReview, catalog: Catalog) -> PeriodReview:
    """`content` with its pipelines spelled as the catalog has them, whatever case they were answered in."""
    wanted = tuple(
        goal.model_copy(update={"pipeline": known(goal.pipeline, catalog.pipelines) or goal.pipeline})
        for goal in content.recommendations
    )
    return content.model_copy(update={"recommendations": wanted})


async def look_back(
    model: LanguageModel,
    catalog: Catalog,
    tenant: Tenant,
    context: ContextVersion,
    material: Material,
    *,
    at: datetime,
    run_id: str = "",
) -> DirectorReview:
    """The review of `material.period`. Problems are named to the Director once; what remains, the checks find.

    Raises NoVerdict, BudgetExceeded or ToolError as `ask` does. A review is P3 work: it goes first when money is short.
    """
    pipelines = [{"pipeline": line.name, "description": line.description} for line in catalog.pipelines.values()]
    limits = {
        "period": material.period.value,
        "first": material.first.isoformat(),
        "last": material.last.isoformat(),
        "most_recommendations": MOST_GOALS,
    }
    key = campaign_key(tenant.id, f"review-{material.period.value}-{material.last:%Y%m%d}")
    title = f"Review of {material.first} to {material.last}"
    prompt = look_back_prompt(
        context,
        Campaign(key=key, tenant=tenant.id, title=title, created_at=at, updated_at=at),
        [
            json_block("limits", limits),
            text_block("metrics", material.metrics),
            text_block("evidence", material.under_way),
            json_block("catalog", pipelines),
        ],
    )
    scope = CallScope(
        tenant=tenant.id,
        campaign=key,
        purpose="director/look-back",
        priority=Priority.P3,
        run_id=run_id,
    )
    asked = await ask(
        model,
        prompt,
        PeriodReview,
        tier="strategy",
        scope=scope,
        check=lambda answer: problems_of(spelled(answer, catalog), material, context, catalog)[:MOST_NAMED],
    )
    return DirectorReview(
        id=review_id(tenant.id, material.period, material.last, run_id),
        tenant=tenant.id,
        period=material.period,
        first=material.first,
        last=material.last,
        content=spelled(asked.value, catalog),
        material=material.text,
        context_version=context.version,
        prompt_hash=asked.prompt_hash,
        run_id=run_id,
        spend=asked.spend,
        created_at=at,
    )
