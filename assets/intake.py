"""Jobs that an operator starts from the Launchpad, with the same typed input as the command line's."""

from datetime import date
from decimal import Decimal

from dagster import Config, MetadataValue, OpExecutionContext, job, op
from pydantic import Field

from assets.failures import explained
from assets.partitions import campaigns
from marketeer_dagster.campaigns.intake import take_goal, take_pipeline
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.ids import TenantId


class GoalConfig(Config):
    """A goal in a person's words. The Director plans it; sensors run what was planned."""

    tenant: str = Field(description="Id of the tenant, as `marketeer tenant list` shows it.")
    goal: str = Field(description='What is wanted, for instance "+20 % trial signups this quarter".')
    budget_usd: float | None = Field(
        default=None,
        description="Most that may be spent on it (Claude and ads together), USD; empty: the tenant's limits.",
    )
    deadline: str | None = Field(default=None, description="By when, as YYYY-MM-DD; empty: the Director decides.")


class PipelineConfig(Config):
    """One named pipeline for one tenant."""

    tenant: str = Field(description="Id of the tenant.")
    pipeline: str = Field(description="Name of the pipeline, for instance page-launch.")
    campaign: str | None = Field(
        default=None, description="Slug for the campaign; empty: made from the pipeline's name."
    )


def build_intake_jobs(catalog: Catalog):
    """The jobs `state_goal` and `start_pipeline`."""

    @op(required_resource_keys={"store", "clock"}, description="Checks the goal and opens a campaign for it.")
    def accept_goal(context: OpExecutionContext, config: GoalConfig) -> None:
        with explained():
            campaign = take_goal(
                context.resources.store.store(),
                context.resources.clock.clock(),
                tenant=TenantId(config.tenant),
                text=config.goal,
                budget_usd=None if config.budget_usd is None else Decimal(str(config.budget_usd)),
                deadline=None if config.deadline is None else date.fromisoformat(config.deadline),
            )
        _announce(context, campaign)

    @op(required_resource_keys={"store", "clock"}, description="Opens a campaign for one named pipeline.")
    def accept_pipeline(context: OpExecutionContext, config: PipelineConfig) -> None:
        with explained():
            campaign = take_pipeline(
                context.resources.store.store(),
                catalog,
                context.resources.clock.clock(),
                tenant=TenantId(config.tenant),
                pipeline=config.pipeline,
                slug=config.campaign,
            )
        _announce(context, campaign)

    @job(description="State a goal for a tenant. The sensor `campaigns` has the Director plan it and runs the plan.")
    def state_goal() -> None:
        accept_goal()

    @job(description="Start a named pipeline for a tenant. The sensor `campaigns` plans and runs it.")
    def start_pipeline() -> None:
        accept_pipeline()

    return [state_goal, start_pipeline]


def _announce(context: OpExecutionContext, campaign: Campaign) -> None:
    context.instance.add_dynamic_partitions(campaigns.name or "campaigns", [campaign.key])
    context.log.info(f"campaign {campaign.key} is {campaign.status.value}")
    context.add_output_metadata({"campaign": campaign.key, "title": MetadataValue.text(campaign.title)})
