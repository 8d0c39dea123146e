"""A campaign's artefacts agree with each other and with the context: each rule kept once and broken once."""

import pytest

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.page_copy import Quotation
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality import consistency
from marketeer_dagster.quality.offers import plan_prices, trial_lengths
from marketeer_dagster.quality.voice import banned_words, bans_exclamation_marks
from tests.quality import pages
from tests.quality.written import contexts

THRELBY = contexts()["threlby"]
CAMPAIGN: dict[str, ArtefactContent] = {
    "copywriting": pages.page(),
    "email-sequence": pages.emails(),
    "paid-ads": pages.ads(),
    "page-cro": pages.audit(),
    "ab-test-setup": pages.experiment(),
}
FORTNIGHT = ("minutes", 14 * 1440.0)


def findings(context: ProductContext = THRELBY, **changed: ArtefactContent) -> list[Finding]:
    renamed = {name.replace("_", "-"): content for name, content in changed.items()}
    return list(consistency.check({**CAMPAIGN, **renamed}, context))


def changed_context(**texts: str) -> ProductContext:
    sections = {Section[name.upper()]: text for name, text in texts.items()}
    return THRELBY.model_copy(update={"sections": THRELBY.sections | sections})


def test_a_campaign_of_one_mind_passes() -> None:
    assert findings() == []
    assert consistency.check({}, THRELBY) == ()
    assert consistency.check({"copywriting": pages.page()}, THRELBY) == ()


@pytest.mark.parametrize(
    "text",
    [
        "A two-week trial.",
        "14 days of trial are free.",
        "The trial lasts 14 days.",
        "Refunds within 30 days; 14-day trial.",
    ],
)
def test_the_trial_of_the_context_may_be_said_in_any_words(text: str) -> None:
    assert findings(copywriting=pages.with_text(text)) == []


@pytest.mark.parametrize("text", ["Start the 30-day free trial.", "The trial lasts 30 days.", "a four-week trial"])
def test_a_trial_of_another_length_is_found(text: str) -> None:
    (finding,) = findings(copywriting=pages.with_text(text))
    assert (finding.where, finding.severity) == ("offer", Severity.MAJOR)
    assert "14 days" in finding.suggestion


def test_without_a_trial_in_the_context_artefacts_still_agree() -> None:
    silent = ProductContext(name="Silent", sections=dict.fromkeys(Section, "practice owners"))
    assert "offer" not in [f.where for f in findings(silent)]
    apart = findings(silent, email_sequence=pages.emails(emails=(
        pages.emails().emails[0].model_copy(update={"body": "Your 30-day trial began."}),)))  # fmt: skip
    assert "offer" in [f.where for f in apart]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The Solo plan costs $39.", False),
        ("Solo is $39, Practice $119 and Firm $289.", False),
        ("Practice owners with up to $150 decide alone.", False),
        ("The Solo plan costs $119.", True),
        ("Firm: $39 a month.", True),
        ("**Practice plan:** $289", True),
    ],
)
def test_a_plan_costs_what_the_context_says(text: str, wrong: bool) -> None:
    found = findings(copywriting=pages.with_text(text))
    assert [f.problem.startswith("the context gives") for f in found] == [True] * wrong


def test_copy_audit_and_experiment_are_about_one_page() -> None:
    assert [f.where for f in findings(ab_test_setup=pages.experiment(path="/product"))] == ["page", "page"]
    assert [f.where for f in findings(ab_test_setup=pages.experiment(path="/"))] == ["page", "page"]
    assert findings(ab_test_setup=pages.experiment(path="/pricing/")) == []


def emails_asking(label: str, url: str) -> ArtefactContent:
    emails = [mail.model_copy(update={"cta_label": label, "cta_url": url}) for mail in pages.emails().emails]
    return pages.emails(emails=tuple(emails))


@pytest.mark.parametrize(
    ("label", "url", "severity"),
    [
        ("Start your free trial", "/signup", None),
        ("Starten", "/signup#form", None),
        ("Book a demo", "/demo", Severity.MAJOR),
        ("Book a demo", "/signup?utm_source=email", Severity.MINOR),
    ],
)
def test_every_channel_asks_for_the_same_action(label: str, url: str, severity: Severity | None) -> None:
    found = findings(email_sequence=emails_asking(label, url))
    assert [f.severity for f in found] == ([severity] if severity else [])


