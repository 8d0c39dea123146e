"""Subscriptions: sign-ups become trials, some trials become customers, customers change plan and leave."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from pydantic import BaseModel

from marketeer_dagster.sandbox.accounts import Account, AccountSpec
from marketeer_dagster.sandbox.chance import stream, token
from marketeer_dagster.sandbox.documents import Documents
from marketeer_dagster.sandbox.state import State

_DAYS_PER_MONTH = 30.4375
_UPGRADES_PER_MONTH = 0.015
_DOWNGRADES_PER_MONTH = 0.006
_OLDEST_CUSTOMER_DAYS = 900
_SECONDS = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


def moment(day: date, second: int = 0) -> int:
    """Seconds since 1970 of a second of a day, UTC."""
    return (day.toordinal() - _EPOCH) * _SECONDS + second


class PlanChange(BaseModel):
    """From `day` on the subscription is on the plan with this index in the account's list."""

    day: date
    second: int
    plan: int


class Origin(NamedTuple):
    """The visit in which somebody signed up."""

    page: str
    source: str
    medium: str
    campaign: str
    experiment: str = ""
    """The test that the page was under, with the arm it showed and the user property that holds it; else empty."""
    variant: str = ""
    user_property: str = ""


class Subscription(BaseModel):
    """One customer's subscription. Times are a day and a second of that day, UTC."""

    id: str
    customer: str
    created: date
    second: int
    trial_end: date | None = None
    plans: list[PlanChange]
    """The first entry is the plan chosen at sign-up."""
    paying_since: date | None = None
    ended: date | None = None
    ended_second: int = 0
    origin: Origin | None = None

    @property
    def plan(self) -> int:
        return self.plans[-1].plan

    def plan_at(self, at: int) -> int:
        """The index of its plan at a second since 1970."""
        held = [change.plan for change in self.plans if moment(change.day, change.second) <= at]
        return held[-1] if held else self.plans[0].plan

    def ended_by(self, at: int) -> bool:
        return self.ended is not None and moment(self.ended, self.ended_second) <= at

    def on_trial(self, at: int) -> bool:
        return self.trial_end is not None and at < moment(self.trial_end, self.second)

    def pays(self, at: int) -> bool:
        """Whether it exists, is not on trial and has not ended."""
        return moment(self.created, self.second) <= at and not self.on_trial(at) and not self.ended_by(at)


class SubscriptionEvent(BaseModel):
    """What happened to a subscription: created, converted, changed, ended."""

    number: int
    day: date
    second: int
    what: str
    subscription: str
    plan: int
    previous_plan: int | None = None
    trial: bool = False
    """Whether it was on trial when this happened."""


@dataclass(frozen=True)
class Payment:
    """A first payment, with the visit it goes back to."""

    origin: Origin
    usd: float


