"""The JSON in which Mailchimp shows its things (Marketing API 3.0), and what recipients did, person by person."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from marketeer_dagster.sandbox.mailing import EmailDay
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors._mailchimp_state import Mail, address_hash

_SETTINGS: Final[Json] = {
    "subject_line": "",
    "preview_text": "",
    "title": "",
    "from_name": "",
    "reply_to": "",
    "use_conversation": False,
    "to_name": "",
    "folder_id": "",
    "authenticate": True,
    "auto_footer": False,
    "inline_css": False,
    "auto_tweet": False,
    "fb_comments": True,
    "timewarp": False,
    "template_id": 0,
    "drag_and_drop": False,
}


def audience(mail: Mail) -> Json:
    name = mail.account.spec.name
    return {
        "id": mail.list_id,
        "web_id": 100_001,
        "name": f"{name} news",
        "contact": {
            "company": name,
            "address1": "1 Market Street",
            "city": "Springfield",
            "zip": "00000",
            "country": "US",
        },
        "permission_reminder": f"You signed up for news from {name}.",
        "campaign_defaults": {
            "from_name": name,
            "from_email": f"hello@{mail.tenant}.example",
            "subject": "",
            "language": "en",
        },
        "visibility": "pub",
        "stats": {"member_count": mail.subscribers, "unsubscribe_count": 0, "campaign_count": len(mail.campaigns())},
        "_links": [],
    }


def member(known: Json) -> Json:
    return {**known, "unique_email_id": str(known["id"])[:10], "email_type": "html", "_links": []}


def campaign(mail: Mail, known: Json) -> Json:
    content = mail.content(str(known["id"]))
    recipients = {"list_is_active": True, "list_name": f"{mail.account.spec.name} news", "segment_text": ""}
    sent = known["status"] == "sent"
    url = f"{mail.world.base_url}/mailchimp/archive/{known['id']}"
    shown: Json = {
        "id": known["id"],
        "web_id": known["web_id"],
        "type": known.get("type", "regular"),
        "create_time": known["create_time"],
        "archive_url": url,
        "long_archive_url": url,
        "status": known["status"],
        "emails_sent": known.get("emails_sent", 0),
        "send_time": known.get("send_time", ""),
        "content_type": "html" if content["html"] else "template",
        "needs_block_refresh": False,
        "resendable": False,
        "recipients": {**recipients, **known["recipients"], "recipient_count": mail.subscribers},
        "settings": {**_SETTINGS, **known["settings"]},
        "tracking": {"opens": True, "html_clicks": True, "text_clicks": False, **known.get("tracking", {})},
        "delivery_status": {"enabled": False},
        "_links": [],
    }
    if sent:
        shown["report_summary"] = _summary(mail.results(str(known["id"])), int(known["emails_sent"]))
    return shown


def checklist(mail: Mail, known: Json) -> Json:
    """What Mailchimp looks at before sending."""
    settings, content = known["settings"], mail.content(str(known["id"]))
    answers = [
        ("List", bool(known["recipients"].get("list_id")), "Choose an audience.", "Your audience is chosen."),
        ("Subject Line", bool(settings.get("subject_line")), "Add a subject line.", str(settings.get("subject_line"))),
        ("From Name", bool(settings.get("from_name")), "Add a from name.", str(settings.get("from_name"))),
        ("Replies", bool(settings.get("reply_to")), "Add an email address for replies.", str(settings.get("reply_to"))),
        (
            "HTML Email",
            bool(content["html"]),
            "You need to design your campaign before you can send.",
            "Content is set.",
        ),
        ("Unsubscribe", "*|UNSUB|*" in content["html"], "The unsubscribe link is missing.", "Readers can leave."),
    ]
    items = [
        {
            "type": "success" if good else "error",
            "id": 500 + number,
            "heading": heading,
            "details": done if good else todo,
        }
        for number, (heading, good, todo, done) in enumerate(answers)
    ]
    return {"is_ready": all(good for _, good, _, _ in answers), "items": items, "_links": []}


def report(mail: Mail, known: Json, days: tuple[EmailDay, ...]) -> Json:
    sent = int(known["emails_sent"])
    opens, clicks = sum(d.unique_opens for d in days), sum(d.unique_clicks for d in days)
    return {
        "id": known["id"],
        "campaign_title": known["settings"].get("title", ""),
        "type": "regular",
        "list_id": mail.list_id,
        "list_is_active": True,
        "list_name": f"{mail.account.spec.name} news",
        "subject_line": known["settings"].get("subject_line", ""),
        "preview_text": known["settings"].get("preview_text", ""),
        "emails_sent": sent,
        "abuse_reports": 0,
        "unsubscribed": sum(d.unsubscribes for d in days),
        "send_time": known["send_time"],
        "bounces": {"hard_bounces": sum(d.bounces for d in days), "soft_bounces": 0, "syntax_errors": 0},
        "opens": {
            "opens_total": sum(d.opens for d in days),
            "unique_opens": opens,
            "open_rate": _rate(opens, sent),
            "last_open": _last(known, days, "opens", "unique_opens"),
        },
        "clicks": {
            "clicks_total": sum(d.clicks for d in days),
            "unique_clicks": clicks,
            "unique_subscriber_clicks": clicks,
            "click_rate": _rate(clicks, sent),
            "last_click": _last(known, days, "clicks", "unique_clicks"),
        },
        "ecommerce": {"total_orders": 0, "total_spent": 0.0, "total_revenue": 0.0, "currency_code": "USD"},
        "delivery_status": {"enabled": False},
        "_links": [],
    }


def activity(mail: Mail, known: Json, days: tuple[EmailDay, ...], since: str) -> Callable[[range], list[Json]]:
    """Rows of the recipients asked for, with their opens, clicks and bounce after `since` (ISO 8601; empty is all)."""
    after = datetime.fromisoformat(since) if since else datetime.min.replace(tzinfo=UTC)
    events = _events(int(known["emails_sent"]), datetime.fromisoformat(str(known["send_time"])), days)

    def rows(recipients: range) -> list[Json]:
        return [
            {
                "campaign_id": known["id"],
                "list_id": mail.list_id,
                "list_is_active": True,
                **_address(number),
                "activity": [
                    {**event, "timestamp": _stamp(event["timestamp"])}
                    for event in events.get(number, [])
                    if event["timestamp"] > after
                ],
                "_links": [],
            }
            for number in recipients
        ]

    return rows


def unsubscribed(mail: Mail, known: Json, days: tuple[EmailDay, ...]) -> list[Json]:
    """Who left, and when. They are among those who opened nothing."""
    sent_at = datetime.fromisoformat(str(known["send_time"]))
    first = sum(d.unique_opens for d in days)
    return [
        {
            **_address(first + number),
            "campaign_id": known["id"],
            "list_id": mail.list_id,
            "timestamp": _stamp(_moment(day, sent_at, number)),
            "reason": "None given",
            "_links": [],
        }
        for number, day in enumerate(day.day for day in days for _ in range(day.unsubscribes))
    ]


def picked(body: Any, fields: str) -> Any:
    """`body` with only the dotted `fields` (comma-separated); all of it when none are named."""
    paths = [path.split(".") for path in fields.split(",") if path]
    return _pick(body, paths) if paths else body


def _pick(body: Any, paths: list[list[str]]) -> Any:
    if isinstance(body, list):
        return [_pick(item, paths) for item in body]
    if not isinstance(body, dict):
        return body
    kept: Json = {}
    for name, value in body.items():
        deeper = [path[1:] for path in paths if path[0] == name]
        if deeper:
            kept[name] = value if [] in deeper else _pick(value, deeper)
    return kept


def _summary(days: tuple[EmailDay, ...], sent: int) -> Json:
    opens, clicks = sum(d.unique_opens for d in days), sum(d.unique_clicks for d in days)
    return {
        "opens": sum(d.opens for d in days),
        "unique_opens": opens,
        "open_rate": _rate(opens, sent),
        "clicks": sum(d.clicks for d in days),
        "subscriber_clicks": clicks,
        "click_rate": _rate(clicks, sent),
    }


def _events(recipients: int, sent_at: datetime, days: tuple[EmailDay, ...]) -> dict[int, list[Json]]:
    """Who did what: openers are counted from the first recipient up, bounces from the last down."""
    events: dict[int, list[Json]] = {}
    opener = 0
    for day in days:
        readers = range(opener, opener + day.unique_opens)
        opener += day.unique_opens
        for action, people, total in (
            ("open", readers, day.opens),
            ("click", readers[: day.unique_clicks], day.clicks),
        ):
            for turn, number in _turns(people, total):
                event = {"action": action, "timestamp": _moment(day.day, sent_at, number + 7 * turn), "ip": "192.0.2.1"}
                events.setdefault(number, []).append(event)
        for number in range(recipients - day.bounces, recipients):
            bounce = {"action": "bounce", "type": "hard", "timestamp": _moment(day.day, sent_at, 0), "ip": ""}
            events.setdefault(number, []).append(bounce)
    return events


def _last(known: Json, days: tuple[EmailDay, ...], total: str, people: str) -> str:
    """When the last opening or click was; "" before the first."""
    sent_at = datetime.fromisoformat(str(known["send_time"]))
    first, last = 0, ""
    for day in days:
        readers = range(first, first + day.unique_opens)
        first += day.unique_opens
        acting = readers[: getattr(day, people)]
        moments = [_moment(day.day, sent_at, number + 7 * turn) for turn, number in _turns(acting, getattr(day, total))]
        last = max([last, *map(_stamp, moments)])
    return last


def _turns(people: range, total: int) -> Iterator[tuple[int, int]]:
    """`total` events shared among `people`: everyone has one before anyone has two."""
    for number in range(total if people else 0):
        yield number // len(people), people[number % len(people)]


def _moment(day: date, sent_at: datetime, number: int) -> datetime:
    start = sent_at if day == sent_at.date() else datetime.combine(day, time(7), tzinfo=UTC)
    end = datetime.combine(day, time(23, 59), tzinfo=UTC)
    return min(end, start + timedelta(minutes=1 + number % 600)).astimezone(UTC)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _address(number: int) -> Json:
    address = f"reader{number + 1}@subscribers.example"
    return {"email_id": address_hash(address), "email_address": address}


def _rate(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
