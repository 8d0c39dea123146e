"""From a judge's marks to a verdict, in code.

A judge answers 0-5 per dimension and quotes what the mark rests on. Everything after that is arithmetic:

- the scale for people is twice the mark, 0-10;
- a quote must occur in the artefact, and praise needs more than a word met by chance. Praise whose evidence cannot be
  found is worth nothing: that dimension scores 0.
  Marks of 0-2 stand without a quote, because what is missing cannot be quoted. A judge that misquotes is no reason to
  throw work away, so a REJECT also needs the marks as given to fall short;
- the score is the weighted mean; APPROVE needs `approve_at`, every minimum and no open blocker or major; below
  `reject_below` is REJECT; anything else is REVISE. Top marks beside a serious finding are a contradiction, and the
  finding counts;
- a rubric dimension without a mark, or an artefact without text, is no verdict (NONE), which approves nothing;
- a REVISE always names what to mend: dimensions that fail without a finding of their own get one here.

Pure: no I/O, no clock.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from marketeer_dagster.catalog.models import Rubric
from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.marks import ForColleagues
from marketeer_dagster.model.review import DimensionScore, Finding, Severity, Verdict
from marketeer_dagster.model.spelling import known

TOP_MARK = 5
SCALE = 10 / TOP_MARK
UNQUOTED_MARK = 2
"""Highest mark that stands without a quote."""
SHORTEST_QUOTE = 2
"""Characters a quote needs, after normalisation, to be evidence of anything."""

FEWEST_WORDS, FEWEST_IDEOGRAMS = 2, 4
"""Words, or characters of a script without blanks, from which praise may rest on a quote: fewer are met by chance."""

_IDEOGRAMS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORDS = re.compile(r"\w+")
_ELLIPSIS = re.compile(r"\s*(?:\[…\]|\[\.\.\.\]|…|\.\.\.)\s*")
_TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "\u00a0": " "}
)
_MARKUP = re.compile(r"[*_`]+")
_SPACE = re.compile(r"\s+")


class JudgedDimension(BaseModel):
    """One dimension as a judge marks it: evidence first, then what it means, then the mark that follows."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    dimension: str = Field(description="Name of the rubric dimension.")
    quote: Annotated[str, StringConstraints(max_length=600), ForColleagues] = Field(
        description="Words copied verbatim from the artefact that the mark rests on; empty only for something missing."
    )
    reason: Annotated[str, StringConstraints(max_length=600), ForColleagues] = Field(
        description="What these words do well or badly for this dimension, in one or two sentences."
    )
    score: int = Field(
        ge=0,
        le=TOP_MARK,
        description="The mark that follows: 0 absent, 1 poor, 2 weak, 3 sound, 4 strong, 5 could not be better.",
    )


