"""Change points: KernelCPD against Pelt, both of ruptures, for speed; and how well the changes are found."""

import time
from datetime import date, timedelta

import numpy as np
import ruptures
from numpy.typing import NDArray

from benchmarks.engines.changes_data import DAYS, levels
from benchmarks.engines.rows import mean_ci, report_seeds
from benchmarks.rows import Row
from marketeer_dagster.optimise.changes import change_points

NEAR = 3
"""Days within which a change counts as found."""
FIRST = date(2026, 1, 5)


def run(seeds: int = 8) -> list[Row]:
    """All rows; `seeds` worlds of 150 series."""
    days = [FIRST + timedelta(days=i) for i in range(DAYS)]
    recall, precision, quiet = [], [], []
    for seed in report_seeds(seeds):
        world = levels(seed)
        found = [[(c.day - FIRST).days for c in change_points(days, y).changes] for y in world.counts]
        pairs = list(zip(found, world.starts, strict=True))
        hits = sum(any(abs(f - s) <= NEAR for f in ours) for ours, true in pairs for s in true)
        right = sum(any(abs(f - s) <= NEAR for s in true) for ours, true in pairs for f in ours)
        recall.append(hits / sum(len(true) for true in world.starts))
        precision.append(right / max(sum(len(ours) for ours in found), 1))
        quiet.append(float(np.mean([bool(ours) for ours, true in pairs if not true])))
    kernel, pelt, coarse, same = speed(levels(report_seeds(1)[0]).counts)
    ours = whole(days, levels(report_seeds(1)[0]).counts)
    name = "changes"
    return [
        Row(
            name,
            "series/s on 1 core, 182 days, KernelCPD (from CPU time)",
            "use the library",
            f"Pelt(l2) {pelt:,.0f}, the same split in {same:.1%}; Pelt(l2) that looks at every fifth day {coarse:,.0f}",
            f"{kernel:,.0f}",
            kernel > 20 * coarse,
        ),
        Row(name, "series/s on 1 core with weekdays, scale and sentences", "", "", f"{ours:,.0f}"),
        Row(name, "planted changes of 20-60 % found within 3 days", "", "", mean_ci(recall)),
        Row(name, "changes reported that are true", "", "", mean_ci(precision)),
        Row(name, "series without any change that report one", "", "", mean_ci(quiet)),
    ]


def speed(counts: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Series a CPU second of KernelCPD, of Pelt(l2) at the same penalty, and of Pelt at its default of every fifth day;
    and the share of equal splits of the first two."""
    x = np.log1p(counts)
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    begun = time.process_time()
    first = [ruptures.KernelCPD(kernel="linear", min_size=7).fit_predict(row, pen=15) for row in x]
    middle = time.process_time()
    few = x[:30]
    second = [ruptures.Pelt(model="l2", min_size=7, jump=1).fit_predict(row, pen=15) for row in few]
    end = time.process_time()
    for row in few:
        ruptures.Pelt(model="l2").fit_predict(row, pen=15)
    last = time.process_time()
    same = np.mean([list(map(int, a)) == list(map(int, b)) for a, b in zip(first, second, strict=False)])
    return len(x) / (middle - begun), len(few) / (end - middle), len(few) / (last - end), float(same)


def whole(days: list[date], counts: NDArray[np.float64]) -> float:
    """Series a CPU second of our function."""
    begun = time.process_time()
    for row in counts:
        change_points(days, row)
    return len(counts) / (time.process_time() - begun)
