"""Searches: which queries showed a page and brought clicks, by country and device."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from marketeer_dagster.sandbox.chance import stream, uniform
from marketeer_dagster.sandbox.response import Audience, Drift
from marketeer_dagster.sandbox.traits import Traits

COUNTRIES = (("usa", 0.56), ("gbr", 0.18), ("deu", 0.15), ("ind", 0.11))
DEVICES = (("DESKTOP", 0.66), ("MOBILE", 0.31), ("TABLET", 0.03))
_CELLS = np.outer([share for _, share in COUNTRIES], [share for _, share in DEVICES])


class SearchRow(NamedTuple):
    """One line of a search report. `position` is the average rank of the impressions, 1 is the top."""

    page: str
    query: str
    country: str
    device: str
    clicks: int
    impressions: int
    position: float


def click_through(position: np.ndarray) -> np.ndarray:
    """Clicks per impression at a rank: about 27 % at the top, 8 % at rank 4, 3 % at rank 10."""
    return 0.27 * position**-0.95


def searches(
    seed: int, tenant: str, day: date, page: str, clicks: float, audience: Audience, traits: Traits, drift: Drift | None
) -> list[SearchRow]:
    """A page's search report of one day that is expected to hold `clicks` clicks."""
    queries, shares, positions = _queries(seed, tenant, page, audience, traits, drift)
    rng = stream(seed, tenant, "searches", day, page)
    rank = np.clip(positions[:, None, None] * rng.lognormal(0.0, 0.12, (len(queries), *_CELLS.shape)), 1.0, 60.0)
    rate = click_through(rank)
    impressions = rng.poisson(clicks * shares[:, None, None] * _CELLS[None] / rate)
    clicked = rng.binomial(impressions, np.minimum(rate, 1.0))
    seen = np.nonzero(impressions)
    columns = (*seen, clicked[seen], impressions[seen], rank[seen].round(2))
    return [
        SearchRow(page, queries[q], COUNTRIES[c][0], DEVICES[d][0], clicks_, impressions_, position)
        for q, c, d, clicks_, impressions_, position in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _queries(
    seed: int, tenant: str, page: str, audience: Audience, traits: Traits, drift: Drift | None
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Every query that leads to the page, its share of the clicks, and its expected rank."""
    shares = _intent_shares(audience, page, drift)
    queries: list[str] = []
    weights: list[float] = []
    ranks: list[float] = []
    for intent, share in zip(audience.intents, shares, strict=True):
        own = _spread(seed, tenant, page, intent.queries)
        arrived = drift is not None and drift.intent is intent
        base = 5.0 if arrived else 3.0 + 11.0 * (1 - traits.match(intent))
        for query, part in zip(intent.queries, own, strict=True):
            queries.append(query)
            weights.append(share * part)
            ranks.append(base * (0.7 + 0.6 * uniform(seed, tenant, page, query)))
    return queries, np.array(weights), np.array(ranks)


def _intent_shares(audience: Audience, page: str, drift: Drift | None) -> Sequence[float]:
    shares = audience.shares(page)
    if drift is None:
        return shares
    moved = drift.share
    return [
        share * (1 - moved) + (moved if intent is drift.intent else 0.0)
        for intent, share in zip(audience.intents, shares, strict=True)
    ]


def _spread(seed: int, tenant: str, page: str, queries: tuple[str, ...]) -> list[float]:
    raw = [0.2 + uniform(seed, tenant, "query", page, query) for query in queries]
    return [value / sum(raw) for value in raw]
