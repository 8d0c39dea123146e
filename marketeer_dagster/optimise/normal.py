"""The normal distribution, typed: scipy ships no types, so its use is kept to this file.

scipy.special takes 0.2 s to import, which processes that only load the definitions need not pay: it is imported where
it is used.
"""

import numpy as np

from marketeer_dagster.optimise.inputs import Floats


def cdf(x: Floats | float) -> Floats:
    """P(Z <= x), elementwise."""
    from scipy.special import ndtr

    return np.asarray(ndtr(x), dtype=np.float64)


def two_sided(z: Floats | float) -> Floats:
    """P(|Z| >= |z|), elementwise."""
    return 2 * cdf(-np.abs(z))


def quantile(p: float) -> float:
    """z with P(Z <= z) = p; p in (0, 1)."""
    from scipy.special import ndtri

    return float(ndtri(p))
