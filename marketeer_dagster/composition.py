"""The composition root: reads the catalog, builds assets, checks, jobs, sensors and schedules, and wires resources.

Nothing is opened while building: no store, no warehouse, no network.
"""

import warnings

from dagster import BetaWarning, Definitions, with_source_code_references

from assets.artefact_checks import build_artefact_checks
from assets.artefacts import build_artefact_assets
from assets.direction import build_director_review, build_review_check, build_review_job
from assets.ingest import ingest_job
from assets.intake import build_intake_jobs
from assets.io import store_io_manager
from assets.jobs import build_jobs
from assets.learnings import build_experiment_readout
from assets.marts import mart_assets
from assets.metrics import SCOPE, IngestScope, metric_assets, metric_checks
from assets.operating import build_operating_jobs
from assets.outcomes import outcomes
from assets.plans import build_campaign_plan, product_context
from assets.publications import build_campaign_check, build_publication_assets
from assets.stale import build_stale_artefacts
from assets.waiting import build_waiting_checks, build_waiting_jobs
from marketeer_dagster.catalog.catalog import Catalog
from resources.claude import ClaudeResource
from resources.clock import ClockResource
from resources.connections import ConnectionsResource
from resources.publishers import PublishersResource
from resources.store import StoreResource
from resources.warehouse import WarehouseResource
from sensors.all import build_sensors
from sensors.schedules import build_schedules


def build_definitions(catalog: Catalog) -> Definitions:
    """Everything Dagster knows of the platform, from one catalog."""
    jobs = {
        job.name: job
        for job in [
            *build_jobs(catalog),
            *build_intake_jobs(catalog),
            *build_operating_jobs(catalog),
            *build_waiting_jobs(catalog),
            ingest_job,
            build_review_job(),
        ]
    }
    store = StoreResource()
    made = [
        product_context,
        build_campaign_plan(catalog),
        *build_artefact_assets(catalog),
        *build_publication_assets(catalog),
        build_experiment_readout(catalog),
        *build_director_review(catalog),
        *metric_assets,
        *mart_assets,
        outcomes,
        build_stale_artefacts(catalog),
    ]
    with warnings.catch_warnings():
        # Code references are beta in Dagster 1.13; the warning would be shown at every load.
        warnings.simplefilter("ignore", BetaWarning)
        referenced = with_source_code_references(made)
    return Definitions(
        assets=referenced,
        asset_checks=[
            *build_artefact_checks(catalog),
            build_campaign_check(catalog),
            build_review_check(catalog),
            *build_waiting_checks(catalog),
            *metric_checks,
        ],
        jobs=list(jobs.values()),
        sensors=build_sensors(catalog, jobs),
        schedules=build_schedules(catalog, jobs),
        resources={
            "store": store,
            "warehouse": WarehouseResource(),
            "clock": ClockResource(),
            SCOPE: IngestScope(),
            "claude": ClaudeResource(),
            "connections": ConnectionsResource(store=store),
            "publishers": PublishersResource(store=store),
            "work_io": store_io_manager,
        },
    )
