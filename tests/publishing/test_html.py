"""Rendered pages: semantic, escaped, safe to embed, and readable back."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.model.artefacts.page_copy import CallToAction, CopySection, Question, SectionRole
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.publishing.html import (
    Block,
    key_of,
    keyed,
    markdown_to_html,
    render_page,
    render_test,
    safe_url,
)
from marketeer_dagster.publishing.page_text import readable_text
from tests.support.publishing import a_page

VOID = {"input", "br", "hr", "img", "meta", "link"}


class Elements(HTMLParser):
    """Every element with its attributes; notices what is never closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def tags(self) -> list[str]:
        return [tag for tag, _ in self.found]


def section(body: str, *bullets: str) -> CopySection:
    return CopySection(role=SectionRole.BENEFITS, heading="Heading", body=body, bullets=bullets)


def test_a_page_has_one_h1_a_section_each_and_one_form() -> None:
    html = render_page(a_page())
    elements = Elements(html)
    assert elements.open == []
    tags = elements.tags()
    assert tags.count("h1") == 1
    assert tags.count("h2") == 4
    assert [a["data-role"] for t, a in elements.found if t == "section" and "data-role" in a] == [
        "problem",
        "solution",
        "proof",
    ]
    assert [a["action"] for t, a in elements.found if t == "form"] == ["https://app.acme.example/signup"]
    assert tags.count("blockquote") == tags.count("figcaption") == 1
    assert tags.count("details") == tags.count("summary") == 1
    assert "id" not in {name for _, attributes in elements.found for name in attributes}


def test_internal_notes_never_reach_the_page() -> None:
    html = render_page(a_page(notes="Only for colleagues: the boss hates blue."))
    assert "boss" not in html
    assert "Friday is free" not in html, "alternatives are for tests, not for visitors"


def test_without_form_fields_the_call_to_action_closes_the_page() -> None:
    elements = Elements(render_page(a_page(form_fields=())))
    assert "form" not in elements.tags()
    assert [a["href"] for t, a in elements.found if t == "a"] == ["https://app.acme.example/signup"] * 2


@pytest.mark.parametrize(
    ("label", "kind", "autocomplete", "name"),
    [
        ("Work email", "email", "email", "work_email"),
        ("Phone number", "tel", "tel", "phone_number"),
        ("Your website", "url", "url", "your_website"),
        ("Full name", "text", "name", "full_name"),
        ("Company name", "text", "organization", "company_name"),
        ("How many tickets?", "text", None, "how_many_tickets"),
        ("电子邮件", "email", "email", None),
    ],
)
def test_fields_know_what_they_ask_for(label: str, kind: str, autocomplete: str | None, name: str | None) -> None:
    (field,) = [a for t, a in Elements(render_page(a_page(form_fields=(label,)))).found if t == "input"]
    assert (field["type"], field.get("autocomplete")) == (kind, autocomplete)
    assert "required" in field
    if name:
        assert field["name"] == name


def test_markdown_is_rendered_and_raw_html_is_text() -> None:
    html = markdown_to_html(
        "Two *hours* and [a link](https://acme.example/x).\n\n<script>alert(1)</script> <b>bold</b>"
    )
    assert "<em>hours</em>" in html
    assert '<a href="https://acme.example/x">a link</a>' in html
    assert "<script>" not in html and "<b>" not in html
    assert "&lt;script&gt;" in html


def test_headings_inside_a_section_stay_below_its_own() -> None:
    assert "<h3>Big</h3>" in markdown_to_html("# Big")
    assert "<h6>Deep</h6>" in markdown_to_html("###### Deep")


def test_images_are_not_loaded() -> None:
    assert "<img" not in markdown_to_html("![pixel](https://tracker.example/p.gif)")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " java\nscript:x", "data:text/html,x", "file:///etc"]
)
def test_links_that_run_or_leak_are_refused(url: str) -> None:
    with pytest.raises(BadInput, match="must not link"):
        safe_url(url, where="cta.url")
    assert (
        "href" not in markdown_to_html(f"[x](<{url}>)") or "javascript" not in markdown_to_html(f"[x](<{url}>)").lower()
    )


@pytest.mark.parametrize("url", ["/signup", "#form", "https://a.example/?q=1&r=2", "mailto:a@b.c", "tel:+1", "signup"])
def test_links_a_page_may_have(url: str) -> None:
    assert safe_url(url, where="cta.url") == url


def test_a_bad_call_to_action_names_the_field() -> None:
    with pytest.raises(BadInput, match=r"cta\.url"):
        render_page(a_page(cta=CallToAction(label="Go on", url="javascript:alert(1)")))


