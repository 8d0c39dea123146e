"""Reviews as the platform asks for them: the real prompts, the rubrics of the skills, the verdict of code."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.director import DIRECTOR
from marketeer_dagster.agents.prompt import review_prompt
from marketeer_dagster.agents.reviewer import DIRECTOR_LENS, lens_of
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality import rubric
from marketeer_dagster.quality.earlier import Raised, unanswered
from marketeer_dagster.quality.earlier import mended as mended_ids
from marketeer_dagster.sandbox.author.compose import structured
from marketeer_dagster.sandbox.author.request import read_task
from tests.quality.written import ROOT, contexts
from tests.support import marketing

REVIEWERS = ("copy-editing", "page-cro", DIRECTOR)


@cache
def catalog() -> Catalog:
    return Catalog.load(ROOT)


def work(skill: str, context: str, **brief: Any) -> Assignment:
    """A task of `skill` for the home page of a test context; `brief` says what its brief holds beside."""
    asked: dict[str, Any] = {"audience": "", "offer": "", "cta": "", "target": "/", "keywords": (), **brief}
    made = marketing.assignment(catalog(), skill, brief=marketing.brief(skill, **asked))
    known = ContextVersion(tenant=marketing.TENANT, version=1, context=contexts()[context], created_at=marketing.NOW)
    return replace(made, context=known)


def answered(prompt: object, schema: dict[str, object]) -> object:
    # `prompt` is a Prompt: what the agents build.
    system = "\n\n".join(block.text for block in prompt.system)
    return structured(read_task(system, [(turn.role, turn.whole) for turn in prompt.turns]), schema)


def reviewed(
    content: ArtefactContent, assignment: Assignment, reviewer: str, before: Sequence[Finding] = ()
) -> rubric.Judgement:
    """One review; `before` are this reviewer's open findings, which are asked about as the platform asks."""
    asked = tuple(Raised(finding, reviewer, 1) for finding in before if finding.id)
    lens = DIRECTOR_LENS if reviewer == DIRECTOR else lens_of(catalog().skill(reviewer))
    prompt = review_prompt(
        assignment,
        content,
        reviewer=reviewer,
        lens=lens,
        rubric=assignment.skill.rubric,
        round=1,
        earlier=asked,
        reviews=(),
    )
    given = ReviewAnswer.model_validate(answered(prompt, ReviewAnswer.model_json_schema()))
    assert not rubric.unfound_quotes(given.dimensions, content)
    evidence = rubric.Evidence(content)
    assert not unanswered(asked, given.earlier, evidence)
    done = mended_ids(asked, given.earlier, evidence)
    left = [raised.finding for raised in asked if raised.finding.id not in done]
    name = content_hash(content.model_dump_json())
    named = [flaw.named(f"f{name}{number}") for number, flaw in enumerate(given.findings)]
    return rubric.judge(assignment.skill.rubric, given.dimensions, (*left, *named), content)


def names(judged: rubric.Judgement, words: str, where: str) -> bool:
    """Whether the review names the reason, in this place, as serious."""
    found = [f for f in judged.findings if words in f.problem and where in f.where]
    return bool(found) and all(finding.severity is not Severity.MINOR for finding in found)
