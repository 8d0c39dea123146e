"""Monthly recurring revenue from subscription histories: pure functions, no vendor, no clock.

Definitions (per plan and calendar day, compared at the day's end)
- A subscription's MRR is the sum of its recurring, non-metered lines after lasting discounts, as priced (a price that
  includes tax counts with it); when it counts is said in resources/stripe_valuation.py.
- A customer whose MRR goes from 0 to more is `new` in each plan taken (also one that comes back: reactivation counts as
  new); from more to 0 is `churned` in each plan left. Otherwise their MRR as a whole grew, which is `expansion` in the
  plans that grew, or shrank, which is `contraction` in the plans that shrank. What some plans lost and others gained of
  one customer's money moved: `moved_out` of those, `moved_in` to these. An upgrade from 39 to 119 is 39 moved and 80
  expansion of the new plan.
- So for every plan, exactly: mrr(t) = mrr(t-1) + new + expansion - contraction - churned + moved_in - moved_out. In
  sum over plans moved_in is moved_out.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

_GRAIN = Decimal("1e-9")
"""Money per month to which a customer's moved money is shared among several plans."""


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
    moved_in: Decimal = Decimal(0)
    """Money that customers paid for other plans before."""
    moved_out: Decimal = Decimal(0)
    """Money that customers pay for other plans from now on."""
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
    changes = {
        plan: after.get(plan, Decimal(0)) - before.get(plan, Decimal(0)) for plan in before.keys() | after.keys()
    }
    gains = {plan: change for plan, change in changes.items() if change > 0}
    losses = {plan: -change for plan, change in changes.items() if change < 0}
    if not before:
        for plan, gain in gains.items():
            ledger.movements[day, plan].new += gain
        return
    if not after:
        for plan, loss in losses.items():
            ledger.movements[day, plan].churned_mrr += loss
            ledger.movements[day, plan].churned += 1
        return
    moved = min(sum(gains.values(), Decimal(0)), sum(losses.values(), Decimal(0)))
    for plan, part in _parts(moved, gains).items():
        ledger.movements[day, plan].moved_in += part
        ledger.movements[day, plan].expansion += gains[plan] - part
    for plan, part in _parts(moved, losses).items():
        ledger.movements[day, plan].moved_out += part
        ledger.movements[day, plan].contraction += losses[plan] - part


def _parts(moved: Decimal, of: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """`moved` shared among plans in proportion to their changes; together exactly `moved`, none more than its change.

    Each part ends where the next begins, so that rounding takes nothing away.
    """
    whole, begins, reached = sum(of.values(), Decimal(0)), Decimal(0), Decimal(0)
    parts: dict[str, Decimal] = {}
    for plan in sorted(of):
        reached += of[plan]
        ends = moved if reached == whole else (moved * reached / whole).quantize(_GRAIN)
        parts[plan] = min(ends - begins, of[plan])
        begins += parts[plan]
    return parts


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
            mrr[plan] += moved.moved_in - moved.moved_out
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
