"""The page and the emails that convinced nobody, as they once stood: every simulated reviewer sends them back, and why.

They are asked as the platform asks: the real prompts, the rubrics of the skills, the verdict of code. Then the author
revises until each of them approves: what forbids an approval can be mended.
"""

from collections.abc import Sequence
from typing import TypeVar

import pytest

from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.director import DIRECTOR
from marketeer_dagster.agents.prompt import revise_prompt
from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.review import Finding, Verdict
from tests.sandbox.reviewing import REVIEWERS, answered, names, reviewed, work

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


def asked(skill: str) -> Assignment:
    return work(
        skill,
        "threlby",
        key_message="Reminders that stop by themselves",
        cta="Start the 14-day trial",
        keywords=("client document status overview",),
        must_address=(f"Answer visitors who search for “{SEARCH}”",),
    )


def revised(content: Content, skill: str, findings: Sequence[Finding]) -> Content:
    kind = type(content)
    return kind.model_validate(answered(revise_prompt(asked(skill), content, findings), kind.model_json_schema()))


HEADLINES = {
    "Client document status overview: Client document collection for accountancy practices": (DOUBLED, STIFF),
    "Threlby files into the suite's folders and can be used for the clients who never log in": (STIFF,),
}


@pytest.mark.parametrize("reviewer", REVIEWERS)
@pytest.mark.parametrize("headline", HEADLINES)
def test_every_reviewer_sends_the_old_page_back_and_names_each_reason(headline: str, reviewer: str) -> None:
    judged = reviewed(old_page(headline), asked("copywriting"), reviewer)
    assert judged.verdict is not Verdict.APPROVE
    assert judged.score < 7
    for reason, (words, where) in NAMES.items():
        assert names(judged, words, where), (reason, [(f.where, f.problem) for f in judged.findings])
    for words, where in HEADLINES[headline]:
        assert names(judged, words, where), (words, [(f.where, f.problem) for f in judged.findings])


@pytest.mark.parametrize("reviewer", ["copy-editing", DIRECTOR])
def test_every_reviewer_sends_the_old_emails_back(reviewer: str) -> None:
    judged = reviewed(old_emails(), asked("email-sequence"), reviewer)
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
        judged = reviewed(content, asked(skill), reviewer)
        for _ in range(3):
            if judged.verdict is not Verdict.APPROVE:
                content = revised(content, skill, judged.findings)
                judged = reviewed(content, asked(skill), reviewer, judged.findings)
        assert judged.verdict is Verdict.APPROVE, [(f.where, f.quote, f.problem) for f in judged.findings]
    return content
