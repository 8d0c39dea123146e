"""The run tag `tenant`: whose work a run is. The queue's limits per tenant and the UI's filters go by it."""

from collections.abc import Callable

from dagster import DagsterInstance, PartitionedConfig, PartitionsDefinition

from marketeer_dagster.model.ids import CampaignKey, TenantId, split_campaign_key

TENANT_TAG = "tenant"


def tenant_of_campaign(key: str) -> str:
    """The tenant whose campaign a partition is; empty for what somebody typed that is no key: its run says so."""
    try:
        return split_campaign_key(CampaignKey(key))[0]
    except ValueError:
        return ""


def labelled(partitions: PartitionsDefinition, tenant_of: Callable[[str], str]) -> PartitionedConfig:
    """Config of a job whose runs say whose they are, also from the Launchpad and in backfills, where no sensor tags."""
    return PartitionedConfig(
        partitions_def=partitions,
        run_config_for_partition_key_fn=lambda key: {},
        tags_for_partition_key_fn=lambda key: {TENANT_TAG: tenant} if (tenant := tenant_of(key)) else {},
    )


def label_run(instance: DagsterInstance, run_id: str, tenant: TenantId) -> None:
    """Say of a run under way whose it is, where only its config named the tenant."""
    instance.add_run_tags(run_id, {TENANT_TAG: tenant})
