"""The Director, through the real SDK: plans that hold, and a gate that only opens for approved work."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from marketeer_dagster.agents.answers import BriefAnswer, KpiAnswer, PlanAnswer
from marketeer_dagster.agents.director import HORIZON, Director
from marketeer_dagster.agents.reviewer import make_review
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.campaign import Plan
from marketeer_dagster.model.errors import NotFound, NoVerdict
from marketeer_dagster.model.goal import Goal, Metric
from marketeer_dagster.model.learning import LearningState
from marketeer_dagster.model.review import Finding, Review, Severity, Verdict
from resources.claude import Claude
from tests.agents.test_author import PLAN
from tests.agents.test_reviewer import answer
from tests.support import marketing
from tests.support.messages_script import in_order, user_turns
from tests.support.messages_server import MessagesServer, Reply

LEARNT = marketing.learning()


def brief(skill: str, **changes: object) -> BriefAnswer:
    values: dict[str, object] = {
        "skill": skill, "objective": "More trials", "audience": "Dana", "key_message": "Swaps sort themselves out",
        "offer": "$49 a month per site", "cta": "Start a trial", "target": "/pricing",
    }  # fmt: skip
    return BriefAnswer.model_validate(values | changes)


def plan(*briefs: BriefAnswer, **changes: object) -> PlanAnswer:
    values: dict[str, object] = {
        "summary": "Answer what visitors ask.",
        "kpi": KpiAnswer(metric=Metric.CONVERSIONS, baseline=3.25, target=3.9, window_days=28, unit="per day"),
        "deadline": date(2026, 12, 31), "budget_usd": 300,
        "briefs": briefs or (brief("copywriting"), brief("page-cro")),
    }  # fmt: skip
    return PlanAnswer.model_validate(values | changes)


async def make(claude: Claude, catalog: Catalog, *, goal: Goal | None = None, pipeline: str | None = None) -> Plan:
    made, _ = await Director(claude, catalog).plan(
        goal or marketing.goal(), marketing.tenant(), marketing.context(), marketing.METRICS,
        (LEARNT, marketing.learning("Not proven yet.", state=LearningState.CANDIDATE)),
        campaign=marketing.campaign(), pipeline=pipeline, at=marketing.NOW,
    )  # fmt: skip
    return made


async def test_a_sound_plan_becomes_briefs_in_working_order(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(plan(brief("copy", learnings=(LEARNT.id, LEARNT.id)), brief("cro")))
    made = await make(claude, catalog)
    assert made.skills == ("page-cro", "copywriting")  # aliases resolved; what is read comes first
    assert made.briefs[1].learnings == (LEARNT.id,)
    assert (made.kpi.target, made.budget_usd) == (3.9, Decimal("300.00"))
    assert {written.campaign for written in made.briefs} == {marketing.KEY}
    again = await make(claude, catalog)
    assert again == made
    assert len(server.requests) == 1
    assert server.requests[0]["model"] == "claude-opus-5-5"
    assert server.invalid == []


async def test_the_director_sees_goal_limits_figures_and_only_proven_learnings(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(plan())
    await make(claude, catalog)
    asked = user_turns(server.requests)[0][0]
    assert '<task role="plan">' in asked
    assert "Increase trial signups by 20 % this quarter" in asked
    assert '"latest_deadline": "2026-12-31"' in asked
    assert "| /pricing | 4310 |" in asked
    assert LEARNT.id in asked
    assert "Not proven yet." not in asked
    assert all(f'"skill": "{name}"' in asked for name in catalog.skills)


@pytest.mark.parametrize(
    ("unsound", "named"),
    [
        (plan(brief("copywritting")), "did you mean copywriting"),
        (plan(brief("copywriting"), brief("copy")), "already has a brief"),
        (plan(deadline=date(2027, 1, 1)), "deadline: 2027-01-01"),
        (plan(deadline=marketing.NOW.date()), "deadline: 2026-10-05"),
        (plan(budget_usd=401), "budget_usd: 401; expected at most 400"),
        (plan(brief("copywriting", learnings=("lrn_invented",))), "lrn_invented is not listed"),
        (plan(brief("copywriting", target="the pricing page")), "expected a page path"),
        (
            plan(kpi=KpiAnswer(metric=Metric.MRR, baseline=2, target=2, window_days=28, unit="USD")),
            "equals the baseline",
        ),
    ],
)
async def test_an_unsound_plan_is_sent_back_once_with_its_problems(
    claude: Claude, server: MessagesServer, catalog: Catalog, unsound: PlanAnswer, named: str
) -> None:
    server.answer = in_order(unsound, plan())
    assert (await make(claude, catalog)).skills == ("page-cro", "copywriting")
    assert named in user_turns(server.requests)[1][2]


async def test_a_plan_unsound_twice_is_no_verdict(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(plan(budget_usd=900))
    with pytest.raises(NoVerdict, match="unsound, twice: budget_usd"):
        await make(claude, catalog)


async def test_a_pipeline_fixes_the_skills(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    names = catalog.pipeline("conversion-sprint").skills
    server.answer = in_order(plan(), plan(*(brief(name) for name in reversed(names))))
    made = await make(claude, catalog, pipeline="conversion-sprint")
    assert set(made.skills) == set(names)
    first, repair = user_turns(server.requests)
    assert '<pipeline name="conversion-sprint">' in first[0]
    assert "ab-test-setup of the pipeline has no brief" in repair[2]


async def test_an_unknown_pipeline_is_refused_before_anything_is_sent(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    with pytest.raises(NotFound):
        await make(claude, catalog, pipeline="conversion-sprit")
    assert server.requests == []


async def test_without_a_deadline_the_horizon_and_the_tenants_budget_limit_the_plan(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    free = marketing.goal().model_copy(update={"deadline": None, "budget_usd": None})
    last = marketing.NOW.date() + HORIZON
    server.answer = in_order(
        plan(deadline=last + timedelta(days=1), budget_usd=1001), plan(deadline=last, budget_usd=1000)
    )
    assert (await make(claude, catalog, goal=free)).deadline == last
    problems = user_turns(server.requests)[1][2]
    assert "deadline" in problems
    assert "budget_usd: 1001" in problems


def review_of(catalog: Catalog, verdict: Verdict, *, version: int = 2, score: float = 8.0) -> Review:
    work = marketing.assignment(catalog, "ab-test-setup")
    return make_review(work, "analytics-tracking", version, 1, marketing.NOW, verdict=verdict, score=score)


async def decide(claude: Claude, catalog: Catalog, *reviews: Review, rules: tuple[Finding, ...] = ()):
    work = marketing.assignment(catalog, "ab-test-setup")
    return await Director(claude, catalog).decide(work, PLAN, reviews, rules, marketing.NOW, version=2)


async def test_the_director_judges_what_reviewers_approved(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog))
    decided = await decide(claude, catalog, review_of(catalog, Verdict.APPROVE))
    assert (decided.review.verdict, decided.review.reviewer, decided.review.version) == (Verdict.APPROVE, "director", 2)
    assert "<reviews>" in user_turns(server.requests)[0][0]


@pytest.mark.parametrize("verdict", [Verdict.NONE, Verdict.REJECT, Verdict.REVISE])
async def test_what_a_reviewer_did_not_approve_costs_no_further_call(
    claude: Claude, server: MessagesServer, catalog: Catalog, verdict: Verdict
) -> None:
    server.answer = in_order(answer(catalog, 5))
    decided = await decide(claude, catalog, review_of(catalog, Verdict.APPROVE), review_of(catalog, verdict, score=5.5))
    assert (decided.review.verdict, decided.review.score, decided.spend.calls) == (verdict, 5.5, 0)
    assert server.requests == []


async def test_a_blocking_rule_holds_approved_work_back(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    rule = Finding(dimension="cta_url", severity=Severity.BLOCKER, where="cta.url", problem="leads to another site")
    decided = await decide(claude, catalog, review_of(catalog, Verdict.APPROVE), rules=(rule,))
    assert (decided.review.verdict, decided.review.findings) == (Verdict.REVISE, (rule,))
    assert server.requests == []


async def test_reviews_of_another_version_decide_nothing(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    decided = await decide(claude, catalog, review_of(catalog, Verdict.APPROVE, version=1))
    assert decided.review.verdict is Verdict.NONE
    assert server.requests == []


async def test_a_silent_director_approves_nothing(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(Reply("", stop_reason="refusal"))
    decided = await decide(claude, catalog, review_of(catalog, Verdict.APPROVE))
    assert decided.review.verdict is Verdict.NONE
