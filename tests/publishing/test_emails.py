"""Email payloads: what is sent, with countable links and a way out."""

import pytest

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.publishing.emails import EmailPayload, Footer, email_payloads, tagged
from tests.support.publishing import a_page, an_artefact, an_email_sequence

FOOTER = Footer(html='<a href="LEAVE">leave</a>', text="leave: LEAVE")
UTM = {"utm_source": "mailchimp", "utm_medium": "email", "utm_campaign": "c"}


def payloads(emails: int = 1, **changes: object) -> tuple[EmailPayload, ...]:
    sequence = an_email_sequence(emails)
    changed = tuple(email.model_copy(update=changes) for email in sequence.emails)
    artefact = an_artefact(sequence.model_copy(update={"emails": changed}), skill="email-sequence")
    return email_payloads(artefact, "list", "mailchimp", FOOTER)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "https://a.example/x?utm_source=mailchimp&utm_medium=email&utm_campaign=c"),
        ("/x", "/x?utm_source=mailchimp&utm_medium=email&utm_campaign=c"),
        ("https://a.example/x?plan=team#top", "https://a.example/x?utm_source=mailchimp&utm_medium=email&utm_campaign=c&plan=team#top"),
        ("https://a.example/?utm_source=own", "https://a.example/?utm_source=own&utm_medium=email&utm_campaign=c"),
        ("mailto:help@a.example", "mailto:help@a.example"),
    ],
)  # fmt: skip
def test_links_are_countable_and_keep_what_they_say(url: str, expected: str) -> None:
    assert tagged(url, UTM) == expected


def test_delays_add_up_from_the_first_email() -> None:
    assert [p.delay_days for p in payloads(3)] == [0, 3, 6]
    assert [p.delay_days for p in payloads(3, delay_days=2)] == [0, 2, 4], "the trigger's own delay does not count"


def test_html_and_text_say_the_same_and_both_end_with_the_footer() -> None:
    (email,) = payloads(body="Hello **you**,\n\nsee [the guide](https://a.example/g) & reply.")
    assert "<strong>you</strong>" in email.html
    assert "&amp; reply" in email.html
    assert "Hello you," in email.text
    assert "the guide: https://a.example/g & reply." in email.text
    assert FOOTER.html in email.html
    assert email.text.rstrip().endswith(FOOTER.text)
    assert email.preheader in email.html


def test_raw_html_in_the_copy_is_text() -> None:
    (email,) = payloads(body="<img src=x onerror=alert(1)>", preheader="<b>hi</b>", cta_label="<i>go</i>")
    assert "<img" not in email.html and "<b>" not in email.html and "<i>" not in email.html


def test_other_artefacts_are_refused() -> None:
    with pytest.raises(BadInput, match="page_copy is no email sequence"):
        email_payloads(an_artefact(a_page()), "list", "mailchimp", FOOTER)
