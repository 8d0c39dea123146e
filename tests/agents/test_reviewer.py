"""Reviewers, through the real SDK: marks become verdicts in code, and silence approves nothing."""

import pytest

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.agents.reviewer import Reviewer, lens_of, no_verdict
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.errors import BudgetExceeded, NotFound, ToolError
from marketeer_dagster.model.review import Finding, Severity, Verdict
from marketeer_dagster.quality.rubric import JudgedDimension
from resources.claude import Claude
from tests.agents.test_author import PLAN
from tests.support import marketing
from tests.support.messages_script import in_order, user_turns
from tests.support.messages_server import Fault, MessagesServer, Reply

QUOTE = "Naming 20 minutes lifts trials"
FLAW = Finding(dimension="data", severity=Severity.BLOCKER, where="hypothesis", quote=QUOTE, problem="no source")


def answer(
    catalog: Catalog, score: int = 4, *, quote: str = QUOTE, leave_out: str = "", findings: tuple[Finding, ...] = ()
) -> ReviewAnswer:
    names = [name for name in catalog.skill("ab-test-setup").rubric.dimensions if name != leave_out]
    marks = tuple(JudgedDimension(dimension=name, score=score, quote=quote, reason="r") for name in names)
    return ReviewAnswer(dimensions=marks, findings=findings, summary="Said plainly.")


async def review(claude: Claude, catalog: Catalog, reviewer: str = "analytics-tracking"):
    work = marketing.assignment(catalog, "ab-test-setup")
    return await Reviewer(claude, catalog).review(work, reviewer, PLAN, 3, 2, marketing.NOW)


async def test_good_marks_with_found_quotes_approve(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog))
    reviewed = await review(claude, catalog)
    made = reviewed.review
    assert (made.verdict, made.score, made.version, made.round, made.reviewer) == (
        Verdict.APPROVE, 8.0, 3, 2, "analytics-tracking",
    )  # fmt: skip
    assert {score.quote for score in made.dimensions} == {QUOTE}
    assert made.artefact == marketing.assignment(catalog, "ab-test-setup").artefact_id
    assert reviewed.spend.calls == 1
    assert server.requests[0]["model"] == "claude-sonnet-5"
    assert server.invalid == []


async def test_a_blocker_stops_good_marks(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog, 5, findings=(FLAW,)))
    made = (await review(claude, catalog)).review
    assert (made.verdict, made.findings) == (Verdict.REVISE, (FLAW,))


async def test_an_invented_quote_is_asked_back_once(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog, quote="Loved by thousands"), answer(catalog))
    reviewed = await review(claude, catalog)
    assert (reviewed.review.verdict, reviewed.spend.calls) == (Verdict.APPROVE, 2)
    assert "does not occur in the artefact" in user_turns(server.requests)[1][2]


async def test_a_quote_invented_twice_is_worth_nothing(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog, 5, quote="Loved by thousands"))
    made = (await review(claude, catalog)).review
    assert (made.verdict, made.score) == (Verdict.REVISE, 0.0)
    assert len(server.requests) == 2


async def test_a_dimension_left_out_twice_is_no_verdict(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog, 5, leave_out="data"))
    assert (await review(claude, catalog)).review.verdict is Verdict.NONE
    assert "data of the rubric has no mark" in user_turns(server.requests)[1][2]


@pytest.mark.parametrize("said", [Reply("", stop_reason="refusal"), Reply("APPROVE"), Reply('{"verdict": "APPROVE"}')])
async def test_what_is_no_review_approves_nothing(
    claude: Claude, server: MessagesServer, catalog: Catalog, said: Reply
) -> None:
    server.answer = in_order(said)
    made = (await review(claude, catalog)).review
    assert (made.verdict, made.score) == (Verdict.NONE, 0.0)
    assert made.summary.startswith("No verdict:")


async def test_an_outage_passes_so_that_the_step_may_try_again(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.faults = [Fault(401)]
    with pytest.raises(ToolError):
        await review(claude, catalog)


async def test_an_unknown_reviewer_is_refused_before_anything_is_sent(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    with pytest.raises(NotFound):
        await review(claude, catalog, "nobody")
    assert server.requests == []


def test_a_review_that_stands_for_an_error_names_it(catalog: Catalog) -> None:
    work = marketing.assignment(catalog, "ab-test-setup")
    made = no_verdict(work, "director", 1, 1, marketing.NOW, BudgetExceeded("the month is spent")).review
    assert (made.verdict, made.summary) == (Verdict.NONE, "No verdict: the month is spent")


def test_a_lens_is_what_the_skill_says_about_reviewing(catalog: Catalog) -> None:
    for name in {reviewer for skill in catalog.skills.values() for reviewer in skill.reviewers}:
        lens = lens_of(catalog.skill(name))
        assert lens.startswith(f"{name}: ")
        assert len(lens) < 3000
    assert "As a reviewer" not in lens_of(catalog.skill("copy-editing"))
    assert len(lens_of(catalog.skill("copy-editing"))) > len(catalog.skill("copy-editing").description) + 200