class JudgedFinding(BaseModel):
    """A flaw as a judge names it: where and which words first, how grave last."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    dimension: str = Field(max_length=60, description="Name of the rubric dimension that suffers.")
    where: Annotated[str, ForColleagues] = Field(
        max_length=200, description="Path into the artefact, for instance sections[2].body."
    )
    quote: Annotated[str, ForColleagues] = Field(
        max_length=600, description="The words at fault, copied verbatim; empty when something is missing."
    )
    problem: Annotated[str, ForColleagues] = Field(
        min_length=1, max_length=800, description="What is wrong with them for this reader."
    )
    suggestion: Annotated[str, ForColleagues] = Field(
        max_length=800, description="What would mend it, without any fact from outside."
    )
    severity: Severity = Field(description="blocker: must not go out. major: costs results. minor: polish.")

    def named(self, identifier: str) -> Finding:
        """The finding under its id."""
        return Finding(id=identifier, **{name: getattr(self, name) for name in type(self).model_fields})


@dataclass(frozen=True)
class Judgement:
    """What the marks amount to."""

    verdict: Verdict
    score: float
    """Weighted, 0-10, rounded to two decimals for people; the verdict is taken from the unrounded score."""
    dimensions: tuple[DimensionScore, ...]
    findings: tuple[Finding, ...]


def judge(
    rubric: Rubric, marks: Iterable[JudgedDimension], findings: Iterable[Finding], content: ArtefactContent
) -> Judgement:
    """The verdict on `content`. Marks of unknown dimensions are ignored; of two for one dimension the lower counts.

    `findings` are all that are open: the judge's own, and earlier ones that are not mended.
    """
    evidence = Evidence(content)
    counting = _counting(rubric, named(rubric, marks), evidence)
    scored = {name: counted.score for name, counted in counting.items()}
    flaws = tuple(_verified(_filed(finding, rubric), evidence) for finding in findings)
    if len(scored) < len(rubric.dimensions) or evidence.empty:
        return Judgement(Verdict.NONE, 0.0, tuple(scored.values()), flaws)
    total = _weighted(rubric, {name: score.score for name, score in scored.items()})
    as_given = _weighted(rubric, {name: counted.as_given for name, counted in counting.items()})
    verdict = _verdict(rubric, scored, total, as_given, flaws)
    if verdict in (Verdict.REVISE, Verdict.REJECT):
        flaws += _unnamed_flaws(rubric, scored, flaws)
    return Judgement(verdict, round(min(total, 10.0), 2), tuple(scored.values()), flaws)


def named(rubric: Rubric, marks: Iterable[JudgedDimension]) -> tuple[JudgedDimension, ...]:
    """The marks with their dimensions spelled as the rubric has them, whatever case they were answered in."""
    return tuple(
        mark.model_copy(update={"dimension": known(mark.dimension, rubric.dimensions) or mark.dimension})
        for mark in marks
    )


def unfound_quotes(marks: Iterable[JudgedDimension], content: ArtefactContent) -> tuple[str, ...]:
    """Dimensions whose mark needs a quote that does not occur in `content`; worth one question back to the judge."""
    evidence = Evidence(content)
    return tuple(mark.dimension for mark in marks if not _supported(mark, evidence))


class Evidence:
    """The artefact's words, made comparable: case, white space, quote marks, dashes and emphasis do not matter."""

    def __init__(self, content: ArtefactContent) -> None:
        texts = [text for _, text in content.texts()]
        self.empty = not texts
        # The JSON form as well: judges see it, so figures and field names of it are fair quotes.
        self._texts = [_comparable(text) for text in [*texts, " ".join(texts), content.model_dump_json()]]
        self._whole = frozenset(self._texts)

    @staticmethod
    def same(one: str, other: str) -> bool:
        """Whether two quotes are the same words, typography aside."""
        return _comparable(one) == _comparable(other)

    def holds(self, quote: str) -> bool:
        """Whether `quote` occurs in one text; pieces around an ellipsis must follow one another in it."""
        pieces = [piece for piece in (_comparable(part) for part in _ELLIPSIS.split(quote)) if piece]
        if not pieces or max(len(piece) for piece in pieces) < SHORTEST_QUOTE:
            return False
        return any(_in_order(pieces, text) for text in self._texts)

    def tells(self, quote: str) -> bool:
        """Whether a quote is long enough to rest praise on: some words, a figure, or all that a field says.

        A name of a field, or two letters, stand in every artefact and say nothing of this one.
        """
        longest = max((_comparable(part) for part in _ELLIPSIS.split(quote)), key=len, default="")
        several = len(_WORDS.findall(longest)) >= FEWEST_WORDS or len(_IDEOGRAMS.findall(longest)) >= FEWEST_IDEOGRAMS
        return several or any(char.isdigit() for char in longest) or longest in self._whole


def _in_order(pieces: list[str], text: str) -> bool:
    start = 0
    for piece in pieces:
        found = text.find(piece, start)
        if found < 0:
            return False
        start = found + len(piece)
    return True


def _comparable(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY).casefold()
    plain = _MARKUP.sub("", plain.replace('\\"', '"').replace("\\n", " "))
    return _SPACE.sub(" ", plain).strip(" \"'")


