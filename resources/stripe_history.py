"""What subscriptions were, day by day, from what Stripe says they are now and the events that changed them.

Stripe keeps events for 30 days. Within them every change is known. Before the oldest event of a subscription its plan
is taken to have been as that event found it, and its dates (start, end of trial, end) say when it paid.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from resources.mrr import PAYING, History, State
from resources.stripe_models import Subscription, SubscriptionEvent, Valuation

_CREATED = "customer.subscription.created"
_Moment = tuple[int, dict[str, Decimal]]
"""From this second on (since 1970), it paid this per month by plan."""


def histories(
    subscriptions: Iterable[Subscription], events: Iterable[SubscriptionEvent], valuation: Valuation, zone: ZoneInfo
) -> Iterator[History]:
    """One History for each subscription, days as in `zone`. `events` come newest first, as Stripe lists them."""
    changes: dict[str, list[SubscriptionEvent]] = defaultdict(list)
    for event in events:
        changes[str(event.data.after["id"])].insert(0, event)
    for subscription in subscriptions:
        yield _history(subscription, changes[subscription.id], valuation, zone)


def _history(now: Subscription, events: Sequence[SubscriptionEvent], valuation: Valuation, zone: ZoneInfo) -> History:
    earliest = _before(events[0]) if events else now
    moments = _implied(earliest, valuation) if not events or events[0].type != _CREATED else []
    for event in events:
        moments.extend(_held(Subscription.model_validate(event.data.after), event.created, valuation))
    moments.sort(key=lambda moment: moment[0])
    states = tuple(State(_day(second, zone), mrr) for second, mrr in moments)
    started = None if now.trial_start is None else _day(now.trial_start, zone)
    paid = next((state.since for state in states if state.mrr and started and state.since >= started), None)
    return History(
        subscription=now.id,
        customer=now.customer,
        states=states,
        trial_started=started,
        trial_plan=next((valuation.plan(item.price) for item in earliest.items.data), ""),
        trial_converted=paid,
    )


def _before(event: SubscriptionEvent) -> Subscription:
    """The subscription as the event found it."""
    return Subscription.model_validate(_overlaid(event.data.after, event.data.previous_attributes))


def _overlaid(now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    merged = dict(now)
    for name, old in before.items():
        new = merged.get(name)
        merged[name] = _overlaid(new, old) if isinstance(old, dict) and isinstance(new, dict) else old
    return merged


def _implied(subscription: Subscription, valuation: Valuation) -> list[_Moment]:
    """When it paid, told from its own dates alone."""
    begins, ends = subscription.paying_from, subscription.ended_at
    if subscription.status in PAYING:
        return _held(subscription, begins, valuation)
    if subscription.status in ("unpaid", "paused"):
        periods = [item.current_period_start for item in subscription.items.data]
        ends = max((start for start in periods if start is not None), default=begins)
    if ends is None or ends <= begins or subscription.status == "incomplete_expired":
        return []
    worth = [moment for moment in _worth(subscription, begins, valuation) if moment[0] < ends]
    return [*worth, (ends, {})]


def _held(subscription: Subscription, since: int, valuation: Valuation) -> list[_Moment]:
    if subscription.status not in PAYING:
        return [(since, {})]
    return _worth(subscription, since, valuation)


def _worth(subscription: Subscription, since: int, valuation: Valuation) -> list[_Moment]:
    moments = [since, *(end for end in valuation.discount_ends(subscription) if end > since)]
    return [(second, valuation.monthly(subscription, second)) for second in sorted(moments)]


def _day(second: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(second, zone).date()
