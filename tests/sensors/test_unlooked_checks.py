"""Checks of runs that ended without a word (killed, cancelled) are told of too: nobody in the run was left to do it."""

from dagster import AssetCheckKey, AssetKey, DagsterEvent, DagsterEventType, DagsterRunStatus
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status

from assets.unchecked import NOT_LOOKED_AT
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.ids import CampaignKey
from tests.sensors.conftest import Watchtower
from tests.support import marketing
from tests.support.publishing import a_tenant

KEY = CampaignKey(f"{a_tenant().id}:killed")
RULES = AssetCheckKey(AssetKey("copywriting"), "rules")


def test_a_killed_run_leaves_no_check_without_a_reason(tower: Watchtower):
    campaign = tower.store.campaigns.add(marketing.campaign("copywriting", key=KEY))
    tower.store.campaigns.set_status(campaign.key, CampaignStatus.RUNNING, tower.now)
    run_id = tower.run(campaign, DagsterRunStatus.STARTED)
    planned = DagsterEvent(
        event_type_value=DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        job_name="run_campaign",
        event_specific_data=AssetCheckEvaluationPlanned(asset_key=RULES.asset_key, check_name=RULES.name),
    )
    tower.instance.report_dagster_event(planned, run_id)
    assert "Looked at 0 runs" in str(tower.look("unlooked_checks").skip_message)

    run = tower.instance.get_run_by_id(run_id)
    assert run is not None
    tower.instance.report_run_failed(run, "its process is gone")
    assert f"1 checks of run {run_id[:8]}" in str(tower.look("unlooked_checks").skip_message)
    record = tower.instance.event_log_storage.get_asset_check_execution_history(RULES, limit=1)[0]
    assert record.status is Status.FAILED and record.run_id == run_id and record.evaluation is not None
    told = record.evaluation.metadata
    assert "its process is gone" in str(told[NOT_LOOKED_AT].value)
    assert f"marketeer campaign show {campaign.key}" in str(told["next_step"].value)
    assert "inbox" in str(told["tried_again"].value)
    assert "each of their checks has a result" in str(tower.look("unlooked_checks").skip_message), "said once"
