"""What is in an account besides our campaigns: an A/B test, an automation people still click, an RSS parent, a draft.

Small and the same in every account, with days that follow the account's own: the A/B test and the automation began
before its first day, and twelve people receive the automation's email, one a fortnight; each opens it, five click.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors._mailchimp_state import Mail, address_hash

_AUTOMATION_DAYS: Final = 150
"""How long before the account's first day its automation began."""
_TEST_DAYS: Final = 45
_PACE: Final = timedelta(days=14)
_RECEIVERS: Final = 12
_CLICKERS: Final = (2, 5, 8, 10, 11)
_TESTED: Final = 200


@dataclass(frozen=True)
class OtherReport:
    """One report that is no campaign of ours. Moments are of people's only opening and click."""

    id: str
    title: str
    type: str
    sent_at: datetime | None
    sent: int
    opened: dict[int, datetime]
    clicked: dict[int, datetime]

    def report(self, list_id: str) -> Json:
        """As /reports shows it: what there is nothing of is left out."""
        shown: Json = {"id": self.id, "campaign_title": self.title, "type": self.type, "list_id": list_id}
        shown |= {"emails_sent": self.sent, "send_time": _stamp(self.sent_at)}
        if self.sent_at is None:
            return shown
        opens, clicks = len(self.opened), len(self.clicked)
        shown |= {
            "abuse_reports": 0,
            "unsubscribed": 0,
            "opens": {
                "opens_total": opens,
                "unique_opens": opens,
                "open_rate": opens / self.sent if self.sent else 0,
                "last_open": _stamp(max(self.opened.values(), default=None)),
            },
            "clicks": {
                "clicks_total": clicks,
                "unique_clicks": clicks,
                "unique_subscriber_clicks": clicks,
                "click_rate": clicks / self.sent if self.sent else 0,
                "last_click": _stamp(max(self.clicked.values(), default=None)),
            },
        }
        if self.type == "variate":
            half = {"bounces": 0, "abuse_reports": 0, "unsubs": 0, "recipient_clicks": clicks // 2, "opens": opens // 2}
            shown["ab_split"] = {"a": half, "b": half}
        return shown

    def activity(self, list_id: str, number: int) -> Json:
        """One recipient's row: present whether or not anything was done."""
        address = f"other{number + 1}@subscribers.example"
        events = [("open", self.opened.get(number)), ("click", self.clicked.get(number))]
        return {
            "campaign_id": self.id,
            "list_id": list_id,
            "list_is_active": True,
            "email_id": address_hash(address),
            "email_address": address,
            "activity": [{"action": name, "timestamp": _stamp(at), "ip": "192.0.2.1"} for name, at in events if at],
            "_links": [],
        }


def other_reports(mail: Mail) -> tuple[OtherReport, ...]:
    """What has happened up to now; none for an account whose Mailchimp holds only our campaigns."""
    if not mail.world.habits.on(mail.tenant, "mailchimp", "other_reports"):
        return ()
    first = datetime.combine(mail.account.opened, time(8), tzinfo=UTC)
    now = mail.world.now()
    begun, tested = first - timedelta(days=_AUTOMATION_DAYS), first - timedelta(days=_TEST_DAYS)
    reached = [number for number in range(_RECEIVERS) if begun + number * _PACE <= now]
    opened = {number: begun + number * _PACE + timedelta(hours=2) for number in reached}
    clicked = {number: begun + number * _PACE + timedelta(hours=3) for number in _CLICKERS if number in opened}
    trial = {number: tested + timedelta(minutes=5 + number) for number in range(_TESTED // 2)}
    return (
        OtherReport(
            _id(mail, "test"), "Subject test", "variate", tested, _TESTED, trial, {n: trial[n] for n in range(38)}
        ),
        OtherReport(
            _id(mail, "welcome"),
            "Welcome 1",
            "automation",
            begun,
            len(reached),
            _until(opened, now),
            _until(clicked, now),
        ),
        OtherReport(_id(mail, "digest"), "Blog digest", "rss", None, 0, {}, {}),
    )


def draft_by_hand(mail: Mail) -> Json:
    """A draft begun in the web editor: no subject, preview, sender or reply address."""
    return {
        "id": _id(mail, "draft"),
        "web_id": 7_000_001,
        "type": "regular",
        "create_time": _stamp(datetime.combine(mail.account.opened - timedelta(days=9), time(8), tzinfo=UTC)),
        "status": "save",
        "emails_sent": 0,
        "send_time": "",
        "content_type": "multichannel",
        "recipients": {"list_id": mail.list_id, "list_is_active": True, "recipient_count": mail.subscribers},
        "settings": {"title": "Untitled", "to_name": "", "template_id": 13, "drag_and_drop": False},
        "tracking": {"opens": True, "html_clicks": True, "text_clicks": False},
        "delivery_status": {"enabled": False},
    }


def _until(moments: dict[int, datetime], now: datetime) -> dict[int, datetime]:
    return {number: at for number, at in moments.items() if at <= now}


def _id(mail: Mail, name: str) -> str:
    return token(10, mail.world.seed, mail.tenant, "mailchimp-other", name)


def _stamp(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00") if moment else ""
