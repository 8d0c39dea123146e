"""Numbers written in digits, in the ways people write them: grouped, scaled, with currency, percent or clock time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from marketeer_dagster.quality.currencies import AFTER, BEFORE, NAMED_AFTER, currency
from marketeer_dagster.quality.measures import Measure, measure_after
from marketeer_dagster.quality.text import KEPT, lines


class Unit(StrEnum):
    """What a number counts, as far as its own marks say."""

    NONE = "none"
    PERCENT = "percent"
    MONEY = "money"
    TIMES = "times"
    CLOCK = "clock"
    """A time of day; the value is in hours, 13.5 for half past one."""
    RATING = "rating"
    """So many of 5, 10 or 100; `currency` holds the scale's end."""
    PHONE = "phone"


class Hedge(StrEnum):
    """How a number is qualified by the word before it."""

    EXACT = "exact"
    ABOUT = "about"
    OVER = "over"
    ALMOST = "almost"
    MAGNITUDE = "magnitude"
    """No number at all but its order: thousands of."""


@dataclass(frozen=True)
class Figure:
    """A number as written and what it says."""

    text: str
    value: float
    line: str
    """The line it stands in, as `plain` spells it; `start` and `end` are positions in it."""
    start: int
    end: int
    unit: Unit = Unit.NONE
    currency: str = ""
    """A currency's code, or the sign when it names none (currencies.py); a rating's scale; for a clock without am or
    pm, that either half of the day may be meant."""
    step: float = 0.0
    """Half a unit of the last digit written: what rounding can hide."""
    hedge: Hedge = Hedge.EXACT
    otherwise: float | None = None
    """The second reading of an ambiguous spelling: 1.200 is 1200 in one language and 1.2 in another, 5m are metres or
    millions."""
    measure: Measure | None = None
    """With a unit of time, weight, length or data: how much of it, for comparing two weeks with 14 days."""
    scale: float = 1.0
    """What its scale word multiplies by: 1e6 in `3 million`. The first end of a range shares it."""
    dated: bool = False
    """Whether it is a day or year of a date written in digits."""

    @property
    def claims(self) -> bool:
        """Whether it carries a unit that makes it a claim in any context."""
        return self.unit is not Unit.NONE or self.hedge is not Hedge.EXACT


