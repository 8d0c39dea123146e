"""Email payloads: what is sent, with countable links and a way out."""

import re
from html import unescape

import pytest

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.publishing.emails import EmailPayload, Footer, email_payloads
from tests.support.publishing import a_page, an_artefact, an_email_sequence

FOOTER = Footer(html='<a href="LEAVE">leave</a>', text="leave: LEAVE")
TAGS = "utm_source=mailchimp&utm_medium=email&utm_campaign=spring-email-1"


def payloads(emails: int = 1, *, website: str = "https://acme.example/", **changes: object) -> tuple[EmailPayload, ...]:
    sequence = an_email_sequence(emails)
    changed = tuple(email.model_copy(update=changes) for email in sequence.emails)
    artefact = an_artefact(sequence.model_copy(update={"emails": changed}), skill="email-sequence")
    return email_payloads(artefact, website, "list", "mailchimp", FOOTER)


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
        email_payloads(an_artefact(a_page()), "https://acme.example", "list", "mailchimp", FOOTER)


def test_links_of_body_and_button_are_absolute_and_countable_in_both_parts() -> None:
    body = "[a](/pricing) and [b](https://docs.acme.example/x?v=1#top) and https://acme.example/bare."
    (email,) = payloads(body=body, cta_url="/signup?plan=team")
    expected = [
        f"https://acme.example/pricing?{TAGS}",
        f"https://docs.acme.example/x?v=1&{TAGS}#top",
        f"https://acme.example/bare?{TAGS}",
        f"https://acme.example/signup?plan=team&{TAGS}",
    ]
    assert hrefs(email)[:4] == expected
    for url in expected:
        assert url in email.text
    assert 'href="/' not in email.html


def test_what_other_hosts_are_asked_for_is_left_alone() -> None:
    (email,) = payloads(body="[study](https://study.example/a?sig=A%2Fb) [mail](mailto:help@acme.example)")
    assert hrefs(email)[:2] == ["https://study.example/a?sig=A%2Fb", "mailto:help@acme.example"]


def test_pictures_are_absolute_too_and_named_in_the_text() -> None:
    (email,) = payloads(body="![Your queue](/img/queue.png)")
    assert '<img src="https://acme.example/img/queue.png" alt="Your queue"' in email.html
    assert "[Your queue]" in email.text and "queue.png" not in email.text


def test_a_site_in_a_folder_keeps_its_folder() -> None:
    (email,) = payloads(website="https://acme.example/blog/", body="[a](/pricing)")
    assert hrefs(email)[0] == f"https://acme.example/blog/pricing?{TAGS}"


@pytest.mark.parametrize(
    "url", ["#faq", "www.acme.example/x", "javascript:alert(1)", "ftp://acme.example", "*|FNAME|*"]
)
def test_a_link_that_leads_nowhere_from_an_inbox_is_refused_with_its_place(url: str) -> None:
    with pytest.raises(BadInput, match=r"emails\[0\]\.cta_url"):
        payloads(cta_url=url)


MARKDOWN = """# Ready by Friday

See [the guide](https://x.example/g "Our guide"), <https://x.example/auto> or <help@acme.example>.

> One file
> for everyone

Run `export --all`, *now* or ***soon***, ~~later~~; 2 \\* 3.

| Plan | Price |
|------|------:|
| **Solo** | 29 |
| Team | 99 |

1. Open it
   - on the phone
   - at home
2. Send it

```
a = 1
```

---

Rows<br>break, <b>bold</b> and <a href="https://x.example/h">a link</a>.[^1]

<div class="x"><script>evil()</script>A block</div>

[^1]: Counted in March.
"""
TEXT = """Ready by Friday

See the guide: https://x.example/g, https://x.example/auto or help@acme.example.

> One file
> for everyone

Run export --all, now or soon, later; 2 * 3.

Plan  Price
----  -----
Solo  29
Team  99

1. Open it
   - on the phone
   - at home
2. Send it

    a = 1

--------------------

Rows
break, bold and a link: https://x.example/h.[1]

A block

[1] Counted in March."""


def test_the_text_part_reads_as_text() -> None:
    (email,) = payloads(body=MARKDOWN)
    assert email.text.partition("\n\nConnect your queue:")[0] == TEXT
    assert "evil" not in email.html and "[^" not in email.html


def test_a_table_too_wide_for_a_mail_program_is_told_row_by_row() -> None:
    (email,) = payloads(body=f"| Plan | For |\n|---|---|\n| Solo | {'one person ' * 8} |\n| Team | all |")
    assert "Plan: Team\nFor: all" in email.text
    assert "|" not in email.text.partition("--\n")[0]


NAME = "*|IF:FNAME|**|FNAME|**|ELSE:|*there*|END:IF|*"


def test_merge_tags_pass_markdown_untouched() -> None:
    body = (
        f"Hi {NAME},\n\n| To | |\n|---|---|\n| *|EMAIL|* | x |\n\n[profile](*|UPDATE_PROFILE|*) [me](/me?e=*|EMAIL|*)"
    )
    (email,) = payloads(body=body)
    for part in (email.html, email.text):
        assert f"Hi {NAME}," in part
        assert part.count("*|EMAIL|*") == 2
    assert hrefs(email)[:2] == ["*|UPDATE_PROFILE|*", f"https://acme.example/me?e=*|EMAIL|*&{TAGS}"]


@pytest.mark.parametrize(
    "body",
    ["Hi *|MC_PREVIEW_TEXT|*", "Leave: *|UNSUB|*", "Hi *|FNAME|", "*|FEED:https://x|*", "*|IF:FNAME|*Hi"],
)
def test_merge_tags_that_copy_may_not_use_are_refused(body: str) -> None:
    with pytest.raises(BadInput, match=r"emails\[0\]\.body"):
        payloads(body=body)


def hrefs(email: EmailPayload) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="([^"]*)"', email.html)]
