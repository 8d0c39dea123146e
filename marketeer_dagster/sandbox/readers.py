"""Readers: what the recipients of an email do in the days after it was sent."""

import re
from dataclasses import dataclass
from datetime import date

from marketeer_dagster.sandbox.chance import stream
from marketeer_dagster.sandbox.mailing import EmailDay, SentEmail
from marketeer_dagster.sandbox.response import Audience
from marketeer_dagster.sandbox.traits import traits_of

_BY_AGE = (0.62, 0.22, 0.10, 0.06)
"""Share of all openings by days since sending; after that nobody opens it."""
_OPEN_RATE = 0.31
_CLICK_RATE = 0.085
"""Of those who open."""
_BOUNCE_RATE = 0.006
_UNSUBSCRIBE_RATE = 0.0018
_FATIGUE = 0.9
"""Factor on openings for each other email of the last seven days."""
_LINK = re.compile(r'href="([^"#]+)"')
_CAMPAIGN = re.compile(r"utm_campaign=([^&\"#]+)")
_PATH = re.compile(r"^(?:https?://[^/]+)?(?:/sites/[^/]+)?(/[^?#]*)?")


@dataclass(frozen=True)
class EmailVisit:
    """Sessions an email brought to a page."""

    path: str
    campaign: str
    sessions: int


def read(
    seed: int, tenant: str, day: date, email: SentEmail, others_this_week: int, audience: Audience
) -> tuple[EmailDay, EmailVisit] | None:
    """What happened with `email` on `day`; None when its life is over or has not begun."""
    age = (day - email.sent_at.date()).days
    if not 0 <= age < len(_BY_AGE):
        return None
    rng = stream(seed, tenant, "email", email.id, day)
    bounces = int(stream(seed, tenant, "bounces", email.id).binomial(email.recipients, _BOUNCE_RATE))
    delivered = email.recipients - bounces
    opening = min(0.9, _OPEN_RATE * _subject_appeal(email, audience) * _hour_appeal(email) * _FATIGUE**others_this_week)
    openers = int(rng.binomial(delivered, opening * _BY_AGE[age]))
    clickers = int(rng.binomial(openers, min(0.6, _CLICK_RATE * _body_appeal(email, audience))))
    leaving = _UNSUBSCRIBE_RATE * (1 + others_this_week) * _BY_AGE[age]
    result = EmailDay(
        id=email.id,
        day=day,
        delivered=delivered if age == 0 else 0,
        bounces=bounces if age == 0 else 0,
        unique_opens=openers,
        opens=openers + int(rng.poisson(openers * 0.35)),
        unique_clicks=clickers,
        clicks=clickers + int(rng.poisson(clickers * 0.2)),
        unsubscribes=int(rng.binomial(delivered, leaving)),
    )
    path, campaign = _landing(email)
    return result, EmailVisit(path, campaign, clickers)


def _subject_appeal(email: SentEmail, audience: Audience) -> float:
    """Subjects win by speaking to a concern, by a number, and by being short; they lose by shouting."""
    said = traits_of(email.subject, f"<p>{email.preview}</p>")
    heard = max((said.match(intent) for intent in audience.intents), default=0.0)
    length = len(email.subject)
    short = 1.0 if length <= 50 else max(0.8, 1.0 - (length - 50) / 200)
    number = 1.05 if re.search(r"\d", email.subject) else 1.0
    shouting = 0.85 if email.subject.isupper() or "!" in email.subject else 1.0
    return (0.85 + 0.35 * heard) * short * number * shouting


def _hour_appeal(email: SentEmail) -> float:
    """Working hours of working days are best (UTC)."""
    hour = 1.0 if 7 <= email.sent_at.hour <= 16 else 0.85
    return hour * (0.85 if email.sent_at.weekday() >= 5 else 1.0)


def _body_appeal(email: SentEmail, audience: Audience) -> float:
    said = traits_of("", email.html)
    heard = max((said.match(intent) for intent in audience.intents), default=0.0)
    return 0.6 + 0.6 * heard + 0.2 * said.specificity - 0.2 * said.hype


def _landing(email: SentEmail) -> tuple[str, str]:
    """The page its first link leads to, and the campaign name in that link."""
    link = _LINK.search(email.html)
    url = link[1] if link else "/"
    campaign = _CAMPAIGN.search(url)
    path = _PATH.match(url)
    return (path[1] if path and path[1] else "/"), (campaign[1] if campaign else email.id)
