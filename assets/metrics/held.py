"""What the warehouse already holds of the days being read again: for telling revisions, and for not losing days."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

import duckdb

from assets.metrics.sources import MetricSource

_SHOWN = 5
"""Revised days told in words; the rest is counted."""


@dataclass(frozen=True)
class Held:
    """One tenant's rows of one table and range, as they were before; columns as the clients bring them."""

    rows: "pd.DataFrame"

    def of_kind(self, *, simulated: bool) -> "Held":
        """Only what came from the same world: the market's figures are never kept for real ones, nor the reverse."""
        return Held(self.rows[self.rows["simulated"] == simulated])

    def told_before(self, day: "date | None") -> tuple[date, ...]:
        """Days before `day` that have rows here; none where `day` is None."""
        return tuple(sorted(held for held in days_of(self.rows) if day is not None and held < day))

    def missing_from(self, new: "pd.DataFrame") -> tuple[date, ...]:
        """Days that have rows here and none in `new`."""
        return tuple(sorted(days_of(self.rows).keys() - days_of(new).keys()))

    def with_days_kept(self, new: "pd.DataFrame", days: Sequence[date]) -> "pd.DataFrame":
        """`new` with the rows of `days` as they were, in place of any that it has for them."""
        if not days:
            return new
        kept = self.rows[self.rows["date"].isin(list(days))]
        others = new[~new["date"].isin(list(days))]
        import pandas as pd

        return pd.concat([others, kept[list(new.columns)]], ignore_index=True)

    def revisions(self, new: "pd.DataFrame", measures: Sequence[str]) -> tuple[str, ...]:
        """Days whose sums of `measures` differ from `new`, in words, newest first."""
        before, after = _sums(self.rows, measures), _sums(new, measures)
        told = [
            f"{day}: {', '.join(changes)}"
            for day in sorted(before.keys() & after.keys(), reverse=True)
            if (changes := _changes(before[day], after[day]))
        ]
        return (*told[:_SHOWN], f"and {len(told) - _SHOWN} more days") if len(told) > _SHOWN else tuple(told)


def read_held(
    connection: duckdb.DuckDBPyConnection, source: MetricSource, tenants: Sequence[str], first: date, last: date
) -> dict[str, Held]:
    """What is held of each tenant in [first, last]."""
    query = f"SELECT * FROM {source.table} WHERE date BETWEEN ? AND ? AND list_contains(?, tenant)"
    import pandas as pd

    rows = connection.execute(query, [first, last, list(tenants)]).df()
    rows["date"] = pd.to_datetime(rows["date"]).dt.date
    return {tenant: Held(rows[rows["tenant"] == tenant].drop(columns="tenant")) for tenant in tenants}


def days_of(rows: "pd.DataFrame") -> dict[date, int]:
    """Number of rows by day."""
    counts: dict[date, int] = {}
    for day in rows["date"]:
        counts[day] = counts.get(day, 0) + 1
    return counts


def _sums(rows: "pd.DataFrame", measures: Sequence[str]) -> dict[date, dict[str, float]]:
    sums: dict[str, dict[date, float]] = {name: {} for name in measures}
    for name in measures:
        for day, value in zip(rows["date"], rows[name], strict=True):
            # A figure that the vendor does not give is NaN, and so is every sum with it: unknown, not zero.
            sums[name][day] = sums[name].get(day, 0.0) + float(value)
    return {day: {name: sums[name][day] for name in measures} for day in sums[measures[0]]}


def _changes(before: dict[str, float], after: dict[str, float]) -> list[str]:
    return [
        f"{name} {_told(before[name])} → {_told(after[name])}"
        for name in before
        if _told(round(before[name], 2)) != _told(round(after[name], 2))
    ]


def _told(figure: float) -> str:
    return "unknown" if math.isnan(figure) else f"{figure:,.10g}"
