"""Intents: what visitors have on their minds, drawn from the product's problems, objections and customer language."""

import re
from dataclasses import dataclass
from functools import lru_cache

from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.chance import stream
from marketeer_dagster.sandbox.text import stem, stems, surface_words

_SOURCES = (("problem", 5), ("objection", 3), ("language", 4))
"""Word in a section's heading, and how many intents it may give."""
_VOCABULARY = 9
"""Words an intent is recognised by; more would ask of a page to repeat the context."""
_FEWEST_WORDS = 3
_HEADING = re.compile(r"^##\s+(?:\d{1,2}[.)]\s*)?(.+?)\s*$", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+", re.MULTILINE)


@dataclass(frozen=True)
class Intent:
    """One concern. `vocabulary` maps stems to weights that sum to 1; `queries` is what its holders search for."""

    name: str
    phrase: str
    vocabulary: tuple[tuple[str, float], ...]
    queries: tuple[str, ...]
    weight: float
    """Share of the site's visitors who have it before any shock."""


@lru_cache(maxsize=256)
def _intents(seed: int, tenant: str, name: str, one_liner: str, context: str) -> tuple[Intent, ...]:
    units = _units(context) or [one_liner or name]
    frequency: dict[str, int] = {}
    for unit in units:
        for word in set(stems(unit)):
            frequency[word] = frequency.get(word, 0) + 1
    category = _category(one_liner, name)
    weights = stream(seed, tenant, "intents").dirichlet([2.0] * len(units))
    return tuple(
        Intent(
            name=f"{number}-{'-'.join(surface_words(unit)[:2])}",
            phrase=unit[:160],
            vocabulary=_vocabulary(unit, frequency),
            queries=_queries(unit, frequency, category, name),
            weight=float(weights[number]),
        )
        for number, unit in enumerate(units)
    )


def intents_of(seed: int, spec: AccountSpec) -> tuple[Intent, ...]:
    """The intents in a tenant's market, at least one; a function of (seed, context)."""
    return _intents(seed, spec.tenant, spec.name, spec.one_liner, spec.context_markdown)


def _sections(context: str) -> dict[str, str]:
    parts = _HEADING.split(context)
    return {heading.lower(): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def _units(context: str) -> list[str]:
    """Bullets, or sentences where there are none, of the sections that tell what customers think."""
    found: list[str] = []
    for word, most in _SOURCES:
        for heading, body in _sections(context).items():
            if word in heading:
                found += _items(body)[:most]
    return found


def _items(body: str) -> list[str]:
    parts = _ITEM.split(body)
    items = parts[1:] if len(parts) > 1 else re.split(r"(?<=[.!?。！？])\s*|\n+", body)
    cleaned = [re.sub(r"\s+", " ", re.sub(r"[*_`#>|]", " ", item)).strip() for item in items]
    return [item for item in cleaned if len(set(stems(item))) >= _FEWEST_WORDS]


def _ranked(unit: str, frequency: dict[str, int]) -> list[str]:
    """Distinct surface words of `unit`, those that few other units have first; ties keep their order."""
    first = {stem(word): word for word in reversed(surface_words(unit))}
    return sorted(first.values(), key=lambda word: frequency.get(stem(word), 1))


def _vocabulary(unit: str, frequency: dict[str, int]) -> tuple[tuple[str, float], ...]:
    words = [stem(word) for word in _ranked(unit, frequency)[:_VOCABULARY]]
    raw = [1.0 / frequency.get(word, 1) for word in words]
    return tuple((word, weight / sum(raw)) for word, weight in zip(words, raw, strict=True))


def _category(one_liner: str, name: str) -> str:
    """What kind of thing the product is: the last content words of the first clause that describes it."""
    words = [word for word in surface_words(re.split(r"[.,;:]", one_liner)[0]) if word not in surface_words(name)]
    return " ".join(words[:2]) or name.lower()


def _queries(unit: str, frequency: dict[str, int], category: str, name: str) -> tuple[str, ...]:
    """Searches in the words of `unit`: its own phrase, its rarest words, and these with the product's category."""
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
