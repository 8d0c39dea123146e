"""Moves money between channels until the next unit earns the same everywhere, in small, explained, reversible steps.

The responses come from `response`. The split of `total` maximises expected revenue by equalising posterior-mean
marginal returns (water-filling; the responses are concave), within floors, ceilings and a step of at most 20 % a
channel, plus a small random exploration without which the responses could never be told apart. A move is proposed only
when enough posterior draws agree that it pays; otherwise the money stays where it is.

Assumes that revenue is attributed to channels and that channels do not feed each other. Broken by attribution that
credits the last click for what another channel made, and by effects slower than a few weeks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketeer_dagster.optimise.inputs import Floats, InvalidInput, count, number
from marketeer_dagster.optimise.response import History, Response, fit, marginal_at, revenue_at

__all__ = ["Allocation", "History", "Move", "Rules", "allocate"]

DRAWS = 400


@dataclass(frozen=True)
class Rules:
    """What the allocation must respect."""

    step: float = 0.2
    """Largest relative change of a channel a move."""
    explore: float = 0.02
    """Standard deviation of the random variation around the best split, relative to a channel's spend."""
    min_weeks: int = 8
    """Weeks of history below which nothing is moved."""
    min_confidence: float = 0.55
    """Share of posterior draws that must find the move profitable."""

    def __post_init__(self) -> None:
        number(self.step, "step", low=0, high=1, open_low=True)
        number(self.explore, "explore", low=0, high=0.5)
        count(self.min_weeks, "min_weeks", low=2)
        number(self.min_confidence, "min_confidence", low=0.5, high=1)


@dataclass(frozen=True)
class Move:
    """One channel's part, in money a week."""

    channel: str
    current: float
    proposed: float
    marginal: float
    """Revenue from the next unit of money at the current spend; with its central 80 % interval."""
    marginal_low: float
    marginal_high: float
    marginal_after: float
    """The same at the proposed spend."""
    reason: str


@dataclass(frozen=True)
class Allocation:
    """A split of the total. `moves` are in the order of the histories; proposed spends add up to the total."""

    moves: tuple[Move, ...]
    supported: bool
    """False: the data cannot carry a move, and every channel keeps its part."""
    gain: float
    """Expected extra revenue a week against the current split, exploration aside."""
    gain_low: float
    gain_high: float
    """Central 80 % interval."""
    confidence: float
    """Share of posterior draws in which the move pays."""
    summary: str


def allocate(
    histories: Sequence[History],
    *,
    total: float | None = None,
    floors: Mapping[str, float] | None = None,
    ceilings: Mapping[str, float] | None = None,
    rules: Rules | None = None,
    seed: int = 0,
) -> Allocation:
    """Splits next week's money.

    Args:
        histories: two or more channels, the last week being the current split.
        total: money for next week; the sum of the current split by default.
        floors: least spend by channel, money a week.
        ceilings: greatest spend by channel, money a week.
        rules: step, exploration, and how sure to be.
        seed: of the exploration; use the week's number.

    Raises:
        InvalidInput: naming the channel and field, or `histories`, `total`, `floors`, `ceilings`.
    """
    rules = rules or Rules()
    names = [history.channel for history in histories]
    if len(names) < 2 or len(set(names)) < len(names):
        raise InvalidInput(f"are {names}", where="histories", expected="two or more distinct channels")
    responses = fit(tuple(histories))
    current = np.array([float(history.spend[-1]) for history in histories])
    money = number(float(current.sum()) if total is None else total, "total", low=0, open_low=True)
    base = current * (money / current.sum()) if current.sum() > 0 else np.full(len(names), money / len(names))
    low, high = _bounds(names, base, money, floors or {}, ceilings or {}, rules)
    start = project(base, low, high, money)
    best = water_fill(responses, low, high, money)
    scale, half, steepness, tail = (
        np.stack(part) for part in zip(*(r.draws(DRAWS, 7 + i) for i, r in enumerate(responses)), strict=True)
    )

    def worth(spend: Floats) -> Floats:
        return revenue_at(spend[:, None], scale, half, steepness, tail).sum(axis=0)

    gains = worth(best) - worth(start)
    confidence = float(np.mean(gains > 0)) if np.abs(best - start).max() > 1e-9 * money else 0.0
    weeks = min(len(history.spend) for history in histories)
    supported = weeks >= rules.min_weeks and confidence >= rules.min_confidence and float(gains.mean()) > 0
    chosen = (
        _explore(best if supported else start, low, high, money, rules, seed) if weeks >= rules.min_weeks else start
    )
    before, after = (marginal_at(spend[:, None], scale, half, steepness, tail) for spend in (start, chosen))
    moves = tuple(
        Move(
            channel=name,
            current=float(current[i]),
            proposed=float(chosen[i]),
            marginal=float(before[i].mean()),
            marginal_low=float(np.quantile(before[i], 0.1)),
            marginal_high=float(np.quantile(before[i], 0.9)),
            marginal_after=float(after[i].mean()),
            reason=_reason(name, current[i], chosen[i], before[i], supported, low[i], high[i]),
        )
        for i, name in enumerate(names)
    )
    low_gain, high_gain = np.quantile(gains, [0.1, 0.9]) if supported else (0.0, 0.0)
    return Allocation(
        moves,
        supported,
        float(gains.mean()) if supported else 0.0,
        float(low_gain),
        float(high_gain),
        confidence,
        _sentence(supported, gains, weeks, confidence, rules),
    )