_SCALES = {
    "k": 1e3, "thousand": 1e3, "tausend": 1e3, "tsd": 1e3, "千": 1e3, "百": 1e2, "m": 1e6, "mn": 1e6, "mio": 1e6,
    "million": 1e6, "millionen": 1e6, "bn": 1e9, "mrd": 1e9, "billion": 1e9, "milliarden": 1e9, "万": 1e4, "亿": 1e8,
    "百万": 1e6, "千万": 1e7,
    "mln": 1e6, "lakh": 1e5, "crore": 1e7,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<percent_before>百分之)?"
    rf"(?P<before>{BEFORE})?"
    r"(?P<digits>(?<![\d,])\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d{1,2})?(?![\d,]\d)|"
    r"(?<!\d)\d{1,3}(?P<separator>[,.' ])\d{3}(?:(?P=separator)\d{3})*(?:[.,]\d{1,2})?(?!\d|[.,]\d)|"
    r"\d+(?:[.,]\d+)?)"
    r"(?P<scale> ?(?:k\b|K\b|M\b|mn\b|mln\b|bn\b|[Mm]io\b\.?|Mrd\b\.?|Tsd\b\.?|[Mm]illion(?:en)?\b|[Bb]illion\b|"
    r"[Tt]housand\b|[Ll]akh\b|[Cc]rore\b|[Tt]ausend\b|Milliarden\b|百万|千万|万|亿|千|百)|m\b)?"
    r"(?P<plus>\+|[多余](?=[个位家名人元次]))?"
    r"(?P<percent>[ -]?(?:%|percent\b|per cent\b|Prozent|percentage points?\b|pp\b|个百分点))?"
    r"(?P<times>x\b|×|-?fold\b|-?fach\w*| ?倍)?"
    rf"(?P<after>{AFTER})?(?P<named>{NAMED_AFTER})?"
)
_CLOCK = re.compile(
    r"(?<![\d:.,])(?P<hours>[01]?\d|2[0-4])"
    r"(?:[:：](?P<minutes>[0-5]\d)(?![\d:])| ?点(?!建议|理由|好处|优势|原因|不同|内容|要求)(?:半|钟)?|"
    r"(?=(?::\d\d)? ?(?:[ap]\.?m\b|Uhr\b|o'clock)))"
    r"(?: ?(?P<half>[ap])\.?m\b\.?| ?Uhr\b| o'clock)?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?P<y1>\d{4})-(?P<m1>\d{2})-(?P<d1>\d{2})(?!\d)|(?P<y2>\d{4})年(?P<m2>\d{1,2})月(?:(?P<d2>\d{1,2})[日号])?|"
    r"(?<![\d.])(?P<d3>\d{1,2})[./](?P<m3>\d{1,2})[./](?P<y3>(?:\d{2})?\d{2})(?![\d.])"
)
_PHONE = re.compile(
    r"(?:\+|\b00)\d[\d ()/.-]{6,18}\d|\(0\d{1,5}\)[\d -]{5,14}\d|(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"
)
_RATING = re.compile(
    r"(?<![\d.,])(?P<value>\d{1,3}(?:[.,]\d+)?) ?(?:(?:/|(?:out )?of|in|von) ?"
    r"(?P<scale>5|10|100)(?![\d%]|[.,]\d| %|-| [a-z]*"
    r"(?:minute|hour|day|week|month|year|second)))|(?<![\d.,])(?P<stars>\d(?:[.,]\d+)?)[- ](?:stars?|Sternen?)\b|"
    r"(?<![\d.,])(?P<xing>\d(?:\.\d+)?) ?(?:颗)?星(?!期)"
)
_MULTIPLIES = re.compile(r" ?(?:times|mal)(?= (?:as|so|more|less|better|worse|\w+er)\b)", re.IGNORECASE)
_MASKED = re.compile(
    r"https?://\S+|\bwww\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|(?<![\w.])/[a-z][\w/-]*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/\S*|"
    r"\*\|[^|\n]{1,60}\|\*|\b24/7\b",
    re.IGNORECASE,
)
_INDIAN = re.compile(r"\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d{1,2})?")
"""Grouped by lakh and crore: 12,34,567."""
_SAYS_NOTHING = re.compile(
    r"(?:©|\(c\)|\bcopyright\b) ?(?:\(c\) ?|©? ?)(?:(?-i:[A-Z])[\w&'-]*\.?,? ){0,4}"
    r"(?:19|20)\d\d(?: ?[-,] ?(?:19|20)?\d\d)*|"
    r"\b(?:19|20)\d\d ?(?:©|\(c\))|"
    r"\b(?:Black Friday|Cyber Monday|Christmas|Easter|Halloween|Thanksgiving|New Year|Valentine's Day|Weihnachten|"
    r"Ostern|Cyber Week|Prime Day|Singles' Day|Boxing Day|(?:Mother|Father)'s Day|Ramadan|Diwali|Hanukkah|"
    r"(?:spring|summer|autumn|fall|winter|holiday|tax|Frühjahr|Frühling|Sommer|Herbst)(?: season)?|Q[1-4]|H[12]|FY|"
    r"(?:[1-4]\.|erstes|zweites|drittes|viertes) Quartal),? ?(?:of )?(?:(?:19|20)\d\d|'\d\d)(?![\d.,]\d)|"
    r"\b(?:19|20)\d\d(?= (?:edition|guide|calendar|catalog(?:ue)?|season|review|report|roundup|trends|Ausgabe|"
    r"Kalender)\b)|"
    r"\b(?:19|20)\d\d ?年?(?:双十一|双11|春节|元旦)|双11|"
    r"(?<![\d:.])1(?::| ?- ?| to | on |-on-|-to-|-zu-)1(?![\d:]|[.,]\d)|\b1(?:-2-3|, ?2,? (?:and )?3)(?![\d-])|"
    r"\b(?:page|slide|screen|part|step|email|lesson|chapter|question|Seite|Teil|Schritt|Folie|Frage) \d{1,3}"
    r"(?: (?:of|von) | ?/ ?)\d{1,3}(?!\d)|\b(?:EO)?FY ?'?(?:19|20)?\d\d\b|"
    r"第 ?\d{1,3} ?页[,，]? ?共 ?\d{1,3} ?页",
    re.IGNORECASE,
)
"""Digits that count nothing of the product: a copyright's year, a season's name, one to one, page 1 of 2."""
_UNITS_GLUED = re.compile(
    r"h|hrs?|min|mins|s|sec|secs|ms|d|w|y|yrs?|km|kg|g|mg|cm|mm|ml|l|gb|mb|tb|kb|GB|MB|TB|KB|kWh|W|st|nd|rd|th|er|pp|days?|p"
)
_HEDGES = {
    Hedge.ABOUT: r"about|around|roughly|approximately|approx\.|some|circa|ca\.|~|rund|etwa|ungefähr|约|大约|大概",
    Hedge.OVER: r"over|more than|at least|upwards of|mehr als|über|mindestens|超过|逾|至少|不少于",
    Hedge.ALMOST: r"nearly|almost|close to|just under|fast|knapp|beinahe|近|将近|接近",
}
_HEDGE_BEFORE = {
    hedge: re.compile(rf"(?:(?<![a-zäöü])(?:{words})) ?$", re.IGNORECASE) for hedge, words in _HEDGES.items()
}


def figures(text: str) -> Iterator[Figure]:
    """Every number written in digits, outside links, addresses and merge tags, in order of appearance."""
    for line in lines(text):
        if any(char.isdigit() for char in line):
            yield from _in_line(line)


@lru_cache(KEPT)
def _in_line(line: str) -> tuple[Figure, ...]:
    rest = _MASKED.sub(lambda match: "·" * len(match[0]), line)
    rest = _SAYS_NOTHING.sub(lambda match: "·" * len(match[0]), rest)
    taken: list[Figure] = []
    for pattern, reading in ((_PHONE, _phone), (_DATE, _date), (_CLOCK, _clock), (_RATING, _rating)):
        for match in pattern.finditer(rest):
            taken += reading(match, line)
        rest = pattern.sub(lambda match: "·" * len(match[0]), rest)
    taken += (figure for match in _NUMBER.finditer(rest) if (figure := _number(match, rest, line)))
    return tuple(sorted(taken, key=lambda figure: figure.start))


