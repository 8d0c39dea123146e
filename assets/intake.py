"""Jobs that an operator starts from the Launchpad, with the same typed input as the command line's."""

from datetime import date
from decimal import Decimal

from dagster import Config, MetadataValue, OpExecutionContext, job, op
from pydantic import Field

from assets.asked import choice, day_of, tenant_asked
from assets.failures import explained
from assets.partitions import campaigns, metrics_start
from marketeer_dagster.campaigns.intake import take_goal, take_pipeline
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.pausing import said_of

OF_TENANT = "Id of the tenant; a wrong one is refused with the list of those that there are."


class GoalConfig(Config):
    """A goal in a person's words. The Director plans it; sensors run what was planned."""

    tenant: str = Field(description=OF_TENANT)
    goal: str = Field(description='What is wanted, for instance "+20 % trial signups this quarter".')
    budget_usd: float | None = Field(
        default=None,
        description="Most that may be spent on it (Claude and ads together), USD; empty: the tenant's limits.",
    )
    deadline: str | None = Field(default=None, description="By when, as YYYY-MM-DD; empty: the Director decides.")

    @property
    def day(self) -> date | None:
        """The deadline; raises BadInput when it is no date."""
        return None if self.deadline is None else day_of(self.deadline, "deadline")


class IngestRequest(Config):
    """Days of metrics to read, in one run."""

    from_day: str = Field(description="First day to read, as YYYY-MM-DD.")
    to_day: str = Field(description="Last day to read, as YYYY-MM-DD, included; yesterday at the latest.")
    tenants: list[str] = Field(
        default_factory=list, description="Ids of the tenants to read; empty reads every connected tenant."
    )
    accept_missing_days: bool = Field(
        default=False, description="Delete days that the vendor no longer reports; off keeps and notes them."
    )

    @property
    def days(self) -> tuple[date, date]:
        """First and last day; raises BadInput when they are no days in this order."""
        first, last = day_of(self.from_day, "from_day"), day_of(self.to_day, "to_day")
        if first > last:
            raise BadInput(f"{first} is after {last}", where="from_day", expected="a day not after to_day")
        if first < metrics_start():
            raise BadInput(f"{first} is too early", where="from_day", expected=f"{metrics_start()} or later")
        return first, last


def build_intake_jobs(catalog: Catalog):
    """The jobs `start_goal`, `start_pipeline` and `start_ingest`."""
    pipelines = choice("Pipeline", sorted(catalog.pipelines))

    class PipelineConfig(Config):
        """One named pipeline for one tenant."""

        tenant: str = Field(description=OF_TENANT)
        pipeline: pipelines = Field(  # pyright: ignore[reportInvalidTypeForm]
            description="\n".join(
                f"{name}: {catalog.pipelines[name].description}" for name in sorted(catalog.pipelines)
            )
        )
        campaign: str | None = Field(
            default=None, description="Slug for the campaign (a-z, 0-9, hyphens); empty: made from the pipeline's name."
        )

    @op(required_resource_keys={"store", "clock"}, description="Checks the goal and opens a campaign for it.")
    def accept_goal(context: OpExecutionContext, config: GoalConfig) -> None:
        with explained():
            campaign = take_goal(
                context.resources.store.store(),
                context.resources.clock.clock(),
                tenant=tenant_asked(context, config.tenant).id,
                text=config.goal,
                budget_usd=None if config.budget_usd is None else Decimal(str(config.budget_usd)),
                deadline=config.day,
            )
        _announce(context, campaign)

    @op(required_resource_keys={"store", "clock"}, description="Opens a campaign for one named pipeline.")
    def accept_pipeline(context: OpExecutionContext, config: PipelineConfig) -> None:
        with explained():
            campaign = take_pipeline(
                context.resources.store.store(),
                catalog,
                context.resources.clock.clock(),
                tenant=tenant_asked(context, config.tenant).id,
                pipeline=config.pipeline.value,
                slug=config.campaign,
            )
        _announce(context, campaign)

    @op(required_resource_keys={"store", "clock"}, description="Checks which days of whom are asked for.")
    def accept_ingest(context: OpExecutionContext, config: IngestRequest) -> None:
        with explained():
            for tenant in config.tenants:
                tenant_asked(context, tenant)
            first, last = config.days
            if last >= (now := today(context.resources.clock.clock())):
                raise BadInput(f"{last} is not over", where="to_day", expected=f"a day before {now}")
        context.log.info(f"the sensor `ingest_asked` launches one run of {first} to {last}")

    @job(description="State a goal for a tenant. The sensor `campaigns` has the Director plan it and runs the plan.")
    def start_goal() -> None:
        accept_goal()

    @job(description="Start a named pipeline for a tenant. The sensor `campaigns` plans and runs it.")
    def start_pipeline() -> None:
        accept_pipeline()

    @job(description="Read days of metrics for some tenants or all. The sensor `ingest_asked` launches the run.")
    def start_ingest() -> None:
        accept_ingest()

    return [start_goal, start_pipeline, start_ingest]


def _announce(context: OpExecutionContext, campaign: Campaign) -> None:
    context.instance.add_dynamic_partitions(campaigns.name or "campaigns", [campaign.key])
    held = said_of(context.resources.store.store().tenants.get(campaign.tenant))
    context.log.info(f"campaign {campaign.key} is {campaign.status.value}{f'; it waits: {held}' if held else ''}")
    told = {"campaign": campaign.key, "title": MetadataValue.text(campaign.title)}
    context.add_output_metadata(told | ({"waits": held} if held else {}))