def test_the_key_is_read_back_and_a_strange_page_has_none() -> None:
    assert key_of(keyed("<p>x</p>", "pub_1")) == "pub_1"
    assert key_of("<p>x</p>") is None


hostile = st.text(alphabet=st.sampled_from("<>&\"'/=! \n-*_`[]()#|aé日🎉script"), min_size=5, max_size=60).filter(
    lambda text: len(text.strip()) >= 5
)


@given(hostile, hostile, hostile)
def test_no_text_can_add_an_element_or_break_out(heading: str, body: str, answer: str) -> None:
    """Whatever is written, the page keeps its skeleton: no script, no handler, nothing left open."""
    page = a_page(
        headline=heading,
        subheadline=body,
        sections=(section(body, heading), section(answer), section("x")),
        faq=(Question(question=heading, answer=answer),),
        form_fields=(heading,),
    )
    elements = Elements(render_page(page))
    assert elements.open == []
    assert "script" not in elements.tags() and "img" not in elements.tags()
    assert elements.tags().count("h1") == 1
    assert not [name for _, a in elements.found for name in a if name.startswith("on")]


@given(st.text(alphabet="abc <>&\"'é日", min_size=5, max_size=80).filter(lambda text: text.strip() == text))
def test_a_headline_reads_back_as_it_was_written(headline: str) -> None:
    text = readable_text(render_page(a_page(headline=headline)))
    assert f"# {re.sub(' +', ' ', headline)}" in text


def test_a_test_holds_its_arms_and_hides_all_but_the_first() -> None:
    blocks = [Block(variant=name, share=share, html=f"<p>{name}</p>") for name, share in (("control", 0.5), ("b", 0.5))]
    html = render_test("exp_1", blocks)
    arms = [a for t, a in Elements(html).found if t == "div"]
    assert [(a["data-experiment"], a["data-variant"], "hidden" in a) for a in arms] == [
        ("exp_1", "control", False),
        ("exp_1", "b", True),
    ]
    with pytest.raises(BadInput, match="two arms"):
        render_test("exp_1", blocks[:1])


def test_the_assignment_script_holds_nothing_that_wordpress_would_rewrite() -> None:
    html = render_test("exp_1", [Block(variant=n, share=0.5, html="") for n in ("control", "b")])
    body = html.split(">", 1)[1].split("</script>", 1)[0]
    assert "querySelector" in body
    assert "<" not in body and "&" not in body
    assert "\n\n" not in body, "a blank line would become a paragraph"


def test_an_arm_that_a_user_property_cannot_hold_is_refused() -> None:
    with pytest.raises(BadInput, match="36"):
        render_test("exp_" + "x" * 20, [Block(variant=n, share=0.5, html="") for n in ("control", "twelve_chars")])


def test_readable_text_leaves_out_what_visitors_do_not_see() -> None:
    html = (
        '<title>T</title><meta name="description" content="D"><nav><a href="/">Home</a></nav><style>p{}</style>'
        '<div hidden><p>hidden <b>deep</b></p></div><script>var x = "<p>no</p>"</script>'
        '<h1>Head</h1><p>One <a href="/x">link</a>.</p><ul><li>point</li></ul><input type="hidden"><input type="email">'
    )
    assert readable_text(html).splitlines() == [
        "Title: T",
        "Description: D",
        "# Head",
        "One [link](/x).",
        "- point",
        "[field: email]",
    ]


def test_the_layout_reaches_nothing_beyond_the_article() -> None:
    sheet = re.findall(r"<style>(.*?)</style>", render_page(a_page()))
    assert len(sheet) == 1 and "<" not in sheet[0]
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", sheet[0])
    assert len(selectors) > 20
    assert all(part.startswith('[data-part="page"]') for selector in selectors for part in selector.split(","))


def test_a_point_that_begins_with_a_label_shows_it_apart_and_steps_are_numbered() -> None:
    made = section("Text.", "Support: a person answers", "Plain point", "Open 9:00 to 17:00", "See https://x.example")
    html = render_page(a_page(sections=(made, made, made)))
    assert "<li><strong>Support</strong> A person answers</li>" in html
    assert "<li>Plain point</li>" in html and "<li>Open 9:00 to 17:00</li>" in html
    assert "<strong>See https" not in html
    steps = CopySection(role=SectionRole.HOW_IT_WORKS, heading="Steps", body="Text.", bullets=("One", "Two"))
    assert "<ol>\n<li>One</li>" in render_page(a_page(sections=(steps, made, made)))
