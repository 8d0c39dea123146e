"""What a channel returns for what is spent on it: a Bayesian saturating response with carry-over.

    log revenue_t = log a + s log(1 - (1 + S_t / (q K))^-q) + demand_t + error,   S_t = (1 - c) sum_j c^j spend_{t-j}

K is the spend of half saturation (at q = 1), s <= 1 the steepness, q the tail, c the carry-over (adstock). q = 1 is the
Hill curve S / (S + K), a large q the exponential 1 - exp(-S / K), a large K a power law: the three usual forms are
points of one family. K, s, q and c live on a grid whose points are weighed by how well they explain the weeks; a and
the error variance are integrated out. Everything is concave in spend, so equal marginal returns are the best split.
demand_t, common to all channels, is what their errors share in a week: without it, spending more before Christmas would
look like a good idea every week.

Before a week is seen, K is lognormal around the average channel's spend, not around the channel's own: a badly chosen
split says nothing about where a channel saturates, so a channel that gets most of the money is more likely drowned.

Sources: Jin et al. (2017) for the form; Gelman et al., Bayesian Data Analysis, ch. 14 for the regression.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from marketeer_dagster.optimise.inputs import Floats, InvalidInput, non_negative, same_length, vector

HALVES = 10
"""Grid points of K, from a tenth of the channel's (or the average) spend to 30 times the average: as good as linear."""
HALF_SPREAD = 1.5
"""Prior standard deviation of log K around the log of the average channel's spend: a factor of 4.5."""
STEEPNESS = (0.5, 0.75, 1.0)
TAIL = (1.0, 6.0)
CARRY = (0.0, 0.3, 0.6)
CARRY_PRIOR = (0.5, 0.25, 0.25)
PRIOR_NOISE = 0.15
"""Standard deviation of a week's log revenue before any is seen, worth four weeks."""
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
    tail: Floats
    """(g,) K in money, s and q."""
    noise: float
    """Standard deviation of a week's log revenue."""

    def draws(self, n: int, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
        """n posterior draws of (a, K, s, q)."""
        g = np.random.default_rng(seed)
        pick = g.choice(len(self.weight), size=n, p=self.weight)
        scale = np.exp(self.log_scale[pick] + self.log_scale_sd[pick] * g.standard_normal(n))
        return scale, self.half[pick], self.steepness[pick], self.tail[pick]


def reached(spend: Floats, half: Floats, tail: Floats) -> Floats:
    """1 - (1 + S / (q K))^-q: the share of what a channel can give that spend S reaches, broadcasting."""
    return -np.expm1(-tail * np.log1p(spend / (tail * half)))


def revenue_at(spend: Floats, scale: Floats, half: Floats, steepness: Floats, tail: Floats) -> Floats:
    """a times `reached` to the power s: weekly revenue at steady spend, broadcasting."""
    return scale * reached(spend, half, tail) ** steepness


def marginal_at(spend: Floats, scale: Floats, half: Floats, steepness: Floats, tail: Floats) -> Floats:
    """Derivative of `revenue_at`: revenue from the next unit of money a week."""
    safe = np.maximum(spend, 1e-12)
    log_left = -tail * np.log1p(safe / (tail * half))
    slope = np.exp(log_left) / (half + safe / tail)
    return scale * steepness * (-np.expm1(log_left)) ** (steepness - 1) * slope


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
    checked = [check(history) for history in histories]
    average = float(np.mean([spend[spend > 0].mean() for spend, _ in checked]))
    designs = [_design(h.channel, *weeks, average) for h, weeks in zip(histories, checked, strict=True)]
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
    tail: Floats
    log_prior: Floats
    """(g,) of the grid point, up to a constant."""
    shape: Floats
    """(g, weeks): s log(reached) at each grid point."""


def _design(channel: str, spend: Floats, revenue: Floats, average: float) -> _Design:
    own = float(spend[spend > 0].mean())
    halves = np.geomspace(0.1 * min(own, average), 30 * average, HALVES)
    steepness = np.array(STEEPNESS)
    grid = np.array(list(itertools.product(CARRY_PRIOR, halves, STEEPNESS, TAIL)))
    stocks = np.stack([np.maximum(_adstock(spend, carry), 1e-9 * own) for carry in CARRY])
    logs = np.log(reached(stocks[:, None, None, :], halves[:, None, None], np.array(TAIL)[:, None]))
    shape = (logs[:, :, None] * steepness[:, None, None]).reshape(len(grid), -1)
    prior = np.log(grid[:, 0]) - 0.5 * (np.log(grid[:, 1] / average) / HALF_SPREAD) ** 2
    floor = 0.01 * max(float(np.median(revenue)), 1e-12)
    return _Design(channel, np.log(np.maximum(revenue, floor)), grid[:, 1], grid[:, 2], grid[:, 3], prior, shape)


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
    variance = (squares + 4 * PRIOR_NOISE**2) / (2 * strength)
    log_weight = design.log_prior - strength * np.log(squares + 4 * PRIOR_NOISE**2)
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
        design.tail,
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
