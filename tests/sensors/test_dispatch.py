"""The dispatcher: every waiting campaign gets its next run once, and its status when nothing is left to run."""

from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetKey, DagsterRunStatus

from assets.launching import STAGE_TAG, claim_of
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.intake import take_goal, take_pipeline
from marketeer_dagster.campaigns.postponing import postpone
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import TryLater
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from sensors.dispatch import DISPATCHER
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.publishing import NOW, a_tenant, an_artefact, an_email_sequence, approved

ACME = a_tenant().id
CLOCK = FixedClock(NOW)


def a_pipeline(tower: Watchtower, catalog: Catalog) -> Campaign:
    return take_pipeline(tower.store, catalog, CLOCK, tenant=ACME, pipeline="email-refresh", slug="spring")


def planned(tower: Watchtower, key: CampaignKey, *skills: str) -> Campaign:
    tower.store.campaigns.save_plan(key, values.plan(*(values.brief(skill, key) for skill in skills)), NOW)
    tower.store.campaigns.set_status(key, CampaignStatus.PLANNED, NOW)
    return tower.store.campaigns.get(key)


def test_nothing_waits(tower: Watchtower) -> None:
    ticked = tower.look("campaigns")
    assert ticked.run_requests == []
    assert not ticked.dynamic_partitions_requests


def test_a_pipeline_is_planned_and_worked_on_in_one_run_of_its_job(tower: Watchtower, catalog: Catalog) -> None:
    campaign = a_pipeline(tower, catalog)
    (request,) = tower.look("campaigns").run_requests
    assert (request.job_name, request.partition_key) == ("pipeline_email_refresh", campaign.key)
    assert request.asset_selection is None
    assert request.tags["tenant"] == ACME
    assert request.tags[STAGE_TAG] == "pipeline:0"
    assert request.tags["dagster/priority"] == "10"
    assert tower.instance.has_dynamic_partition("campaigns", campaign.key)


def test_the_same_stage_is_always_asked_for_under_one_run_key(tower: Watchtower, catalog: Catalog) -> None:
    """Dagster starts one run per key, however often the sensor looks before the run shows up."""
    a_pipeline(tower, catalog)
    keys = {tower.look("campaigns").run_requests[0].run_key for _ in range(3)}
    assert len(keys) == 1


def test_a_goal_is_planned_first_and_then_runs_what_its_plan_selects(tower: Watchtower) -> None:
    goal = take_goal(tower.store, CLOCK, tenant=ACME, text="More trials")
    (first,) = tower.look("campaigns").run_requests
    assert first.job_name == "plan_campaign"
    planned(tower, goal.key, "email-sequence")
    (second,) = tower.look("campaigns").run_requests
    assert second.job_name == "run_campaign"
    assert set(second.asset_selection or ()) == {
        AssetKey("email_sequence"),
        AssetKey("campaign_review"),
        AssetKey("mailchimp_publication"),
    }
    assert second.run_key != first.run_key


def test_a_campaign_that_a_run_works_on_is_left_alone(tower: Watchtower, catalog: Catalog) -> None:
    campaign = a_pipeline(tower, catalog)
    tower.run(campaign, DagsterRunStatus.STARTED)
    assert tower.look("campaigns").run_requests == []
    assert tower.store.campaigns.get(campaign.key).status is CampaignStatus.RUNNING


def test_a_campaign_that_a_command_has_claimed_is_left_alone_until_it_lets_go(
    tower: Watchtower, catalog: Catalog
) -> None:
    """Between a command's look and its run there is no run yet that the dispatcher could see."""
    campaign = a_pipeline(tower, catalog)
    with tower.store.claims.held(claim_of(campaign.key)) as mine:
        assert mine
        assert tower.look("campaigns").run_requests == []
    assert len(tower.look("campaigns").run_requests) == 1


def test_what_was_asked_for_is_claimed_until_the_run_is_there_to_be_seen(tower: Watchtower, catalog: Catalog) -> None:
    campaign = a_pipeline(tower, catalog)
    tower.look("campaigns")
    assert tower.store.claims.take(claim_of(campaign.key)) is None, "a command must not start it as well"
    planned(tower, campaign.key, "email-sequence")
    tower.store.campaigns.set_status(campaign.key, CampaignStatus.RUNNING, NOW)
    tower.run(tower.store.campaigns.get(campaign.key), DagsterRunStatus.SUCCESS)
    tower.look("campaigns")
    assert tower.store.claims.take(claim_of(campaign.key)) is not None


def failed(tower: Watchtower, text: str, ended: DagsterRunStatus = DagsterRunStatus.FAILURE) -> Campaign:
    """A goal whose planning run ended so."""
    campaign = take_goal(tower.store, CLOCK, tenant=ACME, text=text)
    tower.run(campaign, ended, job="plan_campaign")
    tower.look("campaigns")
    return tower.store.campaigns.get(campaign.key)


def question(tower: Watchtower, campaign: Campaign) -> Approval:
    (asked,) = tower.store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING)
    return asked


