"""Claims: every number, name, quotation, superlative and promise a customer reads is supported by a source.

For what customers read, sources are the product context, the metrics and what people of the tenant stated. Briefs,
upstream work and learnings were written by agents: they may be wrong, so they support only papers for colleagues
(notes, reasons, audits, plans), whose figures must come from somewhere.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.quality.audience import public_texts
from marketeer_dagster.quality.comparisons import uncompared
from marketeer_dagster.quality.counting import is_counting
from marketeer_dagster.quality.names import Vocabulary, lower_case_stems, unknown_names
from marketeer_dagster.quality.numbers import Figure, Unit, figures
from marketeer_dagster.quality.promises import unbacked
from marketeer_dagster.quality.quotations import Record, ascribed, quotations
from marketeer_dagster.quality.readings import numbers_in
from marketeer_dagster.quality.stated import Stated
from marketeer_dagster.quality.superlatives import proof_text, unproven
from marketeer_dagster.quality.text import folded, lines, plain

METHOD_CONSTANTS = frozenset({0.05, 0.8, 0.9, 0.95, 1.0, 5.0, 7.0, 14.0, 28.0, 30.0, 50.0, 80.0, 90.0, 95.0, 100.0})
"""Figures of method (power, confidence, full weeks, even splits) that papers for colleagues may use."""
_VOICES = frozenset({Section.PERSONAS, Section.PROBLEMS, Section.COMPETITION, Section.LANGUAGE, Section.VOICE})
"""Sections about others and about words: their figures and names are facts, their promises and praise are not ours."""
_SMALL = 12
_QUOTED_WORDS = re.compile(r"^(?P<item>.*quotations\[\d+\])\.(?P<part>text|attribution)$")
_FIGURE = re.compile(r"[+-]?[$€£¥]? ?\d[\d.,' ]*(?: ?(?:%|[A-Z]{3}|[$€£¥元]))?")
"""A cell that holds a figure and nothing else."""
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Sources(Value):
    """What an artefact may state facts from."""

    context: ProductContext
    metrics: str = ""
    """Markdown tables of figures; their labels come from outside and support nothing."""
    texts: tuple[str, ...] = ()
    """Brief, upstream artefacts, learnings, the live page: agents' work, which supports papers but no public text."""
    people: tuple[str, ...] = ()
    """What people of the tenant stated (a goal, a note on a revision): as good as the context."""


class _Authority:
    """What may support public text, read once for all artefacts written from it and only as far as needed."""

    def __init__(self, facts: str, voices: str, goals: str, tables: str) -> None:
        self._facts, self._voices, self._goals, self._tables = facts, voices, goals, tables
        self._text = "\n".join((facts, voices, goals))

    @cached_property
    def stated(self) -> Stated:
        return Stated((self._facts, self._voices), (measured(self._tables),))

    @cached_property
    def aimed(self) -> Stated:
        """The figures of goals: targets and budgets, for colleagues only."""
        return Stated((self._goals,))

    @cached_property
    def record(self) -> Record:
        return Record(self._text)

    @cached_property
    def words(self) -> Vocabulary:
        return Vocabulary.of(self._text, self.record.text)

    @cached_property
    def plain(self) -> str:
        return plain(self._text)

    @cached_property
    def promised(self) -> str:
        """Only what the company says of itself: what customers search for is no promise."""
        return "\n".join(lines(f"{self._facts}\n{self._goals}"))

    @cached_property
    def compared(self) -> str:
        """Also what is known of others: a comparison has two sides."""
        return f"{self._facts}\n{self._voices}"

    @cached_property
    def proof(self) -> str:
        return proof_text(self._facts)


def measured(tables: str) -> str:
    """The figures of Markdown tables, without labels.

    Search queries, campaign names and sources are typed by anybody: `acme saves 90 %` in a table states nothing.
    """
    kept: list[str] = []
    for line in tables.splitlines():
        if line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
            kept += [cell for cell in cells[1:] if _FIGURE.fullmatch(cell)]
    return "\n".join(kept)


@lru_cache(maxsize=32)
def _authority(facts: str, voices: str, goals: str, tables: str) -> _Authority:
    return _Authority(facts, voices, goals, tables)


@lru_cache(maxsize=64)
def _hearsay(texts: tuple[str, ...]) -> Stated:
    return Stated((), texts)


