"""What sources state, for asking whether another number says the same."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from marketeer_dagster.quality.counted import agrees, counted_words, noun_roots
from marketeer_dagster.quality.currencies import AMOUNT_WORDS, SIGNS, meant_by, sign_of
from marketeer_dagster.quality.measures import Measure, single_units, units_named
from marketeer_dagster.quality.numbers import Figure, Hedge, Unit, figures
from marketeer_dagster.quality.readings import numbers_in
from marketeer_dagster.quality.spelled import ordinals
from marketeer_dagster.quality.text import lines

_EXACT = 1e-9
ROUNDING = 0.05
"""Rounding may hide what the last digit hides, but never move a number by more than this share: 3.21 may become 3.2."""
RATING_ROUNDING = 0.05
"""Half a tenth: a rating of 4.76 may become 4.8, one of 4.8 may not become 5."""
OVER = 1.5
"""`more than 2,000` is honest up to this multiple of it; beyond, another number was meant."""
ALMOST = 0.9
MAGNITUDE = 100.0
"""`thousands of` is honest from two to a hundred thousand."""
_PLURAL = 2.0
_YEARS = (1900.0, 2100.0)
_SMALL = 12.0
"""A text may count what a source lists (three plans), up to a dozen, unless the source itself counts otherwise."""
_NINE_TO_FIVE = re.compile(
    r"(?<![\d.,:$€£¥])\b(?P<from>[6-9]|1[0-2])(?:-to-| to | till | until |-| - | bis )(?P<to>[1-9]|1[01])\b"
    r"(?![\d.,:]\d|%| %|\+)"
)
"""From a morning hour to an hour after noon, without am and pm."""
_Entry = tuple[float, Figure | None]
"""A value, and the figure it was read from where words around it matter."""


class Stated:
    """The numbers of sources, by what they count.

    `texts` are prose, where units and counted nouns must agree; `tables` hold figures whose unit stands in a heading,
    which count as stated in any unit.
    """

    def __init__(self, texts: Iterable[str], tables: Iterable[str] = ()) -> None:
        self._entries: dict[str, list[_Entry]] = {}
        self._nouns: set[str] = set()
        texts = tuple(texts)
        whole = "\n".join(texts)
        self._meant = {sign: meant_by(sign, whole) for sign in SIGNS}
        for text in texts:
            for figure in numbers_in(text):
                self._add(figure)
            for value in ordinals(text):
                self._put("ordinal", value)
            for line in lines(text):
                for base, amount in single_units(line):
                    self._put(f"measure {base}", amount)
        for table in tables:
            for figure in figures(table):
                self._add(figure)
                self._put("table", figure.value)
        for entries in self._entries.values():
            entries.sort(key=lambda entry: entry[0])

    def _put(self, key: str, value: float, figure: Figure | None = None) -> None:
        self._entries.setdefault(key, []).append((value, figure))

    def _add(self, figure: Figure) -> None:
        if figure.hedge is Hedge.MAGNITUDE:
            self._put("magnitude", figure.value, figure)
            return
        if figure.measure:
            self._put(f"measure {figure.measure[0]}", figure.measure[1], figure)
        for value in [figure.value] if figure.otherwise is None else [figure.value, figure.otherwise]:
            for key in self._keys(figure):
                self._put(key, value, figure)
            if figure.unit is not Unit.PERCENT or any(char.isdigit() for char in figure.text):
                self._put("any", value, figure)  # half of them does not state 50 of anything
            if figure.unit is Unit.NONE and figure.measure is None:
                self._add_count(figure, value)

    def _keys(self, figure: Figure) -> Iterator[str]:
        """Where a source's figure is found: money under its currency and under the sign that it may be written with."""
        yield _key(figure)
        if figure.unit is Unit.MONEY:
            codes = self._meant.get(figure.currency, frozenset())
            yield from (f"{Unit.MONEY.value} {code}" for code in codes)
            if sign := sign_of(figure.currency):
                yield f"{Unit.MONEY.value} {sign}"

    def _add_count(self, figure: Figure, value: float) -> None:
        self._put("count", value, figure)
        self._nouns |= noun_roots(figure)
        if not (_YEARS[0] <= value <= _YEARS[1] and "," not in figure.text):
            self._put("many", value, figure)
        if AMOUNT_WORDS.search(figure.line) and not counted_words(figure):
            self._put("price", value)
        if 0 < value <= 1 and value != round(value):
            self._put(Unit.PERCENT, value * 100)
        if figure.line[figure.end :].lstrip(" -").startswith(("times", "mal ", "次", "fold")):
            self._put(Unit.TIMES, value)

    def supports(self, figure: Figure, *, counting: bool = True) -> bool:
        """Whether a source states this number in its unit, at least as precisely as it is written.

        With `counting`, for what customers read, the noun that it counts must be the source's as well.
        """
        if figure.hedge is Hedge.MAGNITUDE:
            return self._within("magnitude", figure.value, figure.value) or self._within(
                "many", figure.value * _PLURAL, figure.value * MAGNITUDE, _same_noun(figure) if counting else None
            )
        if figure.unit is Unit.CLOCK:
            return self._at(figure)
        if figure.measure:
            return self._measured(figure, figure.measure, counting) or self._millions(figure, counting)
        if figure.unit is Unit.NONE and self._opening_hour(figure):
            return True
        strict = counting and self._must_agree(figure)
        fits = _same_noun(figure) if strict else None
        return any(self._says(key, figure, fits) for key in _sources_of(figure, strict))

    def _must_agree(self, figure: Figure) -> bool:
        """Whether the noun matters: not that of a year or a fraction, nor that of a few things nobody counted."""
        year = figure.unit is Unit.NONE and _YEARS[0] <= figure.value <= _YEARS[1]
        if year or figure.dated or (figure.unit is not Unit.MONEY and figure.value != round(figure.value)):
            return False
        return figure.unit is Unit.MONEY or figure.value > _SMALL or bool(noun_roots(figure) & self._nouns)

    def _measured(self, figure: Figure, measure: Measure, counting: bool) -> bool:
        base, amount = measure
        scale = amount / figure.value if figure.value else 1.0
        low, high = _bounds(figure)
        if self._within(f"measure {base}", low * scale, high * scale) or self._says("table", figure):
            return True
        return self._says(
            "count", figure, lambda source: not counting or (base, scale) in units_named(_heading(source))
        )

    def _millions(self, figure: Figure, counting: bool) -> bool:
        """5m may be metres, minutes or millions."""
        if figure.otherwise is None or figure.otherwise < figure.value:
            return False
        slack = figure.otherwise / figure.value * figure.step if figure.value else 0.0
        fits = _same_noun(figure) if counting else None
        return self._within("count", figure.otherwise - slack, figure.otherwise + slack, fits)

    def _opening_hour(self, figure: Figure) -> bool:
        """`9 to 5` says what 9:00-17:00 says: both ends are hours that a source states, the second after noon."""
        for match in _NINE_TO_FIVE.finditer(figure.line):
            if figure.start in (match.start("from"), match.start("to")):
                first, last = float(match["from"]), float(match["to"]) + 12
                return all(self._within(Unit.CLOCK, hour, hour) for hour in (first, last))
        return False

    def _says(self, key: str, figure: Figure, fits: Callable[[Figure], bool] | None = None) -> bool:
        if figure.otherwise is not None and self._within(
            key, figure.otherwise - _EXACT, figure.otherwise + _EXACT, fits
        ):
            return True
        return self._within(key, *_bounds(figure), fits)

    def _within(self, key: str, low: float, high: float, fits: Callable[[Figure], bool] | None = None) -> bool:
        return any(fits is None or figure is None or fits(figure) for figure in self._between(key, low, high))

    def _between(self, key: str, low: float, high: float) -> Iterator[Figure | None]:
        entries = self._entries.get(key, [])
        slack = _EXACT * max(abs(high), 1.0)
        first = bisect_left(entries, low - slack, key=lambda entry: entry[0])
        for position in range(first, len(entries)):
            value, figure = entries[position]
            if value > high + slack:
                return
            yield figure

    def _at(self, figure: Figure) -> bool:
        """The same time of day; one without am or pm may mean either half."""
        hours = [figure.value] + ([figure.value + 12] if figure.currency else [])
        return any(self._within(Unit.CLOCK, hour, hour) for hour in hours)