@pytest.mark.parametrize(
    ("ended", "said"),
    [(DagsterRunStatus.FAILURE, "ended without a word"), (DagsterRunStatus.CANCELED, "was cancelled")],
)
def test_a_run_that_ended_without_success_leaves_its_reason_and_a_question(
    tower: Watchtower, ended: DagsterRunStatus, said: str
) -> None:
    campaign = failed(tower, "More trials", ended)
    assert campaign.status is CampaignStatus.ESCALATED
    assert said in campaign.reason
    asked = question(tower, campaign)
    assert (asked.reason, asked.subject) == (ApprovalReason.WORK_FAILED, campaign.key)
    assert said in asked.title and said in asked.detail
    assert tower.look("campaigns").run_requests == []
    assert tower.store.campaigns.get(campaign.key) == campaign, "a second look changes nothing"


def test_approving_tries_again_and_the_next_failure_is_a_new_question(tower: Watchtower) -> None:
    campaign = failed(tower, "More trials")
    first = question(tower, campaign)
    decide(tower.store, CLOCK, first.id, ApprovalState.APPROVED, by="dana")
    (request,) = tower.look("campaigns").run_requests
    assert (request.partition_key, request.tags[STAGE_TAG]) == (campaign.key, "plan:1")
    tower.store.claims.release(claim_of(campaign.key), DISPATCHER)
    tower.run(tower.store.campaigns.get(campaign.key), DagsterRunStatus.FAILURE, job="plan_campaign")
    tower.look("campaigns")
    assert question(tower, campaign).id != first.id


def test_rejecting_ends_the_campaign_with_who_and_why(tower: Watchtower) -> None:
    campaign = failed(tower, "More trials")
    decide(tower.store, CLOCK, question(tower, campaign).id, ApprovalState.REJECTED, by="dana", note="not worth it")
    ended = tower.store.campaigns.get(campaign.key)
    assert ended.status is CampaignStatus.FAILED
    assert ended.reason.splitlines()[0] == "ended by dana: not worth it"
    assert "ended without a word" in ended.reason
    assert tower.look("campaigns").run_requests == []
    assert tower.store.approvals.list(state=ApprovalState.PENDING) == ()


def test_stating_the_goal_again_answers_the_question_and_plans_again(tower: Watchtower) -> None:
    campaign = failed(tower, "More trials")
    assert take_goal(tower.store, CLOCK, tenant=ACME, text="More trials").key == campaign.key
    assert tower.store.approvals.list(state=ApprovalState.PENDING) == ()
    (request,) = tower.look("campaigns").run_requests
    assert (request.partition_key, request.tags[STAGE_TAG]) == (campaign.key, "plan:1")


def test_the_third_failure_in_a_row_is_one_question_about_all(tower: Watchtower) -> None:
    first = failed(tower, "One")
    failed(tower, "Cancelled", DagsterRunStatus.CANCELED)
    failed(tower, "Two")
    third = failed(tower, "Three")
    assert third.status is CampaignStatus.ESCALATED
    asked = question(tower, third)
    assert (asked.reason, asked.subject) == (ApprovalReason.CASCADING_FAILURE, third.key)
    assert first.key in asked.detail
    decide(tower.store, CLOCK, asked.id, ApprovalState.APPROVED, by="dana")
    (request,) = tower.look("campaigns").run_requests
    assert (request.partition_key, request.tags[STAGE_TAG]) == (third.key, "plan:1")


def test_a_success_between_failures_breaks_the_row(tower: Watchtower) -> None:
    failed(tower, "One")
    failed(tower, "Two")
    good = planned(tower, take_goal(tower.store, CLOCK, tenant=ACME, text="Good").key, "email-sequence")
    approved(tower.store, an_artefact(an_email_sequence(), skill="email-sequence", campaign="good"))
    tower.run(good, DagsterRunStatus.SUCCESS)
    assert question(tower, failed(tower, "Three")).reason is ApprovalReason.WORK_FAILED


