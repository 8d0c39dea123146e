"""The sample context as twelve exporters write it: each says what the original says, and nothing that is hidden."""

import re
from pathlib import Path

import pytest

from marketeer_dagster.cli.documents import read_document
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.quality.text import plain

EXPORTS = Path(__file__).parent / "exports"
ORIGINAL = Path(__file__).parent / "original.md"
FILES = sorted(path.name for path in EXPORTS.iterdir())


def said(text: str) -> list[str]:
    """Its lines as a reader compares them."""
    return [re.sub(r"[*_]", "", plain(line)).strip() for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def original() -> ProductContext:
    return ProductContext.parse(ORIGINAL.read_text(encoding="utf-8"))


def test_there_are_exports_of_all_six_programs():
    assert len(FILES) >= 10
    assert all(
        any(name.startswith(by) for name in FILES) for by in ("google", "word", "notion", "obsid", "pandoc", "pages")
    )


@pytest.mark.parametrize("name", FILES)
def test_an_export_says_what_the_original_says(name: str, original: ProductContext):
    read = ProductContext.parse(read_document(EXPORTS / name), where=name)
    assert read.name == original.name
    for section in Section:
        wanted, got = said(original.sections[section]), said(read.sections[section])
        assert [line for line in wanted if line not in got] == [], section
        assert "$19 a month" not in read.sections[section]


@pytest.mark.parametrize("name", FILES)
def test_labels_are_read_alike(name: str, original: ProductContext):
    label = re.compile(r"^- \*\*(.+?:)\*\* ", re.MULTILINE)
    read = ProductContext.parse(read_document(EXPORTS / name), where=name)
    wanted, got = (plain(" ".join(label.findall(c.sections[Section.OVERVIEW]))) for c in (original, read))
    assert got == wanted


@pytest.mark.parametrize("name", FILES)
def test_what_was_read_is_read_again_alike(name: str):
    read = ProductContext.parse(read_document(EXPORTS / name), where=name)
    assert ProductContext.parse(read.render()) == read
