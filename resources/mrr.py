"""Monthly recurring revenue from subscription histories: pure functions, no vendor, no clock.

Definitions (per plan and calendar day, compared at the day's end)
- A subscription's MRR is the sum of its recurring, non-metered lines after lasting discounts, as priced (a price that
  includes tax counts with it); when it counts is said in resources/stripe_valuation.py.
- A customer whose MRR goes from 0 to more is `new` in each plan taken (also one that comes back: reactivation counts as
  new); from more to 0 is `churned` in each plan left. Otherwise a plan that grew is `expansion`, one that shrank
  `contraction`: a change of plan is contraction in the old plan and expansion in the new one.
- So for every plan, and in sum, exactly:  mrr(t) = mrr(t-1) + new + expansion - contraction - churned.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class State:
    """What a subscription was from the start of `since` on: money per month by plan, empty while it pays nothing."""

    since: date
    mrr: Mapping[str, Decimal]
    notes: frozenset[str] = frozenset()
    """What of it could not be valued, in words."""


@dataclass(frozen=True)
class History:
    """One subscription's states by day (the last of a day holds), oldest first, and its trial."""

    subscription: str
    customer: str
    states: tuple[State, ...]
    trial_started: date | None = None
    trial_plan: str = ""
    trial_converted: date | None = None
    """The day it first paid, for a subscription that began as a trial."""
    notes: frozenset[str] = frozenset()
    """What of its past is not known, in words."""

    def notes_from(self, first: date) -> frozenset[str]:
        """What a reader of the days from `first` on must know."""
        before = [state for state in self.states if state.since < first][-1:]
        held = [*before, *(state for state in self.states if state.since >= first)]
        return self.notes.union(*(state.notes for state in held))


@dataclass
class Movement:
    """One day of one plan. Money per month in the account's currency; counts are of customers and subscriptions."""

    mrr: Decimal = Decimal(0)
    new: Decimal = Decimal(0)
    expansion: Decimal = Decimal(0)
    contraction: Decimal = Decimal(0)
    churned_mrr: Decimal = Decimal(0)
    active: int = 0
    """Subscriptions that pay at the day's end."""
    trials_started: int = 0
    trials_converted: int = 0
    churned: int = 0
    """Customers who paid for this plan and left altogether that day."""


@dataclass
class _Ledger:
    """Changes by (day, plan), before they are summed up over days."""

    movements: dict[tuple[date, str], Movement] = field(default_factory=lambda: defaultdict(Movement))
    active: dict[tuple[date, str], int] = field(default_factory=lambda: defaultdict(int))


def daily_movements(histories: Iterable[History], first: date, last: date) -> dict[tuple[date, str], Movement]:
    """Movements of each day in [first, last] and plan; a plan at rest with no MRR has no row."""
    ledger = _Ledger()
    customers: dict[str, list[History]] = defaultdict(list)
    for history in histories:
        customers[history.customer].append(history)
        _count_subscription(ledger, history)
    for subscriptions in customers.values():
        _count_customer(ledger, subscriptions)
    return _summed(ledger, first, last)


def _count_subscription(ledger: _Ledger, history: History) -> None:
    if history.trial_started is not None:
        ledger.movements[history.trial_started, history.trial_plan].trials_started += 1
    if history.trial_converted is not None:
        for plan in _mrr_on(history, history.trial_converted):
            ledger.movements[history.trial_converted, plan].trials_converted += 1
    before: Mapping[str, Decimal] = {}
    for day in sorted({state.since for state in history.states}):
        after = _mrr_on(history, day)
        for plan in after.keys() - before.keys():
            ledger.active[day, plan] += 1
        for plan in before.keys() - after.keys():
            ledger.active[day, plan] -= 1
        before = after


def _count_customer(ledger: _Ledger, subscriptions: Sequence[History]) -> None:
    before: dict[str, Decimal] = {}
    for day in sorted({state.since for history in subscriptions for state in history.states}):
        after: dict[str, Decimal] = defaultdict(Decimal)
        for history in subscriptions:
            for plan, amount in _mrr_on(history, day).items():
                after[plan] += amount
        _record(ledger, day, before, dict(after))
        before = dict(after)


def _record(ledger: _Ledger, day: date, before: dict[str, Decimal], after: dict[str, Decimal]) -> None:
    for plan in before.keys() | after.keys():
        change = after.get(plan, Decimal(0)) - before.get(plan, Decimal(0))
        if not change:
            continue
        movement = ledger.movements[day, plan]
        if not before:
            movement.new += change
        elif not after:
            movement.churned_mrr -= change
            movement.churned += 1
        elif change > 0:
            movement.expansion += change
        else:
            movement.contraction -= change


def _mrr_on(history: History, day: date) -> dict[str, Decimal]:
    """What the subscription pays at the end of `day`, by plan; plans that pay nothing are left out."""
    index = bisect_left(history.states, day + timedelta(days=1), key=lambda state: state.since)
    held = history.states[index - 1].mrr if index else {}
    return {plan: amount for plan, amount in held.items() if amount > 0}


def _summed(ledger: _Ledger, first: date, last: date) -> dict[tuple[date, str], Movement]:
    days: dict[date, set[str]] = defaultdict(set)
    for day, plan in [*ledger.movements, *ledger.active]:
        days[day].add(plan)
    mrr: dict[str, Decimal] = defaultdict(Decimal)
    active: dict[str, int] = defaultdict(int)

    def turn(day: date) -> None:
        for plan in days.get(day, ()):
            moved = ledger.movements.get((day, plan), Movement())
            mrr[plan] += moved.new + moved.expansion - moved.contraction - moved.churned_mrr
            active[plan] += ledger.active.get((day, plan), 0)

    for day in sorted(day for day in days if day < first):
        turn(day)
    rows: dict[tuple[date, str], Movement] = {}
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        turn(day)
        for plan in sorted(mrr.keys() | days.get(day, set())):
            row = ledger.movements.get((day, plan), Movement())
            row.mrr, row.active = mrr[plan], active[plan]
            if row != Movement():
                rows[day, plan] = row
    return rows
