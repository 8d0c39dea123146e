"""Numbers in prose, in the ways people write them, and whether a source states them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from marketeer_dagster.quality.text import plain

_NUMBER = re.compile(
    r"(?P<currency>USD|EUR|GBP|CNY|RMB|US\$|[$€£¥])?\s?"
    r"(?P<digits>\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    r"\s?(?P<scale>k\b|K\b|m\b(?!in)|M\b|bn\b|million\b|billion\b|thousand\b|万|亿|千|百)?"
    r"\s?(?P<percent>%|percent\b|per cent\b|Prozent\b|pp\b)?"
    r"(?P<times>x\b|×)?"
    r"\s?(?P<money>USD|EUR|GBP|CNY|RMB|[€£¥元])?"
)
_SCALES = {
    "k": 1e3,
    "thousand": 1e3,
    "千": 1e3,
    "百": 1e2,
    "m": 1e6,
    "million": 1e6,
    "bn": 1e9,
    "billion": 1e9,
    "万": 1e4,
    "亿": 1e8,
}
_UNITS = {
    word: float(value)
    for value, names in enumerate(
        (
            "zero null", "one eins", "two zwei twice", "three drei", "four vier", "five fünf", "six sechs",
            "seven sieben", "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwölf", "thirteen dreizehn",
            "fourteen vierzehn", "fifteen fünfzehn", "sixteen sechzehn", "seventeen siebzehn", "eighteen achtzehn",
            "nineteen neunzehn", "twenty zwanzig",
        )
    )
    for word in names.split()
}  # fmt: skip
_WORDS = _UNITS | {
    "thirty": 30.0,
    "dreißig": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "ninety": 90.0,
    "hundred": 100.0,
}
_CHINESE = {char: float(value) for value, char in enumerate("零一二三四五六七八九十")} | {"两": 2.0}
_CHINESE_COUNT = re.compile(r"([零一二三四五六七八九十两])(?=[个天周月年次倍种位家名分小项条步人成折])")
_LOOKS_LIKE_A_LINK = re.compile(r"https?://\S+|\bwww\.\S+|\S+@\S+|(?<![\w.])/[\w/-]+|[\w-]+(?:\.[\w-]+)+/\S*")
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Figure:
    """A number as written and what it says."""

    text: str
    value: float
    decimals: int
    claims: bool
    """Whether it carries a unit that makes it a claim: a currency, a percent sign, a multiplier, a scale."""
    start: int
    end: int


def figures(text: str) -> Iterator[Figure]:
    """Every number written in digits, outside links. Positions are those of `plain(text)`."""
    line = _LOOKS_LIKE_A_LINK.sub(lambda match: "·" * len(match[0]), plain(text))
    for match in _NUMBER.finditer(line):
        start = match.start("digits")
        before = line[start - 1] if start else " "
        if before.isalpha() and before.isascii() and not match["currency"]:
            continue  # part of a name such as H2 or v3
        value, decimals = _value(match["digits"])
        scale = _SCALES.get((match["scale"] or "").casefold(), 1.0)
        claims = bool(match["currency"] or match["percent"] or match["times"] or match["money"] or match["scale"])
        yield Figure(match[0].strip(), value * scale, decimals, claims, match.start(), match.end())


def _value(digits: str) -> tuple[float, int]:
    compact = digits.replace(" ", "").replace("'", "")
    tail = re.search(r"[.,](\d+)$", compact)
    grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", compact)
    if tail is None or grouped:
        return float(re.sub(r"[.,]", "", compact)), 0
    whole = re.sub(r"[.,]", "", compact[: tail.start()])
    return float(f"{whole}.{tail[1]}"), len(tail[1])


def spelled(text: str) -> set[float]:
    """Values of small numbers written as words in English, German or Chinese."""
    low = plain(text).casefold()
    found = {_WORDS[word] for word in re.findall(r"[^\W\d_]+", low) if word in _WORDS}
    return found | {_CHINESE[char] for char in _CHINESE_COUNT.findall(low)}


class Stated:
    """The numbers that sources state, for asking whether another number says the same."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._values: set[float] = set()
        for text in texts:
            self._values.update(figure.value for figure in figures(text))
            self._values.update(_grouped_otherwise(text))
            self._values.update(spelled(text))
        self._sorted = sorted(self._values)

    def supports(self, figure: Figure) -> bool:
        """Whether a source states this number, at least as precisely, as a share or as a percentage."""
        step = 0.5 * 10.0**-figure.decimals
        if figure.claims and figure.value >= 1000:
            step = max(step, 0.005 * figure.value)  # "1.2k" for 1,204
        return any(
            abs(stated * factor - figure.value) <= (_TOLERANCE if stated * factor == round(stated * factor) else step)
            for stated in self._sorted
            for factor in ((1.0, 100.0) if "%" in figure.text and stated <= 1 else (1.0,))
        )


def _grouped_otherwise(text: str) -> set[float]:
    """`1.200` is 1200 in one language and 1.2 in another; sources are read both ways."""
    found = re.findall(r"\b(\d{1,3})[.,](\d{3})\b", plain(text))
    return {float(f"{whole}.{rest}") for whole, rest in found}
