"""A context document's hidden words are no facts; what cannot be read is refused with its line and the mend."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.cli.contexts import read_document
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.visible import visible
from marketeer_dagster.quality import claims
from marketeer_dagster.quality.claims import Sources
from tests.quality import pages

BODY = "- **Fact:** it is so."


def document(**changed: str) -> str:
    """A plain document with some sections' texts in place of a sentence."""
    named = {Section[key]: text for key, text in changed.items()}
    parts = [f"## {n}. {section.value}\n\n{named.get(section, BODY)}" for n, section in enumerate(Section, 1)]
    return "# Product context: Acme\n\n" + "\n\n".join(parts) + "\n"


HIDDEN = [
    "<!-- until 2024: $19 a month -->",
    "<!--\nuntil 2024:\n$19 a month\n-->",
    "Text <!-- $19 a month --> and on.",
    "~~$19 a month~~ now more.",
    "<del>$19 a month</del>",
    "<s>$19 a month</s>",
    "[//]: # (until 2024: $19 a month)",
    '[comment]: <> "until 2024: $19 a month"',
    "%% until 2024: $19 a month %%",
    "%%\nuntil 2024: $19 a month\n%%",
    "{>>until 2024: $19 a month<<}",
    "{--$19 a month--}",
    '[$19 a month]{.deletion author="Jo"}',
    "<style>p::after { content: '$19 a month' }</style>",
    "<!-- ```\n$19 a month\n``` -->",
    '<span style="display:none">$19 a month</span>',
    "<p hidden>$19 a month</p>",
    "<template>$19 a month</template>",
    "<del>old <del>older</del> $19 a month</del>",
    "~$19 a month~ now more.",
    '<span style="text-decoration: line-through">$19 a month</span>',
    '<span style="font-size:0">$19 a month</span>',
    "{~~$19 a month~>more~~}",
    "{# until 2024: $19 a month #}",
    "{% comment %}$19 a month{% endcomment %}",
    "{{!-- $19 a month --}}",
    "{/* $19 a month */}",
]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_is_hidden_is_no_fact(hidden: str):
    context, lines = ProductContext.read(document(OVERVIEW=f"{BODY}\n\n{hidden}\n\n- **After:** this stays."))
    assert "$19" not in context.render()
    assert "this stays" in context.sections[Section.OVERVIEW]
    assert lines and all(5 <= line <= 9 for line in lines)


@pytest.mark.parametrize(
    "shown",
    [
        "```\n<!-- this is code -->\n$19 a month\n```",
        "It is 20%% of 50%% in our files: $19 a month.",
        "Costs about ~$19 a month, or ~$20.",
        "A heading {#prices} and {#more .x} of $19 a month {#end}",
        '<span style="font-size:0.9em">$19 a month</span>',
        "From 3 -> 4, a<!b: $19 a month",
        "`<!--` costs $19 a month `-->`",
    ],
)
def test_what_only_looks_hidden_is_read(shown: str):
    context = ProductContext.parse(document(OVERVIEW=f"{BODY}\n\n{shown}"))
    assert "$19 a month" in context.sections[Section.OVERVIEW]


def test_a_context_stored_with_comments_does_not_speak_them():
    stored = dict.fromkeys(Section, BODY) | {Section.PROOF: f"{BODY}\n<!-- 9,000 studios -->"}
    assert "9,000" not in ProductContext(name="Acme", sections=stored).render()


def test_a_comment_supports_no_claim():
    context = ProductContext.parse(
        document(PROOF=f"{BODY}\n<!-- unconfirmed: 9,000 studios use it; “It is lovely” — Jo Lind -->")
    )
    found = claims.check(pages.with_text("9,000 studios use it."), Sources(context=context))
    assert any("9,000" in f"{finding.quote} {finding.problem}" for finding in found)


def test_text_between_two_dividing_lines_is_no_front_matter():
    text = "---\n\n# Product context: Acme\n\nPlain $49.\n\n---\n\n" + document().split("\n\n", 1)[1]
    assert ProductContext.parse(text).name == "Acme"
    context, lines = ProductContext.read("---\ntitle: Product context: Acme\n---\n" + document().split("\n\n", 1)[1])
    assert (context.name, lines) == ("Acme", (1,))


def test_a_comment_that_never_ends_is_refused_with_its_line():
    with pytest.raises(BadInput, match=r"context line 7: a comment begins here and never ends"):
        ProductContext.parse(document(OVERVIEW=f"{BODY}\n\n<!-- oops"))


