"""The normal distribution, typed: scipy ships no types, so its use is kept to this file."""

import numpy as np
from scipy import special

from marketeer_dagster.optimise.inputs import Floats


def cdf(x: Floats | float) -> Floats:
    """P(Z <= x), elementwise."""
    return np.asarray(special.ndtr(x), dtype=np.float64)


def two_sided(z: Floats | float) -> Floats:
    """P(|Z| >= |z|), elementwise."""
    return 2 * cdf(-np.abs(z))


def quantile(p: float) -> float:
    """z with P(Z <= z) = p; p in (0, 1)."""
    return float(special.ndtri(p))
