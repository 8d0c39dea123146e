"""Pages of a site with planted decay: the generator behind the SEO figures.

A site has 60 pages with a median of 120 clicks a week, its own random walk and season, shared by all; each page adds a
season of its own, a slow walk, noise of 6 to 18 % with memory, and Poisson counting. Three pages in ten start to fall 4
to 16 weeks before the end and have lost 20 to 60 % by then. Seeds 1-8 tune; the report uses 101 and up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PAGES = 60


@dataclass(frozen=True)
class Site:
    """`clicks` (pages, weeks) and which pages decay."""

    clicks: Floats
    decays: NDArray[np.bool_]


def site(seed: int, weeks: int) -> Site:
    """One site with `weeks` of history."""
    g = np.random.default_rng(seed)
    t = np.arange(weeks)
    common = np.cumsum(0.02 * g.standard_normal(weeks)) + 0.2 * np.sin(2 * np.pi * (t / 52 + g.random()))
    level = g.normal(np.log(120), 1.0, PAGES).clip(np.log(15), np.log(3000))
    own = g.uniform(0, 0.12, PAGES)[:, None] * np.sin(2 * np.pi * (t[None] / 52 + g.random(PAGES)[:, None]))
    walk = np.cumsum(g.uniform(0.002, 0.015, PAGES)[:, None] * g.standard_normal((PAGES, weeks)), axis=1)
    spread, noise = g.uniform(0.06, 0.18, PAGES), np.zeros((PAGES, weeks))
    for week in range(1, weeks):
        noise[:, week] = 0.3 * noise[:, week - 1] + np.sqrt(1 - 0.09) * g.standard_normal(PAGES)
    decays = g.random(PAGES) < 0.3
    since = g.integers(4, 17, PAGES)
    loss = np.log(1 - g.uniform(0.2, 0.6, PAGES))
    ramp = np.clip((t[None] - (weeks - 1 - since[:, None])) / since[:, None], 0, 1)
    fall = np.where(decays[:, None], ramp * loss[:, None], 0.0)
    mean = np.exp(level[:, None] + common + own + walk + spread[:, None] * noise + fall)
    return Site(g.poisson(mean).astype(float), decays)


def four_against_four(clicks: Floats) -> Floats:
    """What people do: the loss of the last 4 weeks against the 4 before, as a share."""
    return 1 - clicks[:, -4:].sum(axis=1) / np.maximum(clicks[:, -8:-4].sum(axis=1), 1)


def area_under_curve(score: Floats, truth: NDArray[np.bool_]) -> float:
    """Chance that a decaying page scores above a steady one."""
    order = np.argsort(np.argsort(score))
    positive = truth.sum()
    return float((order[truth].sum() - positive * (positive - 1) / 2) / (positive * (~truth).sum()))


def recall_at(score: Floats, truth: NDArray[np.bool_], false_rate: float = 0.05) -> float:
    """Share of decaying pages found when the line lets through `false_rate` of the steady ones."""
    return float(np.mean(score[truth] > np.quantile(score[~truth], 1 - false_rate)))
