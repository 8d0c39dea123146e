"""Visits: sessions, sign-ups and revenue by page, source and experiment arm, and what analytics record of them."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import numpy as np

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import stream
from marketeer_dagster.sandbox.crowd import Crowd
from marketeer_dagster.sandbox.demand import INTENT_STRENGTH, SOURCES, Source, sessions
from marketeer_dagster.sandbox.readers import EmailVisit
from marketeer_dagster.sandbox.shocks import Shock, ShockKind
from marketeer_dagster.sandbox.stage import LivePage
from marketeer_dagster.sandbox.subscriptions import Payment

_USERS_PER_SESSION = 0.87
_ENGAGED = 0.46
_DAY_RATE_SD = 0.05
"""Day-to-day spread of a page's conversion rate that all its arms share."""
_COMPETITOR_FADES_DAYS = 42
_HIGHEST_RATE = 0.6


class VisitRow(NamedTuple):
    """Sessions of one landing page, source and experiment arm on one day. Revenue in US dollars."""

    page: str
    source: str
    medium: str
    campaign: str
    experiment: str
    variant: str
    sessions: int
    users: int
    engaged: int
    conversions: int
    revenue: float


def web_visits(
    seed: int, account: Account, day: date, pages: list[LivePage], shocks: tuple[Shock, ...], crowd: Crowd
) -> list[VisitRow]:
    """Who came by search, links, ads and directly, and who of them signed up."""
    arrived = sessions(seed, account, day, [page.demand for page in pages], shocks)
    found: list[VisitRow] = []
    for page, row in zip(pages, arrived.tolist(), strict=True):
        counts = [(source, int(count)) for source, count in zip(SOURCES, row, strict=True) if count]
        found += _visits(seed, account, day, page, counts, shocks, crowd)
    return found


def email_visits(
    seed: int,
    account: Account,
    day: date,
    pages: list[LivePage],
    mailed: Iterable[EmailVisit],
    shocks: tuple[Shock, ...],
    crowd: Crowd,
) -> list[VisitRow]:
    """Who came from emails. A link to a page that is not there lands on the front page."""
    by_path = {page.path: page for page in pages}
    found: list[VisitRow] = []
    for visit in mailed:
        page = by_path.get(visit.path.rstrip("/") or "/") or by_path.get("/")
        if page is not None and visit.sessions:
            source = Source("email", "mailchimp", "email", visit.campaign, 1.0)
            found += _visits(seed, account, day, page, [(source, visit.sessions)], shocks, crowd)
    return found


def payments(paid: Iterable[Payment]) -> list[VisitRow]:
    """First payments, credited to where the customer came from; the billing server sends them, without a session."""
    came = ((payment.origin, payment.usd) for payment in paid)
    return [VisitRow(o.page, o.source, o.medium, o.campaign, "", "", 0, 0, 0, 0, usd) for o, usd in came]


def recorded(seed: int, account: Account, day: date, rows: list[VisitRow], shocks: tuple[Shock, ...]) -> list[VisitRow]:
    """What analytics recorded of what happened: less, where tracking is broken."""
    for shock in shocks:
        if shock.spec.kind is ShockKind.TRACKING_BROKEN:
            kept = 1 - shock.spec.size
            rng = stream(seed, account.tenant, "tracking", day, shock.id)
            hit = [shock.spec.page in ("", row.page) for row in rows]
            rows = [thinned(row, kept, rng) if lost else row for row, lost in zip(rows, hit, strict=True)]
    return merged(row for row in rows if row.sessions or row.revenue)


def thinned(row: VisitRow, kept: float, rng: np.random.Generator) -> VisitRow:
    """The row when only this share of its sessions was seen."""
    seen = int(rng.binomial(row.sessions, kept))
    of_seen = seen / row.sessions if row.sessions else 0.0
    conversions = min(seen, int(rng.binomial(row.conversions, kept)))
    return row._replace(
        sessions=seen,
        users=min(seen, round(row.users * of_seen)),
        engaged=max(conversions, min(seen, round(row.engaged * of_seen))),
        conversions=conversions,
    )


def merged(rows: Iterable[VisitRow]) -> list[VisitRow]:
    """One row per page, source and arm."""
    sums: dict[tuple[str, ...], VisitRow] = {}
    for row in rows:
        key = (row.page, row.source, row.medium, row.campaign, row.experiment, row.variant)
        known = sums.get(key)
        sums[key] = row if known is None else known._replace(
            sessions=known.sessions + row.sessions,
            users=known.users + row.users,
            engaged=known.engaged + row.engaged,
            conversions=known.conversions + row.conversions,
            revenue=round(known.revenue + row.revenue, 2),
        )  # fmt: skip
    return list(sums.values())


def _visits(
    seed: int,
    account: Account,
    day: date,
    page: LivePage,
    counts: list[tuple[Source, int]],
    shocks: tuple[Shock, ...],
    crowd: Crowd,
) -> list[VisitRow]:
    channel = "email" if counts and counts[0][0].channel == "email" else "web"
    campaign = counts[0][0].campaign if channel == "email" else ""
    rng = stream(seed, account.tenant, "visits", day, page.path, channel, campaign)
    mood = float(stream(seed, account.tenant, "mood", day, page.path).normal(-(_DAY_RATE_SD**2) / 2, _DAY_RATE_SD))
    today = float(np.exp(mood)) * _hindrance(page, day, shocks) / _average_strength(account)
    test = (page.experiment, page.user_property, page.path)
    shares = [(arm.name, arm.share) for arm in page.arms]
    found: list[VisitRow] = []
    for source, count in counts:
        came = crowd.arrive(test, shares, count, rng) if page.experiment else [(count, [])]
        for arm, (arm_sessions, people) in zip(page.arms, came, strict=True):
            rate = min(_HIGHEST_RATE, arm.rate * INTENT_STRENGTH[source.channel] * today)
            conversions = int(rng.binomial(arm_sessions, rate))
            engaged = int(rng.binomial(arm_sessions, _ENGAGED))
            users = arm_sessions - int(rng.binomial(arm_sessions, 1 - _USERS_PER_SESSION))
            if page.experiment:
                users = len(people)
                conversions = min(conversions, users)
                crowd.sign_up(test, arm.name, people, conversions, rng)
            if arm_sessions:
                found.append(
                    VisitRow(
                        page.path, source.source, source.medium, source.campaign, page.experiment, arm.name,
                        arm_sessions, max(users, 1), max(engaged, conversions), conversions, 0.0,
                    )
                )  # fmt: skip
    return found


def _average_strength(account: Account) -> float:
    """Channels' strengths averaged over the account's mix: its conversion rate is that of the mix."""
    return sum(share * INTENT_STRENGTH[channel] for channel, share in account.spec.channels.items())


def _hindrance(page: LivePage, day: date, shocks: tuple[Shock, ...]) -> float:
    """What outages and competitors leave of the day's conversion."""
    left = 1.0
    for shock in shocks:
        if shock.spec.page not in ("", page.path):
            continue
        if shock.spec.kind is ShockKind.OUTAGE:
            left *= 1 - shock.spec.size
        elif shock.spec.kind is ShockKind.COMPETITOR:
            left *= 1 - shock.spec.size * max(0.0, 1 - shock.age(day) / _COMPETITOR_FADES_DAYS)
    return left
