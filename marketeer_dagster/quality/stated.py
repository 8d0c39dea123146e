"""What sources state, for asking whether another number says the same."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import zip_longest

from marketeer_dagster.quality.numbers import Figure, Hedge, Unit, figures
from marketeer_dagster.quality.spelled import ordinals, spelled

_EXACT = 1e-9
ROUNDING = 0.05
"""Rounding may hide what the last digit hides, but never move a number by more than this share: 3.21 may become 3.2,
a rating of 4.7 may not become 5."""
OVER = 1.5
"""`more than 2,000` is honest up to this multiple of it; beyond, another number was meant."""
ALMOST = 0.9
MAGNITUDE = 100.0
_YEARS = (1900.0, 2100.0)
_PRICE_LINE = re.compile(
    r"[$€£¥₹]|\b(?:usd|eur|euros?|gbp|cny|rmb|chf|dollars?)\b|price|cost|\bfees?\b|preis|kosten|gebühr|元|价|费用|收费",
    re.IGNORECASE,
)


class Stated:
    """The numbers of sources, by what they count.

    `texts` are prose, where a unit must agree; `tables` hold figures whose unit stands in a heading, which count as
    stated in any unit.
    """

    def __init__(self, texts: Iterable[str], tables: Iterable[str] = ()) -> None:
        self._by_unit: dict[str, list[float]] = {}
        self._durations: dict[str, list[float]] = {}
        for text in texts:
            found = (*figures(text), *spelled(text))
            for figure, following in zip_longest(found, found[1:]):
                self._add(figure)
                if following is not None and _opens(figure, following):
                    self._put(Unit.CLOCK, figure.value)
            for value in ordinals(text):
                self._put("any", value)
        for table in tables:
            for figure in figures(table):
                self._add(figure)
                self._put("table", figure.value)
        for values in (*self._by_unit.values(), *self._durations.values()):
            values.sort()

    def _put(self, unit: str, value: float) -> None:
        self._by_unit.setdefault(unit, []).append(value)

    def _add(self, figure: Figure) -> None:
        if figure.hedge is Hedge.MAGNITUDE:
            self._put("magnitude", figure.value)
            return
        values = [figure.value] if figure.otherwise is None else [figure.value, figure.otherwise]
        for value in values:
            self._put(_key(figure), value)
            if figure.unit is not Unit.PERCENT or any(char.isdigit() for char in figure.text):
                self._put("any", value)  # half of them does not state 50 of anything
            if figure.unit in (Unit.NONE, Unit.TIMES) and not (
                _YEARS[0] <= value <= _YEARS[1] and "," not in figure.text
            ):
                self._put("counted", value)
            if figure.unit is Unit.NONE:
                self._add_bare(figure, value)
        if figure.duration:
            base, length = figure.duration
            self._durations.setdefault(base, []).append(length)

    def _add_bare(self, figure: Figure, value: float) -> None:
        if _PRICE_LINE.search(figure.line):
            self._put("price", value)
        if 0 < value <= 1 and value != round(value):
            self._put(Unit.PERCENT, value * 100)
        if figure.line[figure.end :].lstrip(" -").startswith(("times", "mal ", "次", "fold")):
            self._put(Unit.TIMES, value)

    def supports(self, figure: Figure) -> bool:
        """Whether a source states this number in its unit, at least as precisely as it is written."""
        if figure.hedge is Hedge.MAGNITUDE:
            return self._within("magnitude", figure.value, figure.value) or self._within(
                "counted", figure.value, figure.value * MAGNITUDE
            )
        if figure.duration and self._lasts(figure.duration):
            return True
        if figure.unit is Unit.CLOCK:
            return self._at(figure)
        return any(self._says(unit, figure) for unit in _sources_of(figure))

    def _says(self, unit: str, figure: Figure) -> bool:
        if figure.otherwise is not None and self._within(unit, figure.otherwise - _EXACT, figure.otherwise + _EXACT):
            return True
        value = figure.value
        slack = max(min(figure.step, ROUNDING * abs(value)), _EXACT)
        low, high = value - slack, value + slack
        if figure.hedge is Hedge.ABOUT:
            low, high = value * (1 - ROUNDING), value * (1 + ROUNDING)
        elif figure.hedge is Hedge.OVER:
            high = value * OVER if value >= 10 else high
        elif figure.hedge is Hedge.ALMOST:
            low = value * ALMOST
        return self._within(unit, low, high)

    def _within(self, unit: str, low: float, high: float) -> bool:
        values = self._by_unit.get(unit, [])
        position = bisect_left(values, low)
        return position < len(values) and values[position] <= high

    def _lasts(self, duration: tuple[str, float]) -> bool:
        base, length = duration
        return any(abs(known - length) <= _EXACT * max(known, 1.0) for known in self._durations.get(base, []))

    def _at(self, figure: Figure) -> bool:
        """The same time of day; one without am or pm may mean either half."""
        hours = [figure.value] + ([figure.value + 12] if figure.currency else [])
        return any(self._within(Unit.CLOCK, hour - _EXACT, hour + _EXACT) for hour in hours)


def _opens(figure: Figure, following: Figure) -> bool:
    """Whether a bare number is a time because of the one that follows: from 8 to 18:00."""
    if following.unit is not Unit.CLOCK or figure.unit is not Unit.NONE or figure.line != following.line:
        return False
    between = figure.line[figure.end : following.start]
    return re.fullmatch(r" ?(?:to|until|and|bis|und|-|到|至) ?", between) is not None


def _key(figure: Figure) -> str:
    marked = figure.unit in (Unit.MONEY, Unit.RATING)
    return f"{figure.unit.value} {figure.currency}" if marked else figure.unit.value


def _sources_of(figure: Figure) -> tuple[str, ...]:
    if figure.unit is Unit.NONE:
        return ("any",)
    if figure.unit is Unit.MONEY:
        return (_key(figure), "price", "table")
    return (_key(figure), "table")
