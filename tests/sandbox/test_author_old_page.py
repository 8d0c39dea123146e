"""The page and the emails that convinced nobody, as they once stood: every simulated reviewer sends them back, and why.

They are asked as the platform asks: the real prompts, the rubrics of the skills, the verdict of code. Then the author
revises until each of them approves: what forbids an approval can be mended.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

import pytest

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.director import DIRECTOR
from marketeer_dagster.agents.prompt import review_prompt, revise_prompt
from marketeer_dagster.agents.reviewer import DIRECTOR_LENS, lens_of
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.model.review import Finding, Severity, Verdict
from marketeer_dagster.quality import rubric
from marketeer_dagster.quality.earlier import Raised, unanswered
from marketeer_dagster.quality.earlier import mended as mended_ids
from marketeer_dagster.sandbox.author.compose import structured
from marketeer_dagster.sandbox.author.request import read_task
from tests.quality.written import ROOT, contexts
from tests.support import marketing

Content = TypeVar("Content", bound=ArtefactContent)
SEARCH = "move clients from old portal"
OLDER = (
    "Clients need no account and no app; 27 % of the uploads come from people over 60, and anyone can still reply to "
    "the email with a file."
)
PORTAL = (
    "Threlby files into the suite's folders and can be used for the clients who never log in; 4 in 10 customers run "
    "both."
)
NAMES = {
    "a heading is a search phrase": ("search phrase", "sections["),
    "the title is a search phrase": ("search phrase", "title_tag"),
    "too many fields": ("asks for more than the first step needs", "form_fields"),
    "a field twice": ("asks for the same thing twice", "form_fields"),
    "a sentence is repeated": ("already stands on the page", ""),
}
DOUBLED = ("The same words stand twice", "headline")
STIFF = ("No reader would say this headline", "headline")


def old_page(headline: str) -> PageCopy:
    """What stood on the demo's home page."""
    return PageCopy.model_validate({
        "path": "/",
        "title_tag": "Move clients from old portal | Threlby",
        "meta_description": "Client document collection for accountancy practices, so that nobody has to chase.",
        "headline": headline,
        "subheadline": "Client document collection for accountancy practices, so that nobody has to chase.",
        "cta": {"label": "Start the 14-day trial", "url": "/signup", "note": "The trial lasts 14 days"},
        "sections": [
            {
                "role": "problem",
                "heading": "Client document status overview",
                "body": "The status of 200 clients lives in a spreadsheet that is out of date by Tuesday.",
            },
            {"role": "objections", "heading": "Move clients from old portal", "body": f"{PORTAL} {OLDER}"},
            {
                "role": "benefits",
                "heading": "What you get",
                "body": "Clients open a personal link, confirm a code by text message and upload; 91 % of invited "
                "clients use it in the first month.",
                "bullets": ["Checks before it reaches you: Threlby reads date, entity and type of each file."],
            },
            {
                "role": "proof",
                "heading": "Seen in practice",
                "body": "Practices save 5.5 hours per staff member and month on reminders and filing.",
            },
        ],
        "quotations": [
            {
                "text": "I used to write forty reminders on a Monday. Now I look at the board and drink my coffee.",
                "attribution": "Moira Fennimore, owner, Fennimore & Aske Bookkeeping",
            }
        ],
        "faq": [
            {"question": "What if our older clients will not use it?", "answer": OLDER},
            {"question": "What if we already have a portal in our suite?", "answer": PORTAL},
            {
                "question": "Will setup take weeks we do not have?",
                "answer": "Most practices send their first request on the day they start.",
            },
        ],
        "form_fields": ["Work email", "Name", "Email", "Phone", "Address", "How did you hear about us?"],
        "headline_alternatives": [
            {"text": "Chasing clients by email", "reason": "Names the problem"},
            {"text": "Reminders that stop by themselves", "reason": "Leads with the difference"},
        ],
        "cta_alternatives": [{"text": "See how it works", "reason": "A smaller step"}],
    })  # fmt: skip


def old_emails() -> EmailSequence:
    """A sequence whose first email is about uptime."""
    sign = "\n\nThe Threlby team"
    ask = "\n\nWhen you are ready: start the 14-day trial."

    def email(subjects: Sequence[str], preheader: str, body: str, delay: int) -> dict[str, object]:
        return {
            "purpose": "Keep in touch", "delay_days": delay, "subjects": list(subjects), "preheader": preheader,
            "body": f"Hello,\n\n{body}{ask}{sign}", "cta_label": "Start the 14-day trial", "cta_url": "/signup",
        }  # fmt: skip

    lead = "Client document collection for accountancy practices, so that nobody has to chase."
    return EmailSequence.model_validate({
        "name": "Back to the trial",
        "audience": "Practice owner",
        "trigger": "Looked at the home page and did not start the trial",
        "goal": "More trials",
        "exit_rule": "Leaves on a trial or on unsubscribing",
        "emails": [
            email(
                ["99.97 % over the last twelve months", "Availability you can check"],
                "On a public status page.",
                "Threlby was available 99.97 % of the time over the last twelve months, on a public status page.",
                0,
            ),
            email(
                ["Move clients from old portal", "Reminders that stop by themselves"],
                "The onboarding team moves checklists within 3 working days.",
                f"{lead}\n\n{PORTAL}",
                2,
            ),
            email(
                ["What it costs, in full", "No client login"],
                "Clients open a personal link.",
                f"{lead}\n\nPractices save 5.5 hours per staff member and month on reminders and filing, by a survey "
                "of 312 customers in March 2026.",
                3,
            ),
        ],
    })  # fmt: skip


