"""A form is no context: what was to be replaced is found, and what only looks alike is left alone."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.cli.documents import read_document
from marketeer_dagster.model.context import ProductContext, Section, Unfinished, unfilled
from marketeer_dagster.model.placeholders import placeholders

PROJECT = Path(__file__).parents[2]
TEMPLATE = (PROJECT / "examples" / "context-template.md").read_text(encoding="utf-8")
FILLED = (PROJECT / "examples" / "threlby" / "context.md").read_text(encoding="utf-8")
REAL = sorted(
    path
    for folder in ("examples/threlby", "tests/model/exports", "tests/sandbox/contexts", "tests/sandbox/unseen")
    for path in (PROJECT / folder).iterdir()
    if path.suffix in (".md", ".txt")
)


def gaps(text: str) -> Unfinished:
    with pytest.raises(Unfinished) as caught:
        ProductContext.read(text, where="context.md")
    return caught.value


def test_every_hole_of_the_template_is_named_with_its_line_and_section_at_once():
    found = gaps(TEMPLATE).gaps
    visible = re.sub(r"<!--.*?-->", lambda comment: "\n" * comment[0].count("\n"), TEMPLATE, flags=re.DOTALL)
    holes = [(n, hole) for n, line in enumerate(visible.split("\n"), 1) for hole in re.findall(r"\[[^\]]*\]", line)]
    assert {(gap.line, gap.found) for gap in found} == {*holes, (1, "NAME OF YOUR PRODUCT")}
    assert [s.value for s in Section] == list(dict.fromkeys(g.section for g in found if g.section != "title"))
    message = gaps(TEMPLATE).message
    assert "52 places in 12 of 12 sections" in message
    assert all(f"line {gap.line}, {gap.section}: {gap.found}" in message for gap in found)


def test_a_half_filled_one_says_which_sections_and_which_are_missing():
    half = FILLED.replace("## 7. Objections", "## 7. Objections\n\n- **Price:** [the answer, as facts]")
    half = re.sub(r"## 11\. Proof points.*?(?=## 12\.)", "", half, flags=re.DOTALL)
    found = gaps(half).gaps
    assert {(gap.section, gap.found) for gap in found} == {
        ("Objections", "[the answer, as facts]"),
        ("Proof points", ""),
    }
    assert "2 places in 2 of 12 sections (Objections, Proof points)" in gaps(half).message


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_documents_have_none(path: Path):
    assert unfilled(ProductContext.parse(read_document(path), where=path.name)) == ()


@pytest.mark.parametrize(
    "line",
    [
        "- **Push:** [ ]", "We serve [number] customers in [region].", "Use {{first_name}} in it",
        "<your product> helps",
        "- TODO", "- **Price:** TBD", "- **Share:** X % of customers", "XX customers use it", "- [COMPANY NAME] helps",
        "- **Category:** your product", "Lorem ipsum dolor sit amet", "- **Trial:** ____", "- **Trial:** ...",
        "- **Trial:** ???", "| [price] | $9 |", "- {product_name} helps", "- “[A sentence.]” — [Name, role]",
        "- **Kunden:** [Anzahl]", "- \\[what customers would type\\]", "- &lt;product&gt; helps", "- [[COMPANY_NAME]]",
        "- **Price:** $X a month", "- **One-liner:** [category for\n  audience, in one sentence]",
        "- **Push:**\n- **Pull:** x",
        "- **Price:** TODO: ask finance", "Insert your text here", "### [Name] plan", "> [quotation]",
    ],
)  # fmt: skip
def test_what_waits_to_be_replaced(line: str):
    assert placeholders(line) != ()
    with pytest.raises(Unfinished, match="Switching dynamics"):
        ProductContext.read(FILLED.replace("## 8. Switching dynamics", f"## 8. Switching dynamics\n\n{line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        '- "[We] moved in [one] day," said Ann', "He wrote “recieve” [sic] twice",
        "see [1] and [2, 3]", "- [ ] call them",
        "[the docs](https://docs.example/a)", "- [x] done", "as [the guide][guide] says", "![a chart](chart.png)",
        "a footnote[^1]\n\n[^1]: its text", "`{{first_name}}` and `[name]` are merge fields", "A <b>bold</b> word<br/>",
        "<https://a.example>", "<ann@a.example>", "if a<b and c>d",
        "Guests <5 or >2 hours", "A TODO list app for teams",
        "40 customers [as of May 2026] in Europe", "show your product to more buyers", "- **Trial:** —", "- Why us?",
        "an array[index] of values", "[GDPR] applies", "see [[Meeting notes]]", "Louis XIV", "We ship to [DE, AT] only",
        "- **Plans:**\n  - Solo, $9", "- **What:**\nIt closes the books.", "```\n[name]\n```", "Sizes S to XXL",
        "text {.highlight} and {#anchor}", "A quotation with […] left out",
    ],
)  # fmt: skip
def test_what_only_looks_alike(line: str):
    assert placeholders(line) == ()
    ProductContext.read(FILLED.replace("## 8. Switching dynamics", f"## 8. Switching dynamics\n\n{line}\n\n- more"))


@pytest.mark.parametrize("name", ["NAME OF YOUR PRODUCT", "Your product", "[Name]", "<name>", "{{name}}", "TBD"])
def test_a_name_that_nobody_gave(name: str):
    found = gaps(FILLED.replace("# Product context: Threlby", f"# Product context: {name}", 1)).gaps
    assert [(gap.line, gap.section) for gap in found] == [(1, "title")]


@settings(deadline=None)
@given(hole=st.sampled_from(re.findall(r"\[[^\]]*\]", TEMPLATE)), at=st.integers(0, 200))
def test_one_forgotten_hole_is_found_in_any_bullet(hole: str, at: int):
    lines = FILLED.split("\n")
    bullets = [n for n, line in enumerate(lines) if line.startswith("- **") and ":** " in line]
    line = bullets[at % len(bullets)]
    lines[line] = f"{lines[line].split(':** ')[0]}:** {hole}"
    assert [gap.line for gap in gaps("\n".join(lines)).gaps] == [line + 1]
