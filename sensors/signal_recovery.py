"""The last step of every loop: some days after the answer went live, did the metric recover?"""

from datetime import date, timedelta

import duckdb
from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.campaigns.watch import newest_day, tracking_broken
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.store import Store

WINDOW_DAYS = 7
"""Days of figures, all after the answer went live, that recovery is judged on: one full week."""
COUNTER = "tracking_broken"
"""The signal about a tenant's counter as a whole."""
GIVE_UP_DAYS = 45
"""A signal whose answer is not live by then is measured as it stands, so that the loop is free again."""


def build_signal_recovery(catalog: Catalog, interval_s: int) -> SensorDefinition:
    """The sensor `signal_recovery`."""

    @sensor(
        name="signal_recovery",
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        description="Measures, a week after the answer to a signal went live, whether the metric came back.",
    )
    def signal_recovery(context: SensorEvaluationContext) -> SkipReason:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        measured = 0
        with context.resources.warehouse.warehouse().reading() as connection:
            for signal in store.signals.list(unmeasured=True):
                day = newest_day(connection, signal.tenant)
                if day is None or not _ripe(store, connection, signal, day):
                    continue
                evidence = _measure(connection, signal, day)
                if evidence is not None:
                    threshold = catalog.signal(signal.name).threshold
                    recovered = signal.name == COUNTER or evidence.observed >= evidence.expected * (1 - threshold)
                    store.signals.measure(signal.id, recovered, evidence, clock.now())
                    measured += 1
        return SkipReason(f"{measured} signal(s) measured")

    return signal_recovery


def _ripe(store: Store, connection: duckdb.DuckDBPyConnection, signal: Signal, day: date) -> bool:
    """Whether to judge now. A silent counter has recovered as soon as it speaks; nobody publishes an answer to it."""
    if signal.name == COUNTER:
        return day > signal.evidence.until and tracking_broken(connection, signal.tenant, day) is None
    since = _answered_on(store, signal)
    if since is None:
        return day >= signal.evidence.until + timedelta(days=GIVE_UP_DAYS)
    return day >= since + timedelta(days=WINDOW_DAYS)


def _answered_on(store: Store, signal: Signal) -> date | None:
    """The day on which the answer was wholly live; None while work, an experiment or a release is under way."""
    if signal.campaign is None:
        return None
    campaign = store.campaigns.get(signal.campaign)
    if campaign.status in OPEN:
        return None
    experiments = [e for e in store.experiments.list(tenant=signal.tenant) if e.campaign == campaign.key]
    if any(e.state is ExperimentState.RUNNING for e in experiments):
        return None
    live = store.publications.list(campaign=campaign.key, state=PublicationState.PUBLISHED)
    days = [e.decision.decided_on for e in experiments if e.decision]
    days += [p.published_at.date() for p in live if p.published_at]
    return max(days, default=None)


def _measure(connection: duckdb.DuckDBPyConnection, signal: Signal, day: date) -> Evidence | None:
    by_page = signal.subject.startswith("/")
    table, column = ("page_performance", "page") if by_page else ("channel_performance", "channel")
    about = "tenant" if signal.name == COUNTER else column
    row = connection.execute(
        f"select sum(sessions), sum(conversions) from {table} "
        f"where tenant = ? and {about} = ? and date > ? and date <= ?",
        [
            signal.tenant,
            signal.tenant if signal.name == COUNTER else signal.subject,
            day - timedelta(days=WINDOW_DAYS),
            day,
        ],
    ).fetchone()
    if row is None or not row[0]:
        return None
    rate = signal.evidence.metric == "conversion_rate"
    observed = float(row[1]) / float(row[0]) if rate else float(row[0]) / WINDOW_DAYS
    before = signal.evidence
    return before.model_copy(
        update={
            "observed": observed,
            "since": day - timedelta(days=WINDOW_DAYS - 1),
            "until": day,
            "relative_change": observed / before.expected - 1 if before.expected else 0.0,
            "detail": f"{WINDOW_DAYS} days up to {day}",
        }
    )
