"""The Director's review in real runs: figures that are there, goals that only a person starts."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from dagster import AssetCheckKey, DagsterInstance, ExecuteInProcessResult, ReexecutionOptions, execute_job

from assets.direction import DIRECTOR_REVIEW, RECOMMENDED_GOALS
from assets.launching import PARTITION_TAG
from marketeer_dagster.agents.direction import unsupported
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.status import stage_of
from marketeer_dagster.cli.drive import reconstructable
from marketeer_dagster.composition import build_definitions
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.direction import DirectorReview, Period, PeriodReview, RecommendedGoal
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.goal import Metric
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from resources.period_data import period_material
from tests.store import values
from tests.support.campaign_home import TENANT, CampaignHome, campaign_home
from tests.warehouse import frames

DAYS = 60


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignHome]:
    with campaign_home(tmp_path_factory.mktemp("direction") / "home") as made:
        made.add_tenant()
        yield made


def last_day(home: CampaignHome) -> date:
    return home.sandbox.admin.clock().day - timedelta(days=1)


def put_figures(home: CampaignHome, *, pricing: int) -> None:
    """Steady figures of two pages; /pricing had `pricing` sessions on the last day."""
    first = last_day(home) - timedelta(days=DAYS - 1)
    levels = [200] * (DAYS - 1) + [pricing]
    one = frames.ga4(DAYS, first=first, page="/pricing").assign(sessions=levels, conversions=[n // 20 for n in levels])
    rows = pd.concat([one, frames.ga4(DAYS, first=first, page="/features", sessions=300)])
    frames.put(home.home.warehouse, TENANT, rows, simulated=True)
    with home.home.warehouse.writing() as w:
        for mart in ("channel_performance", "page_performance"):
            w.build_mart(mart)


def look_back(home: CampaignHome, instance: DagsterInstance, window: str = "day") -> ExecuteInProcessResult:
    instance.add_dynamic_partitions("tenants", [TENANT])
    config = {"window": window, "last": last_day(home).isoformat()}
    return (
        build_definitions(home.home.catalog)
        .resolve_job_def("review_period")
        .execute_in_process(
            instance=instance,
            partition_key=TENANT,
            run_config={"ops": {"director_review": {"config": config}}},
            raise_on_error=False,
        )
    )


def newest(home: CampaignHome) -> DirectorReview:
    return home.store.period_reviews.list(TENANT)[-1]


def test_a_fall_is_told_with_its_figures_and_becomes_a_goal_only_by_a_person(home: CampaignHome) -> None:
    put_figures(home, pricing=80)
    with home.instance() as instance:
        for _ in range(2):
            assert look_back(home, instance).success
        event = instance.get_latest_materialization_event(DIRECTOR_REVIEW)
        assert event is not None
        assert event.asset_materialization is not None
        told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
        check = instance.get_latest_asset_check_evaluation_record(AssetCheckKey(DIRECTOR_REVIEW, "claims"))
        assert check is not None
        assert check.evaluation is not None
        assert check.evaluation.passed
    assert "80 sessions where 200 are usual (-60%)" in str(told["preview"])
    assert told["calls"] == 1
    assert home.store.campaigns.list() == ()
    questions = home.store.approvals.list(tenant=TENANT, state=ApprovalState.PENDING)
    assert questions, "at least the page"
    assert len({question.title for question in questions}) == len(questions) <= 3, "asked once, at most three"
    about = next(question for question in questions if "/pricing" in question.title)
    assert about.reason is ApprovalReason.RECOMMENDED_GOAL
    with pytest.raises(BadInput, match="no work"):
        decide(home.store, home.home.clock, about.id, ApprovalState.REVISE, by="dana", note="other")
    for question in questions:
        state = ApprovalState.APPROVED if question.id == about.id else ApprovalState.REJECTED
        decide(home.store, home.home.clock, question.id, state, by="dana")
    (campaign,) = home.store.campaigns.list()
    assert campaign.goal is not None
    assert home.store.goals.get(campaign.goal).text == "Win back the lost visits of /pricing"


def test_a_quiet_month_recommends_nothing(home: CampaignHome) -> None:
    put_figures(home, pricing=200)
    with home.instance() as instance:
        assert look_back(home, instance, "month").success
    review = newest(home)
    assert (review.period, (review.last - review.first).days) == (Period.MONTH, 27)
    assert review.content.recommendations == ()
    assert home.store.approvals.list(tenant=TENANT) == ()


def test_what_is_being_answered_is_not_recommended_again(home: CampaignHome) -> None:
    put_figures(home, pricing=80)
    home.store.signals.open(values.signal(tenant=TENANT, name="traffic_drop"), timedelta(days=1))
    with home.instance() as instance:
        assert look_back(home, instance).success
    assert all("/pricing" not in wanted.goal for wanted in newest(home).content.recommendations)
    assert "traffic_drop on /pricing" in newest(home).content.meaning


def with_goal(review: DirectorReview, goal: str, reason: str, **fields: object) -> DirectorReview:
    """The review with this recommendation alone."""
    metric, effect = Metric.SESSIONS, "more visits"
    wanted = RecommendedGoal.model_validate(
        {"goal": goal, "reason": reason, "expected_effect": effect, "metric": metric, **fields}
    )
    return review.model_copy(update={"content": review.content.model_copy(update={"recommendations": (wanted,)})})


def judged(instance: DagsterInstance, run_id: str) -> bool:
    """The check and the questions of a run once more, as after a crash between its review and its goals."""
    options = ReexecutionOptions(parent_run_id=run_id, step_selection=["director_review_claims", "recommended_goals"])
    job, tags = reconstructable("review_period"), {PARTITION_TAG: TENANT}
    with execute_job(job, instance, reexecution_options=options, tags=tags) as again:
        return again.success


def test_of_two_reviews_at_once_each_run_judges_and_asks_about_its_own(home: CampaignHome) -> None:
    """Day and month are due at the same minute. Whichever was stored last, no goal of the unsupported one is asked."""
    put_figures(home, pricing=80)
    with home.instance() as instance:
        runs = [look_back(home, instance, window).run_id for window in ("day", "month")]
        for question in home.store.approvals.list(tenant=TENANT):
            decide(home.store, home.home.clock, question.id, ApprovalState.REJECTED, by="dana")
        day, month = home.store.period_reviews.list(TENANT)
        assert (day.run_id, month.run_id) == tuple(runs)
        false = with_goal(day, "A goal on a false figure", "It would bring 4,711 sessions a day.")
        true = with_goal(month, "A goal on a true figure", "The month had its usual visits.")
        context = home.store.contexts.latest(TENANT)
        (problem,) = unsupported(false.content, false.material, context)
        assert "4,711" in problem
        for stored in ((false, true), (true, false)):
            for review in stored:
                home.store.period_reviews.put(review)
            assert not judged(instance, day.run_id)
            asked = {question.title for question in home.store.approvals.list(state=ApprovalState.PENDING)}
            assert not any("false figure" in title for title in asked)
        assert judged(instance, month.run_id)
    (question,) = home.store.approvals.list(tenant=TENANT, state=ApprovalState.PENDING)
    assert "A goal on a true figure" in question.title
    assert question.subject == f"{month.id}#1"


def test_goals_are_not_asked_about_in_a_run_that_wrote_no_review(home: CampaignHome) -> None:
    put_figures(home, pricing=80)
    with home.instance() as instance:
        assert look_back(home, instance).success
        for question in home.store.approvals.list(tenant=TENANT):
            decide(home.store, home.home.clock, question.id, ApprovalState.REJECTED, by="dana")
        home.store.period_reviews.put(with_goal(newest(home), "Another goal", "The month had its usual visits."))
        job = build_definitions(home.home.catalog).resolve_job_def("review_period")
        alone = job.get_subset(
            asset_selection=frozenset({RECOMMENDED_GOALS}),
            asset_check_selection=frozenset({AssetCheckKey(DIRECTOR_REVIEW, "claims")}),
        ).execute_in_process(instance=instance, partition_key=TENANT, raise_on_error=False)
        assert not alone.success
    assert home.store.approvals.list(tenant=TENANT, state=ApprovalState.PENDING) == ()


def test_a_recommended_pipeline_that_is_not_there_asks_nobody(home: CampaignHome) -> None:
    put_figures(home, pricing=200)
    with home.instance() as instance:
        run = look_back(home, instance, "month").run_id
        unknown = with_goal(newest(home), "Do it", "The month had its usual visits.", pipeline="no-such-line")
        home.store.period_reviews.put(unknown)
        assert not judged(instance, run)
    assert home.store.approvals.list(tenant=TENANT, state=ApprovalState.PENDING) == ()


def test_approving_a_goal_starts_the_pipeline_it_named_with_its_budget_once(home: CampaignHome) -> None:
    put_figures(home, pricing=200)
    with home.instance() as instance:
        run = look_back(home, instance, "month").run_id
        fields = {"pipeline": "email-refresh", "budget_usd": Decimal(30)}
        home.store.period_reviews.put(
            with_goal(newest(home), "Write again", "The month had its usual visits.", **fields)
        )
        assert judged(instance, run)
    (question,) = home.store.approvals.list(tenant=TENANT, state=ApprovalState.PENDING)
    assert "pipeline email-refresh" in question.detail
    decide(home.store, home.home.clock, question.id, ApprovalState.APPROVED, by="dana")
    (campaign,) = home.store.campaigns.list()
    assert (campaign.pipeline, stage_of(campaign)) == ("email-refresh", "pipeline:0")
    assert campaign.goal is not None
    goal = home.store.goals.get(campaign.goal)
    assert (goal.text, goal.budget_usd) == ("Write again", Decimal(30))
    home.store.campaigns.set_status(campaign.key, CampaignStatus.PUBLISHED, home.home.clock.now())
    decide(home.store, home.home.clock, question.id, ApprovalState.APPROVED, by="dana")
    assert len(home.store.campaigns.list()) == 1, "a second yes to the same question starts nothing"


def test_equal_data_gives_equal_material(home: CampaignHome) -> None:
    put_figures(home, pricing=80)
    made = [period_material(home.store, home.home.warehouse, TENANT, Period.DAY, last_day(home)).text for _ in range(2)]
    assert made[0] == made[1]
    assert "| /pricing | 80 | 200 | -60% | 4.0 | 10.0 | 5.00% | 5.00% |" in made[0]


def test_nothing_measured_is_said(home: CampaignHome) -> None:
    with home.instance() as instance:
        assert look_back(home, instance).success
    assert isinstance(newest(home).content, PeriodReview)
    assert newest(home).content.recommendations == ()
