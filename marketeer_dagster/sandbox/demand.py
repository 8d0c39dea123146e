"""Demand: how many visitors arrive on a page from where on a day."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import stream
from marketeer_dagster.sandbox.shocks import Shock, ShockKind


@dataclass(frozen=True)
class Source:
    """Where sessions come from, in the words of web analytics. `share` is its part of the channel."""

    channel: str
    source: str
    medium: str
    campaign: str
    share: float


SOURCES = (
    Source("organic", "google", "organic", "(organic)", 0.88),
    Source("organic", "bing", "organic", "(organic)", 0.12),
    Source("direct", "(direct)", "(none)", "(direct)", 1.0),
    Source("paid", "google", "cpc", "search-generic", 0.7),
    Source("paid", "google", "cpc", "search-brand", 0.3),
    Source("referral", "g2.com", "referral", "(referral)", 0.6),
    Source("referral", "partners.example", "referral", "(referral)", 0.4),
    Source("social", "linkedin.com", "social", "(not set)", 1.0),
)
INTENT_STRENGTH = {"organic": 1.05, "direct": 1.25, "paid": 0.9, "referral": 1.15, "social": 0.45, "email": 1.6}
"""How readily a channel's visitors convert, relative to each other."""

_WEEK = np.array([1.12, 1.19, 1.18, 1.14, 0.99, 0.66, 0.72])
"""Sessions by weekday, Monday first, of business software; mean 1."""
_DAYS_PER_MONTH = 30.4375
_SITE_NOISE_SD = 0.05
"""Day-to-day spread that all pages share."""
_YEARLY = 0.05
_NEW_PAGE_SHARE = 0.06
"""Of the site's sessions, what a page that did not exist before draws once it is established."""
_NEW_PAGE_RAMP_DAYS = 45


@dataclass(frozen=True)
class PageDemand:
    """What demand has to know of a page: its share of the site's sessions, and how search sees it now."""

    path: str
    share: float
    authority: float
    """Factor on organic sessions, 1 for the site as it was when the account was opened."""
    modified: date


def new_page_share(age_days: int) -> float:
    """Share of the site's sessions that land on a page published `age_days` ago that was not there before."""
    return _NEW_PAGE_SHARE * min(1.0, (age_days + 1) / _NEW_PAGE_RAMP_DAYS)


def expected_sessions(seed: int, account: Account, day: date) -> float:
    """The site's expected sessions on `day`, shocks aside: trend, week and year, and the day's common noise."""
    spec = account.spec
    rng = stream(seed, spec.tenant, "site", day)
    trend = float(stream(seed, spec.tenant, "trend").normal(0.0004, 0.0003))
    age = (day - account.opened).days
    year = 1 + _YEARLY * math.sin(2 * math.pi * (day.timetuple().tm_yday - 60) / 365)
    noise = float(rng.lognormal(-(_SITE_NOISE_SD**2) / 2, _SITE_NOISE_SD))
    return spec.monthly_sessions / _DAYS_PER_MONTH * float(_WEEK[day.weekday()]) * math.exp(trend * age) * year * noise


def sessions(seed: int, account: Account, day: date, pages: list[PageDemand], shocks: tuple[Shock, ...]) -> np.ndarray:
    """Sessions by page and source (rows as `pages`, columns as SOURCES), whole numbers."""
    mix = account.spec.channels
    total = expected_sessions(seed, account, day)
    by_source = np.array([mix.get(source.channel, 0.0) * source.share for source in SOURCES])
    organic = np.array([source.channel == "organic" for source in SOURCES])
    expected = total * np.outer([page.share for page in pages], by_source)
    for row, page in enumerate(pages):
        expected[row, organic] *= page.authority
        expected[row] *= _shock_factors(page, day, shocks, organic)
    return stream(seed, account.tenant, "sessions", day).poisson(expected)


def _shock_factors(page: PageDemand, day: date, shocks: tuple[Shock, ...], organic: np.ndarray) -> np.ndarray:
    factors = np.ones(len(organic))
    for shock in shocks:
        if shock.spec.page not in ("", page.path):
            continue
        if shock.spec.kind is ShockKind.OUTAGE:
            factors *= 1 - 0.9 * shock.spec.size
        elif shock.spec.kind is ShockKind.TRAFFIC_DROP:
            factors[organic] *= 1 - shock.spec.size * (1 - _won_back(page, shock, day))
    return factors


def _won_back(page: PageDemand, shock: Shock, day: date) -> float:
    """Half of what was lost comes back over three weeks once the page's content was refreshed."""
    if page.modified < shock.start:
        return 0.0
    return 0.5 * min(1.0, (day - page.modified).days / 21)
