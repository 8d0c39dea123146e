"""Runs inside the gbstats environment: sequential tests of cumulative totals, and intervals for comparison.

`visitors` and `conversions` have shape (worlds, looks, 2). Saves whether each world was ever called significant, and,
for the `check_*` arrays of shape (cases, 2), the half-width of the interval of the absolute difference.
"""

import sys
from importlib.metadata import version

import numpy as np
from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import ProportionStatistic

assert version("gbstats") == "0.8.0", version("gbstats")
given, answer = sys.argv[1:3]
data = np.load(given)
ever = []
for visitors, conversions in zip(data["visitors"], data["conversions"], strict=True):
    hit = False
    for n, c in zip(visitors, conversions, strict=True):
        if min(c) < 1:
            continue
        arms = [ProportionStatistic(n=int(n[i]), sum=int(c[i])) for i in (0, 1)]
        low, high = SequentialTwoSidedTTest(*arms, SequentialConfig()).confidence_interval
        if low > 0 or high < 0:
            hit = True
            break
    ever.append(hit)
widths = []
for n, c in zip(data["check_visitors"], data["check_conversions"], strict=True):
    arms = [ProportionStatistic(n=int(n[i]), sum=int(c[i])) for i in (0, 1)]
    test = SequentialTwoSidedTTest(*arms, SequentialConfig(difference_type="absolute"))
    low, high = test.confidence_interval
    widths.append([(high - low) / 2, test.rho])
np.savez(answer, ever=np.array(ever, dtype=float), widths=np.array(widths))
