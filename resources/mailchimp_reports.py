"""Mailchimp's reports as days: what each campaign's readers did, day by day.

Mailchimp's campaign report counts since sending, without days. Days come from the recipients' activity: an open or
click is counted on the day of a person's first, so that days add up to the report's unique figures.
"""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd

from resources.collected import frame
from resources.mailchimp_api import MailchimpApi

EMAIL_COLUMNS: Final = {
    "date": "object", "campaign_id": "str", "campaign": "str", "sends": "int64", "opens": "int64", "clicks": "int64",
    "unsubscribes": "int64", "bounces": "int64", "revenue": "float64",
}  # fmt: skip
ACTIVITY_DAYS: Final = 30
"""For how long after sending a campaign's activity is read; later openings are few and cost a request each."""
BOUNCING: Final = timedelta(days=3)
"""For how long after sending an email may still bounce: Mailchimp tries again for 72 hours."""
_COUNTS: Final = ("sends", "opens", "clicks", "unsubscribes", "bounces")
_ACTIONS: Final = {"open": "opens", "click": "clicks", "bounce": "bounces"}


def daily_reports(api: MailchimpApi, first: date, last: date) -> pd.DataFrame:
    """Rows of `email_daily` for [first, last], days in UTC: people who opened, clicked, bounced, left; emails sent.

    `revenue` is what Mailchimp's connected store attributes to the campaign so far, in the store's currency, on the day
    of sending. Raises ToolError.
    """
    since = _start(first - timedelta(days=ACTIVITY_DAYS))
    records: list[dict[str, object]] = []
    for report in api.reports(since, _start(last + timedelta(days=1))):
        if report.get("send_time"):
            records += _rows(api, report, first, last)
    return frame(EMAIL_COLUMNS, records, ["date", "campaign_id"])


def _is_over(report: dict[str, Any], first: date) -> bool:
    """Whether nobody opened, clicked or bounced from `first` on: the activity, a row per recipient, is not needed."""
    opened, clicked = report.get("opens") or {}, report.get("clicks") or {}
    said = (opened.get("last_open"), clicked.get("last_click"))
    if any(stamp is None for stamp in said):
        return False
    late = max([_day(report["send_time"]) + BOUNCING, *(_day(stamp) for stamp in said if stamp)])
    return late < first


def _rows(api: MailchimpApi, report: dict[str, Any], first: date, last: date) -> list[dict[str, object]]:
    campaign = str(report["id"])
    sent_on = _day(report["send_time"])
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    days[sent_on]["sends"] += int(report.get("emails_sent", 0))
    for recipient in () if _is_over(report, first) else api.activity(campaign, _start(sent_on)):
        for name, day in _firsts(recipient).items():
            days[day][name] += 1
    for leaving in api.unsubscribed(campaign) if report.get("unsubscribed") else ():
        days[_day(leaving["timestamp"])]["unsubscribes"] += 1
    revenue = float((report.get("ecommerce") or {}).get("total_revenue") or 0.0)
    return [
        {
            "date": day,
            "campaign_id": campaign,
            "campaign": str(report.get("campaign_title", "")),
            **{name: counts[name] for name in _COUNTS},
            "revenue": revenue if day == sent_on else 0.0,
        }
        for day, counts in days.items()
        if first <= day <= last
    ]


def _firsts(recipient: dict[str, Any]) -> dict[str, date]:
    """The day of this person's first open, click and bounce."""
    found: dict[str, date] = {}
    for event in recipient.get("activity", []):
        name = _ACTIONS.get(str(event.get("action")))
        if name is not None:
            day = _day(event["timestamp"])
            found[name] = min(day, found.get(name, day))
    return found


def _day(stamp: Any) -> date:
    moment = datetime.fromisoformat(str(stamp))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
