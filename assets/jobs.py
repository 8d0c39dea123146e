"""The jobs: planning, running what was planned, one per pipeline, publishing, concluding an experiment."""

from collections.abc import Iterable

from dagster import AssetKey, AssetSelection, JobDefinition, define_asset_job, in_process_executor
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.executor import agent_executor
from assets.labels import labelled, tenant_of_campaign
from assets.names import CAMPAIGN_PLAN, CAMPAIGN_REVIEW, PRODUCT_CONTEXT, asset_key, op_name
from assets.partitions import campaigns, tenants
from assets.publications import publication_key, publishing_tools
from marketeer_dagster.catalog.catalog import Catalog

AGENTS = {"marketeer/kind": "agents"}

Job = UnresolvedAssetJobDefinition | JobDefinition


def pipeline_job_name(pipeline: str) -> str:
    """Name of the job that runs one pipeline of the catalog."""
    return f"pipeline_{op_name(pipeline)}"


def campaign_keys(catalog: Catalog, skills: Iterable[str]) -> list[AssetKey]:
    """The assets of a plan: its skills' artefacts, the review of the whole, and the channels they can go to."""
    names = [catalog.skill(name) for name in skills]
    tools = sorted({tool for skill in names for tool in skill.publishes_to})
    return [*(asset_key(skill) for skill in names), CAMPAIGN_REVIEW, *(publication_key(tool) for tool in tools)]


def build_jobs(catalog: Catalog) -> list[Job]:
    """All asset jobs that are partitioned by campaign."""
    publications = [publication_key(tool) for tool in publishing_tools(catalog)]
    of_campaign = labelled(campaigns, tenant_of_campaign)
    jobs: list[Job] = [
        define_asset_job(
            "plan_campaign",
            selection=AssetSelection.assets(CAMPAIGN_PLAN),
            config=of_campaign,
            executor_def=agent_executor,
            tags=AGENTS,
            description="The Director plans one campaign.",
        ),
        define_asset_job(
            "run_campaign",
            selection=AssetSelection.assets(*campaign_keys(catalog, catalog.skills)),
            config=of_campaign,
            executor_def=agent_executor,
            tags=AGENTS,
            description="Write, review, check and publish what a campaign's plan asks for; the plan is the selection.",
        ),
        define_asset_job(
            "tenant_context",
            selection=AssetSelection.assets(PRODUCT_CONTEXT),
            config=labelled(tenants, str),
            executor_def=in_process_executor,
            description="Show the newest version of a tenant's product context.",
        ),
        define_asset_job(
            "publish_campaign",
            selection=AssetSelection.assets(*publications),
            config=of_campaign,
            executor_def=in_process_executor,
            description="Deliver what a person has approved.",
        ),
        define_asset_job(
            "conclude_experiment",
            selection=AssetSelection.assets("experiment_readout"),
            config=of_campaign,
            executor_def=in_process_executor,
            description="Read a decided experiment out: keep the winner, store the learning.",
        ),
    ]
    jobs += [
        define_asset_job(
            pipeline_job_name(pipeline.name),
            selection=AssetSelection.assets(CAMPAIGN_PLAN, *campaign_keys(catalog, pipeline.skills)),
            config=of_campaign,
            executor_def=agent_executor,
            tags={**AGENTS, "marketeer/pipeline": pipeline.name},
            description=pipeline.description,
        )
        for pipeline in catalog.pipelines.values()
    ]
    return jobs
