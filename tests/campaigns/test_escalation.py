"""A campaign whose money is used up becomes a question; its answer lets the campaign go on, or ends it."""

from decimal import Decimal

import pytest

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.escalating import reason_for
from marketeer_dagster.campaigns.escalation import ask_about_budget
from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.campaigns.spending import spending_limit
from marketeer_dagster.campaigns.status import settle, stage_of
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import BadInput, BudgetExceeded
from marketeer_dagster.model.review import ApprovalReason, ApprovalState, Finding, Severity
from marketeer_dagster.quality.numbers import figures
from marketeer_dagster.store import Store
from tests.store import values
from tests.support.publishing import NOW, a_tenant

ERROR = BudgetExceeded("copywriting/draft may cost too much")


@pytest.fixture
def campaign(store: Store, clock: FixedClock) -> Campaign:
    return take_goal(store, clock, tenant=a_tenant().id, text="More trials", budget_usd=Decimal(5))


@pytest.fixture
def asked(store: Store, clock: FixedClock, campaign: Campaign) -> str:
    """A campaign whose steps were refused, twice at once; its run has ended."""
    ids = {ask_about_budget(store, clock, campaign.key, ERROR).id for _ in range(2)}
    settle(store, clock, campaign.key, complete=False)
    assert len(ids) == 1
    return ids.pop()


def test_it_escalates_and_the_question_names_the_money(store: Store, asked: str, campaign: Campaign) -> None:
    assert store.campaigns.get(campaign.key).status is CampaignStatus.ESCALATED
    question = store.approvals.get(asked)
    assert (question.reason, question.state) == (ApprovalReason.BUDGET_THRESHOLD, ApprovalState.PENDING)
    assert ERROR.message in question.detail
    assert "another USD 5.00" in question.detail


def test_approving_releases_the_budget_once_more_and_the_campaign_goes_on(
    store: Store, clock: FixedClock, asked: str, campaign: Campaign
) -> None:
    assert spending_limit(store, campaign.key) == 5
    for _ in range(2):  # given twice, it counts once
        decide(store, clock, asked, ApprovalState.APPROVED, by="dana")
    again = store.campaigns.get(campaign.key)
    assert (again.status, stage_of(again)) == (CampaignStatus.DRAFTED, "plan:1")
    assert spending_limit(store, campaign.key) == 10
    assert ask_about_budget(store, clock, campaign.key, ERROR).id != asked, "the next round asks anew"


def test_rejecting_ends_it(store: Store, clock: FixedClock, asked: str, campaign: Campaign) -> None:
    decide(store, clock, asked, ApprovalState.REJECTED, by="dana")
    assert store.campaigns.get(campaign.key).status is CampaignStatus.FAILED
    assert spending_limit(store, campaign.key) == 5


def test_there_is_nothing_to_send_back(store: Store, clock: FixedClock, asked: str) -> None:
    with pytest.raises(BadInput, match="whole campaign"):
        decide(store, clock, asked, ApprovalState.REVISE, by="dana", note="cheaper")
    assert store.approvals.get(asked).state is ApprovalState.PENDING


def test_the_goals_budget_goes_before_the_plans_and_zero_in_a_plan_is_no_limit(
    store: Store, clock: FixedClock, campaign: Campaign
) -> None:
    free = take_goal(store, clock, tenant=a_tenant().id, text="More visitors")
    assert spending_limit(store, free.key) is None
    for key, budget, limit in ((campaign.key, 3, 5), (free.key, 3, 3), (free.key, 0, None)):
        store.campaigns.save_plan(key, values.plan(values.brief(campaign=key), budget_usd=Decimal(budget)), NOW)
        assert spending_limit(store, key) == limit
    assert spending_limit(store, "acme:none") is None


def claim(quote: str) -> Finding:
    return Finding(dimension="claims", severity=Severity.BLOCKER, where="body", quote=quote, problem="no source")


MINOR = claim("$9").model_copy(update={"severity": Severity.MINOR})


@pytest.mark.parametrize(
    ("findings", "reason"),
    [
        ((), ApprovalReason.NOT_APPROVED),
        ((MINOR,), ApprovalReason.NOT_APPROVED),
        ((claim("loved by 90 % of teams"),), ApprovalReason.LEGAL_RISK),
        ((claim("$9"),), ApprovalReason.PRICING_CHANGE),
        ((claim("29 USD"), claim("€5")), ApprovalReason.PRICING_CHANGE),
        ((claim("$9"), claim("the only bookkeeper")), ApprovalReason.LEGAL_RISK),
    ],
)
def test_what_was_not_approved_says_why_a_person_must_look(
    findings: tuple[Finding, ...], reason: ApprovalReason
) -> None:
    assert reason_for(findings) is reason


@pytest.mark.parametrize("text", ["Now $19 a month", "Only 19 USD a month", "Now €19 a month"])
def test_a_price_is_known_by_what_the_claims_check_quotes_of_it(text: str) -> None:
    quoted = [claim(figure.text) for figure in figures(text)]
    assert reason_for(tuple(quoted)) is ApprovalReason.PRICING_CHANGE
