"""How visitors respond to a page: conversion as a function of its traits. The rules are told in docs/sandbox.md."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from marketeer_dagster.sandbox.chance import digest, stream
from marketeer_dagster.sandbox.intents import Intent
from marketeer_dagster.sandbox.traits import Traits

EFFECTS = {
    "match": 0.26,
    "specificity": 0.03,
    "proof": 0.04,
    "clarity": 0.05,
    "friction": -0.05,
    "weight": -0.04,
    "hype": -0.04,
}
"""Effect of each trait from 0 to 1 on the log of the conversion rate, for an average audience."""
_TASTE_SD = 0.3
"""Audiences differ: each tenant's effects are the above times a lognormal factor of this spread."""
_UNSEEN_SD = 0.07
"""What makes a text work that no trait shows: a normal effect on the log rate, fixed per hero."""
_UNADDRESSED = 0.10
"""What is left of the conversion of visitors whose concern a page does not mention at all."""


@dataclass(frozen=True)
class Drift:
    """A share of a page's visitors who now come with one concern."""

    intent: Intent
    share: float


class Audience:
    """One tenant's visitors: what they care about, and how strongly they respond to what."""

    def __init__(self, seed: int, tenant: str, intents: Sequence[Intent]) -> None:
        self.intents = tuple(intents)
        self._seed, self._tenant = seed, tenant
        factors = stream(seed, tenant, "taste").lognormal(0.0, _TASTE_SD, len(EFFECTS))
        self._effects = {name: value * float(f) for (name, value), f in zip(EFFECTS.items(), factors, strict=True)}

    def shares(self, path: str) -> tuple[float, ...]:
        """Which share of the visitors of `path` has which intent, before any drift."""
        return _page_shares(self._seed, self._tenant, path, tuple(intent.weight for intent in self.intents))

    def appeal(self, traits: Traits, path: str) -> float:
        """The factor by which the page's traits move conversion; relative, so only ratios have a meaning."""
        effects = self._effects
        log = effects["match"] * traits.message_match(self.intents, self.shares(path))
        log += sum(effects[name] * getattr(traits, name) for name in EFFECTS if name != "match")
        hero = " ".join(sorted(dict(traits.zones)["hero"]))
        unseen = stream(self._seed, self._tenant, "unseen", hero)
        return math.exp(log + float(unseen.normal(0.0, _UNSEEN_SD)))

    def pull(self, traits: Traits, path: str) -> float:
        """The factor by which search favours the page, before age: pages that answer what is asked rank higher."""
        return 0.85 + 0.3 * traits.message_match(self.intents, self.shares(path))

    def drift_factor(self, traits: Traits, drift: Drift | None) -> float:
        """What a drift leaves of the page's conversion: 1 when its copy speaks to the new concern in full."""
        if drift is None:
            return 1.0
        heard = _UNADDRESSED + (1 - _UNADDRESSED) * traits.match(drift.intent)
        return 1 - drift.share + drift.share * heard

    def drift_onto(self, traits: Traits, path: str, size: float) -> Drift:
        """The drift that hurts this page by about `size`: towards the searched concern it speaks to least."""
        candidates = [intent for intent in self.intents if intent.searches] or self.intents
        worst = min(candidates, key=lambda intent: (traits.match(intent), digest(self._seed, path, intent.name)))
        loss = (1 - _UNADDRESSED) * (1 - traits.match(worst))
        return Drift(worst, min(0.9, size / loss) if loss > 0 else 0.9)


@lru_cache(maxsize=1024)
def _page_shares(seed: int, tenant: str, path: str, weights: tuple[float, ...]) -> tuple[float, ...]:
    drawn = stream(seed, tenant, "page-intents", path).dirichlet([1.0 + 12.0 * weight for weight in weights])
    return tuple(float(share) for share in drawn)
