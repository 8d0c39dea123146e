"""What subscriptions were, day by day, from what Stripe says they are now and the events that changed them.

Stripe keeps events for 30 days. Within them every change is known. Before the oldest event of a subscription its plan
is taken to have been as that event found it, and its dates (start, trial, end) say when it paid.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from resources.mrr import History, State
from resources.stripe_events import StripeEvent
from resources.stripe_models import Items, Subscription
from resources.stripe_valuation import PAYING, Valuation, Worth

CREATED = "customer.subscription.created"
_NOTHING = Worth()
_Moment = tuple[int, Worth]
"""From this second on (since 1970), it was worth this."""


def histories(
    subscriptions: Iterable[Subscription], events: Iterable[StripeEvent], valuation: Valuation, zone: ZoneInfo
) -> Iterator[History]:
    """One History for each subscription, days as in `zone`. `events` come newest first, as Stripe lists them."""
    changes: dict[str, list[StripeEvent]] = defaultdict(list)
    for event in events:
        changes[str(event.data.after["id"])].append(event)
    for subscription in subscriptions:
        yield _history(subscription, changes[subscription.id][::-1], valuation, zone)


def _history(now: Subscription, events: Sequence[StripeEvent], valuation: Valuation, zone: ZoneInfo) -> History:
    earliest = now if not events else _read(_found(events[0]), events[0].created, now)
    moments = _implied(earliest, valuation, until=events[0].created if events else None)
    for event, following in pairwise((*events, None)):
        assert event is not None, "only the last of each pair may be missing"
        after = _read(event.data.after, event.created, now)
        moments += _held(after, event.created, following.created if following else None, valuation)
    moments.sort(key=lambda moment: moment[0])
    states = tuple(State(_day(second, zone), worth.mrr, worth.notes) for second, worth in moments)
    trial = now.trial_start
    paid = next((second for second, worth in moments if worth.mrr and trial is not None and second >= trial), None)
    return History(
        subscription=now.id,
        customer=now.customer,
        states=states,
        trial_started=None if trial is None else _day(trial, zone),
        trial_plan=next((valuation.plan(item.price) for item in earliest.items.data), ""),
        trial_converted=None if paid is None else _day(paid, zone),
        notes=frozenset(_cut_short(events, now)),
    )


def _found(event: StripeEvent) -> dict[str, Any]:
    """The subscription as the event found it; one that it created had its own dates already (backdating)."""
    return event.data.after if event.type == CREATED else event.before


def _read(body: dict[str, Any], second: int, now: Subscription) -> Subscription:
    """A subscription out of an event, with what its version leaves out as it is today: its currency, which never
    changes, its lines' discounts, which say themselves when they began, and lines beyond those that it names."""
    read = Subscription.model_validate(body)
    today = {item.id: item for item in now.items.data}
    whole = {str(line.get("id")) for line in (body.get("items") or {}).get("data") or [] if "discounts" in line}
    lines = [
        item
        if item.id in whole or item.id not in today
        else item.model_copy(update={"discounts": today[item.id].discounts})
        for item in read.items.data
    ]
    if read.items.has_more:
        named = {item.id for item in lines}
        lines += [item for item in now.items.data if item.id not in named and (item.created or 0) <= second]
    return read.model_copy(update={"currency": read.currency or now.currency, "items": Items(data=tuple(lines))})


def _cut_short(events: Sequence[StripeEvent], now: Subscription) -> set[str]:
    if now.items.has_more or any((event.data.after.get("items") or {}).get("has_more") for event in events):
        return {
            "of subscriptions with many lines Stripe's events name the first only: the others are as they are today"
        }
    return set()


def _implied(subscription: Subscription, valuation: Valuation, until: int | None) -> list[_Moment]:
    """When it paid, told from its own dates alone, before `until`."""
    if subscription.status in ("incomplete", "incomplete_expired"):
        return []
    begins, ends = subscription.start_date, _ends(subscription)
    trial = (subscription.trial_start, subscription.trial_end)
    pays = subscription.model_copy(update={"status": "active"})
    spans = [(begins, ends)]
    if trial[0] is not None:
        over = None if subscription.status == "trialing" else trial[1]
        spans = [(begins, _earlier(trial[0], ends)), *([(max(begins, over), ends)] if over is not None else [])]
    moments: list[_Moment] = []
    for first, last in spans:
        stop = _earlier(last, until)
        if stop is not None and stop <= first:
            continue
        moments += _held(pays, first, stop, valuation)
        if last is not None and (until is None or last < until):
            moments.append((last, _NOTHING))
    return moments


def _ends(subscription: Subscription) -> int | None:
    """When it stopped paying, as far as its dates tell; None while it pays."""
    if subscription.status in PAYING or subscription.status == "trialing":
        return None
    if subscription.status == "paused" and subscription.paused_at is not None:
        return subscription.paused_at
    if subscription.ended_at is not None:
        return subscription.ended_at
    periods = [subscription.current_period_start, *(item.current_period_start for item in subscription.items.data)]
    return max((start for start in periods if start is not None), default=subscription.start_date)


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((second for second in (one, other) if second is not None), default=None)


def _held(subscription: Subscription, since: int, until: int | None, valuation: Valuation) -> list[_Moment]:
    """What it was worth from `since` until before `until`, unchanged but for what ends or begins by itself."""
    since = max(since, subscription.start_date)
    if until is not None and since >= until:
        return []
    by_itself = {s for s in valuation.changes_by_itself(subscription) if s > since and (until is None or s < until)}
    return [(second, valuation.worth(subscription, second)) for second in sorted({since, *by_itself})]


def _day(second: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(second, zone).date()
