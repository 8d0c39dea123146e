"""Half a year of daily traffic with up to three lasting changes of level: the generator behind `changes_bench`.

Level around 400 a day, weekend dip, autocorrelated heavy-tailed noise of 4 to 14 %, counting noise, no drift. A third
of the series never change; the others change one to three times by 20 to 60 %, at least three weeks apart. Seeds 1-8
were used to choose the penalty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SERIES, DAYS, APART = 150, 182, 21


@dataclass(frozen=True)
class Levels:
    """`counts` (series, days) and, per series, the first days of new levels."""

    counts: NDArray[np.float64]
    starts: tuple[tuple[int, ...], ...]


def levels(seed: int) -> Levels:
    """One world; the same for the same seed."""
    g = np.random.default_rng(seed)
    t = np.arange(DAYS)
    counts = np.zeros((SERIES, DAYS))
    starts: list[tuple[int, ...]] = []
    for row in range(SERIES):
        places: list[int] = []
        for _ in range(0 if row % 3 == 0 else int(g.integers(1, 4))):
            place = int(g.integers(APART, DAYS - APART))
            if all(abs(place - other) >= APART for other in places):
                places.append(place)
        spread, memory = g.uniform(0.04, 0.14), g.uniform(0, 0.4)
        shock = g.standard_t(5, DAYS) / np.sqrt(5 / 3)
        noise = np.zeros(DAYS)
        for day in t:
            noise[day] = shock[day] if day == 0 else memory * noise[day - 1] + np.sqrt(1 - memory**2) * shock[day]
        mean = np.exp(g.normal(np.log(400), 1)) * np.where(t % 7 >= 5, g.uniform(0.4, 1.1), 1) * np.exp(spread * noise)
        for place in places:
            mean[place:] *= 1 + g.choice([-1, 1]) * g.uniform(0.2, 0.6)
        counts[row] = g.poisson(mean)
        starts.append(tuple(sorted(places)))
    return Levels(counts, tuple(starts))
