"""Checks that a run planned and never came to: each is given a result that says why, and what to do.

Dagster shows such a check as "Execution failed" and nothing else, for ever: its step was never reached, so nobody was
there to say anything. Whatever ended the run is in its events, so the results are written after the run, with the run
as theirs. A check that was not looked at has found nothing: `NOT_LOOKED_AT` in its metadata tells it from one that did.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    MetadataValue,
)
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned

from assets.causes import causes_of, failed_step
from assets.metrics import LANDED
from assets.metrics.reasons import Reason, metadata_of, told_in
from assets.names import NEXT_STEP
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.store import Store

NOT_LOOKED_AT = "not_looked_at"
"""Metadata of a check that could not look: why. Such a result says nothing about what it is named after."""
_CAMPAIGN = "dagster/partition"
_DESCRIPTION = 400


def explain_unchecked(instance: DagsterInstance, run: DagsterRun, store: Store | None = None) -> int:
    """Give every check that the finished run left without a result one; returns how many. Safe to repeat."""
    if not run.is_finished or run.is_success:
        return 0
    missing = [*_missing(instance, run)]
    if not missing:
        return 0
    landed = _landings(instance, run)
    for planned in missing:
        said = _about(instance, run, planned, landed.get(planned.asset_key.to_user_string(), ()), store)
        # Of a range of days a check gives one result, for no day in particular: so does this.
        subset = planned.partitions_subset
        keys = list(subset.get_partition_keys()) if subset else []
        _report(instance, run, planned, keys[0] if len(keys) == 1 else None, said)
    return len(missing)


def _missing(instance: DagsterInstance, run: DagsterRun) -> Iterator[AssetCheckEvaluationPlanned]:
    done = {
        (data.asset_key, data.check_name)
        for event in _events(instance, run, DagsterEventType.ASSET_CHECK_EVALUATION)
        if isinstance(data := event.event_specific_data, AssetCheckEvaluation)
    }
    for event in _events(instance, run, DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED):
        data = event.event_specific_data
        if isinstance(data, AssetCheckEvaluationPlanned) and (data.asset_key, data.check_name) not in done:
            yield data


def _landings(instance: DagsterInstance, run: DagsterRun) -> dict[str, tuple[Reason, ...]]:
    """By metric table: whose days did not land, as its own check has said."""
    return {
        data.asset_key.to_user_string(): told_in(data.metadata)
        for event in _events(instance, run, DagsterEventType.ASSET_CHECK_EVALUATION)
        if isinstance(data := event.event_specific_data, AssetCheckEvaluation) and data.check_name == LANDED
    }


def _about(
    instance: DagsterInstance,
    run: DagsterRun,
    planned: AssetCheckEvaluationPlanned,
    landings: tuple[Reason, ...],
    store: Store | None,
) -> Mapping[str, Any]:
    """Why this check has not looked, as metadata."""
    if landings:
        why = "; ".join(f"{r.said} ({r.tenant}, {r.days})" for r in landings)
        tenants = ", ".join(r.tenant for r in landings)
        return {NOT_LOOKED_AT: f"nothing landed: {why}", "tenants": tenants, **metadata_of(landings)}
    own = failed_step(instance, run, planned.asset_key)
    causes = [own] if own is not None else list(causes_of(instance, run))
    hints = list(dict.fromkeys(cause.hint for cause in causes if cause.hint))
    campaign = run.tags.get(_CAMPAIGN, "")
    return {
        NOT_LOOKED_AT: "; ".join(cause.text for cause in causes),
        NEXT_STEP: MetadataValue.text("\n".join([*hints, _step(run, campaign)])),
        "tried_again": _tried_again(campaign, store),
    }


def _step(run: DagsterRun, partition: str) -> str:
    if ":" in partition:
        return f"see where it stands and what it asks: `marketeer campaign show {partition}`"
    return f"mend the reason, then re-execute run {run.run_id[:8]} from failure (`marketeer ingest` for metrics)"


def _tried_again(partition: str, store: Store | None) -> str:
    if store is None or ":" not in partition:
        return "not by itself"
    try:
        campaign = store.campaigns.get(CampaignKey(partition))
    except NotFound:
        return "not by itself"
    if campaign.status is CampaignStatus.POSTPONED and campaign.resume_at is not None:
        return f"by itself after {campaign.resume_at:%Y-%m-%d %H:%M} UTC (sensor `campaigns`)"
    return "when a person has answered the campaign's question in the inbox"


def _report(
    instance: DagsterInstance,
    run: DagsterRun,
    planned: AssetCheckEvaluationPlanned,
    partition: str | None,
    said: Mapping[str, Any],
) -> None:
    why = str(said[NOT_LOOKED_AT])
    evaluation = AssetCheckEvaluation(
        asset_key=planned.asset_key,
        check_name=planned.check_name,
        passed=False,
        severity=AssetCheckSeverity.WARN,
        description=f"not looked at: {why}"[:_DESCRIPTION],
        metadata=dict(said),
        blocking=False,
        partition=partition,
    )
    event = DagsterEvent(
        event_type_value=DagsterEventType.ASSET_CHECK_EVALUATION.value,
        job_name=run.job_name,
        message=f"{planned.check_name} of {planned.asset_key.to_user_string()} was not looked at: {why}",
        event_specific_data=evaluation,
    )
    instance.report_dagster_event(event, run.run_id)


def _events(instance: DagsterInstance, run: DagsterRun, kind: DagsterEventType) -> Iterator[DagsterEvent]:
    for record in instance.get_records_for_run(run.run_id, of_type=kind).records:
        event = record.event_log_entry.dagster_event
        if event is not None:
            yield event
