"""Reviewers, through the real SDK: marks become verdicts in code, and silence approves nothing."""

import json
from collections.abc import Callable

import pytest

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.agents.reviewer import Reviewer, lens_of, no_verdict
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.errors import BudgetExceeded, NotFound, ToolError
from marketeer_dagster.model.review import Review, Severity, Verdict
from marketeer_dagster.quality.earlier import JudgedMend
from marketeer_dagster.quality.rubric import JudgedDimension, JudgedFinding
from resources.claude import Claude
from tests.agents.test_author import PLAN
from tests.support import marketing
from tests.support.messages_script import in_order, user_turns
from tests.support.messages_server import Fault, MessagesServer, Reply

QUOTE = "Naming 20 minutes lifts trials"


def flaw(severity: Severity = Severity.BLOCKER) -> JudgedFinding:
    return JudgedFinding(
        dimension="data", where="hypothesis", quote=QUOTE, problem="no source", suggestion="", severity=severity
    )


def answer(
    catalog: Catalog,
    score: int = 4,
    *,
    quote: str = QUOTE,
    leave_out: str = "",
    findings: tuple[JudgedFinding, ...] = (),
    earlier: tuple[JudgedMend, ...] = (),
) -> ReviewAnswer:
    names = [name for name in catalog.skill("ab-test-setup").rubric.dimensions if name != leave_out]
    marks = tuple(JudgedDimension(dimension=name, score=score, quote=quote, reason="r") for name in names)
    return ReviewAnswer(earlier=earlier, findings=findings, dimensions=marks, summary="Said plainly.")


async def review(
    claude: Claude, catalog: Catalog, reviewer: str = "analytics-tracking", history: tuple[Review, ...] = ()
):
    work = marketing.assignment(catalog, "ab-test-setup")
    return await Reviewer(claude, catalog).review(work, reviewer, PLAN, 3, 2, marketing.NOW, history=history)


def test_the_form_goes_from_evidence_to_mark_and_leaves_nothing_out() -> None:
    """Structured outputs are written in the order of the schema, required fields first: all are required."""
    schema = ReviewAnswer.model_json_schema()
    forms = {"ReviewAnswer": schema, **schema["$defs"]}
    order = {name: list(form["properties"]) for name, form in forms.items() if "properties" in form}
    assert order["ReviewAnswer"] == ["earlier", "findings", "dimensions", "summary"]
    assert order["JudgedDimension"] == ["dimension", "quote", "reason", "score"]
    assert order["JudgedMend"] == ["finding", "quote", "reason", "mended"]
    assert order["JudgedFinding"][-4:] == ["quote", "problem", "suggestion", "severity"]
    assert all(form["required"] == order[name] for name, form in forms.items() if name in order)


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


@pytest.mark.parametrize("severity", [Severity.BLOCKER, Severity.MAJOR])
async def test_top_marks_beside_ones_own_serious_finding_are_no_approval(
    claude: Claude, server: MessagesServer, catalog: Catalog, severity: Severity
) -> None:
    server.answer = in_order(answer(catalog, 5, findings=(flaw(severity),)))
    made = (await review(claude, catalog)).review
    assert made.verdict is Verdict.REVISE
    assert [(f.severity, f.problem, f.quote) for f in made.findings] == [(severity, "no source", QUOTE)]
    assert made.findings[0].id.startswith("f_")


async def test_polish_does_not_keep_good_work_back(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog, findings=(flaw(Severity.MINOR),)))
    assert (await review(claude, catalog)).review.verdict is Verdict.APPROVE


async def test_an_invented_quote_is_asked_back_once(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog, quote="Loved by thousands"), answer(catalog))
    reviewed = await review(claude, catalog)
    assert (reviewed.review.verdict, reviewed.spend.calls) == (Verdict.APPROVE, 2)
    assert "does not occur in the artefact" in user_turns(server.requests)[1][2]


