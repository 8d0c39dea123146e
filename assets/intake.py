"""Jobs that an operator starts from the Launchpad, with the same typed input as the command line's."""

from datetime import date
from decimal import Decimal

from dagster import Config, MetadataValue, OpExecutionContext, job, op
from pydantic import Field

from assets.failures import explained
from assets.labels import label_run
from assets.partitions import campaigns, metrics_start
from marketeer_dagster.campaigns.intake import take_goal, take_pipeline
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import BadInput
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

    @property
    def day(self) -> date | None:
        """The deadline; raises BadInput when it is no date."""
        return None if self.deadline is None else day_of(self.deadline, "deadline")


class PipelineConfig(Config):
    """One named pipeline for one tenant."""

    tenant: str = Field(description="Id of the tenant.")
    pipeline: str = Field(description="Name of the pipeline, for instance page-launch.")
    campaign: str | None = Field(
        default=None, description="Slug for the campaign; empty: made from the pipeline's name."
    )


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
    """The jobs `state_goal`, `start_pipeline` and `start_ingest`."""

    @op(required_resource_keys={"store", "clock"}, description="Checks the goal and opens a campaign for it.")
    def accept_goal(context: OpExecutionContext, config: GoalConfig) -> None:
        with explained():
            _label(context, config.tenant)
            campaign = take_goal(
                context.resources.store.store(),
                context.resources.clock.clock(),
                tenant=TenantId(config.tenant),
                text=config.goal,
                budget_usd=None if config.budget_usd is None else Decimal(str(config.budget_usd)),
                deadline=config.day,
            )
        _announce(context, campaign)

    @op(required_resource_keys={"store", "clock"}, description="Opens a campaign for one named pipeline.")
    def accept_pipeline(context: OpExecutionContext, config: PipelineConfig) -> None:
        with explained():
            _label(context, config.tenant)
            campaign = take_pipeline(
                context.resources.store.store(),
                catalog,
                context.resources.clock.clock(),
                tenant=TenantId(config.tenant),
                pipeline=config.pipeline,
                slug=config.campaign,
            )
        _announce(context, campaign)

    @op(required_resource_keys={"store", "clock"}, description="Checks which days of whom are asked for.")
    def accept_ingest(context: OpExecutionContext, config: IngestRequest) -> None:
        with explained():
            for tenant in config.tenants:
                context.resources.store.store().tenants.get(TenantId(tenant))
            if len(config.tenants) == 1:
                _label(context, config.tenants[0])
            first, last = config.days
            if last >= (now := today(context.resources.clock.clock())):
                raise BadInput(f"{last} is not over", where="to_day", expected=f"a day before {now}")
        context.log.info(f"the sensor `ingest_asked` launches one run of {first} to {last}")

    @job(description="State a goal for a tenant. The sensor `campaigns` has the Director plan it and runs the plan.")
    def state_goal() -> None:
        accept_goal()

    @job(description="Start a named pipeline for a tenant. The sensor `campaigns` plans and runs it.")
    def start_pipeline() -> None:
        accept_pipeline()

    @job(description="Read days of metrics for some tenants or all. The sensor `ingest_asked` launches the run.")
    def start_ingest() -> None:
        accept_ingest()

    return [state_goal, start_pipeline, start_ingest]


def day_of(text: str, where: str) -> date:
    """A day as YYYY-MM-DD; raises BadInput that names the field."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where=where, expected="YYYY-MM-DD") from None


def _label(context: OpExecutionContext, tenant: str) -> None:
    owner = context.resources.store.store().tenants.get(TenantId(tenant)).id
    label_run(context.instance, context.run_id, owner)


def _announce(context: OpExecutionContext, campaign: Campaign) -> None:
    context.instance.add_dynamic_partitions(campaigns.name or "campaigns", [campaign.key])
    context.log.info(f"campaign {campaign.key} is {campaign.status.value}")
    context.add_output_metadata({"campaign": campaign.key, "title": MetadataValue.text(campaign.title)})
