"""One line of the report: what was asked, what the peer reached, what we reached, from the same data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TUNING_SEEDS = range(1, 9)
"""Only these were looked at while choosing parameters."""


def report_seeds(n: int) -> range:
    """Seeds of reported figures; never used for tuning."""
    return range(101, 101 + n)


@dataclass(frozen=True)
class Row:
    """A measured figure against its goal; `reached` is None where there is no goal to reach."""

    engine: str
    measure: str
    goal: str
    peer: str
    ours: str
    reached: bool | None = None


def mean_ci(values: Sequence[float], digits: int = 3, percent: bool = False) -> str:
    """Mean and half-width of its 95 % interval over seeds or worlds."""
    x = np.asarray(values, dtype=float) * (100 if percent else 1)
    half = 1.96 * x.std(ddof=1) / np.sqrt(len(x)) if len(x) > 1 else float("nan")
    return f"{x.mean():.{digits}f} ± {half:.{digits}f}" + (" %" if percent else "")


def share(hits: int, n: int) -> str:
    """A share with its Wilson 95 % interval."""
    p, z = hits / n, 1.96
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{p:.3f} ({centre - half:.3f}-{centre + half:.3f})"


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Old rows with those of the same engine and measure replaced; rows never measured before go to the end."""
    fresh = {(row.engine, row.measure): row for row in new}
    kept = [fresh.pop((row.engine, row.measure), row) for row in old]
    return [*kept, *fresh.values()]


def read(text: str) -> list[Row]:
    """The rows of a table written by `table`."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| engine")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    mark = {"yes": True, "**no**": False, "": None}
    return [Row(*row[:5], reached=mark[row[5]]) for row in cells]


def table(rows: Sequence[Row]) -> str:
    """Markdown table of the rows."""
    head = "| engine | measure | goal | peer, same data | ours | reached |\n|---|---|---|---|---|---|\n"
    mark = {True: "yes", False: "**no**", None: ""}
    return head + "".join(
        f"| {r.engine} | {r.measure} | {r.goal} | {r.peer} | {r.ours} | {mark[r.reached]} |\n" for r in rows
    )
