"""Which subject line or ad gets the next batch of impressions, knowing what past tests were like.

Model: the log-odds of arm i in a test are theta_i = mu + delta_i, mu ~ N(level, between^2) for the test and
delta_i ~ N(0, within^2) for the arm. `learn_prior` estimates the three from finished tests (method of moments on
empirical logits, sampling variance removed): the tenant's own, and the platform's where those are few. `allocate` then
splits the next batch by the probability that an arm is best, sharpened: with a known end, pure Thompson sampling
explores too long. An arm with less than `drop_below` chance gets nothing.

Sources: Thompson (1933); Russo et al. (2018) for batches; Efron and Morris (1975) for empirical Bayes.
Assumes impressions are independent and rates do not move within a test. Broken by novelty effects and by rewards that
come late in one arm only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from marketeer_dagster.optimise.inputs import Floats, InvalidInput, count, number

DRAWS = 4000


@dataclass(frozen=True)
class ArmCounts:
    """One variant so far."""

    name: str
    shown: int
    clicked: int

    def __post_init__(self) -> None:
        count(self.shown, f"{self.name}.shown")
        if count(self.clicked, f"{self.name}.clicked") > self.shown:
            raise InvalidInput("exceeds shown", where=f"{self.name}.clicked", expected="clicked <= shown")


@dataclass(frozen=True)
class Prior:
    """What tests are like, on the log-odds scale. The default is what e-mail and headline tests usually look like."""

    level: float = -4.0
    between: float = 0.7
    within: float = 0.2
    """Standard deviation of arms around their test: how much a variant can matter at all."""
    tests: int = 0
    """Finished tests behind the estimate."""

    def __post_init__(self) -> None:
        number(self.level, "prior.level", low=-30, high=30)
        number(self.between, "prior.between", low=1e-3, high=10)
        number(self.within, "prior.within", low=1e-3, high=10)
        count(self.tests, "prior.tests")


@dataclass(frozen=True)
class ArmShare:
    """One variant's part of the next batch, and why."""

    name: str
    share: float
    """Of the next batch, in [0, 1]; the shares add up to 1."""
    rate: float
    low: float
    high: float
    """Estimated click rate, shrunk towards what is usual, with its central 90 % interval."""
    chance_best: float
    dropped: bool


@dataclass(frozen=True)
class BatchPlan:
    """How to split the next batch."""

    arms: tuple[ArmShare, ...]
    expected_loss: float
    """Expected relative loss of clicks if the leading arm were served to everyone now; below .01 the test may end."""
    summary: str

    @property
    def leader(self) -> str:
        """The arm most likely best."""
        return max(self.arms, key=lambda arm: arm.chance_best).name


def learn_prior(own: Sequence[Sequence[ArmCounts]], platform: Sequence[Sequence[ArmCounts]] = ()) -> Prior:
    """Estimates the prior from finished tests. The platform's count as at most ten tests against the tenant's own.

    Tests with fewer than two arms of 20 impressions are left out; without any usable test the default prior returns.
    """
    ours, theirs = _moments(own), _moments(platform)
    if ours is None and theirs is None:
        return Prior()
    if ours is None or theirs is None:
        level, between, within, tests = ours if ours is not None else theirs or (0.0, 0.0, 0.0, 0)
        weight = tests / (tests + 3)
        base = Prior()
        return Prior(
            level=level,
            between=float(np.sqrt(weight * between + (1 - weight) * base.between**2)),
            within=float(np.sqrt(weight * within + (1 - weight) * base.within**2)),
            tests=tests,
        )
    weight = ours[3] / (ours[3] + min(theirs[3], 10))
    mixed = [weight * mine + (1 - weight) * other for mine, other in zip(ours[:3], theirs[:3], strict=True)]
    return Prior(mixed[0], float(np.sqrt(mixed[1])), float(np.sqrt(mixed[2])), ours[3] + theirs[3])


def _moments(tests: Sequence[Sequence[ArmCounts]]) -> tuple[float, float, float, int] | None:
    """Level, between^2, within^2 (both at least .05^2) and the number of usable tests."""
    centres: list[float] = []
    spread, freedom = 0.0, 0.0
    for test in tests:
        arms = [arm for arm in test if arm.shown >= 20]
        if len(arms) < 2:
            continue
        x, variance = _logits(np.array([a.clicked for a in arms]), np.array([a.shown for a in arms]))
        centre = float(np.average(x, weights=1 / variance))
        centres.append(centre)
        weight = 1 / (variance + 0.04)
        weight = weight / weight.mean()
        spread += float(np.sum(weight * ((x - centre) ** 2 - variance * (1 - 1 / len(arms)))))
        freedom += len(arms) - 1
    if not centres:
        return None
    within = max(spread / freedom, 0.05**2)
    between = max(float(np.var(centres)), 0.05**2) if len(centres) > 1 else Prior().between ** 2
    return float(np.mean(centres)), between, within, len(centres)


