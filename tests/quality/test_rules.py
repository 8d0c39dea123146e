"""Every channel rule with one artefact that keeps it and one that breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.ad_campaign import Keyword
from marketeer_dagster.model.artefacts.context_document import ContextDocument
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.experiment_plan import Arm
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.publishing.emails import Footer, email_payloads
from marketeer_dagster.quality import rules
from tests.quality import pages
from tests.support.publishing import an_artefact


def problems(content: ArtefactContent, **brief: object) -> dict[str, Severity]:
    asked = pages.BRIEF.model_copy(update=brief)
    return {finding.problem: finding.severity for finding in rules.check(content, pages.TENANT, asked)}


def found(content: ArtefactContent, part: str, **brief: object) -> Severity | None:
    """Severity of the finding whose problem contains `part`; None when there is none."""
    return next((severity for problem, severity in problems(content, **brief).items() if part in problem), None)


@pytest.mark.parametrize("kind", sorted(pages.ALL))
def test_well_made_artefacts_of_every_kind_keep_all_rules(kind: str) -> None:
    assert problems(pages.ALL[kind]) == {}


@pytest.mark.parametrize(
    ("text", "part", "severity"),
    [
        ("Write to [your name] today.", "placeholder", Severity.BLOCKER),
        ("Hello {{first_name}}.", "placeholder", Severity.BLOCKER),
        ("TODO: add proof.", "placeholder", Severity.BLOCKER),
        ("Lorem ipsum dolor.", "placeholder", Severity.BLOCKER),
        ("See [your account](/account).", "placeholder", None),
        ("The the board.", "doubled", Severity.MINOR),
        ("Done,, and sent.", "doubled", Severity.MINOR),
        ("Two  spaces.", "doubled", Severity.MINOR),
        ("Wait for it... and then.", "doubled", None),
        ("1. One\n   - nested\n2. Two", "doubled", None),
        ("Die, die die Belege senden.", "doubled", None),
        ("This is **bold.", "pair up", Severity.MINOR),
        ("This is **bold** and [a link](/x).", "pair up", None),
        ("READ THIS NOW PLEASE", "shouting", Severity.MINOR),
        ("Exports for DATEV and CSV.", "shouting", None),
        ("Go! Now!", "exclamation", Severity.MINOR),
        ("Go!", "exclamation", None),
        ("See [the proof](https://elsewhere.example/x).", "leads away", Severity.BLOCKER),
        ("See https://elsewhere.example for proof.", "leads away", Severity.BLOCKER),
        ("See [the proof](//elsewhere.example/x).", "leads away", Severity.BLOCKER),
        ("See [the proof](/proof), [more](#faq) and https://docs.threlby.example/a.", "leads away", None),
    ],
)
def test_texts(text: str, part: str, severity: Severity | None) -> None:
    assert found(pages.with_text(text), part) is severity


def test_template_variables_belong_into_papers_only() -> None:
    assert found(pages.tracking(), "placeholder") is None


def test_the_page_is_the_one_of_the_brief() -> None:
    assert found(pages.page(path="/product"), "the brief is about /pricing") is Severity.BLOCKER
    assert found(pages.page(path="/pricing/"), "the brief is about") is None
    assert found(pages.page(path="/product"), "the brief is about", target="newsletter readers") is None


@pytest.mark.parametrize(
    ("url", "severity"),
    [
        ("/signup", None),
        ("#form", None),
        ("https://threlby.example/signup", None),
        ("https://www.threlby.example/signup", None),
        ("https://app.threlby.example/signup", None),
        ("https://notthrelby.example/signup", Severity.BLOCKER),
        ("https://threlby.example.evil.example/", Severity.BLOCKER),
        ("//evil.example/signup", Severity.BLOCKER),
        ("javascript:alert(1)", Severity.BLOCKER),
        ("mailto:a@threlby.example", Severity.BLOCKER),
        ("http://[broken", Severity.BLOCKER),
    ],
)
def test_buttons_lead_to_the_own_site(url: str, severity: Severity | None) -> None:
    cta = pages.page().cta.model_copy(update={"url": url})
    assert found(pages.page(cta=cta), "leads away") is severity
    page = pages.edited().model_copy(update={"page": pages.page(cta=cta)})
    assert found(page, "leads away") is severity


def test_headings_differ() -> None:
    doubled = pages.page(sections=(*pages.page().sections, pages.page().sections[0]))
    assert found(doubled, "the same heading") is Severity.MAJOR


def test_forms_ask_little() -> None:
    assert found(pages.page(form_fields=tuple("abcdef")), "6 form fields") is Severity.MINOR
    assert found(pages.page(form_fields=tuple("abcde")), "form fields") is None


@pytest.mark.parametrize(
    ("keywords", "severity"),
    [
        ((), None),
        (("client document portal",), None),
        (("client documents portals",), None),
        (("payroll outsourcing", "reminders"), None),
        (("payroll outsourcing",), Severity.MAJOR),
        (("报销软件",), Severity.MAJOR),
    ],
)
def test_a_page_speaks_of_a_keyword(keywords: tuple[str, ...], severity: Severity | None) -> None:
    assert found(pages.page(), "keywords", keywords=keywords) is severity


def test_chinese_keywords_are_found_in_other_order() -> None:
    assert found(pages.with_text("洁牙以后，如何收集报销票据"), "keywords", keywords=("报销票据收集",)) is None


def email(**changes: object) -> EmailSequence:
    first, *others = pages.emails().emails
    return pages.emails(emails=(first.model_copy(update=changes), *others))


@pytest.mark.parametrize(
    ("changes", "part", "severity"),
    [
        ({"subjects": ("Re: your papers", "Start here")}, "reply", Severity.BLOCKER),
        ({"subjects": ("AW: Ihre Belege", "Start here")}, "reply", Severity.BLOCKER),
        ({"subjects": ("Ready for the tenth", "Reminders, sent")}, "reply", None),
        ({"subjects": ("LAST CHANCE TODAY", "Start here")}, "a subject in capitals", Severity.MAJOR),
        ({"subjects": ("Start here", "start here")}, "same subject", Severity.MINOR),
        ({"subjects": ("Start here", "Begin"), "preheader": "Start here."}, "repeats the subject", Severity.MINOR),
        ({"cta_url": "https://evil.example"}, "leads away", Severity.BLOCKER),
        ({"cta_url": "*|ARCHIVE|*"}, "", None),
        ({"cta_url": "/signup"}, "", None),
        ({"cta_url": "tel:+49301"}, "", None),
        ({"cta_url": "mailto:help@threlby.example"}, "", None),
        ({"cta_url": "mailto:help@elsewhere.example"}, "leads away", Severity.BLOCKER),
        ({"cta_url": "#signup"}, "leads nowhere from an inbox", Severity.BLOCKER),
        ({"cta_url": "www.threlby.example/signup"}, "leads nowhere from an inbox", Severity.BLOCKER),
        ({"cta_url": "*|FNAME|*"}, "no link of an email", Severity.BLOCKER),
        ({"body": "See [prices](/pricing) and [mail](mailto:a@threlby.example)."}, "", None),
        ({"body": "See [prices](#pricing)."}, "leads nowhere from an inbox", Severity.BLOCKER),
        ({"body": "See ![chart](https://elsewhere.example/x.png)."}, "leads away", Severity.BLOCKER),
        ({"body": "See [the proof][1].\n\n[1]: https://elsewhere.example"}, "leads away", Severity.BLOCKER),
        ({"body": 'See <a href="javascript:x">this</a>.'}, "must not lead to", Severity.BLOCKER),
        ({"body": "Set `https://elsewhere.example` in the file."}, "", None),
        ({"body": "Hi *|IF:FNAME|**|FNAME|**|ELSE:|*there*|END:IF|*, welcome."}, "", None),
        ({"body": "You joined as *|EMAIL|*. [Leave](*|UNSUB|*)."}, "", None),
        ({"body": "Hi *|FNAME|*, welcome."}, "sees a gap", Severity.MAJOR),
        ({"body": "Hi *|fname|*, welcome."}, "another spelling", Severity.BLOCKER),
        ({"body": "Hi *|MMERGE7|*, welcome."}, "may not use", Severity.BLOCKER),
        ({"body": "Hi *|UNSUB|*, welcome."}, "link's address", Severity.BLOCKER),
        ({"body": "Hi *|FNAME|, welcome."}, "half a merge tag", Severity.BLOCKER),
        ({"body": "Hi *|IF:FNAME|**|FNAME|*, welcome."}, "never closed", Severity.BLOCKER),
        ({"body": "Hi *|END:IF|*, welcome."}, "not open", Severity.BLOCKER),
        ({"body": "Hi *|IF:COUPON|*x*|END:IF|*, welcome."}, "condition", Severity.BLOCKER),
        ({"subjects": ("*|FNAME|*, your papers", "Start here")}, "sees a gap", Severity.MAJOR),
        ({"subjects": ("*|PASSWORD|*, your papers", "Start here")}, "may not use", Severity.BLOCKER),
        ({"body": 'Hi {{ contact.name | default: "there" }}.'}, "placeholder", Severity.BLOCKER),
        ({"body": "Hi %FIRSTNAME%."}, "placeholder", Severity.BLOCKER),
        ({"body": "Hi <<First Name>>."}, "placeholder", Severity.BLOCKER),
    ],
)
def test_emails(changes: dict[str, object], part: str, severity: Severity | None) -> None:
    assert found(email(**changes), part) is severity


def test_the_advice_for_an_emails_link_is_a_whole_address_never_a_path() -> None:
    for url in ("#signup", "https://evil.example"):
        (finding,) = rules.check(email(cta_url=url), pages.TENANT, pages.BRIEF)
        assert "https://threlby.example/signup" in finding.suggestion
        assert finding.where == "emails[0].cta_url"


def test_a_merge_tag_has_no_place_on_a_page() -> None:
    assert found(pages.with_text("Hello *|FNAME|*, and welcome."), "works in emails only") is Severity.BLOCKER


TAGGED = st.lists(
    st.sampled_from(
        ["*|FNAME|*", "*|EMAIL|*", "*|IF:FNAME|*", "*|ELSE:|*", "*|END:IF|*", "*|UNSUB|*", "*|X|*", "[a](*|ARCHIVE|*)",
         "[a](/x)", "[a](#x)", "*|", "|*", "word", "*em*", "**", "https://threlby.example/a", "[b](javascript:x)"]
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(TAGGED)
def test_what_the_rules_let_pass_is_never_refused_when_it_is_rendered(parts: list[str]) -> None:
    sequence = email(body=" ".join(["Hello", *parts]))
    blocked = [f for f in rules.check(sequence, pages.TENANT, pages.BRIEF) if f.severity is Severity.BLOCKER]
    artefact = an_artefact(sequence, skill="email-sequence")
    footer = Footer(html="", text="")
    if not blocked:
        email_payloads(artefact, str(pages.TENANT.website), "list", "mailchimp", footer)
    elif any("merge tag" in f.problem or "block" in f.problem or "condition" in f.problem for f in blocked):
        with pytest.raises(BadInput):
            email_payloads(artefact, str(pages.TENANT.website), "list", "mailchimp", footer)


def test_search_ads_keep_googles_rules() -> None:
    group = pages.ads().ad_groups[0]

    def with_ad(**changes: object) -> ArtefactContent:
        return pages.ads(ad_groups=(group.model_copy(update={"ad": group.ad.model_copy(update=changes)}),))

    assert found(with_ad(headlines=("Chase nobody!", "b", "c")), "exclamation marks in headlines") is Severity.BLOCKER
    assert found(with_ad(descriptions=("Call +44 20 7946 0958 now", "b")), "phone numbers") is Severity.BLOCKER
    assert found(with_ad(final_url="https://evil.example"), "leads away") is Severity.BLOCKER
    doubled = group.model_copy(update={"keywords": (Keyword(text="a b", match="exact"),) * 2})
    assert found(pages.ads(ad_groups=(doubled,)), "the same keyword twice") is Severity.MINOR
    apart = group.model_copy(
        update={"keywords": (Keyword(text="a b", match="exact"), Keyword(text="a b", match="broad"))}
    )
    assert found(pages.ads(ad_groups=(apart,)), "the same keyword twice") is None


def test_social_ads_lead_to_the_own_site() -> None:
    ad_set = pages.ads().ad_sets[0]
    away = ad_set.model_copy(update={"ads": (ad_set.ads[0].model_copy(update={"link": "https://evil.example"}),)})
    assert found(pages.ads(ad_sets=(away,)), "leads away") is Severity.BLOCKER


@pytest.mark.parametrize(
    ("changes", "part", "severity"),
    [
        ({"arms": (Arm(name="a", description="x", share=0.5), Arm(name="b", description="y", share=0.3))}, "sum to",
         Severity.BLOCKER),
        ({"arms": tuple(Arm(name=n, description="x", share=0.33) for n in "abc")}, "sum to", None),
        ({"arms": (Arm(name="a", description="x", share=0.5),) * 2}, "same name", Severity.BLOCKER),
        ({"sample_per_arm": 900}, "cannot find", Severity.MAJOR),
        ({"sample_per_arm": 12100}, "cannot find", None),
        ({"baseline_rate": 1e-300, "minimum_effect": 1e-300}, "cannot find", Severity.MAJOR),
    ],
)  # fmt: skip
def test_experiments(changes: dict[str, object], part: str, severity: Severity | None) -> None:
    assert found(pages.experiment(**changes), part) is severity


def test_tracking_plans_define_each_event_once_and_name_a_conversion() -> None:
    event = pages.tracking().events[0]
    assert found(pages.tracking(events=(event, event)), "defined twice") is Severity.MAJOR
    quiet = event.model_copy(update={"key_event": False})
    assert found(pages.tracking(events=(quiet,)), "no event counts") is Severity.MAJOR


def test_roadmaps_name_known_pillars_and_no_piece_twice() -> None:
    first, *others = pages.strategy().roadmap
    stray = first.model_copy(update={"pillar": "Growth"})
    assert found(pages.strategy(roadmap=(stray, *others)), "no such pillar") is Severity.MAJOR
    assert found(pages.strategy(roadmap=(first, first, *others)), "the same piece twice") is Severity.MINOR


def test_a_context_has_every_section_once() -> None:
    sections = pages.document().sections
    doubled = ContextDocument(name="Threlby", sections=(*sections[:11], sections[0]))
    assert found(doubled, "stands twice") is Severity.BLOCKER


def test_findings_quote_the_words_and_name_the_place() -> None:
    at = f"sections[{len(pages.page().sections)}].body"
    finding = rules.check(pages.with_text("TODO: proof"), pages.TENANT, pages.BRIEF)[0]
    assert finding == Finding(
        dimension="rules", severity=Severity.BLOCKER, where=at, quote="TODO", problem="placeholder left in the text",
        suggestion="write what belongs here",
    )  # fmt: skip
