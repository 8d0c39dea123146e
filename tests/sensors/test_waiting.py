"""What waits for a person is a warning on the asset while it waits; partitions that stand for nothing go away."""

import pytest
from dagster import AssetCheckEvaluation, AssetCheckSeverity, AssetKey, DagsterRunStatus, DeleteDynamicPartitionsRequest
from dagster._core.test_utils import create_run_for_test

from assets.partitions import PARTITION_TAG
from assets.waiting import APPROVED
from marketeer_dagster.campaigns.direction import RECOMMENDATION
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.publishing import NOW
from tests.support.site_figures import ACME

KEY = "acme:spring"


def told(tower: Watchtower) -> list[AssetCheckEvaluation]:
    events = tower.look("waiting").asset_events
    assert all(isinstance(event, AssetCheckEvaluation) for event in events)
    for event in events:
        tower.instance.report_runless_asset_event(event)
    return [event for event in events if isinstance(event, AssetCheckEvaluation)]


@pytest.fixture
def asked(tower: Watchtower) -> str:
    tower.store.campaigns.add(values.campaign(KEY))
    row = tower.store.publications.intend(
        values.publication("k", campaign=KEY, tool="mailchimp", state=PublicationState.PENDING)
    )
    return tower.store.approvals.open(values.approval(row.id, campaign=KEY)).id


def test_a_question_is_a_warning_on_its_channel_until_it_is_answered(tower: Watchtower, asked: str) -> None:
    (warned,) = told(tower)
    assert (warned.asset_key, warned.check_name) == (AssetKey("mailchimp_publication"), APPROVED)
    assert (warned.partition, warned.passed, warned.severity) == (KEY, False, AssetCheckSeverity.WARN)
    assert warned.description == f"waits for a person: {asked}"
    assert "answer_inbox" in str(warned.metadata["what to do"].value)
    assert told(tower) == [], "told once"
    tower.store.approvals.decide(asked, ApprovalState.APPROVED, "Ada", "fine", NOW)
    (green,) = told(tower)
    assert (green.partition, green.passed) == (KEY, True)
    assert green.description == f"{asked} approved by Ada"


def test_recommended_goals_wait_on_their_own_asset(tower: Watchtower) -> None:
    tower.store.approvals.open(values.approval(f"{RECOMMENDATION}1", campaign=""))
    (warned,) = told(tower)
    assert (warned.asset_key, warned.partition) == (AssetKey("recommended_goals"), ACME)


def test_a_question_about_a_whole_campaign_waits_on_the_channels_of_its_plan(tower: Watchtower) -> None:
    tower.store.campaigns.add(values.campaign(KEY))
    tower.store.campaigns.save_plan(KEY, values.plan(values.brief("email-sequence", KEY)), NOW)
    tower.store.approvals.open(values.approval(KEY, campaign=KEY))
    assert [event.asset_key for event in told(tower)] == [AssetKey("mailchimp_publication")]


def removed(tower: Watchtower, sensor: str) -> list[str]:
    """The partitions that one tick takes away."""
    ticked = tower.look(sensor)
    asked = [r for r in ticked.dynamic_partitions_requests or () if isinstance(r, DeleteDynamicPartitionsRequest)]
    return [key for request in asked for key in request.partition_keys]


@pytest.mark.parametrize(("sensor", "kind"), [("campaigns", "campaigns"), ("contexts", "tenants")])
def test_partitions_that_stand_for_nothing_are_removed_and_no_others(tower: Watchtower, sensor: str, kind: str) -> None:
    tower.store.campaigns.add(values.campaign(KEY))
    real = KEY if kind == "campaigns" else ACME
    tower.instance.add_dynamic_partitions(kind, [real, "typed", "acme:never"])
    tags = {PARTITION_TAG: "acme:never"}
    run = create_run_for_test(tower.instance, job_name="run_campaign", tags=tags, status=DagsterRunStatus.STARTED)
    assert removed(tower, sensor) == ["typed"], "one with a run under way stays until that has ended"
    tower.instance.report_run_failed(run)
    assert set(removed(tower, sensor)) >= {"acme:never"}
    assert tower.instance.has_dynamic_partition(kind, real)