def _logits(clicked: Floats, shown: Floats) -> tuple[Floats, Floats]:
    """Empirical log-odds and their sampling variance, with half an event added to both sides."""
    hits, misses = clicked + 0.5, shown - clicked + 0.5
    return np.log(hits / misses), 1 / hits + 1 / misses


def allocate(
    arms: Sequence[ArmCounts],
    prior: Prior | None = None,
    *,
    remaining: float = 0.5,
    drop_below: float = 0.01,
    seed: int = 0,
) -> BatchPlan:
    """Splits the next batch.

    Args:
        arms: two or more, names distinct; counts of zero are fine.
        prior: from `learn_prior`.
        remaining: share of the test's impressions still to come, in [0, 1]: the less, the less is explored.
        drop_below: chance of being best under which an arm gets nothing.
        seed: of the draws; the same seed gives the same split.

    Raises:
        InvalidInput: naming the arm and field, or `arms`, `remaining`, `drop_below`.
    """
    names = [arm.name for arm in arms]
    if len(arms) < 2 or len(set(names)) < len(names):
        raise InvalidInput(f"are {names}", where="arms", expected="two or more with distinct names")
    number(remaining, "remaining", low=0, high=1)
    number(drop_below, "drop_below", low=0, high=0.5)
    shown = np.array([arm.shown for arm in arms], dtype=float)
    clicked = np.array([arm.clicked for arm in arms], dtype=float)
    mean, covariance = posterior(clicked, shown, prior or Prior())
    theta = np.random.default_rng(seed).multivariate_normal(mean, covariance, DRAWS, method="cholesky")
    rates = 1 / (1 + np.exp(-theta))
    best = np.bincount(rates.argmax(axis=1), minlength=len(arms)) / DRAWS
    share = split(best, remaining, drop_below)
    leader = int(best.argmax())
    loss = float(np.mean(rates.max(axis=1) - rates[:, leader]) / np.mean(rates[:, leader]))
    low, high = np.quantile(rates, [0.05, 0.95], axis=0)
    shares = tuple(
        ArmShare(
            name,
            float(share[i]),
            float(rates[:, i].mean()),
            float(low[i]),
            float(high[i]),
            float(best[i]),
            share[i] == 0,
        )
        for i, name in enumerate(names)
    )
    return BatchPlan(shares, loss, _sentence(shares, leader, loss))


def posterior(clicked: Floats, shown: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """Mean (k,) and covariance (k, k) of the log-odds: Laplace's approximation around the mode, by Newton's method."""
    k = len(shown)
    covariance = prior.between**2 * np.ones((k, k)) + prior.within**2 * np.eye(k)
    precision = np.linalg.inv(covariance)
    theta: Floats = np.full(k, prior.level, dtype=np.float64)
    for _ in range(25):
        p = 1 / (1 + np.exp(-theta))
        gradient = clicked - shown * p - precision @ (theta - prior.level)
        step = np.linalg.solve(precision + np.diag(shown * p * (1 - p)), gradient)
        theta = np.asarray(theta + np.clip(step, -2, 2), dtype=np.float64)
        if np.abs(step).max() < 1e-9:
            break
    p = 1 / (1 + np.exp(-theta))
    return theta, np.linalg.inv(precision + np.diag(shown * p * (1 - p))).astype(np.float64)


SHARPEN = 10.0
"""Tuned on seeds 1-8 of `benchmarks.engines.bandit_data`."""


def split(best: Floats, remaining: float, drop_below: float) -> Floats:
    """Shares proportional to chance_best to the power 1 + SHARPEN (1 - remaining), without the hopeless."""
    kept = np.where(best < drop_below, 0.0, best)
    weight = kept ** (1 + SHARPEN * (1 - remaining))
    return weight / weight.sum()


def _sentence(shares: tuple[ArmShare, ...], leader: int, loss: float) -> str:
    first = shares[leader]
    stopped = [arm.name for arm in shares if arm.dropped]
    tail = f" Nothing more is spent on {', '.join(stopped)}." if stopped else ""
    return (
        f"{first.name} leads: best with {first.chance_best:.0%}, about {first.rate:.2%} clicks "
        f"({first.low:.2%} to {first.high:.2%}); it gets {first.share:.0%} of the next batch. "
        f"Serving it alone would lose {loss:.1%} at most, on average.{tail}"
    )
