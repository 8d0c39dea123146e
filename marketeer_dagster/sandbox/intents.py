"""Intents: what visitors have on their minds, drawn from the product's problems, objections and customer language."""

import re
from dataclasses import dataclass
from functools import lru_cache

from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.chance import stream
from marketeer_dagster.sandbox.text import CJK, stem, stems, surface_words

_SOURCES = (("problem", 6), ("objection", 6), ("language", 6))
"""Word in a section's heading, and how many intents it may give."""
_VOCABULARY = 10
"""Words an intent is recognised by; more would ask of a page to repeat the context."""
_FEWEST_WORDS = 3
_ANSWERS = ("differentiat", "objection", "proof", "overview", "switching")
"""Words in the headings of sections whose statements can answer a concern."""
_SHARED_WITH_ANSWER = 2
_QUERIES = 5
_SEARCHED_WEIGHT = 2.0
"""Concerns for which the context names searches bring this much more visitors than those it only mentions."""
_HEADING = re.compile(r"^##\s+(?:\d{1,2}[.)]\s*)?(.+?)\s*$", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+", re.MULTILINE)
_LABEL = re.compile(r"^\s*\*\*(.+?)\*\*")
_QUOTED = re.compile(r"[\"“]([^\"“”]{4,80}?)[.,;]?[\"”]")
_ATTRIBUTION = re.compile(r"\s+[—–]\s+.*$", re.DOTALL)
_LEAD = re.compile(
    r"^\W*(?:(?:people|customers|they|visitors)\s+(?:search|say|ask|look)\w*(?:\s+for)?|words?\s+(?:to|they)\s+use)\b\W*",
    re.IGNORECASE,
)
_TABOO = re.compile(r"^\W*(?:words?\s+(?:to|they|we)\s+)?(?:never|avoid|not:)|^\W*(?:避免|不说|禁用)", re.IGNORECASE)
"""Words the brand must not use are no words its customers search by."""
_CLAUSE = re.compile(r"[，。、；：！？,.;:!?]+")


@dataclass(frozen=True)
class Intent:
    """One concern. `vocabulary` holds stems with weights that sum to 1; `queries` is what its holders search for."""

    name: str
    phrase: str
    vocabulary: tuple[tuple[str, float], ...]
    answer: tuple[tuple[str, float], ...]
    """The same for the statement of the context that answers it best; empty where none does."""
    queries: tuple[str, ...]
    weight: float
    """Share of the site's visitors who have it before any shock."""
    searches: tuple[tuple[tuple[str, float], ...], ...] = ()
    """The vocabulary of each query, where the context names its searches itself; otherwise empty."""


@dataclass(frozen=True)
class _Unit:
    """One thing customers think, in their words, with the searches the context gives for it."""

    text: str
    searches: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def _intents(seed: int, tenant: str, name: str, one_liner: str, context: str) -> tuple[Intent, ...]:
    units = _units(context) or [_Unit(one_liner or name)]
    frequency: dict[str, int] = {}
    for unit in units:
        for word in set(stems(unit.text)):
            frequency[word] = frequency.get(word, 0) + 1
    statements = _statements(context)
    category = _category(one_liner, name)
    alphas = [2.0 * (_SEARCHED_WEIGHT if unit.searches else 1.0) for unit in units]
    weights = stream(seed, tenant, "intents").dirichlet(alphas)
    return tuple(
        Intent(
            name=f"{number}-{'-'.join(surface_words(unit.text)[:2])}",
            phrase=unit.text[:160],
            vocabulary=_vocabulary(unit.text, frequency),
            answer=_answer(unit.text, statements),
            queries=unit.searches or _queries(unit.text, frequency, category, name),
            weight=float(weights[number]),
            searches=tuple(_vocabulary(search, frequency) for search in unit.searches),
        )
        for number, unit in enumerate(units)
    )


def intents_of(seed: int, spec: AccountSpec) -> tuple[Intent, ...]:
    """The intents in a tenant's market, at least one; a function of (seed, context)."""
    return _intents(seed, spec.tenant, spec.name, spec.one_liner, spec.context_markdown)


def _sections(context: str) -> dict[str, str]:
    parts = _HEADING.split(context)
    return {heading.lower(): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def _units(context: str) -> list[_Unit]:
    """What the sections that tell what customers think say one by one."""
    found: list[_Unit] = []
    for word, most in _SOURCES:
        for heading, body in _sections(context).items():
            if word in heading:
                units = [_unit(item, word == "objection") for item in _items(body) if not _TABOO.match(item)]
                found += [unit for unit in units if len(set(stems(unit.text))) >= _FEWEST_WORDS][:most]
    return found


def _items(body: str) -> list[str]:
    """Bullets, or the first cells of a table's rows, or sentences where there are neither."""
    rows = [row.strip().strip("|").split("|")[0].strip() for row in body.splitlines() if row.lstrip().startswith("|")]
    return _ITEM.split(body)[1:] or rows[2:] or re.split(r"(?<=[.!?。！？])\s*|\n+", body)


def _unit(item: str, objection: bool) -> _Unit:
    """The customer's part of an item: of "**objection:** our answer" the objection; of a quotation not who said it."""
    label = _LABEL.match(item)
    item = label[1] if objection and label else _ATTRIBUTION.sub("", item)
    searches = tuple(dict.fromkeys(quoted.lower() for quoted in _QUOTED.findall(item)))
    plain = re.sub(r"\s+", " ", re.sub(r"[*_`#>|\"“”]", " ", _LEAD.sub("", item))).strip()
    return _Unit(plain, searches[:_QUERIES] if len(searches) > 1 else ())


def _ranked(unit: str, frequency: dict[str, int]) -> list[str]:
    """Distinct surface words of `unit`, those that few other units have first; ties keep their order."""
    first = {stem(word): word for word in reversed(surface_words(unit))}
    return sorted(first.values(), key=lambda word: frequency.get(stem(word), 1))


def _vocabulary(unit: str, frequency: dict[str, int]) -> tuple[tuple[str, float], ...]:
    words = [stem(word) for word in _ranked(unit, frequency)[:_VOCABULARY]]
    raw = [1.0 / frequency.get(word, 1) for word in words]
    return tuple((word, weight / sum(raw)) for word, weight in zip(words, raw, strict=True))


def _statements(context: str) -> list[str]:
    sections = _sections(context)
    bodies = [body for heading, body in sections.items() if any(word in heading for word in _ANSWERS)]
    return [item for body in bodies for item in _ITEM.split(body) if item.strip()]


def _answer(unit: str, statements: list[str]) -> tuple[tuple[str, float], ...]:
    """The telling words of the statement that shares most, rare words counting more, with what is asked."""
    holders: dict[str, int] = {}
    for statement in statements:
        for word in set(stems(statement)):
            holders[word] = holders.get(word, 0) + 1
    asked = set(stems(unit))
    shared = [asked & set(stems(statement)) for statement in statements]
    scores = [sum(1 / holders[word] for word in words) for words in shared]
    best = max(range(len(statements)), key=lambda index: scores[index], default=None)
    if best is None or len(shared[best]) < _SHARED_WITH_ANSWER:
        return ()
    own = " ".join(word for word in surface_words(statements[best]) if stem(word) not in asked)
    return _vocabulary(own, holders) if own else ()


def _category(one_liner: str, name: str) -> str:
    """What kind of thing the product is: the last content words of the first clause that describes it."""
    words = [word for word in surface_words(re.split(r"[.,;:]", one_liner)[0]) if word not in surface_words(name)]
    return " ".join(words[:2]) or name.lower()


def _queries(unit: str, frequency: dict[str, int], category: str, name: str) -> tuple[str, ...]:
    """Searches in the words of `unit`: its own phrase, its rarest words, and these with the product's category."""
    if CJK.search(unit):
        clauses = [clause.strip() for clause in _CLAUSE.split(unit) if len(clause.strip()) > 1]
        return tuple(dict.fromkeys([*clauses[:4], f"{name} {clauses[0]}"]))
    written = surface_words(unit)
    rare = set(_ranked(unit, frequency)[:6])
    telling = list(dict.fromkeys(word for word in written if word in rare))
    candidates = (
        " ".join(telling[:3]),
        " ".join(telling[-3:]),
        f"{category} {' '.join(telling[:2])}",
        f"how to {' '.join(telling[1:4])}",
        f"{name.lower()} {telling[0]}",
    )
    return tuple(dict.fromkeys(candidate.strip() for candidate in candidates))