def _supported(mark: JudgedDimension, evidence: Evidence) -> bool:
    praises = mark.score > UNQUOTED_MARK
    if not mark.quote.strip():
        return not praises
    return evidence.holds(mark.quote) and (not praises or evidence.tells(mark.quote))


@dataclass(frozen=True)
class _Counted:
    score: DimensionScore
    as_given: float
    """The mark on the 0-10 scale before its evidence was looked for."""


def _counting(rubric: Rubric, marks: Iterable[JudgedDimension], evidence: Evidence) -> dict[str, _Counted]:
    """What counts for each dimension, in the rubric's order."""
    found: dict[str, _Counted] = {}
    for mark in marks:
        if mark.dimension not in rubric.dimensions:
            continue
        counted = _Counted(_score(mark, evidence), mark.score * SCALE)
        known = found.get(mark.dimension)
        if known is None or (counted.score.score, counted.as_given) < (known.score.score, known.as_given):
            found[mark.dimension] = counted
    return {name: found[name] for name in rubric.dimensions if name in found}


def _score(mark: JudgedDimension, evidence: Evidence) -> DimensionScore:
    if _supported(mark, evidence):
        return DimensionScore(dimension=mark.dimension, score=mark.score * SCALE, quote=mark.quote, reason=mark.reason)
    reason = f"The judge quotes nothing telling of the artefact, so its mark {mark.score} does not count. {mark.reason}"
    return DimensionScore(dimension=mark.dimension, score=0, quote="", reason=reason[:600])


def _weighted(rubric: Rubric, scores: Mapping[str, float]) -> float:
    return sum(dimension.weight * scores[name] for name, dimension in rubric.dimensions.items())


def _verdict(
    rubric: Rubric,
    scored: Mapping[str, DimensionScore],
    total: float,
    as_given: float,
    findings: tuple[Finding, ...],
) -> Verdict:
    if max(total, as_given) < rubric.reject_below - _ROUNDING:
        return Verdict.REJECT
    passes = all(scored[name].score >= dimension.minimum for name, dimension in rubric.dimensions.items())
    blocked = any(finding.serious for finding in findings)
    if passes and not blocked and total >= rubric.approve_at - _ROUNDING:
        return Verdict.APPROVE
    return Verdict.REVISE


_ROUNDING = 1e-9
"""Weights such as .1 and .2 do not sum exactly in binary: 6.999999999999999 is meant to be 7."""


def _filed(finding: Finding, rubric: Rubric) -> Finding:
    dimension = known(finding.dimension, rubric.dimensions) or finding.dimension
    return finding.model_copy(update={"dimension": dimension})


def _verified(finding: Finding, evidence: Evidence) -> Finding:
    # A flaw quoted wrongly may still be a flaw: it stays, without words the artefact does not have.
    if not finding.quote or evidence.holds(finding.quote):
        return finding
    return finding.model_copy(update={"quote": ""})


def _unnamed_flaws(
    rubric: Rubric, scored: dict[str, DimensionScore], named: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    covered = {finding.dimension for finding in named}
    below = [name for name, dimension in rubric.dimensions.items() if scored[name].score < dimension.minimum]
    if not below and not named:
        # Every minimum is met and nothing is named, yet the whole is short of approval: what drags it down most.
        below = [max(rubric.dimensions, key=lambda name: rubric.dimensions[name].weight * (10 - scored[name].score))]
    return tuple(_flaw(rubric, scored[name]) for name in below if name not in covered)


def _flaw(rubric: Rubric, score: DimensionScore) -> Finding:
    dimension = rubric.dimensions[score.dimension]
    problem = (
        f"{score.dimension} scores {score.score:g} of 10, at least {dimension.minimum:g} is needed. {score.reason}"
    )
    return Finding(
        dimension=score.dimension[:60],
        severity=Severity.MAJOR,
        where=score.dimension[:200],
        quote=score.quote,
        problem=problem[:800],
        suggestion=dimension.question[:800],
    )