REFUSED: list[tuple[Callable[[str], str], tuple[str, ...]]] = [
    (lambda t: t.replace("# Product context: Acme\n", "", 1), ("no title", "# Product context: NAME")),
    (lambda t: t.replace("## 3. Personas", "## 3. Persona"), ("line 11", "unknown section '3. Persona'", "'Personas'")),
    (lambda t: t.replace("## 3. Personas", "### 3. Personas"), ("Personas", "line 11 looks like 'Personas'", "##")),
    (lambda t: t.replace("## 4.", "## 3. Personas\n\nAgain.\n\n## 4."), ("'Personas' appears twice", "line 15")),
    (lambda t: t + "\n## Appendix\n\nMore.\n", ("unknown section 'Appendix'", "line 51", "###")),
    (lambda t: "Nothing of the kind.", ("no section heading was found",)),
    (lambda t: t.replace("Acme", "A" * 121, 1), ("121 characters", "at most 120")),
]


@pytest.mark.parametrize(("change", "saying"), REFUSED)
def test_what_cannot_be_read_is_refused_with_the_line_and_the_mend(
    change: Callable[[str], str], saying: tuple[str, ...]
):
    with pytest.raises(BadInput) as refused:
        ProductContext.parse(change(document()))
    assert all(part in str(refused.value) for part in saying), str(refused.value)


TEXT = document(PROOF="- **Müller & Söhne:** 1 200 € gespart — “sehr gut”.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, ends: str):
    file = tmp_path / "context.md"
    file.write_bytes(TEXT.replace("\n", ends).encode(encoding))
    assert ProductContext.parse(read_document(file)) == ProductContext.parse(TEXT)


@pytest.mark.parametrize(
    ("raw", "saying"),
    [
        (TEXT.encode("cp1252", "replace"), "is not UTF-8 text (line 4"),
        (TEXT.encode("utf-16-le"), "is not UTF-8 text"),
        (b"PK\x03\x04 and more", "Word"),
        (b"{\\rtf1\\ansi", "RTF"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path: Path, raw: bytes, saying: str):
    file = tmp_path / "context.md"
    file.write_bytes(raw)
    with pytest.raises(BadInput) as refused:
        read_document(file)
    assert saying in str(refused.value)


@given(st.text(alphabet="ab $1<!->~%{}[]#*\n\\", max_size=80))
def test_what_is_left_out_keeps_the_lines_that_follow_in_place(text: str):
    try:
        seen = visible(f"{text}\n\nthe end").text
    except BadInput:
        return
    assert seen.count("\n") == f"{text}\n\nthe end".count("\n")


@given(st.text(alphabet="ab $1.,-*_()&'\n", max_size=120))
def test_a_parsed_context_parses_to_itself(text: str):
    context = ProductContext.parse(document(OVERVIEW=f"{BODY}\n{text}"))
    assert ProductContext.parse(context.render()) == context


WRAPPED: dict[str, Callable[[str], str]] = {
    "a fence": lambda text: f"```markdown\n{text}\n```\n",
    "a quotation": lambda text: "".join(f"> {line}\n" for line in text.split("\n")),
    "toggles": lambda text: re.sub(r"(?m)^(?!- ## |# )(?=.)", "    ", re.sub(r"(?m)^## ", "- ## ", text)),
    "numbers in brackets": lambda text: re.sub(r"(?m)^## (\d+)\. ", r"## (\1) ", text),
    "numbers of chapters": lambda text: re.sub(r"(?m)^## (\d+)\. ", r"## 2.\1 ", text),
    "letters": lambda text: re.sub(r"(?m)^## (\d+)\. ", lambda m: f"## {'ABCDEFGHIJKL'[int(m[1]) - 1]}) ", text),
}  # fmt: skip


@pytest.mark.parametrize("how", WRAPPED)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_document_that_is_wrapped_as_a_whole_says_the_same(how: str, ends: str) -> None:
    original = (Path(__file__).parent / "original.md").read_text(encoding="utf-8")
    assert ProductContext.parse(WRAPPED[how](original).replace("\n", ends)) == ProductContext.parse(original)


def test_html_without_lines_is_named_and_its_mend() -> None:
    with pytest.raises(BadInput) as refused:
        ProductContext.parse("<html><body><h1>Product context: Acme</h1><h2>Product overview</h2></body></html>")
    assert refused.value.hint == "this is HTML: export it as Markdown"


def test_what_one_tilde_strikes_out_is_not_said_and_what_it_means_about_is() -> None:
    assert visible("was ~$19 a month~ and is $29").text == "was  and is $29"
    for kept in ("~$19 a month, ~$29 a year", "H~2~O and x~3~", "~$19", r"\~$19\~"):
        assert visible(kept).text == kept
