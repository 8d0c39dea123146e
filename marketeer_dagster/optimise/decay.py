"""Is this page or query losing search traffic, or is the whole site (or the season)?

Everything is judged on x_t = log(clicks of the page in week t) - log(clicks of the rest of the site in week t): what
moves the whole site, a holiday or an algorithm update, cancels. Two tests by available history:

- hinge (>= 16 weeks): over the last 26 weeks, x is flat until a bend and falls linearly after it; all bends 4 to 16
  weeks ago are tried, and the most significant fall counts;
- year on year (>= 78 weeks): the same after half of the page's own movement in the same weeks a year before, smoothed
  over 13 weeks, has been taken out, so that a page with its own season is compared with itself. Half, because last
  year's movement is itself half noise; a plain comparison with last year found less (recall .69 against .77).

The noise of a week is the scale (MAD) of week-to-week changes, doubled in variance for autocorrelation. A page decays
when the loss exceeds `line` standard errors and `min_loss`.

Assumes weekly totals. Broken by a rewritten URL (old and new page must be joined first) and by pages that make up most
of their site.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from marketeer_dagster.optimise import normal
from marketeer_dagster.optimise.anomaly_model import NORMAL_MAD
from marketeer_dagster.optimise.inputs import Floats, InvalidInput, matrix, non_negative, number, vector

YEAR = 52
SMOOTH = 13
SEASON_SHARE = 0.5
HINGE_WEEKS = 26
MIN_WEEKS = 16


class Trend(StrEnum):
    """What can be said of a page."""

    STEADY = "steady"
    DECAYING = "decaying"
    NOT_ENOUGH_HISTORY = "not_enough_history"
    TOO_SMALL = "too_small"
    """Fewer than `min_clicks` a week: noise hides anything short of a collapse."""


class Method(StrEnum):
    """What the page was compared with."""

    YEAR_ON_YEAR = "year_on_year"
    HINGE = "hinge"


@dataclass(frozen=True)
class Rules:
    """When a loss counts."""

    line: float = 1.8
    """Standard errors; 1.8 gave 5 % false alarms."""
    min_loss: float = 0.1
    """Least relative loss against the site."""
    min_clicks: float = 5.0
    """Median weekly clicks before the fall."""

    def __post_init__(self) -> None:
        number(self.line, "line", low=0, open_low=True)
        number(self.min_loss, "min_loss", low=0, high=1)
        number(self.min_clicks, "min_clicks", low=0)


@dataclass(frozen=True)
class Decay:
    """The judgement of one page or query."""

    name: str
    trend: Trend
    method: Method | None
    change: float | None
    """Relative change against the site; -.3 is a loss of 30 %. None when nothing can be said."""
    low: float | None
    high: float | None
    """Its 90 % interval."""
    since_weeks: int | None
    """Weeks ago the fall began."""
    score: float
    """Standard errors of loss; positive is a loss."""
    looks: int
    """Bends tried; the line of 1.8 standard errors was set with all of them in it."""
    clicks_lost: float
    """Clicks a week that the page would have had at its old share of the site."""
    summary: str


def judge_pages(
    names: list[str], clicks: ArrayLike, *, site: ArrayLike | None = None, rules: Rules | None = None
) -> tuple[Decay, ...]:
    """Judges every page of a site.

    Args:
        names: of pages or queries, distinct.
        clicks: (pages, weeks), oldest first; 0 for a week without clicks, NaN before a page existed.
        site: (weeks,) clicks of the whole site; the sum of `clicks` by default.
        rules: when a loss counts.

    Raises:
        InvalidInput: naming `names`, `clicks` or `site`.
    """
    table = matrix(clicks, "clicks", allow_nan=True)
    non_negative(table, "clicks")
    if len(names) != len(table) or len(set(names)) < len(names):
        raise InvalidInput(f"are {len(names)}", where="names", expected=f"{len(table)} distinct names")
    total = np.nansum(table, axis=0) if site is None else vector(site, "site")
    non_negative(total, "site")
    if total.shape != (table.shape[1],):
        raise InvalidInput(f"has {len(total)} weeks", where="site", expected=f"{table.shape[1]}")
    if (np.nan_to_num(table) > total + 1e-9).any():
        raise InvalidInput("has fewer clicks than one of its pages", where="site", expected="clicks of the whole site")
    if site is None and len(names) < 3:
        raise InvalidInput("is needed for fewer than three pages", where="site", expected="weekly clicks of the site")
    rules = rules or Rules()
    return tuple(_judge(name, row, total, rules) for name, row in zip(names, table, strict=True))


def _judge(name: str, clicks: Floats, total: Floats, rules: Rules) -> Decay:
    born = int(np.argmax(~np.isnan(clicks)))
    y = np.nan_to_num(clicks[born:])
    rest = np.maximum(total[born:] - y, 0.0)
    if np.isnan(clicks).all() or len(y) < MIN_WEEKS:
        return _silent(name, Trend.NOT_ENOUGH_HISTORY, f"{name}: {len(y)} weeks of history, {MIN_WEEKS} are needed.")
    if np.median(y[:-4]) < rules.min_clicks:
        return _silent(name, Trend.TOO_SMALL, f"{name}: too few clicks a week to tell decay from noise.")
    x = np.log(y + 0.5) - np.log(rest + 0.5)
    noise = _noise(x)
    method = Method.YEAR_ON_YEAR if len(x) >= YEAR + HINGE_WEEKS else Method.HINGE
    window = x[-HINGE_WEEKS:] - SEASON_SHARE * last_year(x) if method is Method.YEAR_ON_YEAR else x[-HINGE_WEEKS:]
    change, error, since = hinge(window, noise)
    return _decay(name, method, len(window), change, error, since, float(np.mean(y[-4:])), rules)


def _noise(x: Floats) -> float:
    """Standard deviation of a week: from differences, which trends and levels do not enter, by MAD; at least .02."""
    return max(NORMAL_MAD * float(np.median(np.abs(np.diff(x)))) / np.sqrt(2), 0.02)


def last_year(x: Floats) -> Floats:
    """The page's movement in the same 26 weeks of last year, smoothed and centred."""
    padded = np.pad(x, SMOOTH // 2, mode="edge")
    smooth = np.convolve(padded, np.full(SMOOTH, 1 / SMOOTH), mode="valid")
    then = smooth[-HINGE_WEEKS - YEAR : -YEAR]
    return then - then.mean()


def _bends(weeks: int) -> range:
    """Weeks ago at which a fall may have begun."""
    return range(4, min(16, weeks - 6) + 1)


def hinge(x: Floats, noise: float) -> tuple[float, float, int]:
    """Steepest fall after a bend: total change since the bend, its standard error, and weeks since the bend."""
    weeks = len(x)
    t = np.arange(weeks)
    best = (0.0, 1.0, 4)
    for since in _bends(weeks):
        ramp = np.maximum(t - (weeks - 1 - since), 0.0)
        centred = ramp - ramp.mean()
        slope = float(centred @ (x - x.mean()) / (centred @ centred))
        error = since * np.sqrt(2.0) * noise / float(np.sqrt(centred @ centred))
        if slope * since / error < best[0] / best[1]:
            best = (slope * since, error, since)
    return best


def _decay(
    name: str, method: Method, weeks: int, change: float, error: float, since: int, now: float, rules: Rules
) -> Decay:
    relative = float(np.expm1(change))
    score = -change / error
    decaying = score >= rules.line and relative <= -rules.min_loss
    lost = max(now / (1 + relative) - now, 0.0) if relative < 0 else 0.0
    reach = normal.quantile(0.95) * error
    low, high = float(np.expm1(change - reach)), float(np.expm1(change + reach))
    against = f"its level {since} weeks ago" + (", its own season considered" if method is Method.YEAR_ON_YEAR else "")
    words = f"{relative:+.0%} against {against} ({low:+.0%} to {high:+.0%}), the site's own movement taken out"
    tail = f": about {lost:.0f} clicks a week lost." if decaying else "."
    return Decay(
        name=name,
        trend=Trend.DECAYING if decaying else Trend.STEADY,
        method=method,
        change=relative,
        low=low,
        high=high,
        since_weeks=since,
        score=score,
        looks=len(_bends(weeks)),
        clicks_lost=lost if decaying else 0.0,
        summary=f"{name}: {words}{tail}",
    )


def _silent(name: str, trend: Trend, summary: str) -> Decay:
    return Decay(name, trend, None, None, None, None, None, 0.0, 0, 0.0, summary)
