"""False sentences about products the engine was not written for are found, true ones pass; known gaps are listed."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality import claims, consistency
from marketeer_dagster.quality.claims import Sources
from tests.quality import pages

FOLDER = Path(__file__).parent / "attacks"
PLACE = f"sections[{len(pages.page().sections)}].body"


def sentences(mark: str) -> Iterator[tuple[str, str, str]]:
    """(context, kind, sentence) of every line that starts with `mark`."""
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            head, _, sentence = line.partition(" | ")
            if head.split()[0] == mark:
                yield file.stem, head.removeprefix(mark).strip(), sentence


@cache
def context(name: str) -> ProductContext:
    return ProductContext.parse((FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def findings(name: str, sentence: str) -> list[str]:
    """What stops `sentence` in a paragraph of a page: its claims, and its prices against the context."""
    content: ArtefactContent = pages.with_text(sentence)
    found: list[Finding] = [
        *claims.check(content, Sources(context=context(name))),
        *consistency.check({"copywriting": content}, context(name)),
    ]
    return [f.problem for f in found if f.where.endswith(PLACE) and f.severity is not Severity.MINOR]


@pytest.mark.parametrize(("name", "kind", "sentence"), sentences("F"))
def test_what_is_false_is_found(name: str, kind: str, sentence: str) -> None:
    assert findings(name, sentence), f"a false {kind} passes"


@pytest.mark.parametrize(("name", "kind", "sentence"), sentences("T"))
def test_what_is_true_passes(name: str, kind: str, sentence: str) -> None:
    assert findings(name, sentence) == []


@pytest.mark.xfail(strict=True, reason="needs understanding; see attacks/README.md")
@pytest.mark.parametrize(("name", "kind", "sentence"), sentences("X"))
def test_known_gaps(name: str, kind: str, sentence: str) -> None:
    assert findings(name, sentence)
