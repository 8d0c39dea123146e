"""How texts are made comparable: one spelling of quotes, dashes, spaces and digits; words without inflexion noise."""

import re
import unicodedata
from functools import lru_cache

KEPT = 4096
"""Readings of texts that are kept: the checks of one campaign read the same context and the same lines again and again,
each artefact against each other."""

_QUOTES = str.maketrans("“”„‟«»「」『』’‘‚‛`´–—−", '""""""""""\'\'\'\'\'\'---')
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_SUFFIXES = ("'s", "ing", "ers", "er", "ed", "es", "s", "en", "e", "n")
_LEAST_STEM = 4
_NO_TITLE = "".join(rf"(?<!\b{title}\.)" for title in ("Dr", "Prof", "Mr", "Mrs", "Ms", "St", "Nr", "No", "med"))
_SCRIPTS = re.compile(r"(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])")


@lru_cache(KEPT)
def plain(text: str) -> str:
    """NFKC (full-width digits become ASCII), straight quotes, hyphens for dashes, single spaces."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).translate(_QUOTES)).strip()


def scripts_apart(text: str) -> str:
    """A space wherever Chinese meets Latin letters or digits, so that names stand alone: 可在 Shopify 上."""
    return _SCRIPTS.sub(" ", text)


def lines(text: str) -> list[str]:
    """The lines of a text that say something, each as `plain` spells it."""
    return [line for raw in text.splitlines() if (line := plain(raw))]


@lru_cache(KEPT)
def folded(text: str) -> str:
    """`plain`, lower case, without Markdown's marks and punctuation: for finding words within other words."""
    bare = re.sub(r"[*_#>\[\]()`\"]+", "", plain(text).casefold())
    return re.sub(r"\s+", " ", re.sub(r"[.,;:!?。，；：！？、…]+", " ", bare)).strip()


def words(text: str) -> list[str]:
    """The words of a text, as written."""
    return _WORD.findall(plain(text))


def stem(word: str) -> str:
    """A crude common form of a word in English or German: enough to see that `trials` is in a text about a `trial`."""
    low = word.casefold()
    for suffix in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= _LEAST_STEM:
            return low[: -len(suffix)]
    return low


@lru_cache(KEPT)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's words and of their hyphenated parts."""
    found: set[str] = set()
    for word in words(text):
        found.add(stem(word))
        found.update(stem(part) for part in re.split(r"[-']", word) if part)
    return frozenset(found)


@lru_cache(KEPT)
def cjk_share(text: str) -> float:
    """Share of a text's letters that are Chinese characters."""
    letters = [char for char in text if char.isalpha()]
    return sum(bool(_CJK.match(char)) for char in letters) / len(letters) if letters else 0.0


def sentences(text: str) -> list[str]:
    """Sentences and lines of a text; list marks and headings start new ones."""
    parts = re.split(rf"{_NO_TITLE}(?<=[.!?。！？])\s+|(?<=[。！？])|\n+|\s\|\s|:\s|•", text)
    return [part.strip(" -*#>\t") for part in parts if part.strip(" -*#>\t")]
