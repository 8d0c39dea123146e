"""What a metric client brings home: rows in the warehouse's columns, and how they were come by."""

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Collected:
    """Rows of one tenant for a range of days."""

    rows: "pd.DataFrame"
    """The warehouse table's columns without `tenant`, sorted, one row per key."""
    api_calls: int
    """Answered requests, paging included."""
    quota: dict[str, str] = field(default_factory=dict)
    """What the vendor said is left, by quota name, in words."""
    notes: tuple[str, ...] = ()
    """What a reader of the figures must know: sampling, thresholding, rows withheld."""
    certain_from: date | None = None
    """The vendor tells days before this one from what is today; None where it tells every day from its records."""
    doubts: tuple[str, ...] = ()
    """Those of the notes that somebody has to mend or bear in mind: figures unknown, cut off, from a sample."""


def frame(columns: dict[str, str], records: list[dict[str, object]], key: list[str]) -> "pd.DataFrame":
    """`records` as a frame of exactly `columns` (name -> pandas dtype), sorted by `key`; typed even when empty."""
    import pandas as pd

    table = pd.DataFrame.from_records(records, columns=list(columns))
    return table.astype(columns).sort_values(key, ignore_index=True)
