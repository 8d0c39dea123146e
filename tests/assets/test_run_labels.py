"""Whose a run is, where no sensor says it: from the Launchpad, and in a backfill from the UI."""

import pytest
from dagster import RepositoryDefinition
from dagster._core.remote_representation.external_data import PartitionSetExecutionParamSnap, PartitionTagsSnap
from dagster._grpc.impl import get_partition_set_execution_param_data, get_partition_tags

from assets.labels import TENANT_TAG
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.composition import build_definitions

JOBS = ("plan_campaign", "run_campaign", "publish_campaign", "conclude_experiment", "pipeline_page_launch")


@pytest.fixture(scope="module")
def repository() -> RepositoryDefinition:
    return build_definitions(Catalog.load()).get_repository_def()


def test_every_partitioned_job_of_ours_has_labels(repository: RepositoryDefinition):
    own = [job for job in repository.get_all_jobs() if not job.name.startswith("__") and job.name != "ingest"]
    keys = {"campaigns": "acme:spring", "tenants": "acme"}
    partitioned = [job for job in own if job.partitions_def is not None]
    assert {job.name for job in partitioned} >= {*JOBS, "tenant_context"}
    for job in partitioned:
        tags = get_partition_tags(repository, job.name, keys[getattr(job.partitions_def, "name", "")])
        assert isinstance(tags, PartitionTagsSnap)
        assert tags.tags[TENANT_TAG] == "acme", job.name


def test_each_run_of_a_backfill_is_its_own_tenants(repository: RepositoryDefinition):
    asked = ["acme:spring", "beta:spring"]
    found = get_partition_set_execution_param_data(repository, "run_campaign_partition_set", asked)
    assert isinstance(found, PartitionSetExecutionParamSnap)
    assert [data.tags[TENANT_TAG] for data in found.partition_data] == ["acme", "beta"]
