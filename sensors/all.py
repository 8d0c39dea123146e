"""All sensors, and how often each looks."""

import os
from collections.abc import Mapping

from dagster import SensorDefinition

from assets.jobs import Job
from assets.waiting import SHOW, SHOW_GOALS
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.errors import ConfigError
from sensors.approved_publications import build_approved_publications
from sensors.contexts import build_contexts
from sensors.conversion_drop import CONVERSION_DROP
from sensors.dispatch import build_dispatcher
from sensors.email_underperforming import EMAIL_UNDERPERFORMING
from sensors.experiment_decided import build_experiment_decided
from sensors.ingest_asked import build_ingest_asked
from sensors.loop import Loop, build_loop
from sensors.metrics_due import build_metrics_due
from sensors.signal_recovery import build_signal_recovery
from sensors.store_copies import build_store_copies
from sensors.tracking_broken import TRACKING_BROKEN
from sensors.traffic_drop import TRAFFIC_DROP
from sensors.unlooked_checks import build_unlooked_checks
from sensors.waiting import build_waiting

LOOPS: tuple[Loop, ...] = (CONVERSION_DROP, TRAFFIC_DROP, EMAIL_UNDERPERFORMING, TRACKING_BROKEN)
"""The loops over metrics. Experiments have a sensor of their own, which asks for runs."""
INTERVAL_VARIABLE = "MARKETEER_SENSOR_INTERVAL"
DISPATCH_S = 15
"""Default seconds between two looks for waiting campaigns and approvals: a person is waiting."""
LOOP_S = 60
"""Default seconds between two looks at metrics, which change a few times a day."""


def build_sensors(catalog: Catalog, jobs: Mapping[str, Job]) -> list[SensorDefinition]:
    """Every sensor. MARKETEER_SENSOR_INTERVAL (seconds) sets one interval for all, for markets that live faster."""
    chosen = _interval()
    soon, later = chosen or DISPATCH_S, chosen or LOOP_S
    campaign_jobs = [jobs[name] for name in jobs if name in ("plan_campaign", "run_campaign") or _is_pipeline(name)]
    return [
        build_dispatcher(catalog, campaign_jobs, soon),
        build_contexts(jobs["tenant_context"], later),
        build_approved_publications(jobs["publish_campaign"], soon),
        build_metrics_due(jobs["ingest"], later),
        build_ingest_asked(jobs["start_ingest"], jobs["ingest"], soon),
        *(build_loop(catalog, loop, later) for loop in LOOPS),
        build_experiment_decided(catalog, jobs["conclude_experiment"], later),
        build_signal_recovery(catalog, LOOPS, later),
        build_store_copies(catalog, soon),
        build_unlooked_checks(soon),
        build_waiting(catalog, [jobs[SHOW], jobs[SHOW_GOALS]], soon),
    ]


def _is_pipeline(job: str) -> bool:
    return job.startswith("pipeline_")


def _interval() -> int | None:
    text = os.environ.get(INTERVAL_VARIABLE, "")
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise ConfigError(f"{text!r} is not an interval", where=INTERVAL_VARIABLE, expected="whole seconds, 1 or more")
    return int(text)
