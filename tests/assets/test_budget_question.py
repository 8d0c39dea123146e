"""Real runs whose budget is used up: a person is asked, whichever step was refused, and may let the campaign go on."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.cli.carry_on import EXIT_CODES
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from tests.store import values
from tests.support import marketing
from tests.support.campaign_home import TENANT, CampaignHome, campaign_home

pytestmark = pytest.mark.slow

TOO_LITTLE = Decimal("0.001")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignHome]:
    with campaign_home(tmp_path_factory.mktemp("budget") / "home") as made:
        made.add_tenant()
        made.figures()
        yield made


def test_a_plan_that_costs_more_than_the_goals_budget_is_a_question(home: CampaignHome) -> None:
    clock = home.home.clock
    taken = take_goal(home.store, clock, tenant=TENANT, text="More trial signups", budget_usd=TOO_LITTLE)
    ended = home.finish(taken.key)
    assert ended.status is CampaignStatus.ESCALATED
    assert EXIT_CODES[ended.status] == 3
    (question,) = home.store.approvals.list(campaign=taken.key)
    assert question.reason is ApprovalReason.BUDGET_THRESHOLD
    assert "director/plan may cost" in question.detail
    assert home.store.llm.list(campaign=taken.key) == ()
    decide(home.store, clock, question.id, ApprovalState.REJECTED, by="dana")
    assert home.finish(taken.key).status is CampaignStatus.FAILED


def test_a_draft_that_costs_more_than_the_plans_budget_is_one_and_goes_on_when_released(home: CampaignHome) -> None:
    clock = home.home.clock
    taken = take_goal(home.store, clock, tenant=TENANT, text="Win trials back by email")
    brief = values.brief(
        "email-sequence",
        taken.key,
        audience="people whose trial ended",
        key_message=marketing.METRICS[:200] or "Come back",
    )
    home.store.campaigns.save_plan(taken.key, values.plan(brief, budget_usd=TOO_LITTLE), clock.now())
    ended = home.finish(taken.key)
    assert ended.status is CampaignStatus.ESCALATED
    (question,) = home.store.approvals.list(campaign=taken.key)
    assert (question.reason, question.state) == (ApprovalReason.BUDGET_THRESHOLD, ApprovalState.PENDING)
    assert "email-sequence/draft may cost" in question.detail

    home.store.campaigns.save_plan(taken.key, values.plan(brief, budget_usd=Decimal(50)), clock.now())
    decide(home.store, clock, question.id, ApprovalState.APPROVED, by="dana")
    assert home.finish(taken.key).status in (CampaignStatus.PUBLISHED, CampaignStatus.ESCALATED)
    assert [artefact.skill for artefact in home.store.artefacts.heads(taken.key)] == ["email-sequence"]
