"""Reviewers: a skill's eyes on another skill's work. The model marks and quotes; code decides (quality/rubric.py)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.agents.asking import Problems, ask
from marketeer_dagster.agents.assignment import Assignment, Reviewed
from marketeer_dagster.agents.prompt import DIRECTOR, review_prompt
from marketeer_dagster.agents.protocols import LanguageModel
from marketeer_dagster.catalog.models import Skill
from marketeer_dagster.model.artefacts import ArtefactContent, Spend
from marketeer_dagster.model.errors import MarketeerError, NoVerdict
from marketeer_dagster.model.ids import ReviewId, content_hash, derived
from marketeer_dagster.model.review import DimensionScore, Finding, Review, Verdict
from marketeer_dagster.quality import earlier, rubric
from marketeer_dagster.quality.gate import newest_words

_LENS_LIMIT = 1500
"""Characters of a reviewer's own method that go into the (uncached) task."""
DIRECTOR_LENS = (
    "You are the Director and the last to look before this goes out. Specialists have judged it; their verdicts are in "
    "`reviews`. Ask what they could not: does it do what the brief and the campaign need, does it agree with the "
    "campaign's offer, audience and call to action, would you put the company's name on it?"
)


class Skills(Protocol):
    """The part of the catalog that agents need."""

    def skill(self, name: str, /) -> Skill:
        """The skill of that name or alias; raises NotFound."""
        ...


class Reviewer:
    """Reviews through the lens of any skill. Stateless."""

    def __init__(self, model: LanguageModel, catalog: Skills) -> None:
        self._model = model
        self._catalog = catalog

    async def review(
        self,
        assignment: Assignment,
        reviewer: str,
        content: ArtefactContent,
        version: int,
        round: int,
        at: datetime,
        *,
        history: Sequence[Review] = (),
    ) -> Reviewed:
        """What `reviewer` (a skill, or `director`) says of one version, by the rubric of the artefact's own skill.

        `history` are the reviews of this take so far, in order: their open findings are asked about one by one, and
        the Director is shown what the others say of this version.

        Fails closed: a refusal, an unreadable answer, and one that twice leaves marks out or quotes what is not there
        are a review with Verdict.NONE. ToolError and BudgetExceeded pass, so that a step may try again; `no_verdict`
        makes a review of them. NotFound for an unknown reviewer.
        """
        opened = earlier.open_findings(history)
        asked_about = tuple(raised for raised in opened if raised.version != version)
        prompt = review_prompt(
            assignment,
            content,
            reviewer=reviewer,
            lens=DIRECTOR_LENS if reviewer == DIRECTOR else lens_of(self._catalog.skill(reviewer)),
            rubric=assignment.skill.rubric,
            round=round,
            earlier=asked_about,
            reviews=tuple(newest_words(history, version).values()) if reviewer == DIRECTOR else (),
        )
        evidence = rubric.Evidence(content)
        try:
            asked = await ask(
                self._model,
                prompt,
                ReviewAnswer,
                tier="judge",
                scope=assignment.scope(f"review-{reviewer}"),
                check=lambda answer: (
                    *_broken(answer, assignment, content),
                    *earlier.unanswered(asked_about, answer.earlier, evidence),
                ),
            )
            answer = asked.value
            if asked.problems and (broken := _broken(answer, assignment, content)):
                raise NoVerdict(f"its answer cannot be believed, twice: {broken[0]}")
        except NoVerdict as error:
            return no_verdict(assignment, reviewer, version, round, at, error)
        mended = earlier.mended(asked_about, answer.earlier, evidence)
        # Nothing is mended in a version that was not changed since: what is serious and stands here stays open, too.
        still = [r.finding for r in asked_about if r.finding.id not in mended]
        still += [r.finding for r in opened if r.version == version and r.finding.serious]
        new = [
            flaw.named(_finding_id(assignment, version, reviewer, round, number))
            for number, flaw in enumerate(answer.findings)
        ]
        judged = rubric.judge(assignment.skill.rubric, answer.dimensions, (*still, *new), content)
        review = make_review(
            assignment,
            reviewer,
            version,
            round,
            at,
            verdict=judged.verdict,
            score=judged.score,
            dimensions=judged.dimensions,
            findings=judged.findings,
            mended=tuple(sorted(mended)),
            summary=answer.summary,
        )
        return Reviewed(review, asked.spend)


def lens_of(skill: Skill) -> str:
    """How a skill looks at others' work: the section on reviewing in its SKILL.md, else its description."""
    section: list[str] = []
    for line in skill.body.splitlines():
        if line.startswith("## "):
            if section:
                break
            if "review" in line.lower():
                section.append(line)
        elif section:
            section.append(line)
    text = "\n".join(section[1:]).strip()
    return f"{skill.name}: {skill.description}\n{text[:_LENS_LIMIT]}".strip()


def make_review(
    assignment: Assignment,
    reviewer: str,
    version: int,
    round: int,
    at: datetime,
    *,
    verdict: Verdict,
    score: float = 0.0,
    dimensions: tuple[DimensionScore, ...] = (),
    findings: tuple[Finding, ...] = (),
    mended: tuple[str, ...] = (),
    summary: str = "",
) -> Review:
    """A review row. Its id follows from (artefact, version, reviewer, round, take): a retried step writes it once."""
    take = assignment.campaign.round
    question = (assignment.artefact_id, str(version), reviewer, str(round), *([f"take {take}"] if take else []))
    return Review(
        id=ReviewId(derived("rev", *question)),
        tenant=assignment.tenant.id,
        campaign=assignment.campaign.key,
        artefact=assignment.artefact_id,
        version=version,
        reviewer=reviewer,
        round=round,
        take=take,
        verdict=verdict,
        score=score,
        dimensions=dimensions,
        findings=findings,
        mended=mended,
        summary=summary[:2000],
        created_at=at,
    )


def no_verdict(
    assignment: Assignment,
    reviewer: str,
    version: int,
    round: int,
    at: datetime,
    error: MarketeerError,
) -> Reviewed:
    """The review that stands for a missing answer. It approves nothing."""
    review = make_review(assignment, reviewer, version, round, at, verdict=Verdict.NONE, summary=f"No verdict: {error}")
    return Reviewed(review, Spend())


def _broken(answer: ReviewAnswer, assignment: Assignment, content: ArtefactContent) -> Problems:
    """What makes an answer no review: marks left out, evidence that is not there."""
    wanted = set(assignment.skill.rubric.dimensions)
    named = rubric.named(assignment.skill.rubric, answer.dimensions)
    missing = sorted(wanted - {mark.dimension for mark in named})
    marks = [mark for mark in named if mark.dimension in wanted]
    return tuple(f"dimensions: {name} of the rubric has no mark" for name in missing) + tuple(
        f"dimensions: the quote for {name} does not occur in the artefact; copy words from it character by character"
        for name in rubric.unfound_quotes(marks, content)
    )


def _finding_id(assignment: Assignment, version: int, reviewer: str, round: int, number: int) -> str:
    """Short, because judges copy it; without the take, because a campaign taken up again asks the same questions."""
    named = "\x1f".join((assignment.artefact_id, str(version), reviewer, str(round), str(number)))
    return f"f_{content_hash(named)[:8]}"
