"""All numbers of a text, in digits and in words; the ends of a range share what only its last one says."""

import re
from dataclasses import replace
from itertools import pairwise

from marketeer_dagster.quality.numbers import Figure, Unit, figures
from marketeer_dagster.quality.spelled import spelled

_BETWEEN = re.compile(r" ?(?:-|to|until|and|or|bis|und|oder|到|至|或) ?", re.IGNORECASE)


def numbers_in(text: str) -> tuple[Figure, ...]:
    """Figures in digits, then those in words, each in order; in `8 to 18:00` and `$5 to 10` both are of one kind."""
    found = [*figures(text), *spelled(text)]
    by_line: dict[str, list[int]] = {}
    for position, figure in enumerate(found):
        by_line.setdefault(figure.line, []).append(position)
    for positions in by_line.values():
        positions.sort(key=lambda position: found[position].start)
        for first, second in reversed(list(pairwise(positions))):
            one, two = found[first], found[second]
            if one.end <= two.start and _BETWEEN.fullmatch(one.line[one.end : two.start]):
                found[first] = _like(_scaled(one, two), two)
                if two.unit is Unit.NONE and two.measure is None and one.unit is Unit.MONEY:
                    found[second] = replace(two, unit=one.unit, currency=one.currency)
    return tuple(found)


def _scaled(one: Figure, two: Figure) -> Figure:
    """The first of a range in the scale of the second: `$1.5 to $3 million` begins with one and a half million."""
    plain = one.scale == 1 and two.scale > 1 and not one.measure and not one.dated
    if (
        not plain
        or (Unit.NONE not in (one.unit, two.unit) and one.unit is not two.unit)
        or not 0 < one.value * two.scale < two.value
    ):
        return one
    return replace(one, value=one.value * two.scale, step=one.step * two.scale, scale=two.scale, otherwise=None)


def _like(one: Figure, two: Figure) -> Figure:
    """The first of a range with the unit of the second, if it has none of its own."""
    if one.unit is not Unit.NONE or one.measure or one.dated or one.value >= two.value * _WIDEST:
        return one
    if two.measure and two.value:
        base, amount = two.measure
        return replace(one, measure=(base, one.value * amount / two.value))
    if two.unit in (Unit.PERCENT, Unit.MONEY, Unit.CLOCK) and not two.dated:
        return replace(one, unit=two.unit, currency=two.currency)
    return one


_WIDEST = 10.0
"""A first end this many times the last is no range: `in 2024, 5 days`."""
