"""The first thing a newcomer sees: pages and emails for the sample and for contexts that the author was not tuned on.

What stands over a text is a line that somebody would say; nothing stands twice; the first email is about its reader.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from marketeer_dagster.model.artefacts.edited_copy import EditedCopy
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from marketeer_dagster.model.context import Section
from marketeer_dagster.model.review import Severity
from marketeer_dagster.quality import claims, consistency, rules
from tests.quality.written import ROOT, Written, campaign, contexts, copy_for
from tests.support import marketing

CONCERNS = {
    "threlby": (
        "move clients from old portal", "client portal monthly price no contract", "gdpr compliant document upload "
        "accountants", "how long to set up client document portal", "collect bank statements into xero",
    ),
    "bikes": ("mobile bike repair leeds", "bike repair near me same day", "What does it cost?"),
    "language_school": (
        "small group spanish course ruzafa", "learn spanish for town hall", "Can I come in the evening?",
    ),
    "museum": ("museum for kids rainy day", "overnight stay museum school class", "Will it be crowded?"),
    "payroll_api": ("embedded payroll api", "payroll api pricing per employee", "Who files the forms?"),
    "tax_de": ("belege digitalisieren freiberufler", "quittungen scannen app datev", "Ist das sicher?"),
}  # fmt: skip
CASES = [(name, concern) for name, concerns in CONCERNS.items() for concern in concerns]
_JOINING = frozenset(
    re.findall(r"\w+", "a an the and or for of to in on at by with from is are do does how what your our it that this "
                       "der die das und für in mit ein eine im")
)  # fmt: skip
_FIELDS = ((r"e-?mail", "email"), (r"phone|telefon|mobile", "phone"), (r"\bname", "name"))


@cache
def made(name: str, concern: str) -> tuple[Written, ...]:
    return tuple(campaign(name, "/", concern))


def best(name: str, concern: str, skill: str) -> Written:
    """The second of each skill is what its author can do best; that is what revisions come to."""
    return [written for written in made(name, concern) if written.skill == skill][1]


def page(name: str, concern: str) -> PageCopy:
    content = best(name, concern, "copywriting").content
    assert isinstance(content, PageCopy)
    return content


def pages(name: str, concern: str) -> Iterator[PageCopy]:
    yield page(name, concern)
    edited = best(name, concern, "copy-editing").content
    assert isinstance(edited, EditedCopy)
    yield edited.page


def emails(name: str, concern: str) -> EmailSequence:
    content = best(name, concern, "email-sequence").content
    assert isinstance(content, EmailSequence)
    return content


def core(text: str) -> frozenset[str]:
    return frozenset(word for word in re.findall(r"\w+", text.lower()) if word not in _JOINING)


def searches(name: str, concern: str) -> set[frozenset[str]]:
    language = contexts()[name].sections[Section.LANGUAGE]
    lines = [line for line in language.splitlines() if re.search(r"search|gesucht", line, re.IGNORECASE)]
    listed = [quoted for line in lines for quoted in re.findall(r'"([^"]+)"', line)]
    return {core(text) for text in [*listed, *([] if concern.endswith("?") else [concern])]}


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_no_title_headline_or_heading_is_a_search_phrase(name: str, concern: str) -> None:
    typed = searches(name, concern)
    for copy in pages(name, concern):
        topic = copy.title_tag.removesuffix(f" | {contexts()[name].name}")
        for text in (topic, copy.headline, *(section.heading for section in copy.sections)):
            assert core(text) not in typed, text


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_the_headline_is_one_short_thought(name: str, concern: str) -> None:
    for copy in pages(name, concern):
        assert len(copy.headline) <= 70
        assert not re.search(r"[;:|]|\.$", copy.headline), copy.headline
        assert not copy.headline.startswith(contexts()[name].name)
        assert len(copy.headline.split()) >= 3, copy.headline


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_a_title_names_no_word_of_substance_twice(name: str, concern: str) -> None:
    for copy in pages(name, concern):
        listed = Counter(
            w.rstrip("s") for w in re.findall(r"[^\W\d_]{3,}", copy.title_tag.lower()) if w not in _JOINING
        )
        assert max(listed.values()) == 1, copy.title_tag
        assert contexts()[name].name in copy.title_tag


def told(copy: PageCopy) -> Iterator[str]:
    """Every sentence of sections, points and answers, without the label that a point begins with."""
    texts = [text for s in copy.sections for text in (s.body, *s.bullets)] + [q.answer for q in copy.faq]
    for text in texts:
        for sentence in re.split(r"(?<=[.?!])\s+", text):
            yield re.sub(r"^[^:.]{2,48}: ", "", sentence).strip(" .").lower()


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_nothing_stands_twice_on_a_page(name: str, concern: str) -> None:
    for copy in pages(name, concern):
        counted = Counter(sentence for sentence in told(copy) if len(sentence.split()) >= 3)
        assert [sentence for sentence, times in counted.items() if times > 1] == []
        headings = Counter(core(text) for text in (copy.headline, *(s.heading for s in copy.sections)))
        assert max(headings.values()) == 1, copy.sections
        asked = {core(question.question) for question in copy.faq}
        assert not asked & set(headings), "a section that answers an objection takes it out of the questions"


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_the_form_asks_for_little_and_for_nothing_twice(name: str, concern: str) -> None:
    for copy in pages(name, concern):
        kinds = [next((k for p, k in _FIELDS if re.search(p, f, re.I)), f) for f in copy.form_fields]
        assert len(kinds) == len(set(kinds)) <= 3


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_subjects_are_lines_that_a_person_writes(name: str, concern: str) -> None:
    typed = searches(name, concern)
    subjects = [subject for email in emails(name, concern).emails for subject in email.subjects]
    assert len({core(subject) for subject in subjects}) == len(subjects), subjects
    for subject in subjects:
        assert len(subject) <= 60
        assert core(subject) not in typed, subject
        assert len(subject.split()) >= 3, subject


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_the_first_email_is_about_its_reader_and_no_two_open_alike(name: str, concern: str) -> None:
    sequence = emails(name, concern)
    first = sequence.emails[0]
    assert first.cta_label in first.body
    assert contexts()[name].name in first.body.split("\n\n")[1]
    proof = [line.split("**")[-1].strip(" .") for line in contexts()[name].sections[Section.PROOF].splitlines()]
    assert not [fact for fact in proof if fact and fact in first.body]
    openings = [email.body.split("\n\n")[1] for email in sequence.emails]
    assert len(set(openings)) == len(openings)
    assert len({email.preheader for email in sequence.emails}) == len(openings)


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_everything_still_passes_the_checks(name: str, concern: str) -> None:
    for written in made(name, concern):
        found = (
            *claims.check(written.content, written.sources),
            *rules.check(written.content, written.tenant, written.brief),
        )
        assert [f for f in found if f.severity is not Severity.MINOR] == [], written.skill
    heads = {written.skill: written.content for written in made(name, concern)}
    assert consistency.check(heads, made(name, concern)[0].sources.context) == ()


def test_a_german_context_is_answered_in_german_throughout() -> None:
    for concern in CONCERNS["tax_de"]:
        said = page("tax_de", concern).body_markdown() + "".join(e.body for e in emails("tax_de", concern).emails)
        said = said.replace("## Questions", "")
        assert not re.search(r"\b(?:the|and|what|how|you|hello|with)\b", said, re.IGNORECASE)


def test_the_sample_has_approved_lines_and_they_lead() -> None:
    approved = re.search(r"- \*\*Approved lines:\*\* (.+)", (ROOT / "examples/threlby/context.md").read_text())
    assert approved
    lines = re.findall(r'"([^"]+)"', approved[1])
    heads = {concern: page("threlby", concern).headline for concern in CONCERNS["threlby"]}
    assert set(heads.values()) <= set(lines)
    assert len(set(heads.values())) >= 4, heads


def test_what_the_brief_asks_for_leads_before_what_the_figures_show_besides():
    """A drop's brief names the searches that rose by hundreds; what two people typed does not open the page."""
    asked = [f"Answer visitors who search for “{q}”" for q in ("move clients from old portal", "replace suite portal")]
    brief = marketing.brief(
        "copywriting", audience="", key_message="", offer="", cta="", target="/", keywords=(), must_address=tuple(asked)
    )
    metrics = (
        "| Risen search query of / | Clicks | Clicks before | Impressions | Impressions before | Position |\n"
        "| --- | --- | --- | --- | --- | --- |\n| which client is still missing papers | 2 | 1 | 33 | 14 | 8.1 |\n"
    )
    written = copy_for("threlby", brief, metrics)
    assert re.search(r"\bportal\b", written.headline), written.headline