def _bounds(
    names: list[str],
    base: Floats,
    total: float,
    floors: Mapping[str, float],
    ceilings: Mapping[str, float],
    rules: Rules,
) -> tuple[Floats, Floats]:
    for field, limits in (("floors", floors), ("ceilings", ceilings)):
        for name, limit in limits.items():
            if name not in names:
                raise InvalidInput("is no channel", where=f"{field}.{name}", expected=f"one of {names}")
            number(limit, f"{field}.{name}", low=0)
    floor = np.array([floors.get(name, 0.0) for name in names])
    ceiling = np.array([ceilings.get(name, total) for name in names])
    if (floor > ceiling).any():
        name = names[int(np.argmax(floor > ceiling))]
        raise InvalidInput("is above the ceiling", where=f"floors.{name}", expected=f"<= {ceilings.get(name, total):g}")
    if floor.sum() > total * (1 + 1e-12):
        raise InvalidInput(f"add up to {floor.sum():g}", where="floors", expected=f"at most the total {total:g}")
    if ceiling.sum() < total * (1 - 1e-12):
        raise InvalidInput(f"add up to {ceiling.sum():g}", where="ceilings", expected=f"at least the total {total:g}")
    low = np.clip(base * (1 - rules.step), floor, ceiling)
    high = np.clip(base * (1 + rules.step), floor, ceiling)
    if low.sum() > total:
        low = floor
    if high.sum() < total:
        high = ceiling
    return low, high


def project(spend: Floats, low: Floats, high: Floats, total: float) -> Floats:
    """The nearest split to `spend` inside [low, high] that adds up to `total`: shift all alike, clip, repeat."""
    below, above = float((low - spend).min()), float((high - spend).max())
    for _ in range(50):
        middle = (below + above) / 2
        below, above = (middle, above) if np.clip(spend + middle, low, high).sum() < total else (below, middle)
    return _exact(np.clip(spend + (below + above) / 2, low, high), low, high, total)


def _exact(split: Floats, low: Floats, high: Floats, total: float) -> Floats:
    """Removes the last rounding error where there is room for it."""
    rest = total - float(split.sum())
    room = (high - split) if rest > 0 else (split - low)
    place = int(np.argmax(room))
    split = split.copy()
    split[place] = np.clip(split[place] + rest, low[place], high[place])
    return split


def water_fill(responses: Sequence[Response], low: Floats, high: Floats, total: float) -> Floats:
    """The split of `total` in [low, high] with equal posterior-mean marginal revenue wherever no bound binds."""
    points = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, 41)
    marginal = np.stack([mean_marginal(r, p) for r, p in zip(responses, points, strict=True)])
    water_low, water_high = float(marginal.min()) * 0.99, float(marginal.max()) * 1.01
    for _ in range(40):
        level = (water_low + water_high) / 2
        spend = _spend_at(level, points, marginal)
        water_low, water_high = (level, water_high) if spend.sum() > total else (water_low, level)
    return project(_spend_at((water_low + water_high) / 2, points, marginal), low, high, total)


def _spend_at(level: float, points: Floats, marginal: Floats) -> Floats:
    return np.array([np.interp(-level, -m, p) for m, p in zip(marginal, points, strict=True)])


def mean_marginal(response: Response, spend: Floats) -> Floats:
    """Posterior-mean marginal revenue at each of the spends."""
    scale = np.exp(response.log_scale)
    each = marginal_at(
        spend[None, :], scale[:, None], response.half[:, None], response.steepness[:, None], response.tail[:, None]
    )
    return response.weight @ each


def _explore(best: Floats, low: Floats, high: Floats, total: float, rules: Rules, seed: int) -> Floats:
    """Varies the channels that no bound holds, keeping their sum: one on its way to a bound is varied enough already,
    and varying it could only slow it down."""
    free = (best > low * (1 + 1e-9)) & (best < high * (1 - 1e-9))
    if rules.explore == 0 or free.sum() < 2:
        return best
    spread = np.where(free, best, 0.0)
    change = spread * rules.explore * np.random.default_rng(seed).standard_normal(len(best))
    change -= spread * (change.sum() / spread.sum())
    return project(np.clip(best + change, low, high), np.where(free, low, best), np.where(free, high, best), total)


def _reason(name: str, now: float, then: float, marginal: Floats, supported: bool, low: float, high: float) -> str:
    low_end, high_end = np.quantile(marginal, [0.1, 0.9])
    returns = f"the next unit returns {marginal.mean():.2f} ({low_end:.2f} to {high_end:.2f})"
    if not supported:
        return f"{name} stays: {returns}, not clearly different from the others."
    change = then / now - 1 if now > 0 else float("inf")
    bound = " (as far as one step may go)" if then <= low * (1 + 1e-9) or then >= high * (1 - 1e-9) else ""
    return f"{name} {'gains' if then >= now else 'gives up'} {abs(change):.0%}{bound}: {returns}."


def _sentence(supported: bool, gains: Floats, weeks: int, confidence: float, rules: Rules) -> str:
    if weeks < rules.min_weeks:
        return f"{weeks} weeks of history are too few to move money: {rules.min_weeks} are needed."
    if not supported:
        return f"The data cannot support a move: it would pay in only {confidence:.0%} of the worlds they allow."
    return (
        f"Expected to bring {gains.mean():.4g} more a week; it pays in {confidence:.0%} of the worlds the data allow."
    )
