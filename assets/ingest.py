"""The job `ingest`: days of metrics, then the marts made of them."""

from dagster import AssetSelection, define_asset_job, in_process_executor

from assets.marts import mart_assets
from assets.metrics import metric_assets
from assets.outcomes import outcomes
from marketeer_dagster.warehouse.stale import STALE_ARTEFACTS

ingest_job = define_asset_job(
    "ingest",
    selection=AssetSelection.assets(*metric_assets, *mart_assets, outcomes, STALE_ARTEFACTS.name),
    # Waiting for vendors and one DuckDB writer: processes would only add their start to it.
    executor_def=in_process_executor,
    tags={"marketeer/kind": "metrics"},
    description="Reads days of every metric table for all connected tenants, then computes the marts. A range is one "
    "run, as `start_ingest` and a backfill launch it.",
)
