"""Headline tests: the generator behind the bandit figures, and the policies it is played with.

A test has 2 to 7 variants (4.3 on average, as in the public archive of headline tests), a click rate around 1.5 %, and
variants that differ by a standard deviation of .21 in log-odds, drawn anew per test: serving them evenly then loses
18 % against the best, the figure known from replaying the archive. A test gives 3,500 impressions an arm, in 20
batches. The archive itself is in no Python package and is not copied here.

Seeds 1-8 tune; the report uses 101 and up. The prior is learned from 60 other tests of the same seed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketeer_dagster.optimise.bandit import ArmCounts, Prior, allocate, learn_prior

Floats = NDArray[np.float64]
BATCHES = 20
Policy = Callable[[Floats, Floats, float, np.random.Generator], Floats]
"""(clicked, shown, remaining share, generator) -> shares of the next batch."""


@dataclass(frozen=True)
class Headline:
    """True click rates of the variants and impressions in all."""

    rates: Floats
    impressions: int


def headlines(seed: int, n: int, traffic: float = 1.0) -> list[Headline]:
    """n tests of one seed; `traffic` scales the impressions."""
    g = np.random.default_rng(seed)
    out: list[Headline] = []
    for _ in range(n):
        k = int(g.choice([2, 3, 4, 5, 6, 7], p=[0.1, 0.15, 0.35, 0.2, 0.15, 0.05]))
        theta = g.normal(-4.2, 0.6) + g.normal(0, 0.21, k)
        out.append(Headline(1 / (1 + np.exp(-theta)), int(3500 * k * traffic)))
    return out


def play(test: Headline, policy: Policy, g: np.random.Generator) -> float:
    """Relative regret: clicks lost against serving the best variant from the start."""
    k = len(test.rates)
    clicked, shown = np.zeros(k), np.zeros(k)
    expected = 0.0
    for batch in range(BATCHES):
        share = policy(clicked, shown, 1 - batch / BATCHES, g)
        size = g.multinomial(test.impressions // BATCHES, share / share.sum())
        clicked += g.binomial(size, test.rates)
        shown += size
        expected += float(size @ test.rates)
    return 1 - expected / (shown.sum() * test.rates.max())


def uniform(clicked: Floats, shown: Floats, remaining: float, g: np.random.Generator) -> Floats:
    return np.ones_like(shown)


def commit(clicked: Floats, shown: Floats, remaining: float, g: np.random.Generator) -> Floats:
    """Even split for 20 % of the impressions, then the leader."""
    return np.ones_like(shown) if remaining > 0.8 + 1e-9 else np.eye(len(shown))[np.argmax(clicked / shown)]


def epsilon_greedy(clicked: Floats, shown: Floats, remaining: float, g: np.random.Generator) -> Floats:
    """10 % even, the rest to the leader."""
    if shown.sum() == 0:
        return np.ones_like(shown)
    k = len(shown)
    return np.full(k, 0.1 / k) + 0.9 * np.eye(k)[np.argmax((clicked + 1e-9 * g.random(k)) / np.maximum(shown, 1))]


def thompson(clicked: Floats, shown: Floats, remaining: float, g: np.random.Generator) -> Floats:
    """Beta(1, 1) prior, each impression by one draw."""
    draws = g.beta(1 + clicked, 1 + shown - clicked, (2000, len(shown)))
    return np.bincount(draws.argmax(axis=1), minlength=len(shown)).astype(float)


def ours(prior: Prior) -> Policy:
    """The product's bandit with a learned prior."""

    def policy(clicked: Floats, shown: Floats, remaining: float, g: np.random.Generator) -> Floats:
        arms = [ArmCounts(str(i), int(shown[i]), int(clicked[i])) for i in range(len(shown))]
        plan = allocate(arms, prior, remaining=remaining, seed=int(g.integers(2**31)))
        return np.array([arm.share for arm in plan.arms])

    return policy


def past_prior(seed: int) -> Prior:
    """The prior from 60 finished tests that were split evenly."""
    g = np.random.default_rng(seed + 10_000)
    history: list[list[ArmCounts]] = []
    for test in headlines(seed + 10_000, 60):
        each = test.impressions // len(test.rates)
        clicks = g.binomial(each, test.rates)
        history.append([ArmCounts(str(i), each, int(c)) for i, c in enumerate(clicks)])
    return learn_prior(history)
