"""Work that only time can help: postponed by whoever meets an outage, taken up again by the dispatcher.

Two clocks meet here. When a campaign is taken up again is told by the clock on the wall, also where the business lives
in a simulated market's days: an outage of Claude ends when it ends, and a market that stands still would wait for ever.
Everything else that is stored about the campaign keeps business time.
"""

from datetime import datetime, timedelta

from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.clock import Clock, SystemClock
from marketeer_dagster.model.errors import Paused, TryLater
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.store import Store

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
"""Bounds of one wait. It doubles each time in a row, so that an outage of a day costs some thirty looks."""

WALL: Clock = SystemClock()


def postpone(store: Store, key: CampaignKey, error: TryLater, *, wall: Clock = WALL) -> Campaign:
    """Note that the campaign's run cannot go on now, and when it may; its status follows when the run has ended."""
    doubled = SHORTEST * 2 ** min(store.campaigns.get(key).postponed, 10)
    wait = max(timedelta(seconds=error.retry_after_s), min(doubled, LONGEST))
    if isinstance(error, Paused):
        wait = timedelta(0)  # what holds it up is the pause alone: the dispatcher takes it up when that is over
    store.campaigns.note(key, str(error))
    return store.campaigns.postpone(key, wall.now() + wait)


def is_due(campaign: Campaign, now: datetime) -> bool:
    """Whether a postponed campaign may be taken up at this moment of the clock on the wall.

    One without a moment waits for the outbox alone, which delivers without another run of the campaign.
    """
    return campaign.status is CampaignStatus.POSTPONED and campaign.resume_at is not None and campaign.resume_at <= now
