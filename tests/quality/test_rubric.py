"""From marks to a verdict: the properties that make a score worth trusting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.catalog.models import Rubric, RubricDimension
from marketeer_dagster.model.artefacts.page_audit import AuditFinding, PageAudit, TestIdea
from marketeer_dagster.model.review import Finding, Severity, Verdict
from marketeer_dagster.quality.rubric import Evidence, JudgedDimension, Judgement, judge, unfound_quotes

CONTENT = PageAudit(
    path="/pricing",
    summary="Visitors ask “how long does set-up take?” and the page — all 412 words of it — does not say.",
    findings=(
        AuditFinding(
            area="objections", impact="high", evidence="2.1 % of 4,310 sessions convert",
            problem="No answer to set-up time", recommendation="Say **ten minutes**, as the context does.",
        ),
    ),
    quick_wins=("把价格放在首屏",),
    test_ideas=(TestIdea(hypothesis="Naming ten minutes lifts trials", change="headline", expected_effect="+8 %"),),
)  # fmt: skip
QUOTE = "how long does set-up take?"
RUBRIC = Rubric(
    dimensions={
        "actionability": RubricDimension(weight=0.4, minimum=5, question="Can it be done on Monday?"),
        "data": RubricDimension(weight=0.35, minimum=5),
        "clarity": RubricDimension(weight=0.25, minimum=3),
    }
)


def mark(dimension: str, score: int, quote: str = QUOTE) -> JudgedDimension:
    return JudgedDimension(dimension=dimension, score=score, quote=quote, reason="because")


def flaw(severity: Severity = Severity.MAJOR, quote: str = "", dimension: str = "data") -> Finding:
    return Finding(dimension=dimension, severity=severity, where="summary", quote=quote, problem="vague")


def judged(*scores: int, findings: tuple[Finding, ...] = ()) -> Judgement:
    marks = [mark(name, score) for name, score in zip(RUBRIC.dimensions, scores, strict=True)]
    return judge(RUBRIC, marks, findings, CONTENT)


@pytest.mark.parametrize(
    ("scores", "score", "verdict"),
    [
        ((5, 5, 5), 10, Verdict.APPROVE),
        ((4, 4, 4), 8, Verdict.APPROVE),
        ((4, 3, 3), 6.8, Verdict.REVISE),  # below 7.0
        ((5, 2, 5), 7.9, Verdict.REVISE),  # data 4 of at least 5
        ((5, 5, 1), 8.0, Verdict.REVISE),  # clarity 2 of at least 3
        ((2, 2, 2), 4.0, Verdict.REVISE),  # 4.0 is not below 4.0
        ((2, 2, 1), 3.5, Verdict.REJECT),
        ((0, 0, 0), 0, Verdict.REJECT),
    ],
)
def test_thresholds_and_minimums_decide(scores: tuple[int, ...], score: float, verdict: Verdict) -> None:
    result = judged(*scores)
    assert (result.score, result.verdict) == (score, verdict)


def test_exactly_seven_is_approved_though_binary_fractions_fall_short_of_it() -> None:
    weights = {"a": 0.5, "b": 0.1, "c": 0.2, "d": 0.2}
    rubric = Rubric(dimensions={name: RubricDimension(weight=w, minimum=0) for name, w in weights.items()})
    marks = [mark("a", 4), mark("b", 5), mark("c", 2), mark("d", 3)]
    assert sum(w * s for w, s in zip(weights.values(), (8, 10, 4, 6), strict=True)) == pytest.approx(7.0)
    assert judge(rubric, marks, (), CONTENT).verdict is Verdict.APPROVE


def test_an_open_blocker_or_major_forbids_approval_and_polish_does_not() -> None:
    assert judged(5, 5, 5, findings=(flaw(Severity.BLOCKER),)).verdict is Verdict.REVISE
    assert judged(5, 5, 5, findings=(flaw(Severity.MAJOR), flaw(Severity.MINOR))).verdict is Verdict.REVISE
    assert judged(5, 5, 5, findings=(flaw(Severity.MINOR),)).verdict is Verdict.APPROVE


def test_a_missing_dimension_is_no_verdict() -> None:
    result = judge(RUBRIC, [mark("actionability", 5), mark("data", 5)], (), CONTENT)
    assert (result.verdict, result.score) == (Verdict.NONE, 0.0)


def test_unknown_dimensions_do_not_count() -> None:
    marks = [mark("actionability", 4), mark("data", 4), mark("clarity", 4), mark("charm", 0)]
    assert judge(RUBRIC, marks, (), CONTENT).score == 8


def test_of_two_marks_for_one_dimension_the_lower_counts() -> None:
    marks = [mark("actionability", 4), mark("data", 5), mark("data", 1), mark("clarity", 4)]
    by_name = {d.dimension: d.score for d in judge(RUBRIC, marks, (), CONTENT).dimensions}
    assert by_name["data"] == 2


def test_praise_without_evidence_scores_nothing() -> None:
    marks = [mark("actionability", 5), mark("data", 5, "Loved by 10,000 teams"), mark("clarity", 5)]
    result = judge(RUBRIC, marks, (), CONTENT)
    data = next(d for d in result.dimensions if d.dimension == "data")
    assert (data.score, data.quote, result.verdict) == (0, "", Verdict.REVISE)
    assert any(finding.dimension == "data" for finding in result.findings)
    assert unfound_quotes(marks, CONTENT) == ("data",)


@pytest.mark.parametrize("word", ["it", "summary", "path", "the", "quick_wins", "价格", "…it…"])
def test_praise_does_not_rest_on_a_word_that_stands_in_every_artefact(word: str) -> None:
    praise = [mark(name, 5, word) for name in RUBRIC.dimensions]
    assert judge(RUBRIC, praise, (), CONTENT).verdict is not Verdict.APPROVE
    assert set(unfound_quotes(praise, CONTENT)) == set(RUBRIC.dimensions)


@pytest.mark.parametrize("words", ["ten minutes", "4,310", "/pricing", "headline", "价格放在首屏"])
def test_praise_may_rest_on_some_words_a_figure_or_all_that_a_field_says(words: str) -> None:
    assert unfound_quotes([mark("data", 5, words)], CONTENT) == ()


def test_a_judge_that_misquotes_everything_does_not_throw_the_work_away() -> None:
    marks = [mark(name, 4, "Loved by 10,000 teams") for name in RUBRIC.dimensions]
    result = judge(RUBRIC, marks, (), CONTENT)
    assert (result.verdict, result.score) == (Verdict.REVISE, 0.0)


def test_only_a_low_mark_stands_without_a_quote() -> None:
    assert unfound_quotes([mark("data", 2, ""), mark("clarity", 3, "")], CONTENT) == ("clarity",)


def test_every_revise_names_what_to_mend() -> None:
    below_minimum = judged(5, 2, 5)
    assert [finding.dimension for finding in below_minimum.findings] == ["data"]
    only_short_of_seven = judged(4, 3, 3)
    assert len(only_short_of_seven.findings) == 1
    assert only_short_of_seven.findings[0].dimension == "data"


def test_a_finding_keeps_its_words_only_if_the_artefact_has_them() -> None:
    result = judged(3, 3, 3, findings=(flaw(quote="all 412 words"), flaw(quote="all 999 words")))
    assert [finding.quote for finding in result.findings] == ["all 412 words", ""]


@pytest.mark.parametrize(
    "quote",
    [
        '"how long does set-up take?"', "How long does  set‑up take?", "Say ten minutes, as the context does",
        "Say **ten minutes**", "all 412 words", "2.1 % of 4,310 sessions", "把价格放在首屏",
        "Visitors ask … does not say",
        "the page - all", '"path":"/pricing"',
    ],
)  # fmt: skip
def test_a_quote_is_found_whatever_its_typography(quote: str) -> None:
    assert Evidence(CONTENT).holds(quote)


@pytest.mark.parametrize(
    "quote", ["", " ", "…", "e", "ten hours", "does not say … Visitors ask", "把价格放在页尾", "*"]
)
def test_words_that_are_not_there_are_not_found(quote: str) -> None:
    assert not Evidence(CONTENT).holds(quote)


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    parts = draw(st.lists(st.integers(1, 20), min_size=1, max_size=7))
    minimums = draw(st.lists(st.integers(0, 10), min_size=len(parts), max_size=len(parts)))
    return Rubric(
        dimensions={
            f"d{n}": RubricDimension(weight=part / sum(parts), minimum=least)
            for n, (part, least) in enumerate(zip(parts, minimums, strict=True))
        }
    )


RANK = [Verdict.REJECT, Verdict.REVISE, Verdict.APPROVE]


@given(rubrics(), st.data())
def test_a_better_mark_never_lowers_score_or_verdict(rubric: Rubric, data: st.DataObject) -> None:
    scores = {name: data.draw(st.integers(0, 5)) for name in rubric.dimensions}
    name = data.draw(st.sampled_from(sorted(scores)))
    better = scores | {name: data.draw(st.integers(scores[name], 5))}
    findings = data.draw(st.sampled_from([(), (flaw(Severity.BLOCKER),), (flaw(),)]))
    low, high = (
        judge(rubric, [mark(dimension, score) for dimension, score in marks.items()], findings, CONTENT)
        for marks in (scores, better)
    )
    assert low.score <= high.score
    assert RANK.index(low.verdict) <= RANK.index(high.verdict)


@given(rubrics(), st.data())
def test_score_is_bounded_by_its_marks_and_approval_means_what_it_says(rubric: Rubric, data: st.DataObject) -> None:
    scores = {name: data.draw(st.integers(0, 5)) for name in rubric.dimensions}
    result = judge(rubric, [mark(name, score) for name, score in scores.items()], (), CONTENT)
    assert 2 * min(scores.values()) - 0.01 <= result.score <= 2 * max(scores.values()) + 0.01
    assert 0 <= result.score <= 10
    if result.verdict is Verdict.APPROVE:
        assert result.score >= rubric.approve_at
        assert all(d.score >= rubric.dimensions[d.dimension].minimum for d in result.dimensions)
    else:
        assert result.findings


@given(st.lists(st.builds(mark, st.sampled_from(["data", "clarity", "odd"]), st.integers(0, 5), st.text(max_size=40))))
def test_incomplete_marks_never_approve(marks: list[JudgedDimension]) -> None:
    assert judge(RUBRIC, marks, (), CONTENT).verdict is Verdict.NONE


@given(st.text(max_size=60))
def test_any_piece_of_the_artefact_is_found_in_it(noise: str) -> None:
    piece = CONTENT.summary[5:40]
    evidence = Evidence(CONTENT)
    assert evidence.holds(piece)
    assert not evidence.holds(f"{piece}§§{noise}§§")