def _phone(match: re.Match[str], line: str) -> Iterator[Figure]:
    digits = re.sub(r"\D", "", match[0])
    yield Figure(match[0], float(digits), line, match.start(), match.end(), Unit.PHONE)


def _date(match: re.Match[str], line: str) -> Iterator[Figure]:
    """Day and year; the month is a name in one text and a number in the next."""
    for group in ("d1", "d2", "d3", "y1", "y2", "y3"):
        if match[group]:
            yield Figure(match[0], float(match[group]), line, match.start(), match.end(), dated=True)


def _clock(match: re.Match[str], line: str) -> Iterator[Figure]:
    hours = float(match["hours"]) + (float(match["minutes"]) / 60 if match["minutes"] else 0.0)
    hours += 0.5 if "点半" in match[0] else 0.0
    after_noon = (match["half"] or "").lower() == "p" or re.search(r"(?:下午|晚上|傍晚)$", line[: match.start()])
    value = hours + 12 if after_noon and hours < 12 else hours
    open_half = "" if match["half"] or after_noon or hours > 12 or match["minutes"] else "either half"
    yield Figure(match[0].strip(), value, line, match.start(), match.end(), Unit.CLOCK, open_half)


def _rating(match: re.Match[str], line: str) -> Iterator[Figure]:
    written = (match["value"] or match["stars"] or match["xing"]).replace(",", ".")
    step = 0.5 * 10.0 ** -len(written.partition(".")[2])
    scale = match["scale"] or "5"
    yield Figure(match[0], float(written), line, match.start(), match.end(), Unit.RATING, scale, step)


def multiplies(after: str) -> bool:
    """Whether what follows a number makes it a multiple: three times faster."""
    return _MULTIPLIES.match(after) is not None


def _number(match: re.Match[str], masked: str, line: str) -> Figure | None:
    start, end = match.start(), match.end()
    before = masked[match.start("digits") - 1 : match.start("digits")]
    named = before == "_" or (before.isalpha() and before.isascii() and not match["before"])
    if named or _names_something(masked, end, line):
        return None
    value, decimals, otherwise = _value(match["digits"], match["separator"])
    scale_word = (match["scale"] or "").strip(" .").casefold()
    scale = _SCALES.get(scale_word, 1.0)
    money = currency(match["before"], match["after"], match["named"])
    measured = end
    if (match["scale"] or "").strip() == "m" and not money:
        scale, measured = 1.0, match.end("digits")  # metres or minutes, and millions in the second reading
        otherwise = value * _SCALES["m"] if otherwise is None else otherwise
    unit = Unit.NONE
    if match["percent"] or match["percent_before"]:
        unit = Unit.PERCENT
    elif money:
        unit = Unit.MONEY
    elif match["times"] or multiplies(line[end:]):
        unit = Unit.TIMES
    value *= scale
    return Figure(
        match[0].strip(),
        value,
        line,
        start,
        end,
        unit,
        money,
        step=0.5 * 10.0**-decimals * scale,
        hedge=Hedge.OVER if match["plus"] else hedge_before(line[:start]),
        otherwise=None if otherwise is None else otherwise * scale,
        measure=measure_after(line[measured:], value) if unit is Unit.NONE else None,
        scale=scale,
    )


def _names_something(masked: str, end: int, line: str) -> bool:
    """5G, 3D and 2FA are names; 30s, 24h and 10th are numbers."""
    glued = re.match(r"[A-Za-z]+", masked[end:])
    return glued is not None and not _UNITS_GLUED.fullmatch(glued[0]) and line[end - 1].isdigit()


def _value(digits: str, separator: str | None) -> tuple[float, int, float | None]:
    """Value, decimals, and the second reading of a spelling with one group."""
    if _INDIAN.fullmatch(digits):
        digits = digits.replace(",", "")
    if separator is None:
        whole, _, decimals = digits.replace(",", ".").partition(".")
        return float(f"{whole}.{decimals or 0}"), len(decimals), None
    fraction = r"[.,](\d{1,2})$" if separator in ",." else r"[.,](\d+)$"
    tail = re.search(fraction, digits)
    whole, decimals = (digits[: tail.start()], tail[1]) if tail else (digits, "")
    value = float(f"{re.sub(r'[^0-9]', '', whole)}.{decimals or 0}")
    # 6,400 is never 6.4: nobody writes a decimal's trailing zeros.
    ambiguous = separator in ",." and whole.count(separator) == 1 and not decimals and not digits.endswith("0")
    return value, len(decimals), float(digits.replace(",", ".")) if ambiguous else None


def hedge_before(text: str) -> Hedge:
    """The hedge that a text ends with."""
    return next((hedge for hedge, pattern in _HEDGE_BEFORE.items() if pattern.search(text[-20:])), Hedge.EXACT)
