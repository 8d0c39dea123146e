"""Every simulated reviewer names a fault planted alone in a good page, and sends no good page back."""

from collections.abc import Callable
from functools import cache

import pytest

from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.director import DIRECTOR
from marketeer_dagster.agents.prompt import draft_prompt, revise_prompt
from marketeer_dagster.model.artefacts import ArtefactContent, artefact_kinds
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.quality import rubric
from tests.quality.written import campaign, contexts
from tests.sandbox.reviewing import REVIEWERS, answered, catalog, names, reviewed, work
from tests.support import marketing

CONCERNS = {
    "threlby": "move clients from old portal",
    "bikes": "bike repair near me same day",
    "museum": "museum for kids rainy day",
    "tax_de": "belege digitalisieren freiberufler",
    "roofer_de": "dach neu decken kosten",
    "cheese_fr": "abonnement fromage mensuel",
    "dogs_sparse": "how much is a dog walker",
    "warehouse_notion": "pick route optimisation cost",
    "funeral": "direct cremation shropshire price",
    "physio_es": "dolor de espalda opositores",
    "contracts_prose": "legal approval audit trail",
    "pottery": "pottery membership price",
}
PLANTED_IN = ("bikes", "roofer_de", "cheese_fr", "funeral", "warehouse_notion")


def asked(name: str, skill: str) -> Assignment:
    return work(skill, name, key_message=CONCERNS[name], must_address=(CONCERNS[name],))


@cache
def good(name: str, skill: str) -> ArtefactContent:
    return [w for w in campaign(name, "/", CONCERNS[name]) if w.skill == skill][1].content


@cache
def judged_good(name: str, skill: str, reviewer: str) -> rubric.Judgement:
    return reviewed(good(name, skill), asked(name, skill), reviewer)


@pytest.mark.parametrize("name", CONCERNS)
@pytest.mark.parametrize("reviewer", REVIEWERS)
def test_no_reviewer_sends_a_good_page_back(name: str, reviewer: str) -> None:
    judged = judged_good(name, "copywriting", reviewer)
    assert judged.verdict is Verdict.APPROVE, [(f.where, f.quote, f.problem) for f in judged.findings]


@pytest.mark.parametrize("name", CONCERNS)
@pytest.mark.parametrize("reviewer", ["copy-editing", DIRECTOR])
def test_no_reviewer_sends_good_emails_back(name: str, reviewer: str) -> None:
    judged = judged_good(name, "email-sequence", reviewer)
    assert judged.verdict is Verdict.APPROVE, [(f.where, f.quote, f.problem) for f in judged.findings]


def _heading(page: PageCopy, text: str) -> PageCopy:
    return page.model_copy(
        update={"sections": (page.sections[0].model_copy(update={"heading": text}), *page.sections[1:])}
    )


def _body(page: PageCopy, text: str) -> PageCopy:
    last = page.sections[-1]
    return page.model_copy(
        update={"sections": (*page.sections[:-1], last.model_copy(update={"body": f"{last.body} {text}"}))}
    )


def _told(page: PageCopy) -> str:
    """A sentence that the page already says."""
    told = [s.body for s in page.sections[:-1] if len(s.body.split()) > 4]
    return told[0].split(". ")[0].rstrip(".") + "."


def _label(page: PageCopy, text: str) -> PageCopy:
    return page.model_copy(update={"cta": page.cta.model_copy(update={"label": text})})


