"""Metrics: daily facts of every tenant, from the vendors into the warehouse."""

import warnings
from datetime import date

from dagster import BetaWarning

from assets.labels import TENANT_TAG
from assets.metrics.checks import build_metric_checks
from assets.metrics.factory import LANDED, build_metric_asset
from assets.metrics.scope import SCOPE, IngestScope, scope_config
from assets.metrics.sources import SOURCES, MetricSource
from assets.partitions import metrics_start

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"

with warnings.catch_warnings():
    # Backfill policies are beta in Dagster 1.13; the warning would be shown at every load.
    warnings.simplefilter("ignore", BetaWarning)
    metric_assets = [build_metric_asset(source) for source in SOURCES]
metric_checks = [build_metric_checks(source) for source in SOURCES]


def range_tags(first: date, last: date) -> dict[str, str]:
    """Run tags that make one run of the days [first, last], without those before the first partition."""
    return {RANGE_START_TAG: max(first, metrics_start()).isoformat(), RANGE_END_TAG: last.isoformat()}


def ingest_tags(first: date, last: date, tenant: str | None = None) -> dict[str, str]:
    """As `range_tags`, labelled with the tenant whose ingest it is; what narrows it is `scope_config`."""
    return range_tags(first, last) | ({TENANT_TAG: tenant} if tenant else {})


__all__ = [
    "LANDED",
    "SCOPE",
    "SOURCES",
    "IngestScope",
    "MetricSource",
    "ingest_tags",
    "metric_assets",
    "metric_checks",
    "range_tags",
    "scope_config",
]
