"""Names in prose: people, companies, products, certificates that no source mentions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from marketeer_dagster.quality.chinese_names import chinese_names
from marketeer_dagster.quality.common import COMMON, is_common
from marketeer_dagster.quality.currencies import CODES, IN_NAMES
from marketeer_dagster.quality.text import cjk_share, plain, scripts_apart, sentences, stem

_TOKEN = re.compile(r"[^\W_][\w'&.-]*\w|[^\W\d_]")
_AMOUNT = re.compile(r"[$€£¥]?[\d.,]+(?:[kKmM]|bn|mn|Mio|Mrd)")
"""1.2M is a number; numbers.py asks where it comes from."""
_COMPANY = re.compile(
    r"\b([A-Z][\w&-]+(?: (?:& )?[A-Z][\w&-]+)*) "
    r"(?:Inc|Ltd|LLC|GmbH|AG|SE|KG|Corp|Group|University|Institute|Bank|Labs)\b"
)
_BEFORE_A_NAME = re.compile(
    r"\b(?:trusted|loved|used|built|made|backed|certified|recommended|approved|rated|reviewed|audited|endorsed|praised|"
    r"powered|published) (?:by|at|on|in)(?: the)? $|\b(?:as seen (?:in|on)|featured (?:in|on)|integrat\w+ with|"
    r"works? with|compatible with|partner\w* (?:with|of)|according to|says|said|join|unlike|like|such as|"
    r"named by|via|through) $|"
    r"\b(?:sagt|laut|empfohlen von|zertifiziert (?:von|nach)|bekannt aus) $|[—-] $",
    re.IGNORECASE,
)
_DOES = re.compile(
    r" (?:supports?|uses|trusts?|chose|recommends?|loves|relies|backs|endorses?|says|said|switched|praises?|funds?|"
    r"runs|moved|migrated|deploy(?:s|ed)|adopted|picked|replaced|bought|buys|prefers?|selected|signed|renewed|depends|gives|sends|sells|stocks|books|orders)\b"
)
_GERMAN_DOES = re.compile(r" (?:nutzt|verwendet|vertraut|empfiehlt|schwört|setzt) (?!sich\b)")
_AND_A_NAME = re.compile(
    r" (?:and|&|und) [A-ZÄÖÜ][\w-]+(?: [A-ZÄÖÜ][\w-]+)? "
    r"(?:use|trust|run|rely|love|chose|moved|switched|nutzen|vertrauen)\b"
)
_ABSTRACT = re.compile(r"(?:ing|tion|ment|ness|ity|ance|ence|ure|ly|ism|ship|ers|ors|ists)s?$")
"""Endings of ordinary nouns, which begin sentences with a capital too."""
_TITLED = re.compile(r"\b(?:Dr|Prof|Professor|Mr|Mrs|Ms|Herrn?|Frau)\.? (?:(?:Dr|Prof|med)\. )*$")
_CONNECTED = re.compile(
    r"\b(?:buchbar|bestellbar|verfügbar|erhältlich|verbunden|verknüpft|kompatibel|integriert|gekoppelt|zusammen|abgleichbar|"
    r"Schnittstelle|Anbindung|Integration|Partner) (?:über|mit|bei|auf|via|in|zu|an|von) $",
    re.IGNORECASE,
)
_CHINESE = 0.15
"""Share of Chinese letters from which a capital says that a word is a name: ordinary words are in Chinese."""
_SPEAKS = re.compile(r"\b(?:says|said|according to|sagt|laut) $", re.IGNORECASE)
_GERMAN = re.compile(
    r"\b(?:der|die|das|und|ist|nicht|mit|für|ein|eine|einen|Sie|Ihre[rnms]?|wir|auf|von|zu|den|dem|ohne|oder|auch|wenn|im)\b"
)
_ENGLISH = re.compile(r"\b(?:the|and|is|not|with|for|you|your|we|from|to|of|without|or|when)\b")
_TITLE_CASE = 0.6
"""Share of capitalised words after the first above which a line is a heading in Title Case and capitals say nothing."""
_LEAST_WORDS = 3
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_NO_NAME = re.compile(
    rf"\*\|[^|\n]{{1,60}}\|\*|https?://\S+|\S+@\S+|\bwww\.\S+|{IN_NAMES}|\b(?:EO)?FY(?:(?: ?'| ?(?:19|20)?)\d\d)?\b"
)
"""Merge tags, addresses, what tells which money is meant, and fiscal years."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of sources: which they are, and which of them are only ever written as names."""

    stems: frozenset[str]
    """Stems of every word, for words that are merely capitalised."""
    forms: frozenset[str]
    """Words as written, folded, with their singulars, for names and acronyms."""
    text: str
    """All sources, folded, for whole names and for Chinese."""
    german: bool
    """Whether the sources are in German, where a capital tells a noun."""
    own: frozenset[str] = frozenset()
    """Stems of words that the artefact itself writes in lower case."""

    @classmethod
    def of(cls, text: str, folded_text: str) -> "Vocabulary":
        stems: set[str] = set()
        forms: set[str] = set()
        for token in set(_TOKEN.findall(scripts_apart(plain(text)))):
            low = token.casefold().removesuffix("'s")
            parts = [low, *re.split(r"[-'&./]", low)]
            forms.update(part for part in parts if part)
            forms.add(re.sub(r"[\W_]", "", low))
            stems.update(stem(part) for part in parts if part)
        return cls(frozenset(stems), frozenset(forms), folded_text, is_german(text))

    def knows_word(self, word: str) -> bool:
        """Whether sources, everyday language or the artefact's own prose hold this word in any inflexion."""
        root = stem(word)
        return root in self.stems or root in self.own or is_common(word)

    def _has(self, name: str) -> bool:
        return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", self.text) is not None

    def knows_name(self, name: str) -> bool:
        """Whether sources hold this very name or acronym, in the plural or possessive at most."""
        low = name.casefold().removesuffix("'s")
        options = {low, low.removesuffix("s"), re.sub(r"[\W_]", "", low)}
        return bool(options & self.forms) or stem(low) in COMMON or self._has(_spaced(low))


