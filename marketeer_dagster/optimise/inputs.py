"""Refusing input that has no answer: every engine checks here before it computes a number."""

import itertools
import math
from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marketeer_dagster.model.errors import BadInput

Floats: TypeAlias = NDArray[np.float64]
"""A float array; shapes are given where it is used."""


class InvalidInput(BadInput, ValueError):
    """A `ValueError` of the project's error family. `where` is the name of the offending field."""


def vector(values: ArrayLike, field: str, *, allow_nan: bool = False, minimum_length: int = 1) -> Floats:
    """One-dimensional float64 copy of `values`; refuses empty, ragged, infinite and (by default) missing values."""
    return _array(values, field, dimensions=1, allow_nan=allow_nan, minimum_length=minimum_length)


def matrix(values: ArrayLike, field: str, *, allow_nan: bool = False) -> Floats:
    """Two-dimensional float64 copy of `values` (rows x columns), refused like `vector`."""
    return _array(values, field, dimensions=2, allow_nan=allow_nan, minimum_length=1)


def _array(values: ArrayLike, field: str, *, dimensions: int, allow_nan: bool, minimum_length: int) -> Floats:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput("is not numeric", where=field, expected="an array of numbers") from error
    if array.ndim != dimensions:
        raise InvalidInput(f"has {array.ndim} dimensions", where=field, expected=f"{dimensions}")
    if array.size == 0 or len(array) < minimum_length:
        raise InvalidInput(f"has {len(array)} values", where=field, expected=f"at least {minimum_length}")
    if np.isinf(array).any():
        raise InvalidInput("contains an infinite value", where=field, expected="finite numbers")
    missing = np.isnan(array)
    if missing.all():
        raise InvalidInput("contains no number at all (all missing)", where=field, expected="observed values")
    if missing.any() and not allow_nan:
        raise InvalidInput("contains a missing value (NaN)", where=field, expected="finite numbers")
    return array


def same_length(first: Sequence[object] | Floats, second: Sequence[object] | Floats, fields: tuple[str, str]) -> None:
    """Refuses two sequences of different length."""
    if len(first) != len(second):
        raise InvalidInput(
            f"has {len(second)} values", where=fields[1], expected=f"{len(first)}, as many as {fields[0]}"
        )


def increasing_dates(dates: Sequence[date], field: str = "dates") -> None:
    """Refuses unsorted or repeated dates, naming the first offender."""
    if not dates:
        raise InvalidInput("is empty", where=field, expected="at least one date")
    for earlier, later in itertools.pairwise(dates):
        if later == earlier:
            raise InvalidInput(f"repeats {later}", where=field, expected="each date once")
        if later < earlier:
            raise InvalidInput(f"has {later} after {earlier}", where=field, expected="ascending dates")


def non_negative(array: Floats, field: str) -> None:
    """Refuses negative entries; missing ones pass."""
    if (array < 0).any():
        raise InvalidInput(f"contains {float(np.nanmin(array)):g}", where=field, expected="values >= 0")


def number(
    value: float, field: str, *, low: float = -math.inf, high: float = math.inf, open_low: bool = False
) -> float:
    """A finite number inside [low, high] ((low, high] with `open_low`)."""
    if not math.isfinite(value):
        raise InvalidInput(f"is {value}", where=field, expected="a finite number")
    if value > high or value < low or (open_low and value == low):
        bracket = "(" if open_low else "["
        raise InvalidInput(f"is {value:g}", where=field, expected=f"a number in {bracket}{low:g}, {high:g}]")
    return float(value)


def count(value: float, field: str, *, low: int = 0) -> int:
    """A whole number >= `low`."""
    if not math.isfinite(value) or value != int(value) or value < low:
        raise InvalidInput(f"is {value}", where=field, expected=f"a whole number >= {low}")
    return int(value)
