"""The tenant's context and the campaign's plan: what every artefact starts from."""

from dagster import (
    AssetDep,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    DataVersion,
    MaterializeResult,
    MetadataValue,
    SpecificPartitionsPartitionMapping,
    asset,
)

from assets.failures import explained_or_asked
from assets.names import CAMPAIGN_PLAN, PRODUCT_CONTEXT
from assets.partitions import campaigns, tenants
from marketeer_dagster.agents.director import Director
from marketeer_dagster.campaigns.costs import campaign_cost
from marketeer_dagster.campaigns.goals import goal_of
from marketeer_dagster.campaigns.learnings import applicable_learnings
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.campaign import Campaign, CampaignStatus, Plan
from marketeer_dagster.model.context import diff
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.store import Store
from resources.market_data import metrics_brief


@asset(
    key=PRODUCT_CONTEXT,
    partitions_def=tenants,
    group_name="foundation",
    kinds={"markdown"},
    owners=["team:foundation"],
    required_resource_keys={"store"},
    description="The tenant's 12-section product context, newest version: the only facts marketing may state.",
)
def product_context(context: AssetExecutionContext) -> MaterializeResult:
    store: Store = context.resources.store.store()
    tenant = TenantId(context.partition_key)
    latest = store.contexts.latest(tenant)
    changed = ""
    if latest.version > 1:
        changed = diff(store.contexts.get(tenant, latest.version - 1).context, latest.context)
    return MaterializeResult(
        data_version=DataVersion(latest.context.hash),
        metadata={
            "version": latest.version,
            "preview": MetadataValue.md(latest.context.render()),
            "changes": MetadataValue.md(f"```diff\n{changed}\n```" if changed else "First version."),
            "characters": len(latest.context.render()),
        },
    )


def build_campaign_plan(catalog: Catalog) -> AssetsDefinition:
    """The asset `campaign_plan`: the Director's answer to a goal, a pipeline or a signal."""

    @asset(
        key=CAMPAIGN_PLAN,
        partitions_def=campaigns,
        group_name="strategy",
        kinds={"claude", "markdown"},
        owners=["team:strategy"],
        required_resource_keys={"store", "warehouse", "clock", "claude"},
        deps=[
            # A plan reads its own tenant's context, whose partition key is the first half of the campaign's. Dagster
            # has no mapping that says so, and one to all tenants would mark everybody's plans "Unsynced" whenever one
            # tenant's context changed. What is out of date for its tenant's own reasons is in `stale_artefacts`.
            AssetDep(PRODUCT_CONTEXT, partition_mapping=SpecificPartitionsPartitionMapping([])),
            AssetKey("channel_performance"),
            AssetKey("page_performance"),
        ],
        description=(
            "The Director reads the goal, the product context, the metrics, what was learnt and the catalog, and "
            "answers with a plan: chosen skills, a brief for each, one KPI with its target, a budget and a deadline."
        ),
    )
    async def campaign_plan(context: AssetExecutionContext) -> MaterializeResult:
        store: Store = context.resources.store.store()
        clock = context.resources.clock.clock()
        with explained_or_asked(context.op_execution_context):
            campaign = store.campaigns.get(CampaignKey(context.partition_key))
            signal = store.signals.get(campaign.signal) if campaign.signal else None
            learnings = applicable_learnings(store, clock, campaign.tenant)
            subject = signal.subject if signal and signal.subject.startswith("/") else None
            if signal is not None:
                store.signals.link(signal.id, campaign.key, context.run_id)
            director = Director(context.resources.claude.model(), catalog)
            plan, spend = await director.plan(
                goal_of(store, campaign, signal),
                store.tenants.get(campaign.tenant),
                store.contexts.latest(campaign.tenant),
                metrics_brief(context.resources.warehouse.warehouse(), campaign.tenant, subject),
                learnings,
                campaign=campaign,
                pipeline=campaign.pipeline,
                signal=signal,
                evidence=signal.evidence.detail if signal else "",
                at=clock.now(),
                run_id=context.run_id,
            )
        store.campaigns.save_plan(campaign.key, plan, clock.now())
        store.campaigns.set_status(campaign.key, CampaignStatus.PLANNED, clock.now())
        so_far = campaign_cost(store, campaign.key)
        told = {"campaign_cost_usd": float(so_far.cost_usd), "campaign_calls": so_far.calls}
        return MaterializeResult(metadata=_metadata(campaign, plan, spend, len(learnings)) | told)

    return campaign_plan


def _metadata(campaign: Campaign, plan: Plan, spend: Spend, learnings: int) -> dict[str, object]:
    return {
        "preview": MetadataValue.md(render_plan(campaign, plan)),
        "skills": ", ".join(plan.skills),
        "kpi": f"{plan.kpi.metric.value}: {plan.kpi.baseline:g} to {plan.kpi.target:g} {plan.kpi.unit}",
        "deadline": plan.deadline.isoformat(),
        "budget_usd": float(plan.budget_usd),
        "learnings_offered": learnings,
        **spend_metadata(spend),
    }


def spend_metadata(spend: Spend) -> dict[str, object]:
    """Claude's cost and tokens by kind, as metadata entries."""
    return {
        "cost_usd": float(spend.cost_usd),
        "calls": spend.calls,
        "input_tokens": spend.input_tokens,
        "output_tokens": spend.output_tokens,
        "cache_read_tokens": spend.cache_read_tokens,
        "cache_write_tokens": spend.cache_write_tokens,
    }


def render_plan(campaign: Campaign, plan: Plan) -> str:
    """The plan as Markdown for people."""
    parts = [f"# {campaign.title}", plan.summary, plan.rationale, "## Briefs"]
    for brief in plan.briefs:
        lines = [f"### {brief.skill} {brief.target}".rstrip(), brief.objective]
        lines += [f"- {label}: {value}" for label, value in _brief_lines(brief)]
        parts.append("\n".join(lines))
    if plan.risks:
        parts.append("## Risks\n\n" + "\n".join(f"- {risk}" for risk in plan.risks))
    return "\n\n".join(part for part in parts if part)


def _brief_lines(brief) -> list[tuple[str, str]]:
    found = [
        ("audience", brief.audience),
        ("message", brief.key_message),
        ("offer", brief.offer),
        ("call to action", brief.cta),
        ("keywords", ", ".join(brief.keywords)),
        ("must address", "; ".join(brief.must_address)),
        ("learnings applied", ", ".join(brief.learnings)),
    ]
    return [(label, value) for label, value in found if value]
