"""The author as Director: skills, KPI, deadline, budget and briefs from goal, metrics and catalog."""

import json
import re

import pytest
from anthropic import transform_schema

from marketeer_dagster.agents.answers import PlanAnswer
from marketeer_dagster.model.goal import Metric
from marketeer_dagster.sandbox.author.compose import structured
from tests.sandbox import author_tasks as tasks

SKILLS = re.findall(
    r"[\w-]+",
    "ab-test-setup analytics-tracking content-strategy copy-editing copywriting email-sequence page-cro paid-ads "
    "product-marketing-context seo-audit",
)
CATALOG = [{"skill": name, "squad": "x", "description": name.replace("-", " "), "artefact": "y"} for name in SKILLS]
LIMITS = {"today": "2026-04-06", "latest_deadline": "2026-08-04", "budget_usd": 1000.0}
SIGNAL = {
    "name": "conversion_drop",
    "subject": "/pricing",
    "evidence": {
        "metric": "conversion_rate",
        "observed": 0.011,
        "expected": 0.02,
        "detail": (
            "/pricing converts 45 % below expectation.\n\nSearches that lead to the page, clicks a day:\n\n"
            "| query | last 7 days | 28 days before |\n|---|---|---|\n"
            "| iso 27001 consolidation | 3.4 | 0.1 |\n| month-end close | 2.1 | 4.0 |"
        ),
    },
}


def plan(name: str, goal: dict[str, object], *parts: str, metrics: str = tasks.METRICS) -> PlanAnswer:
    body = [
        tasks.block("goal", goal), tasks.block("limits", LIMITS), f"<metrics>\n{metrics}\n</metrics>",
        "<learnings>\n- [lrn_abc] Naming the "
            "certificate raised signups\n</learnings>", tasks.block("catalog", CATALOG), *parts,
    ]  # fmt: skip
    text = '<task role="plan">\n' + "\n".join(body) + "\n</task>"
    return PlanAnswer.model_validate(structured(tasks.task(name, text), transform_schema(PlanAnswer)))


def test_a_signup_goal() -> None:
    answer = plan("saas", {"text": "Increase trial signups by 20 % this quarter"})
    skills = [brief.skill for brief in answer.briefs]
    assert {"page-cro", "copywriting", "copy-editing", "ab-test-setup", "analytics-tracking"} <= set(skills)
    assert skills.index("page-cro") < skills.index("copywriting") < skills.index("copy-editing")
    assert answer.kpi.metric is Metric.CONVERSIONS
    assert answer.kpi.baseline == 203
    assert answer.kpi.target == pytest.approx(203 * 1.2)
    assert answer.deadline.isoformat() == "2026-06-30"
    assert 0 < answer.budget_usd <= 1000
    assert {brief.cta for brief in answer.briefs} == {"Start free trial"}
    assert len({brief.target for brief in answer.briefs}) == 1
    assert any("lrn_abc" in brief.learnings for brief in answer.briefs)


@pytest.mark.parametrize(
    ("name", "text", "metric", "target"),
    [
        ("devtool", "Double weekly installs", Metric.CONVERSIONS, 406),
        ("nonprofit", "Raise monthly donors from 900 to 1,200", Metric.CONVERSIONS, 1200),
        ("clinic_zh", "本季度线上预约提高50%", Metric.CONVERSIONS, 304.5),
        ("saas", "Bring the conversion rate to 3 %", Metric.CONVERSION_RATE, 0.03),
        ("saas", "Grow traffic by 10 percent", Metric.SESSIONS, 11530 * 1.1),
        ("saas", "More clicks from organic search, +30%", Metric.CLICKS, 698 * 1.3),
    ],
)
def test_the_goals_words_become_a_target(name: str, text: str, metric: Metric, target: float) -> None:
    kpi = plan(name, {"text": text}).kpi
    assert kpi.metric is metric
    assert kpi.target == pytest.approx(target, rel=1e-3)


def test_deadlines_stay_within_the_limit() -> None:
    assert plan("saas", {"text": "More signups by 2026-05-15"}).deadline.isoformat() == "2026-05-15"
    assert plan("saas", {"text": "More signups this year"}).deadline.isoformat() == "2026-08-04"
    assert plan("saas", {"text": "More signups", "deadline": "2026-05-01"}).deadline.isoformat() == "2026-05-01"


def test_budgets_stay_within_the_limit() -> None:
    assert plan("saas", {"text": "More signups", "budget_usd": "300"}).budget_usd == 300
    assert plan("saas", {"text": "More signups with a budget of $5,000"}).budget_usd == 1000


def test_a_pipelines_skills_are_kept_exactly_and_in_order() -> None:
    names = "page-cro, copywriting, ab-test-setup, analytics-tracking"
    answer = plan("saas", {"text": "conversion-sprint"}, f'<pipeline name="conversion-sprint">\n{names}\n</pipeline>')
    assert [brief.skill for brief in answer.briefs] == names.split(", ")


def test_a_signal_is_answered_on_its_page_in_the_visitors_words() -> None:
    answer = plan("saas", {"text": "conversion_drop on /pricing"}, tasks.block("signal", SIGNAL))
    assert {brief.target for brief in answer.briefs} == {"/pricing"}
    assert answer.kpi.metric is Metric.CONVERSION_RATE
    assert (answer.kpi.baseline, answer.kpi.target) == (0.011, 0.02)
    copywriting = next(brief for brief in answer.briefs if brief.skill == "copywriting")
    assert any("iso 27001 consolidation" in point for point in copywriting.must_address)
    assert "| iso 27001 consolidation | 3.4 | 0.1 |" in copywriting.evidence
    assert not any("month-end close" in point for point in copywriting.must_address)
    assert "Frankfurt" in copywriting.key_message


def test_seo_and_ads_goals_choose_other_skills() -> None:
    organic = [brief.skill for brief in plan("devtool", {"text": "Get 30 % more organic traffic"}).briefs]
    assert organic[:2] == ["seo-audit", "content-strategy"]
    assert "paid-ads" in [brief.skill for brief in plan("devtool", {"text": "Run Google ads for the CLI"}).briefs]


def test_an_unknown_baseline_is_said_to_be_a_risk() -> None:
    answer = plan("devtool", {"text": "More revenue"}, metrics="No figures have been ingested yet.")
    assert answer.kpi.baseline == 0
    assert answer.kpi.target != answer.kpi.baseline
    assert "baseline" in answer.risks[0].lower()


@pytest.mark.parametrize("name", tasks.CONTEXTS)
def test_briefs_are_specific(name: str) -> None:
    for brief in plan(name, {"text": "Increase conversions by 20 %"}).briefs:
        assert brief.objective
        assert brief.audience
        assert brief.key_message
        assert tasks.context(name).name in json.dumps(brief.model_dump(mode="json"), ensure_ascii=False) or brief.target
