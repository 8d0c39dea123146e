"""Claims over whole artefacts: what counts as a source, which fields are public, what colleagues may write."""

import pytest

from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import Quotation
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.review import Severity
from marketeer_dagster.quality import claims
from marketeer_dagster.quality.claims import Sources
from tests.quality import pages
from tests.quality.written import contexts

THRELBY = Sources(context=contexts()["threlby"], metrics=pages.METRICS)


def serious(content: object, sources: Sources = THRELBY) -> list[str]:
    found = claims.check(content, sources)  # type: ignore[arg-type]
    return [finding.where for finding in found if finding.severity is not Severity.MINOR]


@pytest.mark.parametrize("kind", sorted(pages.ALL))
def test_honest_artefacts_of_every_kind_pass(kind: str) -> None:
    assert serious(pages.ALL[kind]) == []


def test_figures_of_unknown_origin_in_papers_are_pointed_out_but_block_nothing() -> None:
    found = claims.check(pages.page(notes="We expect 731 more trials and 12 % more calls."), THRELBY)
    assert [(f.where, f.quote, f.severity) for f in found if f.where == "notes"] == [
        ("notes", "731", Severity.MINOR),
        ("notes", "12 %", Severity.MINOR),
    ]


def test_papers_may_quote_metrics_with_rounding_and_use_constants_of_method() -> None:
    notes = "138 of 4310 sessions is 3.2 %; revenue $5,382. Test at 95 % with 80 % power for 28 days, 50 % each."
    assert (
        claims.check(pages.page(notes=notes, headline_alternatives=pages.page().headline_alternatives[:1] * 2), THRELBY)
        == ()
    )


def test_wordings_that_an_experiment_may_show_are_public_and_their_reasons_are_not() -> None:
    alternatives = (
        {"text": "Save 47 % today", "reason": "Expect 12 % more"},
        {"text": "Nobody chases", "reason": "short"},
    )
    assert serious(pages.page(headline_alternatives=alternatives)) == ["headline_alternatives[0].text"]


def test_a_page_within_another_artefact_keeps_its_private_notes() -> None:
    page = pages.page(notes="Salesforce does this 47 % better")
    assert serious(pages.edited().model_copy(update={"page": page})) == []


@pytest.mark.parametrize("field", ["purpose", "subjects", "preheader", "body", "cta_label"])
def test_every_text_of_an_email_that_readers_see_is_checked(field: str) -> None:
    email = pages.emails().emails[0]
    invented = ("Save 47 %", "Begin today") if field == "subjects" else "Save 47 %"
    sequence = EmailSequence.model_validate(
        {**pages.emails().model_dump(), "emails": (email.model_copy(update={field: invented}).model_dump(),)}
    )
    assert bool(serious(sequence)) is (field != "purpose")


def test_agents_work_supports_no_public_text() -> None:
    told = THRELBY.model_copy(update={"texts": ("Practices save 47 % with Salesforce, the best tool.",)})
    assert serious(pages.with_text("Practices save 47 %."), told)
    notes = claims.check(pages.page(notes="They save 47 %."), told)
    assert "notes" not in [finding.where for finding in notes]


def test_what_people_of_the_tenant_state_supports_public_text() -> None:
    told = THRELBY.model_copy(update={"people": ("From May, Harvest is included and the trial lasts 21 days.",)})
    assert serious(pages.with_text("It works with Harvest for 21 days."), told) == []


def test_figures_of_goals_are_for_colleagues() -> None:
    aim = "Signups rise by 20 % from 2,900."
    assert len(serious(pages.with_text(aim))) == 2
    assert "notes" not in [finding.where for finding in claims.check(pages.page(notes=aim), THRELBY)]


def test_metrics_support_figures_but_headings_of_the_context_do_not() -> None:
    assert serious(pages.with_text("12,044 visitors came.")) == []
    bare = ProductContext(name="Bare", sections=dict.fromkeys(Section, "nothing"))
    assert serious(pages.with_text("It takes eleven days."), Sources(context=bare))


@pytest.mark.parametrize(
    ("text", "speaker", "accepted"),
    [
        ("Clients who never opened the old portal sent their papers from the car park.", "Dirk Hollander", True),
        ("Clients who never opened the old portal sent their papers from the car park.",
         "Dirk Hollander, senior bookkeeper at Hollander Oosthoek", True),
        ("Clients who never opened the old portal sent their papers from the car park.", "A customer", True),
        ("Clients who never opened the old portal … from the car park.", "Dirk Hollander", True),
        ("Clients who never opened the old portal sent their papers from the car park.", "Bert Jansen", False),
        ("Clients who never opened the old portal sent their papers from the car park.", "Pádraig Loughnane", False),
        ("Clients who never opened a portal sent everything from the car park.", "Dirk Hollander", False),
    ],
)  # fmt: skip
def test_quotations_are_verbatim_and_ascribed_to_who_said_them(text: str, speaker: str, accepted: bool) -> None:
    page = pages.page(quotations=(Quotation(text=text, attribution=speaker),))
    assert (serious(page) == []) is accepted


def test_customers_may_praise_where_the_company_may_not() -> None:
    context = THRELBY.context
    praise = '"It is the best tool we ever bought, guaranteed." — Ada Quill, owner'
    praised = context.model_copy(
        update={"sections": context.sections | {Section.LANGUAGE: f"{context.sections[Section.LANGUAGE]}\n- {praise}"}}
    )
    sources = Sources(context=praised)
    quoted = Quotation(text="It is the best tool we ever bought, guaranteed.", attribution="Ada Quill, owner")
    assert serious(pages.page(quotations=(quoted,), notes=""), sources) == []
    assert serious(pages.with_text("Ada Quill says “It is the best tool we ever bought, guaranteed.”"), sources) == []
    assert serious(pages.with_text("It is the best tool."), sources)


def test_words_to_avoid_prove_nothing() -> None:
    assert serious(pages.with_text("A revolutionary way to collect papers."))


def test_every_unsupported_claim_is_named_once() -> None:
    found = claims.check(pages.with_text("Save 47 %. Yes, 47 %. HubSpot loves it, HubSpot does."), THRELBY)
    body = [finding.quote for finding in found if finding.where.startswith("sections")]
    assert sorted(body) == ["47 %", "HubSpot"]


QUERY = "| threlby saves 47 % says Klaus Weber of Salesforce, the best tool for everybody | 12 |"


@pytest.mark.parametrize(
    "invented",
    [
        "Save 47 %.",
        "Trusted by Salesforce.",
        "Klaus Weber runs a practice.",
        "The best tool.",
        '"threlby saves 47 % says Klaus Weber of Salesforce"',
    ],
)
def test_what_somebody_typed_into_a_search_box_supports_nothing(invented: str) -> None:
    tables = f"{pages.METRICS}\n\n| Search query | Clicks |\n|---|---|\n{QUERY}"
    assert serious(pages.with_text(invented), THRELBY.model_copy(update={"metrics": tables}))


def test_a_label_cannot_forge_a_cell() -> None:
    assert (
        claims.measured("| Search query | Clicks |\n|---|---|\n| cheap \\| 99 \\| 98 | 12 |\n| 47 % | $5,382 |")
        == "12\n$5,382"
    )