@dataclass(frozen=True)
class _Library:
    """The sources of one artefact."""

    authority: _Authority
    words: Vocabulary
    """The authority's, with the words that the artefact itself also writes in lower case: those are no names."""
    texts: tuple[str, ...]

    @classmethod
    def of(cls, sources: Sources, public: Mapping[str, str]) -> "_Library":
        sections = sources.context.sections
        ours = (sections[section] for section in Section if section not in _VOICES and section is not Section.GOALS)
        facts = "\n".join((sources.context.name, *ours, *sources.people))
        voices = "\n".join(sections[section] for section in Section if section in _VOICES)
        authority = _authority(facts, voices, sections[Section.GOALS], sources.metrics)
        own = lower_case_stems("\n".join(public.values()))
        return cls(authority, replace(authority.words, own=own), sources.texts)

    def states(self, figure: Figure) -> bool:
        """Whether anybody, also an agent, stated this figure: enough for papers."""
        known = (self.authority.stated, self.authority.aimed, _hearsay(self.texts))
        return any(stated.supports(figure, counting=False) for stated in known)


def check(content: ArtefactContent, sources: Sources) -> tuple[Finding, ...]:
    """Findings of dimension `claims`, one per unsupported number, name, quotation, superlative or promise.

    In what customers read each is a blocker; a figure of unknown origin in a paper for colleagues is minor.
    """
    public = public_texts(content)
    library = _Library.of(sources, public)
    found: list[Finding] = []
    for passage in content.passages():
        path, text = passage.path, passage.text
        if not passage.is_address:
            found += _public(path, text, public, library) if path in public else _paper(path, text, library)
    return tuple(found)


def _public(path: str, text: str, public: dict[str, str], library: _Library) -> Iterator[Finding]:
    yield from _figures(path, text, library)
    own_words = text
    quoted = _QUOTED_WORDS.search(path)
    if quoted:
        yield from _quotation(path, quoted, public, library)
        own_words = ""
    else:
        for words in quotations(text):
            if library.authority.record.holds(words):
                own_words = own_words.replace(words, " ")
            elif folded(words) not in _labels(public, path):
                yield _finding(path, words, "nobody is on record with these words", "quote the context word for word")
        for words, name in ascribed(text):
            if library.authority.record.holds(words) and not library.authority.record.said(words, name):
                problem = f"the context does not ascribe these words to {name}"
                yield _finding(path, words, problem, "name the speaker as the context does")
        for name in unknown_names(text, library.words):
            yield _finding(path, name, f"no source mentions {name}", "name only what the context names")
    for phrase in unproven(own_words, library.authority.proof):
        yield _finding(path, phrase, f"“{phrase}” needs proof that the context does not give", "say what is so instead")
    for phrase in uncompared(own_words, library.authority.compared):
        yield _finding(path, phrase, f"no source makes the comparison “{phrase}”", "compare only as the context does")
    for promise, words in unbacked(own_words, library.authority.promised):
        yield _finding(path, words, f"the context does not promise {promise}", "promise only what the context promises")
    for address in _EMAIL.findall(plain(text)):
        if address.casefold() not in library.authority.plain.casefold():
            yield _finding(path, address, f"no source gives the address {address}", "leave the address out")


def _figures(path: str, text: str, library: _Library) -> Iterator[Finding]:
    seen: set[str] = set()
    for figure in numbers_in(text):
        known = library.authority.stated.supports(figure) or figure.text in seen or is_counting(figure)
        if not known:
            seen.add(figure.text)
            yield _finding(
                path, figure.text, f"no source states {figure.text}", "use a figure from the context or none"
            )


def _quotation(path: str, match: re.Match[str], public: dict[str, str], library: _Library) -> Iterator[Finding]:
    words, speaker = (public.get(f"{match['item']}.{part}", "") for part in ("text", "attribution"))
    if match["part"] == "text":
        if not library.authority.record.holds(words):
            yield _finding(path, words, "nobody is on record with these words", "quote the context word for word")
    elif not library.authority.record.said(words, speaker):
        problem = f"the context does not ascribe these words to {speaker}"
        yield _finding(path, speaker, problem, "name the speaker as the context does")


def _labels(public: dict[str, str], path: str) -> set[str]:
    """The artefact's other texts: quoting one's own button or subject line claims nothing."""
    return {folded(text) for where, text in public.items() if where != path}


def _paper(path: str, text: str, library: _Library) -> Iterator[Finding]:
    for figure in figures(text):
        if figure.unit is Unit.CLOCK or not _matters(figure) or is_counting(figure):
            continue
        if not library.states(figure):
            problem = f"{figure.text} comes from no source; is it an estimate?"
            yield _finding(path, figure.text, problem, "name where the figure comes from", Severity.MINOR)


def _matters(figure: Figure) -> bool:
    return abs(figure.value) not in METHOD_CONSTANTS and (figure.claims or figure.value > _SMALL)


def _finding(path: str, quote: str, problem: str, suggestion: str, severity: Severity = Severity.BLOCKER) -> Finding:
    return Finding(
        dimension="claims",
        severity=severity,
        where=path[:200],
        quote=quote[:600],
        problem=problem[:800],
        suggestion=suggestion,
    )