def test_chinese_actions_share_two_characters() -> None:
    def asks(label: str) -> ArtefactContent:
        return pages.page(cta=pages.page().cta.model_copy(update={"label": label, "url": f"/{len(label)}"}))

    mails = emails_asking("预约检查", "/x")
    assert findings(copywriting=asks("免费预约"), email_sequence=mails) == []
    assert [f.where for f in findings(copywriting=asks("了解更多内容"), email_sequence=mails)] == ["call to action"]


def test_a_sequence_addresses_whom_the_context_knows() -> None:
    assert findings(email_sequence=pages.emails(audience="Senior bookkeepers")) == []
    (finding,) = findings(email_sequence=pages.emails(audience="Dentists"))
    assert finding.where == "audience"


def test_words_that_the_brand_avoids_are_found_but_not_in_customers_words() -> None:
    (finding,) = findings(copywriting=pages.with_text("A Seamless month."))
    assert (finding.quote, finding.severity) == ("seamless", Severity.MAJOR)
    assert findings(copywriting=pages.with_text("Resolutions and platforms of stone.")) == []
    quoted = pages.page(quotations=(Quotation(text="It is a seamless platform.", attribution="A customer"),))
    assert findings(copywriting=quoted) == []


def test_a_voice_without_exclamation_marks() -> None:
    (finding,) = findings(copywriting=pages.with_text("Closings done!"))
    assert (finding.quote, finding.severity) == ("!", Severity.MINOR)
    loud = changed_context(voice="Loud and warm.")
    assert findings(loud, copywriting=pages.with_text("Closings done!")) == []


@pytest.mark.parametrize(
    ("voice", "banned"),
    [
        ("Plain. Avoid: workforce, revolutionary, seamless.", ("workforce", "revolutionary", "seamless")),
        ('We never say "synergy" or "leverage".', ("synergy", "leverage")),
        ("Do not use disrupt and game-changer.", ("disrupt", "game-changer")),
        ("Sachlich. Vermeiden: innovativ, ganzheitlich", ("innovativ", "ganzheitlich")),
        ("避免用语：最好、第一、根治", ("最好", "第一", "根治")),
        ("- **Never:** Exclamation marks, fear of the tax office.", ()),
        ("Calm and precise.", ()),
    ],
)
def test_banned_words_are_read_from_the_context(voice: str, banned: tuple[str, ...]) -> None:
    assert banned_words(changed_context(voice=voice, language="They say: closing")) == banned


def test_customers_sentences_ban_nothing() -> None:
    context = changed_context(voice="Calm.", language='- "I avoid email."\n- Words to avoid: "chaos"')
    assert banned_words(context) == ("chaos",)


@pytest.mark.parametrize(
    ("voice", "bans"),
    [
        ("No exclamation marks.", True),
        ("不用感叹号。", True),
        ("Keine Ausrufezeichen.", True),
        ("Use exclamation marks.", False),
    ],
)
def test_exclamation_marks_are_banned_by_name(voice: str, bans: bool) -> None:
    assert bans_exclamation_marks(changed_context(voice=voice)) is bans


@pytest.mark.parametrize(
    "text",
    [
        "14-day trial", "14 day free trial", "The trial lasts 14 days", "trial: 14 days", "two-week trial", "14天试用",
        "试用期14天", "14-tägige Testphase", "Die Testphase dauert 14 Tage",
    ],
)  # fmt: skip
def test_trial_lengths_in_many_words(text: str) -> None:
    assert trial_lengths(text) == {FORTNIGHT}


@pytest.mark.parametrize("text", ["refunded within 30 days", "the trial is free", "30 days notice", "trial of 3 plans"])
def test_other_lengths_are_no_trial(text: str) -> None:
    assert trial_lengths(text) == frozenset()


def test_plan_prices_from_lists_tables_and_sentences() -> None:
    text = (
        "- **Solo plan:** $39 a month\n| Growth | $740 |\nThe Team plan costs €12.50.\nDer Tarif Meister kostet 29 €."
    )
    prices = {"Solo": {39.0}, "Growth": {740.0}, "Team": {12.5}, "Meister": {29.0}}
    assert plan_prices(text) == prices