def is_german(text: str) -> bool:
    """Whether German's small words outnumber those of English."""
    return len(_GERMAN.findall(text)) > len(_ENGLISH.findall(text))


def lower_case_stems(text: str) -> frozenset[str]:
    """Stems of the words that `text` writes in lower case: no names."""
    return frozenset(
        stem(part)
        for token in set(_TOKEN.findall(plain(text)))
        if token[0].islower()
        for part in re.split(r"[-'&.]", token)
        if part
    )


def unknown_names(text: str, known: Vocabulary) -> Iterator[str]:
    """Names in `text` that `known` does not hold, each once, in order of appearance.

    A capital tells a name from a word only within running English prose. In Title Case and in German, where every noun
    has one, what is looked at is acronyms, names with digits or inner capitals, company forms, two unknown capitalised
    words in a row, and capitals after words that announce a name ("trusted by").
    """
    found: dict[str, None] = {}
    for sentence in sentences(_NO_NAME.sub(" ", text)):
        line = plain(sentence)
        found.update((name, None) for name in chinese_names(line, known.text))
        found.update((name, None) for name in _in_sentence(scripts_apart(line), known))
    whole = list(found)
    yield from (name for name in whole if not any(name != other and name in other.split() for other in whole))


def _in_sentence(line: str, known: Vocabulary) -> Iterator[str]:
    tokens = list(_TOKEN.finditer(line))
    inner = [token for token in tokens[1:] if token[0][0].isalpha()]
    capitals = sum(token[0][0].isupper() for token in inner)
    if not capitals and line == line.lower():
        return
    german = is_german(line) or (known.german and not _ENGLISH.search(line))
    prose = not german and len(inner) >= _LEAST_WORDS and capitals / len(inner) <= _TITLE_CASE
    for position, token in enumerate(tokens):
        if token[0] == token[0].lower():
            continue
        parts = _parts(token[0])
        marked = [part for part in parts if _is_marked(part)]
        yield from (part for part in marked if not known.knows_name(part))
        if not marked and token[0][0].isupper() and _tells(line, token, position, prose, german):
            yield from (part for part in parts if part[0].isupper() and not _is_word_or_name(part, known))
    yield from (match[1] for match in _COMPANY.finditer(line) if _is_new(match[1], known))
    yield from _people(line, tokens, known)


def _tells(line: str, token: re.Match[str], position: int, prose: bool, german: bool) -> bool:
    """Whether a capital, where it stands, says that this is a name."""
    before, after = line[: token.start()], line[token.end() :]
    if _TITLED.search(before) or _CONNECTED.search(before) or cjk_share(line) > _CHINESE:
        return True
    if position == 0 and (_GERMAN_DOES.match(after) or (_AND_A_NAME.match(after) and not _ABSTRACT.search(token[0]))):
        return True
    if german:
        return False
    if _BEFORE_A_NAME.search(before) or (position == 0 and _DOES.match(after) and not _ABSTRACT.search(token[0])):
        return True
    return prose and position > 0 and not _opens(line, token.start())


def _is_marked(word: str) -> bool:
    """An acronym, a word with digits (SOC2, 5G), or one with capitals inside (HubSpot): a name in any position."""
    if word == word.lower() or cjk_share(word) > 0 or word in CODES or _AMOUNT.fullmatch(word):
        return False
    if any(char.isdigit() for char in word):
        return True
    core = word.removesuffix("s") if word[:-1].isupper() else word
    if core.isalpha() and core.isupper():
        return 2 <= len(core) <= 6
    return "-" not in word and _INNER_CAPITAL.search(word) is not None


def _parts(word: str) -> list[str]:
    """A compound's parts; a name with digits or a dot inside stays whole."""
    if any(char.isdigit() for char in word):
        return [word]
    return [part for part in re.split(r"[-']|(?<=[a-z])\.", word) if len(part) > 1]


def _opens(line: str, start: int) -> bool:
    """Whether a word stands where any word has a capital: after a quotation mark, a bracket or Markdown's emphasis."""
    return line[:start].rstrip(" ").endswith(('"', "(", "**", "__", "[", "/", "|", ">", "→", "·", "&")) or start == 0


def _is_word_or_name(part: str, known: Vocabulary) -> bool:
    return known.knows_name(part) or known.knows_word(part)


def _is_new(name: str, known: Vocabulary) -> bool:
    return _spaced(name) not in known.text and not all(known.knows_word(part) for part in name.split())


def _people(line: str, tokens: list[re.Match[str]], known: Vocabulary) -> Iterator[str]:
    """Two capitalised words in a row, one unknown and the other no everyday word: a person or a company."""
    for first, second in pairwise(tokens):
        one, two = first[0], second[0]
        adjacent = line[first.end() : second.start()] in (" ", ". ")
        if not (adjacent and _looks_proper(one) and _looks_proper(two)):
            continue
        unknown = [not known.knows_name(word) and not known.knows_word(word) for word in (one, two)]
        before = line[: first.start()]
        spoken = _SPEAKS.search(before) is not None and _spaced(f"{one} {two}") not in known.text
        if all(unknown) or spoken or (any(unknown) and _BEFORE_A_NAME.search(before)):
            yield f"{one} {two}"


def _looks_proper(word: str) -> bool:
    return len(word) > 2 and word[0].isupper() and word[1:].islower()


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[.,;:!?*_#>\[\]()`\"]+", " ", text.casefold())).strip()
