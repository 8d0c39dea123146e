"""Claims: every number, name, quotation and superlative a customer reads is supported by a source.

Sources are the product context, the metrics, and the texts the author was told to read. What customers never see (the
notes and reasons between colleagues, audits, plans) may name things freely, but its figures must come from somewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality.names import unknown_names
from marketeer_dagster.quality.numbers import Figure, Stated, figures
from marketeer_dagster.quality.superlatives import unproven
from marketeer_dagster.quality.text import cjk_share, folded, plain, stems

CUSTOMER_FACING = frozenset({"page_copy", "edited_copy", "email_sequence", "ad_campaign"})
"""Kinds whose public fields customers read; all others are papers for colleagues."""
METHOD_CONSTANTS = frozenset({0.05, 0.8, 0.9, 0.95, 1.0, 5.0, 7.0, 14.0, 28.0, 30.0, 50.0, 80.0, 90.0, 95.0, 100.0})
"""Figures of method (power, confidence, full weeks, even splits) that papers for colleagues may use."""
_QUOTATION = re.compile(r'"([^"\n]{12,500})"')
_LEAST_QUOTED_WORDS = 5
_LEAST_QUOTED_CJK = 8
_COUNTED = re.compile(
    r"\s*(?:simple |short |clear |more )?(?:steps?|ways?|things?|questions?|points?|reasons?|parts?|options?|"
    r"emails?|variants?|versions?|fields?|sections?|pages?|lines?|sentences?|headlines?|sweeps?|arms?|Schritte?n?|Fragen?|步|个步骤|个问题)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:^|[\s(#])$")
_SMALL = 12
_URL_FIELDS = re.compile(r"(?:url|link|path|paths\[\d+\])$")
_ATTRIBUTION = re.compile(r"quotations\[\d+\]\.(text|attribution)$")


class Sources(Value):
    """What an artefact may state facts from."""

    context: ProductContext
    metrics: str = ""
    texts: tuple[str, ...] = ()
    """Brief, upstream artefacts, learnings, the live page."""


@dataclass(frozen=True)
class _Library:
    """The sources, read once."""

    stated: Stated
    words: frozenset[str]
    text: str

    @classmethod
    def of(cls, sources: Sources) -> "_Library":
        texts = [sources.context.render(), sources.metrics, *sources.texts]
        joined = "\n".join(texts)
        return cls(Stated(texts), stems(joined), folded(joined))


def check(content: ArtefactContent, sources: Sources) -> tuple[Finding, ...]:
    """Findings of dimension `claims`, one per unsupported number, name, quotation or superlative.

    In what customers read each is a blocker; a figure of unknown origin in a paper for colleagues is minor.
    """
    library = _Library.of(sources)
    facing = content.kind in CUSTOMER_FACING
    public = dict(content.texts(public_only=True)) if facing else {}
    found: list[Finding] = []
    for path, text in content.texts():
        if _URL_FIELDS.search(path):
            continue
        if path in public:
            found += _public(path, text, library)
        else:
            found += _internal(path, text, library)
    return tuple(found)


def _public(path: str, text: str, library: _Library) -> Iterator[Finding]:
    line = plain(text)
    for figure in figures(text):
        if not library.stated.supports(figure) and not _is_counting(line, figure):
            yield _finding(
                path, figure.text, f"no source states {figure.text}", "use a figure from the context or none"
            )
    for quoted in _quotations(path, text):
        if folded(quoted) not in library.text:
            yield _finding(path, quoted, "nobody is on record with these words", "quote the context word for word")
    if not _ATTRIBUTION.search(path):
        for name in unknown_names(text, library.words):
            yield _finding(path, name, f"no source mentions {name}", "name only what the context names")
    for phrase in unproven(text, library.text):
        yield _finding(path, phrase, f"“{phrase}” needs proof that the context does not give", "say what is so instead")


def _internal(path: str, text: str, library: _Library) -> Iterator[Finding]:
    line = plain(text)
    for figure in figures(text):
        known = library.stated.supports(figure) or abs(figure.value) in METHOD_CONSTANTS
        if not known and (figure.claims or figure.value > _SMALL) and not _is_counting(line, figure):
            problem = f"{figure.text} comes from no source; is it an estimate?"
            yield _finding(path, figure.text, problem, "name where the figure comes from", Severity.MINOR)


def _quotations(path: str, text: str) -> Iterator[str]:
    if _ATTRIBUTION.search(path):
        yield text
        return
    for quoted in _QUOTATION.findall(plain(text)):
        long_enough = len(quoted.split()) >= _LEAST_QUOTED_WORDS
        if long_enough or (cjk_share(quoted) > 0.3 and len(quoted) >= _LEAST_QUOTED_CJK):
            yield quoted


def _is_counting(line: str, figure: Figure) -> bool:
    """A small whole number that numbers a list or counts the text's own parts says nothing about the product."""
    if figure.claims or figure.decimals or figure.value > _SMALL:
        return False
    after, before = line[figure.end :], line[: figure.start]
    enumerates = bool(_ORDINAL.search(before)) and after[:1] in {".", ")", ":"} and after[1:2] in {" ", ""}
    starts = not before.strip(" -*#") and after[:1] in {".", ")", ":"}
    return (enumerates and starts) or bool(_COUNTED.match(after))


def _finding(path: str, quote: str, problem: str, suggestion: str, severity: Severity = Severity.BLOCKER) -> Finding:
    return Finding(
        dimension="claims",
        severity=severity,
        where=path[:200],
        quote=quote[:600],
        problem=problem[:800],
        suggestion=suggestion,
    )
