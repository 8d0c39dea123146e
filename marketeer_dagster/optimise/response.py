"""What a channel returns for what is spent on it: a Bayesian saturating response with carry-over.

    log revenue_t = log a + s log(S_t / (S_t + K)) + demand_t + error,   S_t = (1 - c) sum_j c^j spend_{t-j}

K is the spend of half saturation, s <= 1 the steepness, c the carry-over (adstock). K, s and c live on a grid whose
points are weighed by how well they explain the weeks; a and the error variance are integrated out. Everything is
concave in spend, so equal marginal returns are the best split. demand_t, common to all channels, is what their errors
share in a week: without it, spending more before Christmas would look like a good idea every week.

Sources: Jin et al. (2017) for the form; Gelman et al., Bayesian Data Analysis, ch. 14 for the regression.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from marketeer_dagster.optimise.inputs import Floats, InvalidInput, non_negative, same_length, vector

HALF_SATURATION = np.geomspace(0.1, 30, 13)
"""K, as a multiple of the channel's mean spend. 30 is as good as linear."""
STEEPNESS = (0.5, 0.65, 0.8, 1.0)
CARRY = (0.0, 0.3, 0.6)
MEMORY_WEEKS = 78.0
"""Weeks after which an observation counts e^-1: markets change."""


@dataclass(frozen=True)
class History:
    """Weekly figures of one channel, oldest first; same unit of money for both."""

    channel: str
    spend: tuple[float, ...]
    revenue: tuple[float, ...]


@dataclass(frozen=True)
class Response:
    """Posterior of one channel: g grid points with weights."""

    channel: str
    weight: Floats
    """(g,), adds up to 1."""
    log_scale: Floats
    log_scale_sd: Floats
    """(g,) posterior of log a."""
    half: Floats
    steepness: Floats
    """(g,) K in money and s."""
    noise: float
    """Standard deviation of a week's log revenue."""

    def draws(self, n: int, seed: int) -> tuple[Floats, Floats, Floats]:
        """n posterior draws of (a, K, s)."""
        g = np.random.default_rng(seed)
        pick = g.choice(len(self.weight), size=n, p=self.weight)
        scale = np.exp(self.log_scale[pick] + self.log_scale_sd[pick] * g.standard_normal(n))
        return scale, self.half[pick], self.steepness[pick]


def revenue_at(spend: Floats, scale: Floats, half: Floats, steepness: Floats) -> Floats:
    """a (S / (S + K))^s: weekly revenue at steady spend S, broadcasting."""
    return scale * (spend / (spend + half)) ** steepness


def marginal_at(spend: Floats, scale: Floats, half: Floats, steepness: Floats) -> Floats:
    """Derivative of `revenue_at`: revenue from the next unit of money a week."""
    safe = np.maximum(spend, 1e-12)
    return revenue_at(safe, scale, half, steepness) * steepness * half / (safe * (safe + half))


def check(history: History) -> tuple[Floats, Floats]:
    """Spend and revenue as arrays; refuses what no response can be fitted to."""
    where = history.channel
    spend, revenue = vector(history.spend, f"{where}.spend"), vector(history.revenue, f"{where}.revenue")
    non_negative(spend, f"{where}.spend")
    non_negative(revenue, f"{where}.revenue")
    same_length(spend, revenue, (f"{where}.spend", f"{where}.revenue"))
    if spend.max() == 0:
        raise InvalidInput("is zero in every week", where=f"{where}.spend", expected="some spend to learn from")
    return spend, revenue


def fit(histories: tuple[History, ...]) -> tuple[Response, ...]:
    """Fits all channels; two rounds, as the demand they share shows only after a first fit."""
    designs = [_design(history) for history in histories]
    weeks = max(design.shape.shape[1] for design in designs)
    fits = [_fit_one(design, np.zeros(weeks)) for design in designs]
    if len(fits) >= 3:
        demand = _shared([residual for _, residual in fits], weeks)
        if demand.any():
            fits = [_fit_one(design, demand) for design in designs]
    return tuple(response for response, _ in fits)


def _shared(residuals: list[Floats], weeks: int) -> Floats:
    """What channels' errors have in common in a week, shrunk by how much of them is common."""
    table = np.full((len(residuals), weeks), np.nan)
    for row, residual in enumerate(residuals):
        table[row, weeks - len(residual) :] = residual
    present = np.sum(~np.isnan(table), axis=0)
    mean = np.nansum(table, axis=0) / np.maximum(present, 1)
    own = np.nansum((table - mean) ** 2) / max(np.sum(np.maximum(present - 1, 0)), 1)
    common = max(float(np.mean(mean[present >= 2] ** 2)) - own / len(residuals), 0.0) if (present >= 2).any() else 0.0
    if common == 0.0:
        return np.zeros(weeks)
    return np.where(present >= 2, mean * common / (common + own / np.maximum(present, 1)), 0.0)


@dataclass(frozen=True)
class _Design:
    channel: str
    log_revenue: Floats
    half: Floats
    steepness: Floats
    shape: Floats
    """(g, weeks): s log(S / (S + K)) at each grid point."""


def _design(history: History) -> _Design:
    spend, revenue = check(history)
    typical = float(spend[spend > 0].mean())
    grid = np.array(list(itertools.product(HALF_SATURATION * typical, STEEPNESS)))
    shapes: list[Floats] = []
    for carry in CARRY:
        stock = np.maximum(_adstock(spend, carry), 1e-9 * typical)
        shapes.append(-grid[:, 1, None] * np.log1p(grid[:, 0, None] / stock))
    floor = 0.01 * max(float(np.median(revenue)), 1e-12)
    half, steepness = np.tile(grid[:, 0], len(CARRY)), np.tile(grid[:, 1], len(CARRY))
    return _Design(history.channel, np.log(np.maximum(revenue, floor)), half, steepness, np.concatenate(shapes))


def _fit_one(design: _Design, demand: Floats) -> tuple[Response, Floats]:
    """Posterior over the grid and the residuals of its mean."""
    shape, weeks = design.shape, design.shape.shape[1]
    y = design.log_revenue - demand[len(demand) - weeks :]
    forget = np.exp(-np.arange(weeks)[::-1] / MEMORY_WEEKS)
    effective = forget.sum()
    offset = (forget * (y - shape)).sum(axis=1) / effective
    error = y - shape - offset[:, None]
    squares = (forget * error**2).sum(axis=1)
    strength = 0.5 * (effective - 1 + 4)
    variance = (squares + 4 * 0.15**2) / (2 * strength)
    log_weight = -strength * np.log(squares + 4 * 0.15**2)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    noise = float(np.sqrt(weight @ variance))
    response = Response(
        design.channel,
        weight,
        offset + variance / 2,
        np.sqrt(variance / effective),
        design.half,
        design.steepness,
        noise,
    )
    return response, weight @ error


def _adstock(spend: Floats, carry: float) -> Floats:
    """(1 - c) sum c^j spend_{t-j}, as if the first week's spend had gone on before."""
    if carry == 0:
        return spend
    age = np.arange(len(spend))
    kernel = (1 - carry) * carry**age
    return np.convolve(spend, kernel)[: len(spend)] + spend[0] * carry ** (age + 1)