@pytest.mark.parametrize("ended", [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
def test_a_campaign_is_settled_when_its_run_has_ended(
    tower: Watchtower, catalog: Catalog, ended: DagsterRunStatus
) -> None:
    campaign = a_pipeline(tower, catalog)
    tower.run(campaign, DagsterRunStatus.STARTED)
    tower.look("campaigns")
    planned(tower, campaign.key, "email-sequence")
    for run in tower.instance.get_runs():
        tower.instance.delete_run(run.run_id)
    tower.run(campaign, ended)
    approved(tower.store, an_artefact(an_email_sequence(), skill="email-sequence"))
    assert tower.look("campaigns").run_requests == []
    expected = CampaignStatus.PUBLISHED if ended is DagsterRunStatus.SUCCESS else CampaignStatus.ESCALATED
    assert tower.store.campaigns.get(campaign.key).status is expected
    assert tower.look("campaigns").run_requests == []


def test_work_sent_back_runs_again_under_another_key(tower: Watchtower, catalog: Catalog) -> None:
    campaign = planned(tower, a_pipeline(tower, catalog).key, "email-sequence")
    tower.run(campaign, DagsterRunStatus.SUCCESS)
    tower.look("campaigns")
    tower.store.campaigns.reopen(campaign.key, NOW)
    (request,) = tower.look("campaigns").run_requests
    assert (request.job_name, request.tags[STAGE_TAG]) == ("run_campaign", "run:1")


@pytest.mark.parametrize(
    ("state", "becomes"),
    [
        (PublicationState.PENDING, CampaignStatus.WAITING),
        (PublicationState.APPROVED, CampaignStatus.WAITING),
        (PublicationState.PUBLISHED, CampaignStatus.PUBLISHED),
        (PublicationState.FAILED, CampaignStatus.FAILED),
    ],
)
def test_a_campaign_that_waits_for_a_person_ends_when_what_was_released_is_delivered(
    tower: Watchtower, catalog: Catalog, state: PublicationState, becomes: CampaignStatus
) -> None:
    campaign = planned(tower, a_pipeline(tower, catalog).key, "email-sequence")
    made = approved(tower.store, an_artefact(an_email_sequence(), skill="email-sequence"))
    tower.store.tenants.save(tower.store.tenants.get(ACME).model_copy(update={"autonomy": Autonomy.APPROVE}))
    row = tower.store.publications.intend(
        values.publication(
            "k", campaign=campaign.key, state=state, artefact=made.id, version=made.version, skill="email-sequence"
        )
    )
    if state is not PublicationState.PUBLISHED:
        tower.store.approvals.open(values.approval(row.id, campaign=campaign.key))
    if state is PublicationState.APPROVED:
        tower.store.approvals.decide(row.id, ApprovalState.APPROVED, "ada", "", NOW)
    tower.store.campaigns.set_status(campaign.key, CampaignStatus.WAITING, NOW)
    assert tower.look("campaigns").run_requests == []
    assert tower.store.campaigns.get(campaign.key).status is becomes


def test_a_rejected_artefact_ends_its_campaign(tower: Watchtower, catalog: Catalog) -> None:
    campaign = planned(tower, a_pipeline(tower, catalog).key, "email-sequence")
    work = an_artefact(an_email_sequence(), skill="email-sequence", status=ArtefactStatus.REJECTED)
    approved(tower.store, work)
    tower.store.campaigns.set_status(campaign.key, CampaignStatus.ESCALATED, NOW)
    tower.look("campaigns")
    assert tower.store.campaigns.get(campaign.key).status is CampaignStatus.FAILED


def test_an_ended_campaign_is_not_run(tower: Watchtower, catalog: Catalog) -> None:
    campaign = a_pipeline(tower, catalog)
    for status in (CampaignStatus.PUBLISHED, CampaignStatus.FAILED):
        tower.store.campaigns.set_status(campaign.key, status, NOW)
        assert tower.look("campaigns").run_requests == []


def postponed(tower: Watchtower, catalog: Catalog, error: TryLater, wall: datetime) -> Campaign:
    """A campaign whose run met an outage at this moment of the clock on the wall, and ended."""
    campaign = a_pipeline(tower, catalog)
    tower.store.campaigns.set_status(campaign.key, CampaignStatus.RUNNING, NOW)
    postpone(tower.store, campaign.key, error, wall=FixedClock(wall))
    tower.run(campaign, DagsterRunStatus.FAILURE)
    assert tower.look("campaigns").run_requests == []
    return tower.store.campaigns.get(campaign.key)


def test_an_outage_postpones_a_campaign_and_asks_nobody(tower: Watchtower, catalog: Catalog) -> None:
    wall = datetime.now(UTC) + timedelta(days=1)
    campaign = postponed(tower, catalog, TryLater("Claude is overloaded", retry_after_s=900), wall)
    assert (campaign.status, campaign.resume_at) == (CampaignStatus.POSTPONED, wall + timedelta(minutes=15))
    assert campaign.reason == "Claude is overloaded"
    assert tower.look("campaigns").run_requests == [], "not before its time, whatever the market's clock says"
    assert tower.store.approvals.list() == ()


def test_a_postponed_campaign_is_taken_up_by_itself_once_its_time_has_come(tower: Watchtower, catalog: Catalog) -> None:
    campaign = postponed(tower, catalog, TryLater("529", retry_after_s=60), datetime.now(UTC) - timedelta(days=1))
    # The first look settled it, this one takes it up again: the market's clock has not moved.
    (request,) = tower.look("campaigns").run_requests
    assert (request.partition_key, request.tags[STAGE_TAG]) == (campaign.key, "plan:1")
    again = tower.store.campaigns.get(campaign.key)
    assert (again.status, again.resume_at, again.reason, again.postponed) == (CampaignStatus.DRAFTED, None, "", 1)


def test_each_wait_in_a_row_is_longer_up_to_an_hour(tower: Watchtower, catalog: Catalog) -> None:
    key, wall = a_pipeline(tower, catalog).key, FixedClock(NOW)
    waits: list[float] = []
    for _ in range(9):
        resume_at = postpone(tower.store, key, TryLater("529", retry_after_s=1), wall=wall).resume_at
        assert resume_at is not None
        waits.append((resume_at - NOW) / timedelta(minutes=1))
        tower.store.campaigns.reopen(key, NOW)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