class Book:
    """One tenant's subscriptions and what happened to them; cached in memory, written through."""

    def __init__(self, seed: int, account: Account, state: State) -> None:
        self._seed, self._account = seed, account
        self._documents = Documents(state, account.tenant, "market")
        self._all = {s.id: s for s in map(Subscription.model_validate, self._documents.list("subscription"))}
        self._events = list(map(SubscriptionEvent.model_validate, self._documents.list("event")))

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Oldest first."""
        return tuple(self._all.values())

    def events(self) -> tuple[SubscriptionEvent, ...]:
        """Oldest first. Customers who were there before the account's history have none for that time."""
        return tuple(self._events)

    def open(self, first_day: date) -> None:
        """The customers who were there before the history begins, about `starting_mrr_usd` worth."""
        spec = self._account.spec
        rng = stream(self._seed, spec.tenant, "customers")
        mrr = 0.0
        while mrr < spec.starting_mrr_usd:
            plan = self._plan(rng.random())
            age = 1 + int(rng.random() * _OLDEST_CUSTOMER_DAYS)
            created = first_day - timedelta(days=age + spec.trial_days)
            second = int(rng.integers(0, _SECONDS))
            self._save(
                Subscription(
                    id=self._id("sub", "opening", len(self._all)),
                    customer=self._id("cus", "opening", len(self._all)),
                    created=created,
                    second=second,
                    trial_end=created + timedelta(days=spec.trial_days) if spec.trial_days else None,
                    plans=[PlanChange(day=created, second=second, plan=plan)],
                    paying_since=first_day - timedelta(days=age),
                )
            )
            mrr += spec.plans[plan].monthly_usd

    def live(self, day: date, signups: list[Origin]) -> list[Payment]:
        """One day: what becomes of the existing subscriptions, then the new sign-ups. Returns first payments."""
        rng = stream(self._seed, self._account.tenant, "subscriptions", day)
        payments: list[Payment] = []
        alive = [s for s in self._all.values() if s.ended is None]
        draws, seconds = rng.random((len(alive), 3)).tolist(), rng.integers(0, _SECONDS, len(alive)).tolist()
        for subscription, draw, second in zip(alive, draws, seconds, strict=True):
            payment = self._age(subscription, day, draw, second)
            if payment is not None:
                payments.append(payment)
        choices, seconds = rng.random(len(signups)).tolist(), rng.integers(0, _SECONDS, len(signups)).tolist()
        for number, (origin, choice, second) in enumerate(zip(signups, choices, seconds, strict=True)):
            self._start(day, number, origin, choice, second)
        return payments

    def _start(self, day: date, number: int, origin: Origin, draw: float, second: int) -> None:
        trial_days = self._account.spec.trial_days
        plan = self._plan(draw)
        subscription = Subscription(
            id=self._id("sub", day, number),
            customer=self._id("cus", day, number),
            created=day,
            second=second,
            trial_end=day + timedelta(days=trial_days) if trial_days else None,
            plans=[PlanChange(day=day, second=second, plan=plan)],
            paying_since=None if trial_days else day,
            origin=origin,
        )
        self._save(subscription)
        self._happened(subscription, day, second, "created", trial=trial_days > 0)

    def _age(self, subscription: Subscription, day: date, draws: list[float], second: int) -> Payment | None:
        spec = self._account.spec
        if subscription.paying_since is None:
            if subscription.trial_end is None or day < subscription.trial_end:
                return None
            # A trial ends at the second it began: Stripe counts whole days from the start.
            if draws[0] < spec.trial_conversion:
                return self._convert(subscription, day)
            return self._end(subscription, day, subscription.second, trial=True)
        if draws[0] < 1 - (1 - spec.monthly_churn) ** (1 / _DAYS_PER_MONTH):
            return self._end(subscription, day, second, trial=False)
        if draws[1] < (_UPGRADES_PER_MONTH + _DOWNGRADES_PER_MONTH) / _DAYS_PER_MONTH:
            up = draws[2] < _UPGRADES_PER_MONTH / (_UPGRADES_PER_MONTH + _DOWNGRADES_PER_MONTH)
            self._change(subscription, day, second, subscription.plan + (1 if up else -1))
        return None

    def _convert(self, subscription: Subscription, day: date) -> Payment | None:
        subscription.paying_since = day
        self._save(subscription)
        self._happened(subscription, day, subscription.second, "converted", trial=True)
        price = self._account.spec.plans[subscription.plan].monthly_usd
        return Payment(subscription.origin, price) if subscription.origin else None

    def _end(self, subscription: Subscription, day: date, second: int, *, trial: bool) -> None:
        subscription.ended, subscription.ended_second = day, second
        self._save(subscription)
        self._happened(subscription, day, second, "ended", trial=trial)

    def _change(self, subscription: Subscription, day: date, second: int, plan: int) -> None:
        if not 0 <= plan < len(self._account.spec.plans):
            return
        previous = subscription.plan
        subscription.plans.append(PlanChange(day=day, second=second, plan=plan))
        self._save(subscription)
        self._happened(subscription, day, second, "changed", previous=previous)

    def _happened(
        self,
        subscription: Subscription,
        day: date,
        second: int,
        what: str,
        *,
        previous: int | None = None,
        trial: bool = False,
    ) -> None:
        number = len(self._events) + 1
        event = SubscriptionEvent(
            number=number, day=day, second=second, what=what, subscription=subscription.id, plan=subscription.plan,
            previous_plan=previous, trial=trial,
        )  # fmt: skip
        self._events.append(event)
        self._documents.put("event", str(number), event.model_dump(mode="json"))

    def _save(self, subscription: Subscription) -> None:
        self._all[subscription.id] = subscription
        self._documents.put("subscription", subscription.id, subscription.model_dump(mode="json"))

    def _plan(self, draw: float) -> int:
        shares = plan_shares(self._account.spec)
        for index, share in enumerate(shares):
            draw -= share
            if draw < 0:
                return index
        return len(shares) - 1

    def _id(self, prefix: str, *parts: object) -> str:
        return f"{prefix}_1{token(23, self._seed, self._account.tenant, prefix, *parts)}"


def plan_shares(spec: AccountSpec) -> list[float]:
    """Which share of new customers chooses which plan, summing to 1."""
    raw = [plan.share or 1 / (rank + 1) for rank, plan in enumerate(spec.plans)]
    return [share / sum(raw) for share in raw]