@cache
def catalog() -> Catalog:
    return Catalog.load(ROOT)


def work(skill: str) -> Assignment:
    brief = marketing.brief(
        skill,
        audience="",
        key_message="Reminders that stop by themselves",
        offer="",
        cta="Start the 14-day trial",
        target="/",
        keywords=("client document status overview",),
        must_address=(f"Answer visitors who search for “{SEARCH}”",),
    )
    context = ContextVersion(
        tenant=marketing.TENANT, version=1, context=contexts()["threlby"], created_at=marketing.NOW
    )
    return replace(marketing.assignment(catalog(), skill, brief=brief), context=context)


def answered(prompt: object, schema: dict[str, object]) -> object:
    # `prompt` is a Prompt: what the agents build.
    system = "\n\n".join(block.text for block in prompt.system)  # type: ignore[attr-defined]
    return structured(read_task(system, [(turn.role, turn.whole) for turn in prompt.turns]), schema)  # type: ignore[attr-defined]


def reviewed(content: ArtefactContent, skill: str, reviewer: str, before: Sequence[Finding] = ()) -> rubric.Judgement:
    """One review; `before` are this reviewer's open findings, which are asked about as the platform asks."""
    assignment = work(skill)
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


def revised(content: Content, skill: str, findings: Sequence[Finding]) -> Content:
    kind = type(content)
    return kind.model_validate(answered(revise_prompt(work(skill), content, findings), kind.model_json_schema()))


def names(judged: rubric.Judgement, words: str, where: str) -> bool:
    found = [f for f in judged.findings if words in f.problem and where in f.where]
    return bool(found) and all(finding.severity is Severity.MAJOR for finding in found)


REVIEWERS = ("copy-editing", "page-cro", DIRECTOR)
HEADLINES = {
    "Client document status overview: Client document collection for accountancy practices": (DOUBLED, STIFF),
    "Threlby files into the suite's folders and can be used for the clients who never log in": (STIFF,),
}


@pytest.mark.parametrize("reviewer", REVIEWERS)
@pytest.mark.parametrize("headline", HEADLINES)
def test_every_reviewer_sends_the_old_page_back_and_names_each_reason(headline: str, reviewer: str) -> None:
    judged = reviewed(old_page(headline), "copywriting", reviewer)
    assert judged.verdict is not Verdict.APPROVE
    assert judged.score < 7
    for reason, (words, where) in NAMES.items():
        assert names(judged, words, where), (reason, [(f.where, f.problem) for f in judged.findings])
    for words, where in HEADLINES[headline]:
        assert names(judged, words, where), (words, [(f.where, f.problem) for f in judged.findings])


@pytest.mark.parametrize("reviewer", ["copy-editing", DIRECTOR])
def test_every_reviewer_sends_the_old_emails_back(reviewer: str) -> None:
    judged = reviewed(old_emails(), "email-sequence", reviewer)
    assert judged.verdict is not Verdict.APPROVE
    assert judged.score < 7
    assert names(judged, "The first email is about something else", "emails[0]")
    assert names(judged, "The subject is a search phrase", "emails[1].subjects[0]")
    assert names(judged, "opens with the sentence of an earlier email", "emails[2].body")


@pytest.mark.parametrize("headline", HEADLINES)
def test_the_old_page_is_mended_until_all_approve(headline: str) -> None:
    content = mended(old_page(headline), "copywriting", REVIEWERS)
    assert content.headline not in HEADLINES
    assert len(content.form_fields) <= 3
    said = content.body_markdown()
    assert said.count(OLDER) == 1
    assert "Move clients from old portal" not in said


def test_the_old_emails_are_mended_until_all_approve() -> None:
    content = mended(old_emails(), "email-sequence", ("copy-editing", DIRECTOR))
    assert "99.97" not in content.emails[0].body


def mended(content: Content, skill: str, reviewers: Sequence[str]) -> Content:
    """Each reviewer in turn until it approves, at most three revisions each; the last version is what all approve."""
    for reviewer in reviewers:
        judged = reviewed(content, skill, reviewer)
        for _ in range(3):
            if judged.verdict is not Verdict.APPROVE:
                content = revised(content, skill, judged.findings)
                judged = reviewed(content, skill, reviewer, judged.findings)
        assert judged.verdict is Verdict.APPROVE, [(f.where, f.quote, f.problem) for f in judged.findings]
    return content
