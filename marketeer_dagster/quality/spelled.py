"""Numbers written in words: English, German and Chinese, with fractions, multiples and orders of magnitude."""

import re
from collections.abc import Iterator

from marketeer_dagster.quality.measures import measure_after
from marketeer_dagster.quality.numbers import Figure, Hedge, Unit, hedge_before, multiplies
from marketeer_dagster.quality.text import lines

_ENGLISH = {
    "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0,
    "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "thirteen": 13.0, "fourteen": 14.0, "fifteen": 15.0, "sixteen": 16.0,
    "seventeen": 17.0, "eighteen": 18.0, "nineteen": 19.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0,
    "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0,
}  # fmt: skip
_ORDINALS = {
    "second": 2.0, "third": 3.0, "fourth": 4.0, "fifth": 5.0, "sixth": 6.0, "seventh": 7.0, "eighth": 8.0, "ninth": 9.0,
    "tenth": 10.0, "eleventh": 11.0, "twelfth": 12.0,
}  # fmt: skip
_LARGE = {"dozen": 12.0, "hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_WORD = "|".join(sorted(_ENGLISH, key=len, reverse=True))
_SCALE = "dozen|hundred|thousand|million|billion"
_BELOW_100 = rf"(?:{_WORD})(?:[- ](?:{_WORD}))?"
_BELOW_1000 = rf"{_BELOW_100}(?:[- ]hundred\b(?:(?: and)? {_BELOW_100}\b)?)?"
_IN_ENGLISH = re.compile(
    rf"\b(?:{_BELOW_1000}|a(?= (?:{_SCALE})\b))(?:[- ](?:{_SCALE})\b(?:,?(?: and)? {_BELOW_1000}\b)?)*\b"
    r"(?P<times>[- ]?fold\b)?(?P<percent> (?:percent|per cent)\b)?",
    re.IGNORECASE,
)
_GERMAN_ONES = {
    "ein": 1.0, "zwei": 2.0, "drei": 3.0, "vier": 4.0, "fünf": 5.0, "sechs": 6.0, "sieben": 7.0, "acht": 8.0,
    "neun": 9.0,
}  # fmt: skip
_GERMAN_TEENS = {
    "zehn": 10.0, "elf": 11.0, "zwölf": 12.0, "dreizehn": 13.0, "vierzehn": 14.0, "fünfzehn": 15.0, "sechzehn": 16.0,
    "siebzehn": 17.0, "achtzehn": 18.0, "neunzehn": 19.0,
}  # fmt: skip
_GERMAN_TENS = {
    "zwanzig": 20.0, "dreißig": 30.0, "dreissig": 30.0, "vierzig": 40.0, "fünfzig": 50.0, "sechzig": 60.0,
    "siebzig": 70.0, "achtzig": 80.0, "neunzig": 90.0,
}  # fmt: skip
_GERMAN_COMPOUNDS = {
    f"{one}und{ten}": ones + tens for one, ones in _GERMAN_ONES.items() for ten, tens in _GERMAN_TENS.items()
}
_GERMAN_BELOW_100 = _GERMAN_ONES | _GERMAN_TEENS | _GERMAN_TENS | _GERMAN_COMPOUNDS
_GERMAN_LARGE = {
    f"{one}{word}": factor * value
    for one, factor in (*_GERMAN_BELOW_100.items(), ("", 1.0))
    for word, value in (("hundert", 1e2), ("tausend", 1e3))
}
_GERMAN = {word: value for word, value in (_GERMAN_BELOW_100 | _GERMAN_LARGE).items() if value >= 2}
_LETTERS = re.compile(r"[a-zäöüß]+")
_IN_GERMAN = re.compile(r"\b(?P<word>[a-zäöüß]+?)(?P<times>fach\w*)?\b(?P<percent> prozent\b)?", re.IGNORECASE)
_ENGLISH_HINTS = frozenset({*_ENGLISH, *_LARGE} - {"one"})
_RATIO_HINTS = (
    "half", "halv", "quarter", "third", "fifth", "tenth", "fünftel", "zehntel", "twice", "doubl", "tripl", "hälfte",
    "halb", "viertel", "drittel", "zweite", "dritte", "doppel", "dreifach", "vierfach", "dozens", "hundreds",
    "thousands", "millions", "dutzend", "hundert", "tausend", "million", "分之", "半", "倍", "翻", "几", "数",
    "上百", "上千", "上万", "成千",
)  # fmt: skip
_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_IN_CHINESE = re.compile(
    r"(?P<percent>百分之)?(?P<word>[零〇一二两三四五六七八九十百千万亿]+)"
    r"(?P<more>多|余)?(?P<unit>倍|成(?![为立员功本长熟交果分人就品语年都份型套])|折|"
    r"[个天周月年次位家名秒项条步人元块岁种款套间颗张份层台件度点所城道小分](?!之|别|明|享))?"
)
_CHINESE_IDIOM = re.compile(
    r"千万|万一|十分|一(?![十百千万亿])[一-鿿]|百分百|万分|三甲|四处|七[上嘴]|五[官颜]|千家万户|万无"
)
_PHRASES: tuple[tuple[str, Unit, float], ...] = (
    (r"\bhalf (?!the (?:work|battle|fun|story|job)\b)"
     r"(?:of|the|your|our|their|as|that|a(?! (?:day|hour|year|minute)))\b|\bin half\b|\bhalv(?:e|es|ed|ing)\b|"
     r"\bhalbier\w*|\bHälfte\b|\bhalb so\b|一半|减半|对半", Unit.PERCENT, 50.0),
    (r"\bjede[rs]? zweite\b(?! (?:Tag|Woche|Monat|Jahr|\w+tag))", Unit.PERCENT, 50.0),
    (r"\bjede[rs]? dritte\b(?! (?:Tag|Woche|Monat|Jahr|\w+tag))", Unit.PERCENT, 100 / 3),
    (r"\b(?:a|one) quarter of\b|\bein Viertel\b|四分之一", Unit.PERCENT, 25.0),
    (r"\b(?:a|one) fifth of\b|\bein Fünftel\b|五分之一", Unit.PERCENT, 20.0),
    (r"\b(?:a|one) tenth of\b|\bein Zehntel\b|十分之一", Unit.PERCENT, 10.0),
    (r"\b(?:a|one) third of\b|\bein Drittel\b|三分之一", Unit.PERCENT, 100 / 3),
    (r"\btwo[- ]thirds\b|\bzwei Drittel\b|三分之二", Unit.PERCENT, 200 / 3),
    (r"\bthree[- ]quarters\b|\bdrei Viertel\b|四分之三", Unit.PERCENT, 75.0),
    (r"\btwice (?:as|the)\b|\bdoubl(?:es?|ed|ing) (?:your|the|our|their|its|to|in)\b|\bverdoppel\w*|\bdoppelt so\b|"
     r"翻倍|翻一番|加倍", Unit.TIMES, 2.0),
    (r"\btripl(?:es?|ed|ing) (?:your|the|our|their|its)\b|\bverdreifach\w*", Unit.TIMES, 3.0),
    (r"\bquadrupl(?:es?|ed|ing) \b|\bvervierfach\w*", Unit.TIMES, 4.0),
)  # fmt: skip
_COUNT = rf"(?:{_WORD}|\d{{1,3}})"
_SO_MANY_OF = re.compile(
    rf"(?<!day )(?<!step )(?<!part )(?<!email )(?<![\w.,/])(?<!of )(?<!von )(?P<some>{_COUNT}) "
    rf"(?P<of>out of|in|of)(?: every| all)? "
    rf"(?P<all>{_COUNT})\b(?![.,]?\d| ?%| (?:percent|minute|hour|day|week|month|year|second))",
    re.IGNORECASE,
)
_RATIOS = tuple((re.compile(pattern, re.IGNORECASE), unit, value) for pattern, unit, value in _PHRASES)
_HALF_A = re.compile(
    r"\bhalf an? (?=hour|day|year|minute)|\bhalbe[nr]? (?=Stunde|Tag|Jahr)|半(?=个?小时|天|年|个月)", re.IGNORECASE
)
_MAGNITUDES = tuple(
    (re.compile(pattern, re.IGNORECASE), value)
    for pattern, value in (
        (r"\bdozens of\b|\bDutzende\w*|几十|数十", 12.0),
        (r"(?<!of )\bhundreds of(?! thousands| millions)\b|\bHunderte\w*|数百|上百|几百", 100.0),
        (r"(?<!of )\bthousands of\b|\bTausende\w*|数千|上千|几千|成千上万", 1e3),
        (r"\btens of thousands\b|\bZehntausende\w*|数万|上万|几万", 1e4),
        (r"\bhundreds of thousands\b|\bHunderttausende\w*|数十万|几十万", 1e5),
        (r"(?<!of )\bmillions of\b|\bMillionen von\b|数百万|上百万", 1e6),
    )
)


def spelled(text: str) -> Iterator[Figure]:
    """Every number from two upwards that is written in words, and ratios and magnitudes said without a number."""
    for line in lines(text):
        low = line.casefold()
        if any(hint in low for hint in _RATIO_HINTS):
            yield from _ratios(line)
        tokens = set(_LETTERS.findall(low))
        if not tokens.isdisjoint(("in", "of")):
            yield from _so_many_of(line)
        if not tokens.isdisjoint(_ENGLISH_HINTS):
            for match in _IN_ENGLISH.finditer(line):
                if (value := _english(match[0])) >= 2:
                    yield _figure(match, value, line)
        if any(token in _GERMAN or "fach" in token for token in tokens):
            for match in _IN_GERMAN.finditer(line):
                if value := _GERMAN.get(match["word"].lower()):
                    yield _figure(match, value, line)
        if not line.isascii():
            yield from _chinese(line)


def ordinals(text: str) -> Iterator[float]:
    """Values of ordinals from second to twelfth: what sources say of the tenth, a text may say of the 10th."""
    words = set(_LETTERS.findall(text.casefold()))
    yield from (value for word, value in _ORDINALS.items() if word in words)


def _ratios(line: str) -> Iterator[Figure]:
    for pattern, hedged in _MAGNITUDES:
        for match in pattern.finditer(line):
            yield Figure(match[0], hedged, line, match.start(), match.end(), hedge=Hedge.MAGNITUDE)
    for pattern, unit, value in _RATIOS:
        for match in pattern.finditer(line):
            yield Figure(match[0].strip(), value, line, match.start(), match.end(), unit, step=0.5)
    for match in _HALF_A.finditer(line):
        length = measure_after(line[match.end() :], 0.5)
        yield Figure(match[0].strip(), 0.5, line, match.start(), match.end(), measure=length)


def _so_many_of(line: str) -> Iterator[Figure]:
    """Nine out of ten; one of three names a choice and counts nothing."""
    for match in _SO_MANY_OF.finditer(line):
        some, every = (_ENGLISH.get(word.casefold()) or float(word) for word in (match["some"], match["all"]))
        if 0 < some < every and (some > 1 or match["of"] != "of"):
            yield Figure(match[0], some, line, match.start(), match.end(), Unit.RATING, f"{every:g}")


def _figure(match: re.Match[str], value: float, line: str) -> Figure:
    times = match["times"] or multiplies(line[match.end() :])
    unit = Unit.PERCENT if match["percent"] else Unit.TIMES if times else Unit.NONE
    hedge, length = hedge_before(line[: match.start()]), measure_after(line[match.end() :], value)
    step = 0.5 if unit is Unit.TIMES else 0.0
    scale = _LARGE.get(match[0].casefold().split()[-1].rsplit("-", 1)[-1], 1.0)
    return Figure(
        match[0].strip(), value, line, match.start(), match.end(), unit, "", step, hedge, measure=length, scale=scale
    )


def _english(phrase: str) -> float:
    total, current = 0.0, 0.0
    for word in _LETTERS.findall(phrase.casefold()):
        if word in _ENGLISH:
            current += _ENGLISH[word]
        elif word == "a":
            current = 1.0
        elif word in ("dozen", "hundred"):
            current *= _LARGE[word]
        elif word in _LARGE:
            total, current = total + current * _LARGE[word], 0.0
    return total + current


def _chinese(line: str) -> Iterator[Figure]:
    for match in _IN_CHINESE.finditer(line):
        word, unit = match["word"], match["unit"]
        counted = unit or match["percent"] or (len(word) > 1 and any(char in "十百千万亿" for char in word[1:]))
        before = line[match.start() - 1] if match.start() else " "
        idiom = _CHINESE_IDIOM.match(line, match.start("word")) and len(word) < 3
        if not counted or idiom or before.isdigit() or before in "第周几数" or (before == "上" and word[0] in "百千万"):
            continue
        value = _chinese_value(word)
        value *= 10.0 if unit == "成" else 1.0
        kind = Unit.PERCENT if match["percent"] or unit == "成" else Unit.TIMES if unit == "倍" else Unit.NONE
        kind, currency = (Unit.MONEY, "CNY") if unit in ("元", "块") else (kind, "")
        if unit == "点":
            after_noon = re.search(r"(?:下午|晚上|傍晚)$", line[: match.start()])
            value, kind = value + 12.0 if after_noon and value < 12 else value, Unit.CLOCK
        if value >= 2:
            length = measure_after(line[match.end("word") :], value)
            yield Figure(match[0], value, line, match.start(), match.end(), kind, currency, measure=length,
                         hedge=Hedge.OVER if match["more"] else hedge_before(line[: match.start()]))  # fmt: skip


def _chinese_value(word: str) -> float:
    total, section, digit = 0.0, 0.0, 0.0
    if all(char in _DIGITS for char in word):
        return float("".join(str(_DIGITS[char]) for char in word))
    for char in word:
        if char in _DIGITS:
            digit = float(_DIGITS[char])
        elif char in _POWERS:
            section += (digit or 1.0) * _POWERS[char]
            digit = 0.0
        else:
            total = (total + section + digit or 1.0) * (1e4 if char == "万" else 1e8)
            section = digit = 0.0
    return total + section + digit
