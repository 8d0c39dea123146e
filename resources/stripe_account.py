"""Everything of a Stripe account that its MRR depends on, read in as few requests as may be.

Most subscriptions of an old account ended long ago: with the events of all days asked for, those that live and those
that ended since are enough. Prices, coupons and customers are looked up only where a subscription's own copy lacks
what it takes: tiers and other currencies cannot be expanded five levels down, and an item's coupon neither.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.stripe_discounts import CustomersDiscount, DiscountBook
from resources.stripe_errors import TOOL
from resources.stripe_events import StripeEvent
from resources.stripe_history import CREATED
from resources.stripe_models import Coupon, Customer, Discount, Item, Items, Price, Subscription
from resources.stripe_valuation import PAYING

CHANGES = tuple(f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed"))
DISCOUNTS = tuple(f"customer.discount.{what}" for what in ("created", "updated", "deleted"))
EXPANDED = ("data.customer", "data.discounts.source.coupon", "data.items.data.discounts")
"""Stripe expands four levels at most."""
PRICES = ("data.tiers", "data.currency_options")
COUPONS = ("data.applies_to", "data.currency_options")
_GONE = (ToolErrorKind.MISSING, ToolErrorKind.INVALID)
_Model = TypeVar("_Model")


class Api(Protocol):
    """How the account is asked; raises ToolError."""

    def pages(self, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """Every object of a list, over all its pages."""
        ...

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        """One object, or one page of a list."""
        ...


@dataclass(frozen=True)
class Account:
    """What was read, newest event first."""

    subscriptions: tuple[Subscription, ...]
    events: tuple[StripeEvent, ...]
    """Changes of subscriptions."""
    known_from: date | None
    """The first day of which every change is known; None when no event tells."""
    prices: dict[str, Price] = field(default_factory=dict[str, Price])
    book: DiscountBook = field(default_factory=DiscountBook)
    product_names: dict[str, str] = field(default_factory=dict[str, str])
    nicknames: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """Of the prices of subscriptions, as they are called today."""
    notes: frozenset[str] = frozenset()


def read_account(api: Api, first: date, zone: ZoneInfo) -> Account:
    """What is needed to tell each day from `first` on. Raises ToolError."""
    return _Reading(api, first, zone).account()


class _Reading:
    def __init__(self, api: Api, first: date, zone: ZoneInfo) -> None:
        self._api, self._first, self._zone = api, first, zone
        self._notes: set[str] = set()
        self._unread = 0

    def account(self) -> Account:
        found = list(self._events())
        events = tuple(event for event in found if event.type in CHANGES)
        known_from = self._known_from(found)
        read = self._subscriptions(events if known_from == self._first else None)
        subscriptions = tuple(map(self._with_all_lines, read))
        states = (*subscriptions, *_states(events))
        book = self._book(subscriptions, states, [e for e in found if e.type in DISCOUNTS])
        if self._unread:
            self._notes.add(f"{self._unread} ended subscriptions are told by their last events only, without their "
                            "customers' discounts")  # fmt: skip
        lines = [(one, item) for one in states for item in one.items.data]
        nicknames: dict[str, str | None] = {}
        for item in (item for one in subscriptions for item in one.items.data):
            nicknames.setdefault(item.price.id, item.price.nickname)  # those that live come first, as they are now
        unnamed = any(nicknames.get(item.price.id, item.price.nickname) is None for _, item in lines)
        names = self._product_names() if unnamed else {}
        if _all_born_since(subscriptions, events, known_from):
            known_from = self._first
        prices, notes = self._prices(lines), frozenset(self._notes)
        return Account(subscriptions, events, known_from, prices, book, names, nicknames, notes)

    def _events(self) -> Iterator[StripeEvent]:
        asked = {"types": [*CHANGES, *DISCOUNTS], "created": {"gte": self._second(self._first)}}
        return parsed(StripeEvent, self._api.pages("/v1/events", **asked))

    def _known_from(self, events: Sequence[StripeEvent]) -> date | None:
        """Stripe has every event since the start of the first day when it still has an older one.

        Their 30 days cannot be counted from the newest event known: a quiet account's may be weeks old.
        """
        older = self._api.get("/v1/events", created={"lt": self._second(self._first)}, limit=1)
        if older.get("data"):
            return self._first
        if not events:
            return None
        oldest = datetime.fromtimestamp(min(event.created for event in events), self._zone).date()
        return oldest + timedelta(days=1)

    def _subscriptions(self, events: Sequence[StripeEvent] | None) -> Iterator[Subscription]:
        asked: dict[str, Any] = {"expand": list(EXPANDED)}
        if events is None:
            asked["status"] = "all"
        living: set[str] = set()
        for subscription in parsed(Subscription, self._api.pages("/v1/subscriptions", **asked)):
            if subscription.id in living:
                continue  # while pages are read, a list may shift, and one subscription is paid once
            living.add(subscription.id)
            yield subscription
        ended: dict[str, dict[str, Any]] = {}
        for event in events or ():  # newest first: the newest state of each is kept
            ended.setdefault(str(event.data.after["id"]), event.data.after)
        for subscription in parsed(Subscription, (state for id, state in ended.items() if id not in living)):
            yield self._again(subscription) if _paid(subscription) else subscription

    def _again(self, ended: Subscription) -> Subscription:
        """One that ended, with its customer and discounts: events name them by id, and no list of the living has it."""
        try:
            body = self._api.get(f"/v1/subscriptions/{ended.id}", expand=[path[len("data.") :] for path in EXPANDED])
            return next(parsed(Subscription, [body]))
        except ToolError as error:
            if error.kind not in _GONE:
                raise
            self._unread += 1
            return ended

    def _with_all_lines(self, subscription: Subscription) -> Subscription:
        """With the lines beyond those that come inside of it."""
        if not subscription.items.has_more:
            return subscription
        asked = {"subscription": subscription.id, "expand": ["data.discounts.source.coupon"]}
        try:
            items = tuple(parsed(Item, self._api.pages("/v1/subscription_items", **asked)))
        except ToolError as error:
            if error.kind not in _GONE:
                raise
            return subscription  # an ended one's lines may be gone; its history says that some are missing
        return subscription.model_copy(update={"items": Items(data=items)})

    def _prices(self, lines: Iterable[tuple[Subscription, Item]]) -> dict[str, Price]:
        wanted: set[str] = set()
        tiered_abroad: dict[str, set[str]] = {}
        for subscription, item in lines:
            price, currency = item.price, subscription.money_of(item)
            abroad = currency != price.currency.lower()
            if not price.metered and ((price.tiered and price.tiers is None) or abroad):
                wanted.add(price.id)
            if not price.metered and price.tiered and abroad:
                tiered_abroad.setdefault(price.id, set()).add(currency)
        found = self._looked_up(Price, "/v1/prices", PRICES, wanted)
        # The list has no archived prices, which old subscriptions keep, and no tiers of other currencies.
        alone = {id: tiered_abroad.get(id, set[str]()) for id in (wanted - found.keys()) | tiered_abroad.keys()}
        return found | {id: price for id, to in alone.items() if (price := self._price(id, to)) is not None}

    def _price(self, id: str, currencies: set[str]) -> Price | None:
        """One price with its tiers, also those of other currencies, which must be named; None when it is gone."""
        tiers = [f"currency_options.{currency}.tiers" for currency in sorted(currencies)]
        try:
            asked = self._api.get(f"/v1/prices/{id}", expand=["tiers", "currency_options", *tiers])
        except ToolError as error:
            if error.kind not in _GONE:
                raise
            return None
        return next(parsed(Price, [asked]))

    def _book(
        self, subscriptions: Sequence[Subscription], states: Sequence[Subscription], events: Sequence[StripeEvent]
    ) -> DiscountBook:
        told = list(parsed(Discount, (body for event in events for body in (event.before, event.data.after))))
        sets = [one.discounts for one in states] + [item.discounts for one in states for item in one.items.data]
        inside = [found for found_in in sets for found in found_in if isinstance(found, Discount)]
        homes = {
            d if isinstance(d, str) else d.id: one.id
            for one in states
            for item in one.items.data
            for d in item.discounts
        }
        known = {discount.id: discount for discount in (*told, *inside) if discount.id}
        customers = self._customers(subscriptions, events)
        theirs = [held.discount for held_by in customers.values() for held in held_by]
        ids = {discount.coupon_id for discount in (*told, *inside, *theirs)} - {None, ""}
        coupons = self._looked_up(Coupon, "/v1/coupons", COUPONS, {str(id) for id in ids})
        return DiscountBook(known, coupons, self._deleted(coupons, [*told, *inside, *theirs], homes), customers)

    def _deleted(
        self, coupons: Mapping[str, Coupon], discounts: Sequence[Discount], homes: Mapping[str, str]
    ) -> dict[str, Coupon]:
        """Coupons that are in no list any more, told by the discounts made with them: one of each is opened.

        `homes` are the subscriptions of those that are on an item.
        """
        found = {d.coupon.id: d.coupon for d in discounts if isinstance(d.coupon, Coupon) and d.coupon.id}
        for discount in discounts:
            id = discount.coupon_id
            if (
                id
                and id not in coupons
                and id not in found
                and (opened := self._opened(discount, id, homes)) is not None
            ):
                found[id] = opened
        return found

    def _opened(self, discount: Discount, id: str, homes: Mapping[str, str]) -> Coupon | None:
        """The coupon inside of a discount, asked for where fewer levels lie above it than in a list."""
        try:
            if discount.id in homes:
                asked = {"subscription": homes[discount.id], "expand": ["data.discounts.source.coupon"]}
                items = parsed(Item, self._api.pages("/v1/subscription_items", **asked))
                held = [one for item in items for one in item.discounts if isinstance(one, Discount)]
            elif discount.of_customer:
                body = self._api.get(f"/v1/customers/{discount.customer}", expand=["discount.source.coupon"])
                held = [Customer.model_validate(body).discount]
            else:
                return None
        except (ToolError, ValidationError) as error:
            if isinstance(error, ToolError) and error.kind not in _GONE:
                raise
            return None
        return next(
            (one.coupon for one in held if one and isinstance(one.coupon, Coupon) and one.coupon.id == id), None
        )

    def _customers(
        self, subscriptions: Sequence[Subscription], events: Sequence[StripeEvent]
    ) -> dict[str, list[CustomersDiscount]]:
        """What customers have or had off, whatever they pay for: it appears in no subscription."""
        payers = {one.payer.id: one.payer for one in subscriptions if one.payer is not None}
        held: dict[str, list[CustomersDiscount]] = {}
        for customer, discount in ((payer.id, payer.discount) for payer in payers.values()):
            if discount is not None and discount.of_customer:
                held.setdefault(customer, []).append(CustomersDiscount(discount))
        for event in events:
            before, after = parsed(Discount, (event.before, event.data.after))
            ended = before if event.type == "customer.discount.updated" else after
            if after.of_customer and not event.type.endswith("created"):
                held.setdefault(str(after.customer), []).append(CustomersDiscount(ended, event.created))
        deleted = sum(payer.deleted for payer in payers.values())
        if deleted:
            self._notes.add(f"{deleted} deleted customers: a discount of their own is no longer told by Stripe")
        return held

    def _product_names(self) -> dict[str, str]:
        return {str(p["id"]): str(p.get("name") or p["id"]) for p in self._api.pages("/v1/products")}

    def _looked_up(self, model: type[_Model], path: str, expand: Sequence[str], ids: set[str]) -> dict[str, _Model]:
        """Those of a list that are wanted, by id; it is read only until all are found."""
        found: dict[str, _Model] = {}
        if not ids:
            return found
        for body in self._api.pages(path, expand=list(expand)):
            if body.get("id") in ids:
                found[str(body["id"])] = next(parsed(model, [body]))
            if len(found) == len(ids):
                break
        return found

    def _second(self, day: date) -> int:
        """When `day` begins, in seconds since 1970."""
        return int(datetime.combine(day, time(), self._zone).timestamp())


def parsed(model: Callable[..., Any], objects: Iterable[dict[str, Any]]) -> Iterator[Any]:
    """`objects` as what they must be; raises ToolError(invalid) that names the field."""
    try:
        for found in objects:
            yield model.model_validate(found)  # pyright: ignore[reportFunctionMemberAccess]
    except ValidationError as error:
        raise unreadable(error) from error


def unreadable(error: ValidationError) -> ToolError:
    """An answer lacks what is needed, or has it in another form."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return ToolError(
        TOOL,
        ToolErrorKind.INVALID,
        f"an answer lacks what is needed: {error.title} {where}: {first['msg']}",
        hint="Stripe may have changed its API: update marketeer-dagster",
    )


def _states(events: Iterable[StripeEvent]) -> list[Subscription]:
    return list(parsed(Subscription, (body for event in events for body in (event.data.after, event.before))))


def _paid(subscription: Subscription) -> bool:
    """Whether one that ended may have paid: most trials end unpaid, and their customers need no question."""
    trial_end, ended = subscription.trial_end, subscription.ended_at
    return subscription.status in PAYING or trial_end is None or ended is None or ended > trial_end


def _all_born_since(
    subscriptions: Sequence[Subscription], events: Sequence[StripeEvent], known_from: date | None
) -> bool:
    """Whether events tell every subscription from its birth: before them there was nothing (a young account)."""
    born = {str(event.data.after["id"]) for event in events if event.type == CREATED}
    return known_from is not None and all(one.id in born for one in subscriptions)
