"""Mailchimp's reports as days: what each campaign's readers did, day by day.

Mailchimp's campaign report counts since sending, without days. Days come from the recipients' activity: an open or
click is counted on the day of a person's first, so that days add up to persons: clicks to `unique_subscriber_clicks`
(`unique_clicks` counts a person once per link), opens to `unique_opens`. Opens include those of mail programs that
fetch every picture by themselves; Mailchimp's figures without them (`proxy_excluded_*`) have no days and are not told.

An automation, or an email of last year, may be clicked today. So everything ever sent is listed, a thousand reports a
call, and a campaign's activity, a thousand recipients a call, is read only where its report says that somebody opened
or clicked since the first day asked for, or that it is young enough to bounce.
"""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pandas as pd

from resources.collected import frame
from resources.mailchimp_api import MailchimpApi, McReport
from resources.mailchimp_errors import unreadable

EMAIL_COLUMNS: Final = {
    "date": "object", "campaign_id": "str", "campaign": "str", "sends": "int64", "opens": "int64", "clicks": "int64",
    "unsubscribes": "int64", "bounces": "int64", "revenue": "float64",
}  # fmt: skip
UNTOLD_DAYS: Final = 30
"""How long activity is read of a campaign whose report does not say when it was last opened or clicked."""
BOUNCING: Final = timedelta(days=3)
"""For how long after sending an email may still bounce: Mailchimp tries again for 72 hours."""
LEAVING_DAYS: Final = 30
"""How long after its last sign of life a campaign's leavers are asked for; the report does not say when they left."""
_AUTOMATION: Final = "automation"
_COUNTS: Final = ("sends", "opens", "clicks", "unsubscribes", "bounces")
_ACTIONS: Final = {"open": "opens", "click": "clicks", "bounce": "bounces"}


def daily_reports(api: MailchimpApi, first: date, last: date) -> pd.DataFrame:
    """Rows of `email_daily` for [first, last], days in UTC: people who opened, clicked, bounced, left; emails sent.

    `sends` are booked on the day of sending; an automation sends one by one for as long as it runs, without saying
    when, so what it has sent so far is booked on the day it began. `revenue` is what Mailchimp's connected store
    attributes to the campaign so far, in the store's currency, on the day of sending. Raises ToolError.
    """
    records: list[dict[str, object]] = []
    for report in api.reports(_start(last + timedelta(days=1))):
        if report.send_time is not None:
            records += _rows(api, report, _day(report.send_time), first, last)
    return frame(EMAIL_COLUMNS, records, ["date", "campaign_id"])


def _rows(api: MailchimpApi, report: McReport, sent_on: date, first: date, last: date) -> list[dict[str, object]]:
    days: defaultdict[date, Counter[str]] = defaultdict(Counter)
    days[sent_on]["sends"] += report.emails_sent
    seen_on = _last_sign(report, sent_on)
    if max(seen_on, sent_on + BOUNCING) >= first:
        for recipient in api.activity(report.id, _start(sent_on)):
            for name, day in _firsts(recipient).items():
                days[day][name] += 1
    if report.unsubscribed and seen_on + timedelta(days=LEAVING_DAYS) >= first:
        for leaving in api.unsubscribed(report.id):
            days[_day(_moment(leaving.get("timestamp")))]["unsubscribes"] += 1
    revenue = report.ecommerce.total_revenue if report.ecommerce else 0.0
    return [
        {
            "date": day,
            "campaign_id": report.id,
            "campaign": report.campaign_title,
            **{name: counts[name] for name in _COUNTS},
            "revenue": revenue if day == sent_on else 0.0,
        }
        for day, counts in days.items()
        if first <= day <= last and any((*counts.values(), day == sent_on))
    ]


def _last_sign(report: McReport, sent_on: date) -> date:
    """The last day on which anybody opened or clicked, at least the day of sending."""
    told = (report.opens and report.opens.last_open, report.clicks and report.clicks.last_click)
    if any(stamp is None for stamp in told):
        # Not said: for a month after sending; an automation is never over.
        untold = date.max - timedelta(days=366) if report.type == _AUTOMATION else sent_on + timedelta(days=UNTOLD_DAYS)
    else:
        untold = sent_on
    return max([sent_on, untold, *(_day(stamp) for stamp in told if stamp)])


def _firsts(recipient: dict[str, Any]) -> dict[str, date]:
    """The day of this person's first open, click and bounce."""
    found: dict[str, date] = {}
    events = recipient.get("activity")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise unreadable("a recipient came without activity")
    for event in events:
        name = _ACTIONS.get(str(event.get("action")))
        if name is not None:
            day = _day(_moment(event.get("timestamp")))
            found[name] = min(day, found.get(name, day))
    return found


def _moment(stamp: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(stamp))
    except ValueError:
        raise unreadable(f"a time came as {str(stamp)[:40]!r}") from None


def _day(moment: datetime) -> date:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