def _bounds(figure: Figure) -> tuple[float, float]:
    """The values in sources for which `figure` is an honest word."""
    value = figure.value
    most = RATING_ROUNDING if figure.unit is Unit.RATING else ROUNDING * abs(value)
    slack = min(figure.step, most)
    low, high = value - slack, value + slack
    if figure.hedge is Hedge.ABOUT:
        return value * (1 - ROUNDING), value * (1 + ROUNDING)
    if figure.hedge is Hedge.OVER and value >= _ROUND_FROM:
        return low, value * OVER
    return (value * ALMOST, high) if figure.hedge is Hedge.ALMOST else (low, high)


_ROUND_FROM = 10.0
"""Smaller numbers are not rounded down to `more than`."""


def _same_noun(figure: Figure) -> Callable[[Figure], bool]:
    return lambda source: agrees(figure, source)


def _heading(figure: Figure) -> str:
    """What stands before a bare number as its heading: `Reply time in hours:`."""
    match = re.search(r"[^:]{1,60}[:：]\** ?$", figure.line[: figure.start])
    return match[0] if match else ""


def _key(figure: Figure) -> str:
    marked = figure.unit in (Unit.MONEY, Unit.RATING)
    return f"{figure.unit.value} {figure.currency}" if marked else figure.unit.value


def _sources_of(figure: Figure, strict: bool) -> tuple[str, ...]:
    if figure.unit is Unit.NONE:
        return ("count", "ordinal", "table") if strict and counted_words(figure) else ("any", "ordinal")
    if figure.unit is Unit.MONEY:
        return (_key(figure), "price", "table")
    return (_key(figure), "table")