Plant = Callable[[PageCopy, str], PageCopy]
SIX = ("Work email", "Name", "Email", "Phone", "Address", "How did you hear about us?")
PLANTS: dict[str, tuple[Plant, str, str]] = {
    "a search phrase as a heading": (_heading, "search phrase", "sections[0].heading"),
    "a search phrase as the title": (
        lambda page, search: page.model_copy(update={"title_tag": search.capitalize()}), "search phrase", "title_tag",
    ),
    "the same words twice in the title": (
        lambda page, _: page.model_copy(update={"title_tag": f"{page.headline[:26]}: {page.headline[:26]}"}),
        "same words stand twice", "title_tag",
    ),
    "two lines joined to a headline": (
        lambda page, _: page.model_copy(update={"headline": f"{page.headline[:40]}; {page.subheadline[:45]}"}),
        "No reader would say this headline", "headline",
    ),
    "a welcome as the headline": (
        lambda page, _: page.model_copy(update={"headline": "Welcome to our website"}), "names no benefit", "headline",
    ),
    "a form of six fields": (
        lambda page, _: page.model_copy(update={"form_fields": (*SIX[1:], "Company")}), "more than the first", "form",
    ),
    "a field twice": (
        lambda page, _: page.model_copy(update={"form_fields": SIX[:3:2]}), "same thing twice", "form_fields",
    ),
    "a sentence twice": (lambda page, _: _body(page, _told(page)), "already stands on the page", "sections"),
    "a button that says nothing": (lambda page, _: _label(page, "Learn more"), "button does not ask", "cta.label"),
    "a label of the context": (lambda page, _: _heading(page, "TL;DR"), "for colleagues", "sections[0].heading"),
    "a picture in a heading": (
        lambda page, _: _heading(page, f"✅ {page.sections[0].heading}"), "for colleagues", "sections[0].heading",
    ),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("name", PLANTED_IN)
def test_a_fault_planted_alone_is_named_by_all_and_costs(name: str, plant: str) -> None:
    make, words, where = PLANTS[plant]
    page = good(name, "copywriting")
    assert isinstance(page, PageCopy)
    worse = make(page, CONCERNS[name])
    for reviewer in REVIEWERS:
        judged = reviewed(worse, asked(name, "copywriting"), reviewer)
        assert names(judged, words, where), (reviewer, [(f.where, f.problem) for f in judged.findings])
        assert judged.score < judged_good(name, "copywriting", reviewer).score
        assert judged.verdict is not Verdict.APPROVE


@pytest.mark.parametrize("name", ["roofer_de", "cheese_fr"])
def test_words_of_another_language_are_named(name: str) -> None:
    page = good(name, "copywriting")
    assert isinstance(page, PageCopy)
    worse = _heading(page, f"What makes {contexts()[name].name} different")
    for reviewer in REVIEWERS:
        judged = reviewed(worse, asked(name, "copywriting"), reviewer)
        assert names(judged, "of another language", "sections[0].heading"), judged.findings
        assert judged.score < judged_good(name, "copywriting", reviewer).score


@pytest.mark.parametrize("name", PLANTED_IN)
def test_faults_of_emails_are_named_alone(name: str) -> None:
    emails = good(name, "email-sequence")
    assert isinstance(emails, EmailSequence)
    first, second, *rest = emails.emails
    opening = first.body.split("\n\n")[1]
    later = second.body.replace(second.body.split("\n\n")[1], opening, 1)
    plants = (
        ("search phrase", "emails[1].subjects[0]", {"subjects": (CONCERNS[name], *second.subjects[1:])}),
        ("sentence of an earlier email", "emails[1].body", {"body": later}),
        ("does not say what happens next", "emails[1].cta_label", {"cta_label": "Read more"}),
        ("repeats the subject", "emails[1].preheader", {"preheader": second.subjects[0]}),
    )
    for words, where, change in plants:
        worse = emails.model_copy(update={"emails": (first, second.model_copy(update=change), *rest)})
        for reviewer in ("copy-editing", DIRECTOR):
            judged = reviewed(worse, asked(name, "email-sequence"), reviewer)
            assert names(judged, words, where), (words, [(f.where, f.problem) for f in judged.findings])
            assert judged.score < judged_good(name, "email-sequence", reviewer).score


def test_the_audit_of_a_small_context_comes_to_an_end() -> None:
    """Without a live page two findings are all there is to see: to ask for more would never end."""
    assignment = marketing.assignment(catalog(), "page-cro")
    model = artefact_kinds()["page_audit"]
    audit = model.model_validate(answered(draft_prompt(assignment), model.model_json_schema()))
    for reviewer in ("analytics-tracking", DIRECTOR):
        judged = reviewed(audit, assignment, reviewer)
        for _ in range(3):
            if judged.verdict is not Verdict.APPROVE:
                told = revise_prompt(assignment, audit, judged.findings)
                audit = model.model_validate(answered(told, model.model_json_schema()))
                judged = reviewed(audit, assignment, reviewer, judged.findings)
        assert judged.verdict is Verdict.APPROVE, judged.findings
