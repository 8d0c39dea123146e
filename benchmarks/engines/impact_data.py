"""Pages with and without a change: the generator behind the impact figures.

31 pages over 90 days follow three common factors (a random walk, a weekly rhythm, a slow season) with weights of their
own, plus noise with memory (AR .5) of 4 to 10 %. Page 0 is changed on day 70; its effect is 0 or drawn from +-20 %.
Seeds 1-8 tune; the report uses 101 and up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PAGES, DAYS, CHANGE = 31, 90, 70


@dataclass(frozen=True)
class Case:
    """`pages` (31, 90), the changed one first, and the true effect on the log scale."""

    pages: Floats
    effect: float


def case(seed: int, effect: bool) -> Case:
    """One site with one change."""
    g = np.random.default_rng(seed)
    t = np.arange(DAYS)
    walk = np.cumsum(0.03 * g.standard_normal(DAYS))
    factors = np.stack([walk, 0.2 * np.cos(2 * np.pi * t / 7), 0.15 * np.sin(2 * np.pi * (t / 60 + g.random()))])
    weights = np.stack([g.normal(1, 0.4, PAGES), g.normal(1, 0.3, PAGES), g.normal(1, 0.6, PAGES)], axis=1)
    noise = np.zeros((PAGES, DAYS))
    for day in range(1, DAYS):
        noise[:, day] = 0.5 * noise[:, day - 1] + np.sqrt(0.75) * g.standard_normal(PAGES)
    spread = g.uniform(0.04, 0.10, PAGES)
    x = g.normal(np.log(500), 0.8, PAGES)[:, None] + weights @ factors + spread[:, None] * noise
    true = float(g.uniform(-0.2, 0.2)) if effect else 0.0
    x[0, CHANGE:] += true
    return Case(np.exp(x), true)
