"""The JSON in which Mailchimp shows its things (Marketing API 3.0)."""

from typing import Any, Final

from marketeer_dagster.sandbox.mailing import EmailDay
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors._mailchimp_activity import last_moment
from marketeer_dagster.sandbox.vendors._mailchimp_state import Mail

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


def domains(mail: Mail) -> list[Json]:
    """The account's sending domains."""
    return [
        {"domain": name, "verified": mail.is_verified(f"x@{name}"), "authenticated": False} for name in mail.domains
    ]


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
        "recipients": {**recipients, **known["recipients"], "recipient_count": mail.reached(known)},
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
    sender = str(settings.get("reply_to", ""))
    credits = not mail.world.habits.on(mail.tenant, "mailchimp", "no_credits")
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
        (
            "From: Email Address",
            not sender or mail.is_verified(sender),
            f"{sender} is not verified. Verify this domain before sending.",
            sender,
        ),
        ("Credits", credits, "You don't have enough credits to send this campaign.", "Enough credits."),
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
    items.append(
        {"type": "warning", "id": 801, "heading": "MonkeyRewards", "details": "Your plan adds a <b>badge</b>."}
    )
    return {"is_ready": all(good for _, good, _, _ in answers), "items": items, "_links": []}


def report(mail: Mail, known: Json, days: tuple[EmailDay, ...], *, per_link: bool = True) -> Json:
    """What became of a campaign; `per_link` lets `unique_clicks` count a person once per link, as Mailchimp does."""
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
            "last_open": last_moment(known, days, "opens", "unique_opens"),
            **_without_proxies(days, sent),
        },
        "clicks": {
            "clicks_total": sum(d.clicks for d in days),
            "unique_clicks": sum(d.clicks for d in days) if per_link else clicks,
            "unique_subscriber_clicks": clicks,
            "click_rate": _rate(clicks, sent),
            "last_click": last_moment(known, days, "clicks", "unique_clicks"),
        },
        "ecommerce": {"total_orders": 0, "total_spent": 0.0, "total_revenue": 0.0, "currency_code": "USD"},
        "delivery_status": {"enabled": False},
        "_links": [],
    }


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


def _without_proxies(days: tuple[EmailDay, ...], sent: int) -> Json:
    """Opens without those of mail programs that fetch every picture; about four in ten are such."""
    opens, unique = (sum(getattr(day, name) for day in days) * 6 // 10 for name in ("opens", "unique_opens"))
    return {
        "proxy_excluded_opens": opens,
        "proxy_excluded_unique_opens": unique,
        "proxy_excluded_open_rate": _rate(unique, sent),
    }


def _rate(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
