"""What waits for a person is a warning on the asset while it waits; partitions that stand for nothing go away."""

from dataclasses import dataclass

import pytest
from dagster import AssetCheckSeverity, DagsterRunStatus, DeleteDynamicPartitionsRequest
from dagster._core.test_utils import create_run_for_test

from assets.partitions import PARTITION_TAG
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.direction import RECOMMENDATION
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.publishing import NOW
from tests.support.site_figures import ACME

KEY = "acme:spring"


@dataclass(frozen=True)
class Shown:
    """One asset's check, as the run that the sensor asked for has evaluated it."""

    asset: str
    partition: str | None
    passed: bool
    severity: AssetCheckSeverity
    description: str
    metadata: str


def told(tower: Watchtower) -> list[Shown]:
    """What one tick has shown: its runs executed as the daemon would."""
    found: list[Shown] = []
    for request in tower.look("waiting").run_requests:
        checks = set(request.asset_check_keys or ())
        job = tower.repository.get_job(request.job_name or "")
        done = job.get_subset(asset_check_selection=checks, asset_selection=frozenset()).execute_in_process(
            instance=tower.instance, partition_key=request.partition_key, resources=tower.resources()
        )
        for one in done.get_asset_check_evaluations():
            found.append(
                Shown(
                    one.asset_key.to_user_string(), one.partition, one.passed, one.severity, one.description or "",
                    str({key: value.value for key, value in one.metadata.items()}),
                )
            )  # fmt: skip
    return found


@pytest.fixture
def asked(tower: Watchtower) -> str:
    tower.store.campaigns.add(values.campaign(KEY))
    tower.instance.add_dynamic_partitions("campaigns", [KEY])
    tower.store.tenants.change(ACME, autonomy=Autonomy.APPROVE)
    row = tower.intend(KEY, tool="mailchimp", state=PublicationState.PENDING)
    return tower.store.approvals.open(values.approval(row.id, campaign=KEY)).id


def test_a_question_is_a_warning_on_its_channel_until_it_is_answered(tower: Watchtower, asked: str) -> None:
    (warned,) = told(tower)
    assert (warned.asset, warned.partition) == ("mailchimp_publication", KEY)
    assert (warned.passed, warned.severity) == (False, AssetCheckSeverity.WARN)
    assert warned.description == f"waits for a person: {asked}"
    assert "answer_inbox" in warned.metadata
    assert told(tower) == [], "told once"
    decide(tower.store, FixedClock(NOW), asked, ApprovalState.REJECTED, by="Ada", note="not now", catalog=Catalog.load)
    (green,) = told(tower)
    assert (green.partition, green.passed) == (KEY, True)
    assert told(tower) == [], "told once"


def test_recommended_goals_wait_on_their_own_asset(tower: Watchtower) -> None:
    tower.instance.add_dynamic_partitions("tenants", [ACME])
    tower.store.approvals.open(values.approval(f"{RECOMMENDATION}1", campaign=""))
    (warned,) = told(tower)
    assert (warned.asset, warned.partition) == ("recommended_goals", ACME)


def test_a_question_about_a_whole_campaign_waits_on_the_channels_of_its_plan(tower: Watchtower) -> None:
    tower.store.campaigns.add(values.campaign(KEY))
    tower.instance.add_dynamic_partitions("campaigns", [KEY])
    tower.store.campaigns.save_plan(KEY, values.plan(values.brief("email-sequence", KEY)), NOW)
    tower.store.approvals.open(values.approval(KEY, campaign=KEY))
    assert [shown.asset for shown in told(tower)] == ["mailchimp_publication"]


def removed(tower: Watchtower, sensor: str) -> list[str]:
    """The partitions that one tick takes away."""
    ticked = tower.look(sensor)
    asked = [r for r in ticked.dynamic_partitions_requests or () if isinstance(r, DeleteDynamicPartitionsRequest)]
    return [key for request in asked for key in request.partition_keys]


@pytest.mark.parametrize(("sensor", "kind"), [("campaigns", "campaigns"), ("contexts", "tenants")])
def test_partitions_that_stand_for_nothing_are_removed_and_no_others(tower: Watchtower, sensor: str, kind: str) -> None:
    tower.store.campaigns.add(values.campaign(KEY))
    tower.instance.add_dynamic_partitions("campaigns", [KEY])
    real = KEY if kind == "campaigns" else ACME
    tower.instance.add_dynamic_partitions(kind, [real, "typed", "acme:never"])
    tags = {PARTITION_TAG: "acme:never"}
    run = create_run_for_test(tower.instance, job_name="run_campaign", tags=tags, status=DagsterRunStatus.STARTED)
    assert removed(tower, sensor) == ["typed"], "one with a run under way stays until that has ended"
    tower.instance.report_run_failed(run)
    assert set(removed(tower, sensor)) >= {"acme:never"}
    assert tower.instance.has_dynamic_partition(kind, real)
