"""Findings of earlier rounds: which of them are open, and whether a reviewer's "mended" is borne out by the text.

A finding is open from the review that names it until a review of a later version says that it is mended and shows the
words that prove it. What is not answered, or not proved, stays open; an open blocker or major forbids approval. What
code found is not asked about: code looks again by itself. Pure: no I/O, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from marketeer_dagster.model.marks import ForColleagues
from marketeer_dagster.model.review import Finding, Review
from marketeer_dagster.quality.rubric import Evidence


class JudgedMend(BaseModel):
    """A judge's answer about one earlier finding."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    finding: str = Field(description="Id of the finding, as `earlier` has it.")
    quote: Annotated[str, StringConstraints(max_length=600), ForColleagues] = Field(
        description="The words that now stand in that place, copied verbatim from the artefact; empty only where the "
        "words at fault were taken out and nothing took their place."
    )
    reason: Annotated[str, StringConstraints(max_length=600), ForColleagues] = Field(
        description="What these words do about the problem, or why it is still there. One sentence."
    )
    mended: bool = Field(description="Whether a reader who checks that place no longer finds the flaw.")


@dataclass(frozen=True)
class Raised:
    """An open finding and where it came from."""

    finding: Finding
    reviewer: str
    version: int
    """The version it was first named on."""


def open_findings(reviews: Iterable[Review]) -> tuple[Raised, ...]:
    """What these reviews, in order, leave open; oldest first."""
    found: dict[str, Raised] = {}
    for review in reviews:
        for identifier in review.mended:
            found.pop(identifier, None)
        for finding in review.findings:
            if finding.id:
                found.setdefault(finding.id, Raised(finding, review.reviewer, review.version))
    return tuple(found.values())


def mended(asked: Iterable[Raised], answers: Sequence[JudgedMend], evidence: Evidence) -> frozenset[str]:
    """Ids of the findings that are mended: said so by every answer about them, and proved by one."""
    return frozenset(
        raised.finding.id
        for raised in asked
        if (said := _about(raised, answers))
        and all(answer.mended for answer in said)
        and any(_proves(answer, raised.finding, evidence) for answer in said)
    )


def unanswered(asked: Iterable[Raised], answers: Sequence[JudgedMend], evidence: Evidence) -> tuple[str, ...]:
    """What to ask a judge again: findings it passed over, and mends that its quote does not show."""
    problems: list[str] = []
    for raised in asked:
        said, name = _about(raised, answers), raised.finding.id
        if not said:
            problems.append(f"earlier: {name} has no entry; say of every finding of `earlier` whether it is mended")
        elif all(answer.mended for answer in said) and not any(_proves(a, raised.finding, evidence) for a in said):
            problems.append(
                f"earlier: the quote for {name} does not show that it is mended; copy the words that stand there now "
                "from the artefact, or answer that it is not mended"
            )
    return tuple(problems)


def _about(raised: Raised, answers: Sequence[JudgedMend]) -> list[JudgedMend]:
    return [answer for answer in answers if answer.finding == raised.finding.id]


def _proves(answer: JudgedMend, finding: Finding, evidence: Evidence) -> bool:
    """Words that stand there now and are not the words at fault; or that the words at fault are gone."""
    if answer.quote:
        return evidence.holds(answer.quote) and not Evidence.same(answer.quote, finding.quote)
    return bool(finding.quote) and not evidence.holds(finding.quote)
