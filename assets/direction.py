"""The Director's reviews: a tenant's day or month looked back on, and the goals that a person may take up.

`recommended_goals` follows a blocking check: what no figure supports does not reach anybody's inbox. Neither starts
work by itself.
"""

from datetime import date, timedelta

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    Config,
    DagsterRun,
    JobDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
    asset_check,
    define_asset_job,
    in_process_executor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from pydantic import Field

from assets.asked import choice
from assets.failures import explained
from assets.labels import labelled
from assets.names import NEXT_STEP, PRODUCT_CONTEXT
from assets.partitions import tenants
from assets.plans import spend_metadata
from marketeer_dagster.agents.direction import look_back, unknown_pipelines, unsupported
from marketeer_dagster.campaigns.direction import ask_about_goals
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.model.direction import DirectorReview, Period
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.pausing import refuse_paused
from marketeer_dagster.store import Store
from resources.period_data import period_material

DIRECTOR_REVIEW = AssetKey("director_review")
RECOMMENDED_GOALS = AssetKey("recommended_goals")


Window = choice("ReviewWindow", [period.value for period in Period])


class ReviewConfig(Config):
    """What to look back on. Nothing needs to be set: the default is yesterday."""

    window: Window = Field(  # pyright: ignore[reportInvalidTypeForm]
        default=Window("day"), description="`day`, or `month` for the last four whole weeks."
    )
    last: str | None = Field(default=None, description="The period's last day, YYYY-MM-DD; empty: yesterday.")


def build_director_review(catalog: Catalog) -> list[AssetsDefinition]:
    """The assets `director_review` and `recommended_goals`, partitioned by tenant."""

    @asset(
        key=DIRECTOR_REVIEW,
        partitions_def=tenants,
        deps=[PRODUCT_CONTEXT],
        group_name="strategy",
        kinds={"claude", "markdown"},
        owners=["team:strategy"],
        required_resource_keys={"store", "warehouse", "clock", "claude"},
        description=(
            "The Director looks back on a day or a month of one tenant: what happened, what it means, and at most "
            "three goals worth considering, from the figures, open signals, experiments, campaigns and spend."
        ),
    )
    async def director_review(context: AssetExecutionContext, config: ReviewConfig) -> MaterializeResult:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        with explained():
            tenant = store.tenants.get(TenantId(context.partition_key))
            refuse_paused(tenant)
            last = _day(config.last) or today(clock, tenant.timezone) - timedelta(days=1)
            warehouse = context.resources.warehouse.warehouse()
            review = await look_back(
                context.resources.claude.model(),
                catalog,
                tenant,
                store.contexts.latest(tenant.id),
                period_material(store, warehouse, tenant.id, Period(config.window.value), last),
                at=clock.now(),
                run_id=context.run_id,
            )
        store.period_reviews.put(review)
        return MaterializeResult(
            metadata={
                "review": review.id,
                "preview": MetadataValue.md(review.content.render()),
                "period": f"{review.first} to {review.last}",
                "recommended": len(review.content.recommendations),
                "material": MetadataValue.md(review.material),
                **spend_metadata(review.spend),
            }
        )

    @asset(
        key=RECOMMENDED_GOALS,
        partitions_def=tenants,
        deps=[DIRECTOR_REVIEW],
        group_name="strategy",
        kinds={"markdown"},
        owners=["team:strategy"],
        required_resource_keys={"store", "clock"},
        description="The review's goals as questions in the inbox: approving one states it, and nothing else does.",
    )
    def recommended_goals(context: AssetExecutionContext) -> MaterializeResult:
        store: Store = context.resources.store.store()
        with explained():
            review = _review_of(store, context.run, context.partition_key)
            if review is None:
                raise BadInput("this run wrote no review", where="recommended_goals")
            if found := _found_in(store, catalog, review):
                # The check has blocked this; whoever runs this asset alone has no question asked on trust either.
                raise BadInput("; ".join(found), where="recommended_goals", expected="figures that the material holds")
            asked = ask_about_goals(store, context.resources.clock.clock(), review)
        lines = "\n".join(f"- `{question.id}` ({question.state.value}): {question.title}" for question in asked)
        return MaterializeResult(metadata={"asked": len(asked), "questions": MetadataValue.md(lines or "none")})

    return [director_review, recommended_goals]


def build_review_check(catalog: Catalog) -> AssetChecksDefinition:
    """The check `claims` of the review that the run has written."""

    @asset_check(
        asset=DIRECTOR_REVIEW,
        name="claims",
        blocking=True,
        partitions_def=tenants,
        required_resource_keys={"store"},
        description=(
            "Every figure of the review that this run wrote is in the material it was written from, or in the product "
            "context, and every recommended pipeline is in the catalog."
        ),
    )
    def claims(context: AssetCheckExecutionContext) -> AssetCheckResult:
        store: Store = context.resources.store.store()
        review = _review_of(store, context.run, context.partition_key)
        if review is None:
            step = f"start the job review_period again for {context.partition_key}"
            return AssetCheckResult(
                passed=False,
                description="this run wrote no review",
                metadata={"problem": "this run wrote no review", NEXT_STEP: step},
            )
        found = _found_in(store, catalog, review)
        said = "\n".join(f"- {line}" for line in found) or "No findings."
        return AssetCheckResult(
            passed=not found,
            description=found[0] if found else None,
            metadata={
                "looked_at": f"review {review.id}, against the material that the Director was shown",
                "review": review.id,
                "unsupported": len(found),
                "findings": MetadataValue.md(said),
                **({NEXT_STEP: "do not follow it; start the job review_period again for this tenant"} if found else {}),
            },
        )

    return claims


def _review_of(store: Store, run: DagsterRun, tenant: str) -> DirectorReview | None:
    """What this run wrote, or the run that it was started again from; never another's, however new."""
    return store.period_reviews.of_run(tenant, [run.run_id, run.parent_run_id or "", run.root_run_id or ""])


def _found_in(store: Store, catalog: Catalog, review: DirectorReview) -> tuple[str, ...]:
    context = store.contexts.get(review.tenant, review.context_version)
    return (*unknown_pipelines(review.content, catalog), *unsupported(review.content, review.material, context))


def build_review_job() -> UnresolvedAssetJobDefinition | JobDefinition:
    """The job `review_period`."""
    return define_asset_job(
        "review_period",
        selection=[DIRECTOR_REVIEW, RECOMMENDED_GOALS],
        config=labelled(tenants, str),
        executor_def=in_process_executor,
        tags={"marketeer/kind": "agents"},
        description="The Director looks back on a tenant's day or month and recommends goals.",
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"{text!r} is no date", where="last", expected="YYYY-MM-DD") from None
