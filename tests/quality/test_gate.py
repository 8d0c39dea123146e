"""The gate: an APPROVE of this very version from every reviewer, and nothing less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.model.review import Finding, Review, Severity, Verdict
from marketeer_dagster.quality.gate import gate
from tests.store import values

APPROVE, REVISE, REJECT, NONE = Verdict.APPROVE, Verdict.REVISE, Verdict.REJECT, Verdict.NONE
WHO = ("copy-editing", "page-cro")
ARTEFACT = values.artefact()


def said(reviewer: str, verdict: Verdict, version: int = 1, round: int = 1, take: int = 0, **fields: object) -> Review:
    return values.review(
        ARTEFACT, reviewer, verdict=verdict, version=version, round=round, take=take,
        id=f"rev_{reviewer}{version}{round}{take}", **fields,
    )  # fmt: skip


def test_all_of_them_on_this_version() -> None:
    standing = gate([said("copy-editing", APPROVE), said("page-cro", APPROVE)], WHO, 1)
    assert (standing.approved, standing.cause, standing.unheard) == (True, "", ())


def test_a_word_on_another_version_is_none() -> None:
    standing = gate([said("copy-editing", APPROVE), said("page-cro", APPROVE, 2)], WHO, 2)
    assert (standing.verdict, standing.unheard) == (NONE, ("copy-editing",))
    assert standing.cause == "copy-editing has judged version 1, not version 2."


@pytest.mark.parametrize("against", [REVISE, REJECT, NONE])
def test_one_word_against_it_is_enough(against: Verdict) -> None:
    for order in (WHO, WHO[::-1]):
        rows = [said(order[0], APPROVE), said(order[1], against, summary="It is dull.")]
        standing = gate(rows, WHO, 1)
        assert standing.verdict is against
        assert standing.cause.startswith(order[1])
        assert "It is dull." in standing.cause


def test_the_gravest_is_told_first() -> None:
    assert gate([said("copy-editing", REVISE), said("page-cro", REJECT)], WHO, 1).verdict is REJECT
    assert gate([said("copy-editing", REVISE)], WHO, 1).verdict is REVISE


@pytest.mark.parametrize("severity", [Severity.MAJOR, Severity.BLOCKER])
def test_an_approval_against_its_own_findings_is_none(severity: Severity) -> None:
    flaw = Finding(dimension="data", severity=severity, where="headline", problem="no source")
    rows = [said("copy-editing", APPROVE, findings=(flaw,)), said("page-cro", APPROVE)]
    assert gate(rows, WHO, 1).verdict is REVISE


def test_the_newest_word_counts_by_take_then_round() -> None:
    later_round = [said("page-cro", REVISE), said("page-cro", APPROVE, round=2)]
    assert gate(later_round, ["page-cro"], 1).approved
    assert gate(later_round[::-1], ["page-cro"], 1).approved
    later_take = [said("page-cro", APPROVE, round=3), said("page-cro", REJECT, take=1)]
    assert gate(later_take, ["page-cro"], 1).verdict is REJECT


def test_a_reviewer_listed_twice_speaks_once_and_no_reviewer_has_nothing_to_say() -> None:
    assert gate([said("page-cro", APPROVE)], ["page-cro", "page-cro"], 1).approved
    assert gate([], ["page-cro", "page-cro"], 1).unheard == ("page-cro",)
    assert gate([said("page-cro", REJECT)], [], 1).approved


ROWS = st.lists(
    st.builds(
        said, st.sampled_from([*WHO, "director", "nobody"]), st.sampled_from(Verdict), st.integers(1, 3),
        st.integers(1, 3), st.integers(0, 1),
    ),
    unique_by=lambda review: review.id,  # the store keeps one row a question
)  # fmt: skip


@given(ROWS, st.lists(st.sampled_from([*WHO, "director"])), st.integers(1, 3))
def test_approved_means_that_everybodys_newest_word_on_it_is_approve(
    rows: list[Review], reviewers: list[str], version: int
) -> None:
    standing = gate(rows, reviewers, version)
    newest = {
        name: max((r for r in rows if (r.reviewer, r.version) == (name, version)), key=lambda r: (r.take, r.round),
                  default=None)
        for name in reviewers
    }  # fmt: skip
    assert standing.approved == all(row is not None and row.verdict is APPROVE for row in newest.values())
    assert standing.approved == (standing.cause == "")
    assert set(standing.unheard) == {name for name, row in newest.items() if row is None}
