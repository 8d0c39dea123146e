"""How measured figures are written, and the seeds of those that are reported."""

from collections.abc import Sequence

import numpy as np

TUNING_SEEDS = range(1, 9)
"""Only these were looked at while choosing parameters."""


def report_seeds(n: int) -> range:
    """Seeds of reported figures; never used for tuning."""
    return range(101, 101 + n)


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
