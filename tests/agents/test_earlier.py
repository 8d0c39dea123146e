"""Earlier findings, through the real SDK: asked one by one, believed only with evidence, open until mended."""

import json

import pytest

from marketeer_dagster.agents.reviewer import make_review
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.review import Finding, Review, Severity, Verdict
from marketeer_dagster.quality.earlier import JudgedMend, open_findings
from resources.claude import Claude
from tests.agents.test_reviewer import QUOTE, answer, review
from tests.support import marketing
from tests.support.messages_script import in_order, user_turns
from tests.support.messages_server import MessagesServer

OLD = "Doubles your trials overnight"
"""Words at fault in an earlier version; they are gone from the present one."""


def finding(identifier: str = "f_1", severity: Severity = Severity.MAJOR, quote: str = OLD) -> Finding:
    return Finding(
        id=identifier, dimension="data", severity=severity, where="hypothesis", quote=quote, problem="no source says so"
    )


def before(catalog: Catalog, *findings: Finding, version: int = 2, mended: tuple[str, ...] = ()) -> Review:
    """A colleague's review of an earlier version."""
    work = marketing.assignment(catalog, "ab-test-setup")
    return make_review(
        work, "copywriting", version, 1, marketing.NOW, verdict=Verdict.REVISE, findings=findings, mended=mended
    )


def ids(made: Review) -> list[str]:
    return [finding.id for finding in made.findings]


def said(mended: bool, quote: str = QUOTE, identifier: str = "f_1") -> JudgedMend:
    return JudgedMend(finding=identifier, quote=quote, reason="r", mended=mended)


async def test_open_findings_of_anybody_are_asked_by_id(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog, earlier=(said(True),)))
    made = (await review(claude, catalog, history=(before(catalog, finding()),))).review
    asked = user_turns(server.requests)[0][0]
    block = json.loads(asked.partition("<earlier>\n")[2].partition("\n</earlier>")[0])
    assert block == [
        {"reviewer": "copywriting", "id": "f_1", "severity": "major", "where": "hypothesis", "quote": OLD,
         "problem": "no source says so", "suggestion": ""}
    ]  # fmt: skip
    assert (made.verdict, made.mended, made.findings) == (Verdict.APPROVE, ("f_1",), ())


async def test_what_code_found_and_what_was_mended_is_not_asked(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    history = (before(catalog, finding(), finding("")), before(catalog, mended=("f_1",)))
    server.answer = in_order(answer(catalog))
    assert (await review(claude, catalog, history=history)).review.verdict is Verdict.APPROVE
    assert "<earlier>" not in user_turns(server.requests)[0][0]


NOT_MENDED = {
    "passed over": (),
    "denied": (said(False),),
    "both ways": (said(True), said(False)),
    "with words that are not there": (said(True, "Loved by thousands"),),
    "of another finding": (said(True, identifier="f_2"),),
}


@pytest.mark.parametrize("given", [pytest.param(v, id=k) for k, v in NOT_MENDED.items()])
@pytest.mark.parametrize("severity", [Severity.BLOCKER, Severity.MAJOR])
async def test_a_serious_finding_that_is_not_shown_to_be_mended_forbids_approval(
    claude: Claude,
    server: MessagesServer,
    catalog: Catalog,
    given: tuple[JudgedMend, ...],
    severity: Severity,
) -> None:
    old = finding(severity=severity)
    server.answer = in_order(answer(catalog, 5, earlier=given))
    made = (await review(claude, catalog, history=(before(catalog, old),))).review
    assert (made.verdict, made.mended, ids(made)) == (Verdict.REVISE, (), ["f_1"])
    (still,) = open_findings((before(catalog, old), made))
    assert (still.finding, still.version) == (old, 2), "open under its old id, from where it was first named"


async def test_the_words_at_fault_are_no_proof_of_a_mend(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    for proof in (QUOTE, ""):
        server.answer = in_order(answer(catalog, 5, earlier=(said(True, proof),)))
        made = (await review(claude, catalog, history=(before(catalog, finding(quote=QUOTE)),))).review
        assert made.verdict is Verdict.REVISE, proof


async def test_words_that_were_taken_out_need_no_others_in_their_place(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog, earlier=(said(True, ""),)))
    assert (await review(claude, catalog, history=(before(catalog, finding()),))).review.verdict is Verdict.APPROVE


async def test_an_unproved_mend_is_asked_back_once(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog), answer(catalog, earlier=(said(True),)))
    made = (await review(claude, catalog, history=(before(catalog, finding()),))).review
    assert made.verdict is Verdict.APPROVE
    assert "f_1 has no entry" in user_turns(server.requests)[1][2]


async def test_open_polish_is_carried_on_and_keeps_nothing_back(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    polish = finding(severity=Severity.MINOR)
    server.answer = in_order(answer(catalog, earlier=(said(False),)))
    made = (await review(claude, catalog, history=(before(catalog, polish),))).review
    assert (made.verdict, ids(made)) == (Verdict.APPROVE, ["f_1"])


async def test_nothing_is_mended_in_a_version_that_nobody_changed(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    server.answer = in_order(answer(catalog, 5, earlier=(said(True),)))
    made = (await review(claude, catalog, history=(before(catalog, finding(), version=3),))).review
    assert (made.verdict, ids(made)) == (Verdict.REVISE, ["f_1"])


async def test_the_director_is_asked_too(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(answer(catalog, 5, earlier=(said(False),)))
    made = (await review(claude, catalog, "director", history=(before(catalog, finding()),))).review
    assert made.verdict is Verdict.REVISE
