"""Does a learning help? Randomise it, judge pairs blind, and let the evidence add up until it is enough.

For each generation a coin decides whether a candidate learning is applied; drafts with and without it are compared
blind, in both orders. A pair yields x in [-1, 1], positive when the learning won. If the learning does nothing, the
sign of each x is a fair coin whatever its size, and

    wealth_n = sum_d w_d prod_i (1 + tanh(d x_i / s_i)),   s_i^2 = mean(x_1^2 ... x_i^2)

is a fair game: it averages 1 at every n, and the chance that it ever reaches 1 / alpha is at most alpha (Ville), no
matter how often one looks. 1 + tanh(d u) is the likelihood ratio of N(d, 1) to its own mirror image; scaling by s_i,
a function of the sizes alone, makes it self-normalised. Sources: Efron (1969) on symmetry under the null; de la Pena
(1999) and Ramdas et al. (2020) on self-normalised e-processes; Wang and Ramdas (2022) for e-BH.

Broken by pairs that are not independent (the same brief judged twice counts once) and by judges who can tell which
draft had the learning.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from marketeer_dagster.optimise.inputs import Floats, InvalidInput, number, vector

EFFECTS = ((0.25, 0.2), (0.5, 0.5), (0.85, 0.3))
"""Effect sizes d bet on, in standard deviations of a pair, and the share of the stake on each."""


class Verdict(StrEnum):
    """What the pairs say of one learning."""

    UNDECIDED = "undecided"
    HELPS = "helps"
    HARMS = "harms"
    EXPIRED = "expired"
    """It helped once; too long ago to count on, or the newest pairs speak against it."""


@dataclass(frozen=True)
class Evidence:
    """What the pairs of one learning add up to."""

    pairs: int
    mean: float
    """Mean of x, in [-1, 1]."""
    e_value: float
    """Evidence now that it helps."""
    peak: float
    """The largest e-value seen: enough to judge this learning alone at alpha, but not for a portfolio (`e_bh`)."""
    harm_e_value: float
    harm_peak: float
    recent_harm: float
    """Evidence of harm in the newest 20 pairs alone."""
    summary: str
    """One plain sentence."""


def applied(learning: str, generation: str, *, salt: str, share: float = 0.5) -> bool:
    """The coin: whether `learning` is applied in `generation`. The same for the same names, else independent."""
    number(share, "share", low=0, high=1)
    digest = hashlib.sha256(f"{salt}\x00{learning}\x00{generation}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def combine_orders(shown_first: float, shown_second: float) -> float:
    """One pair judged in both orders: mean preference for the draft with the learning, each in [-1, 1].

    A judge who merely prefers what comes first gives +1 and -1, and so 0.
    """
    first = number(shown_first, "shown_first", low=-1, high=1)
    return (first + number(shown_second, "shown_second", low=-1, high=1)) / 2


def evidence(pairs: ArrayLike) -> Evidence:
    """Adds up the pairs of one learning in the order in which they were judged.

    Args:
        pairs: x in [-1, 1], shape (n,), n >= 1; 0 is a tie.

    Raises:
        InvalidInput: naming `pairs`.
    """
    x = vector(pairs, "pairs")
    if np.abs(x).max() > 1:
        raise InvalidInput(f"contains {float(np.abs(x).max()):g}", where="pairs", expected="numbers in [-1, 1]")
    helps, harms = wealth(x), wealth(-x)
    side, e, peak = ("help", helps[-1], helps.max()) if x.mean() >= 0 else ("harm", harms[-1], harms.max())
    return Evidence(
        pairs=len(x),
        mean=float(x.mean()),
        e_value=float(helps[-1]),
        peak=float(helps.max()),
        harm_e_value=float(harms[-1]),
        harm_peak=float(harms.max()),
        recent_harm=float(wealth(-x[-20:])[-1]),
        summary=(
            f"Preferred by {x.mean():+.2f} on average over {len(x)} pairs, {int((x > 0).sum())} won, "
            f"{int((x < 0).sum())} lost; evidence {e:.3g} to 1 that it is of {side} (at most {peak:.3g}), "
            f"however often it was looked at."
        ),
    )


def wealth(x: Floats) -> Floats:
    """The e-process after each pair, shape (n,); x may carry leading axes (..., n). Capped at 1e300."""
    seen = np.arange(1, x.shape[-1] + 1)
    scale = np.sqrt(np.cumsum(x**2, axis=-1) / seen)
    u = np.divide(x, scale, out=np.zeros_like(x), where=scale > 0)
    logs = np.stack([math.log(w) + np.cumsum(_log_factor(d * u), axis=-1) for d, w in EFFECTS])
    top = logs.max(axis=0)
    return np.exp(np.minimum(top + np.log(np.exp(logs - top).sum(axis=0)), 690.0))


def _log_factor(v: Floats) -> Floats:
    """log(1 + tanh v) = log 2 - log(1 + exp(-2 v)), without cancellation."""
    return math.log(2) - np.logaddexp(0.0, -2 * v)


def e_bh(e_values: Mapping[str, float], *, rate: float = 0.1) -> frozenset[str]:
    """The learnings to promote so that at most `rate` of them are expected to be false, however they depend.

    The k largest, for the largest k with e_(k) >= m / (rate k), m being the number of candidates ever tried.
    """
    number(rate, "rate", low=0, high=1, open_low=True)
    for name, value in e_values.items():
        number(value, f"e_values.{name}", low=0)
    ranked = sorted(e_values.items(), key=lambda item: (-item[1], item[0]))
    passing = [k for k, (_, value) in enumerate(ranked, 1) if value >= len(ranked) / (rate * k)]
    return frozenset(name for name, _ in ranked[: passing[-1]]) if passing else frozenset()


@dataclass(frozen=True)
class Candidate:
    """A learning and its pairs so far."""

    name: str
    pairs: tuple[float, ...]
    last_confirmed: date | None = None
    """When its newest winning pair was judged; None while it has none."""


def portfolio(
    candidates: Sequence[Candidate], *, today: date, rate: float = 0.1, alpha: float = 0.02, keep_days: int = 180
) -> Mapping[str, Verdict]:
    """Judges all learnings of a tenant together.

    HELPS when e-BH at `rate` selects it. HARMS when its own evidence of harm ever reached 1 / alpha. EXPIRED when
    selected but not confirmed for `keep_days`, or when its newest 20 pairs alone speak against it at 1 / alpha.
    """
    names = [candidate.name for candidate in candidates]
    if len(set(names)) < len(names):
        raise InvalidInput("repeats a name", where="candidates", expected="distinct names")
    number(alpha, "alpha", low=0, high=1, open_low=True)
    number(keep_days, "keep_days", low=0)
    read = {c.name: evidence(c.pairs) for c in candidates if c.pairs}
    chosen = e_bh({c.name: read[c.name].e_value if c.pairs else 1.0 for c in candidates}, rate=rate)
    verdicts: dict[str, Verdict] = {}
    for c in candidates:
        found = read.get(c.name)
        if found is None:
            verdicts[c.name] = Verdict.UNDECIDED
        elif c.name in chosen:
            old = c.last_confirmed is None or c.last_confirmed < today - timedelta(days=keep_days)
            verdicts[c.name] = Verdict.EXPIRED if old or found.recent_harm >= 1 / alpha else Verdict.HELPS
        else:
            verdicts[c.name] = Verdict.HARMS if found.harm_peak >= 1 / alpha else Verdict.UNDECIDED
    return verdicts