@pytest.mark.parametrize("score", [5, 4, 3])
async def test_a_quote_invented_twice_is_no_verdict(
    claude: Claude, server: MessagesServer, catalog: Catalog, score: int
) -> None:
    server.answer = in_order(answer(catalog, score, quote="Loved by thousands"))
    made = (await review(claude, catalog)).review
    assert (made.verdict, made.score) == (Verdict.NONE, 0.0)
    assert "cannot be believed, twice" in made.summary
    assert len(server.requests) == 2


async def test_one_lie_among_true_quotes_is_one_too_many(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    told = json.loads(answer(catalog, 5).model_dump_json())
    told["dimensions"][-1]["quote"] = "Loved by thousands"
    server.answer = in_order(json.dumps(told))
    assert (await review(claude, catalog)).review.verdict is Verdict.NONE


async def test_a_dimension_left_out_twice_is_no_verdict(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog, 5, leave_out="data"))
    assert (await review(claude, catalog)).review.verdict is Verdict.NONE
    assert "data of the rubric has no mark" in user_turns(server.requests)[1][2]


def marked(catalog: Catalog, score: object) -> str:
    """A review with good marks but for its first, which is `score`."""
    told = json.loads(answer(catalog, 5).model_dump_json())
    told["dimensions"][0]["score"] = score
    return json.dumps(told)


NO_REVIEWS = {
    "a refusal": lambda catalog: Reply("", stop_reason="refusal"),
    "good marks in a refusal": lambda catalog: Reply(answer(catalog, 5).model_dump_json(), stop_reason="refusal"),
    "good marks, cut off": lambda catalog: Reply(answer(catalog, 5).model_dump_json(), stop_reason="max_tokens"),
    "half an answer": lambda catalog: Reply('{"dimensions": [', stop_reason="max_tokens"),
    "a call of a tool": lambda catalog: Reply(answer(catalog, 5).model_dump_json(), stop_reason="tool_use"),
    "a word": lambda catalog: Reply("APPROVE"),
    "nothing": lambda catalog: Reply(""),
    "another form": lambda catalog: Reply('{"verdict": "APPROVE"}'),
    "a verdict beside the marks": lambda catalog: Reply(
        json.dumps({**json.loads(answer(catalog, 5).model_dump_json()), "verdict": "APPROVE"})
    ),
    "a mark too high": lambda catalog: Reply(marked(catalog, 6)),
    "a mark below nothing": lambda catalog: Reply(marked(catalog, -1)),
    "a mark without bound": lambda catalog: Reply(marked(catalog, float("inf"))),
    "a mark that is none": lambda catalog: Reply(marked(catalog, None)),
    "a mark in words": lambda catalog: Reply(marked(catalog, "excellent")),
}


@pytest.mark.parametrize("said", [pytest.param(made, id=name) for name, made in NO_REVIEWS.items()])
async def test_what_is_no_review_approves_nothing(
    claude: Claude, server: MessagesServer, catalog: Catalog, said: Callable[[Catalog], Reply]
) -> None:
    server.answer = in_order(said(catalog))
    made = (await review(claude, catalog)).review
    assert (made.verdict, made.score) == (Verdict.NONE, 0.0)
    assert made.summary.startswith("No verdict:")


async def test_marks_for_dimensions_that_nobody_asked_about_are_no_verdict(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    told = json.loads(answer(catalog, 5).model_dump_json())
    for mark in told["dimensions"]:
        mark["dimension"] = "overall"
    server.answer = in_order(Reply(json.dumps(told)))
    assert (await review(claude, catalog)).review.verdict is Verdict.NONE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_an_error_of_the_vendor_is_no_approval(
    claude: Claude, server: MessagesServer, catalog: Catalog, status: int
) -> None:
    server.answer = in_order(answer(catalog, 5))
    server.faults = [Fault(status)]
    with pytest.raises(ToolError):
        await review(claude, catalog)


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
