"""Names in prose: people, companies, products, certificates that no source mentions."""

import re
from collections.abc import Iterator
from itertools import pairwise

from marketeer_dagster.quality.text import cjk_share, plain, sentences, stem

_TOKEN = re.compile(r"[^\W\d_][\w'&.-]*\w|[^\W\d_]")
_KNOWN = frozenset(
    stem(word)
    for word in [
        "I",
        "I'm",
        "I'd",
        "I've",
        "I'll",
        "a",
        "an",
        "the",
        "and",
        "or",
        "but",
        "if",
        "in",
        "on",
        "at",
        "to",
        "for",
        "with",
        "without",
        "of",
        "by",
        "from",
        "as",
        "is",
        "are",
        "we",
        "you",
        "your",
        "our",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "english",
        "german",
        "chinese",
        "french",
        "spanish",
        "european",
        "american",
        "faq",
        "cta",
        "url",
        "pdf",
        "api",
        "ai",
        "ui",
        "ux",
        "id",
        "ok",
        "seo",
        "ga4",
        "utm",
        "a/b",
        "ab",
        "qa",
        "hr",
        "it",
        "kpi",
        "roi",
        "crm",
        "csv",
        "html",
        "css",
        "json",
        "http",
        "https",
        "rsa",
        "google",
        "meta",
        "yes",
        "no",
        "not",
        "q1",
        "q2",
        "q3",
        "q4",
        "am",
        "pm",
        "vs",
        "etc",
        "eu",
        "us",
        "uk",
        "usa",
        "usd",
        "eur",
        "gbp",
        "email",
        "web",
        "internet",
        "mr",
        "ms",
        "dr",
        "inc",
        "ltd",
    ]
)
_COMPANY = re.compile(
    r"\b([A-Z][\w&-]+(?: [A-Z][\w&-]+)*) (?:Inc|Ltd|LLC|GmbH|AG|Corp|Group|University|Institute)\b\.?"
)
_GERMAN_SHARE = 0.25
_HEADING_SHARE = 0.6
_LEAST_WORDS = 4


def unknown_names(text: str, known: frozenset[str]) -> Iterator[str]:
    """Capitalised words and acronyms in running text whose stems are not in `known` (stems of all sources).

    Texts in Title Case, and languages that capitalise nouns, say nothing by a capital; there, only company forms
    ("Acme GmbH") and acronyms are looked at. Chinese names are beyond this: quotations and attributions cover them.
    """
    found: dict[str, None] = {}
    if cjk_share(text) > 0.3:
        return
    for sentence in sentences(plain(text)):
        tokens = _TOKEN.findall(sentence)
        inner = tokens[1:]
        capitals = [token for token in inner if token[0].isupper()]
        telling = len(inner) >= _LEAST_WORDS and len(capitals) / len(inner) <= _GERMAN_SHARE
        for token in tokens:
            if _is_acronym(token) and not _supported(token, known):
                found[token] = None
        if telling:
            found.update((token, None) for token in capitals if not _supported(token, known))
        found.update((name, None) for name in _COMPANY.findall(sentence) if not _supported(name.split()[0], known))
        found.update((name, None) for name in _people(tokens, known) if len(capitals) <= _HEADING_SHARE * len(inner))
    yield from found


def _is_acronym(token: str) -> bool:
    letters = token.rstrip("s")
    return 2 <= len(letters) <= 6 and letters.isupper() and letters.isalpha() and letters.isascii()


def _people(tokens: list[str], known: frozenset[str]) -> Iterator[str]:
    """Two capitalised unknown words in a row, also at the start of a sentence: a person or a company."""
    for first, second in pairwise(tokens):
        both = all(t[0].isupper() and not t.isupper() and not _supported(t, known) for t in (first, second))
        if both and len(first) > 2 and len(second) > 2:
            yield f"{first} {second}"


def _supported(token: str, known: frozenset[str]) -> bool:
    parts = [token, *re.split(r"[-'&.]", token)]
    return any(stem(part) in known or stem(part) in _KNOWN for part in parts if part)
