"""What the recipients of one email did, person by person, and when: the same people for every question."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from marketeer_dagster.sandbox.mailing import EmailDay
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors._mailchimp_state import Mail, address_hash


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


def last_moment(known: Json, days: tuple[EmailDay, ...], total: str, people: str) -> str:
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
