"""Tests that stay honest however often somebody looks.

Everything here is about one number: an estimate with variance V that is 0 when there is no difference.
"""

import math
from functools import lru_cache

import numpy as np

from marketeer_dagster.optimise import normal
from marketeer_dagster.optimise.inputs import Floats, InvalidInput, number, vector

BOUNDARY_SHAPE = 0.2
"""Delta of Wang and Tsiatis (1987): 0 is O'Brien-Fleming, .5 Pocock.

At .2, the full alpha and 1.10 times the one-look sample, power is .80 and the median stop .735 of that sample;
O'Brien-Fleming itself reaches .80 only with a median stop of .76 (both computed as `_crossing_probability` is, with
drift).
"""
LOOKS = 1000
"""Looks for which the horizon boundary is computed; fewer looks make it conservative."""


def horizon_boundary(fraction: float, alpha: float) -> float:
    """|z| at which a two-sided test of level `alpha` may stop after `fraction` in (0, 1] of its horizon.

    c(alpha) t^(delta - 1/2), with c such that a Brownian motion looked at LOOKS times crosses with probability alpha
    under no difference. Near the start it asks for z > 6, at the end for 2.32 at alpha = .05 (not 1.96: that is
    the price of looking). Assumes that information grows in proportion to visitors.
    """
    number(fraction, "fraction", low=0, high=1, open_low=True)
    return _boundary_constant(round(number(alpha, "alpha", low=1e-6, high=0.5), 9)) * fraction ** (BOUNDARY_SHAPE - 0.5)


@lru_cache(maxsize=64)
def _boundary_constant(alpha: float) -> float:
    low, high = normal.quantile(1 - alpha / 2), normal.quantile(1 - alpha / 4) + 0.2
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if _crossing_probability(middle) > alpha else (low, middle)
    return high


def _crossing_probability(c: float, step: float = 0.008) -> float:
    """P(|W(t)| >= c t^delta at some t = k / LOOKS), by carrying the density of the surviving paths forward."""
    spread = 1 / math.sqrt(LOOKS)
    x = np.arange(-math.ceil(c / step), math.ceil(c / step) + 1) * step
    reach = np.arange(-math.ceil(5 * spread / step), math.ceil(5 * spread / step) + 1) * step
    kernel = np.exp(-0.5 * (reach / spread) ** 2)
    kernel /= kernel.sum()
    density = np.zeros_like(x)
    density[len(x) // 2] = 1.0
    for look in range(1, LOOKS + 1):
        density = np.convolve(density, kernel, mode="same")
        edge = c * (look / LOOKS) ** BOUNDARY_SHAPE
        density *= np.clip((edge - np.abs(x)) / step + 0.5, 0.0, 1.0)
    return 1 - float(density.sum())


def mixture_e_value(estimate: float, variance: float, tau: float) -> float:
    """Evidence against "no difference", valid at every look: reject when it reaches 1 / alpha.

    The likelihood ratio of N(theta, V) to N(0, V) averaged over theta ~ N(0, tau^2) (Robbins 1970):
    sqrt(V / (V + tau^2)) exp(estimate^2 tau^2 / (2 V (V + tau^2))). Ville's inequality bounds the chance that it
    ever reaches 1 / alpha by alpha. Any tau is valid; the power is best near the effect one hopes to see.
    Capped at 1e300.
    """
    v, t2 = number(variance, "variance", low=0, open_low=True), number(tau, "tau", low=0, open_low=True) ** 2
    log_e = 0.5 * math.log(v / (v + t2)) + number(estimate, "estimate") ** 2 * t2 / (2 * v * (v + t2))
    return math.exp(min(log_e, 690.0))


def mixture_half_width(variance: float, tau: float, alpha: float) -> float:
    """Half-width of the interval of all differences whose `mixture_e_value` stays below 1 / alpha.

    sqrt(V (V + tau^2) / tau^2 (log((V + tau^2) / V) + 2 log(1 / alpha))): an asymptotic confidence sequence
    (Waudby-Smith et al. 2024). With tau^2 = rho^2 V n it is gbstats' sequential half-width.
    """
    v, t2 = number(variance, "variance", low=0, open_low=True), number(tau, "tau", low=0, open_low=True) ** 2
    number(alpha, "alpha", low=0, high=1, open_low=True)
    return math.sqrt(v * (v + t2) / t2 * (math.log1p(t2 / v) + 2 * math.log(1 / alpha)))


def split_e_value(counts: Floats, shares: Floats) -> float:
    """Evidence that visitors were not split as planned, valid at every look.

    Multinomial likelihood under a Dirichlet(100 shares) against the planned shares (Lindon and Malek 2022).
    """
    n, p = vector(counts, "counts"), vector(shares, "shares")
    if len(n) != len(p) or (p <= 0).any():
        raise InvalidInput("do not fit counts", where="shares", expected="one positive share per arm")
    prior = 100 * p / p.sum()
    log_e = (
        _log_gamma(prior.sum()) - _log_gamma(prior.sum() + n.sum()) + np.sum(_log_gamma(prior + n) - _log_gamma(prior))
    )
    return math.exp(min(float(log_e - np.sum(n * np.log(p / p.sum()))), 690.0))


def counts_e_value(first: int, second: int, share: float) -> float:
    """Exact evidence that two Poisson counts do not stand as `share` to 1 - `share`, valid at every look and count.

    Beta-binomial mixture given the total; used where counts are too small for a normal approximation.
    """
    p = number(share, "share", low=1e-9, high=1 - 1e-9)
    a, b = 2 * p, 2 * (1 - p)
    from scipy.special import betaln

    mixed = betaln(a + first, b + second) - betaln(a, b)
    return math.exp(min(float(mixed - first * math.log(p) - second * math.log(1 - p)), 690.0))


def _log_gamma(x: Floats | float) -> Floats:
    from scipy.special import gammaln

    return np.asarray(gammaln(x), dtype=np.float64)
