"""The sandbox's Stripe against Stripe's own client library and the types it ships."""

import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
import stripe

from marketeer_dagster.sandbox.server import Running, run_in_thread
from tests.sandbox.conftest import START, account

DAY_S = 86_400
NOW = int(datetime.combine(START, datetime.min.time(), UTC).timestamp())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=11, start=START) as running:
        running.admin.open_account(account("acme", history_days=45, monthly_sessions=12_000, starting_mrr_usd=80_000))
        running.admin.open_account(account("other", context="devtool", history_days=7))
        yield running


@pytest.fixture
def client(sandbox: Running) -> stripe.StripeClient:
    key = sandbox.world.credentials("acme").stripe_key
    return stripe.StripeClient(key, base_addresses={"api": f"{sandbox.url}/stripe"}, max_network_retries=0)


def every(page: Any) -> list[Any]:
    return list(page.auto_paging_iter())


class _Exported(dict[str, Any]):
    """The SDK's names, which it loads when asked for them."""

    def __missing__(self, name: str) -> Any:
        if name == "TestClock":
            return stripe.test_helpers.TestClock
        try:
            # Some modules know another's class as CardResource because they have a Card of their own.
            return getattr(stripe, name.removesuffix("Resource"))
        except AttributeError:
            raise KeyError(name) from None


def conforms(value: Any, to: type[Any]) -> None:
    """Fails unless the object has the fields that the SDK's class requires, of its types, and no unknown ones."""
    hints = typing.get_type_hints(to, localns=_Exported())
    fields = {
        name: hint
        for name, hint in hints.items()
        if typing.get_origin(hint) is not typing.ClassVar and not name.startswith("_")
    }
    found = value.to_dict()
    unknown = set(found) - set(fields)
    assert not unknown, f"{to.__name__}: {sorted(unknown)} are no fields"
    for name, hint in fields.items():
        optional = type(None) in typing.get_args(hint)
        assert optional or name in found, f"{to.__name__} needs {name}"
        if name in found:
            assert _fits(found[name], hint), f"{to.__name__}.{name} is {found[name]!r}, not {hint}"


def _fits(value: Any, hint: Any) -> bool:
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is typing.Union:
        return any(_fits(value, one) for one in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin in (list, typing.List):  # noqa: UP006
        return isinstance(value, list)
    if hint in (int, str, bool, float, Decimal):
        return isinstance(value, hint) and not (hint is int and isinstance(value, bool))
    if hint is type(None):
        return value is None
    return isinstance(value, dict)


def test_objects_are_of_the_types_the_sdk_ships(client: stripe.StripeClient) -> None:
    for subscription in client.v1.subscriptions.list({"status": "all", "limit": 30}).data:
        conforms(subscription, stripe.Subscription)
        for item in subscription["items"].data:
            conforms(item, stripe.SubscriptionItem)
            conforms(item.price, stripe.Price)
            conforms(item.plan, stripe.Plan)
    for made, to in (
        (client.v1.customers.list({"limit": 100}), stripe.Customer),
        (client.v1.coupons.list({"expand": ["data.applies_to", "data.currency_options"]}), stripe.Coupon),
        (client.v1.products.list(), stripe.Product),
        (client.v1.prices.list({"expand": ["data.tiers", "data.currency_options"]}), stripe.Price),
        (client.v1.events.list({"limit": 50}), stripe.Event),
    ):
        assert made.data
        for one in made.data:
            conforms(one, to)


def test_every_subscription_is_listed_once_newest_first(sandbox: Running, client: stripe.StripeClient) -> None:
    found = every(client.v1.subscriptions.list({"status": "all", "limit": 100}))
    known = sandbox.world.market.book(sandbox.world.account("acme")).subscriptions
    assert sorted(one.id for one in found) == sorted(one.id for one in known)
    created = [one.created for one in found]
    assert created == sorted(created, reverse=True)
    assert len(found) > 200, "more than one page"


def test_pages_say_whether_there_is_more_and_go_both_ways(client: stripe.StripeClient) -> None:
    first = client.v1.subscriptions.list({"status": "all", "limit": 3})
    second = client.v1.subscriptions.list({"status": "all", "limit": 3, "starting_after": first.data[-1].id})
    back = client.v1.subscriptions.list({"status": "all", "limit": 3, "ending_before": second.data[0].id})
    assert first.has_more and not {one.id for one in first.data} & {one.id for one in second.data}
    assert [one.id for one in back.data] == [one.id for one in first.data]
    assert len(client.v1.subscriptions.list().data) == 10, "Stripe's default page"


@pytest.mark.parametrize("status", ["active", "past_due", "trialing", "canceled"])
def test_statuses_filter(client: stripe.StripeClient, status: Any) -> None:
    found = every(client.v1.subscriptions.list({"status": status, "limit": 100}))
    assert found and {one.status for one in found} == {status}


def test_without_a_status_the_cancelled_are_left_out(client: stripe.StripeClient) -> None:
    told = {one.status for one in every(client.v1.subscriptions.list({"limit": 100}))}
    assert told == {"active", "past_due", "trialing"}


def test_created_filters(client: stripe.StripeClient) -> None:
    since = NOW - 10 * DAY_S
    found = every(client.v1.subscriptions.list({"status": "all", "created": {"gte": since}, "limit": 100}))
    assert found and all(one.created >= since for one in found)
    older = every(client.v1.subscriptions.list({"status": "all", "created": {"lt": since}, "limit": 100}))
    assert len(found) + len(older) == len(every(client.v1.subscriptions.list({"status": "all", "limit": 100})))


def test_subscriptions_tell_their_whole_life(client: stripe.StripeClient) -> None:
    for one in every(client.v1.subscriptions.list({"status": "all", "limit": 100})):
        item = one["items"].data[0]
        assert one.created == one.start_date < NOW
        assert item.current_period_start < item.current_period_end
        if one.status == "trialing":
            assert one.trial_end is not None and one.trial_end >= NOW and one.ended_at is None
            assert (item.current_period_start, item.current_period_end) == (one.trial_start, one.trial_end)
        elif one.status in ("active", "past_due"):
            assert one.ended_at is None
            assert item.current_period_start <= NOW <= item.current_period_end
        else:
            assert one.ended_at is not None and one.ended_at == one.canceled_at <= NOW


def test_events_of_a_subscription_lead_from_birth_to_what_it_is_now(client: stripe.StripeClient) -> None:
    now = {one.id: one for one in every(client.v1.subscriptions.list({"status": "all", "limit": 100}))}
    told: dict[str, list[Any]] = {}
    kinds = ["customer.subscription.*"]
    for event in reversed(every(client.v1.events.list({"limit": 100, "types": kinds}))):
        told.setdefault(event.data.object["id"], []).append(event)
    kinds = {event.type for events in told.values() for event in events}
    assert kinds == {f"customer.subscription.{what}" for what in ("created", "updated", "deleted")}
    for id, events in told.items():
        last = events[-1].data.object
        assert last["status"] == now[id].status
        assert price_of(last) == price_of(now[id].to_dict())
        for before, after in pairwise(events):
            assert before.created <= after.created
            changed = after.data.to_dict().get("previous_attributes", {})
            if "status" in changed:
                assert changed["status"] == before.data.object["status"]
            if "items" in changed:
                assert price_of(changed) == price_of(before.data.object)


def price_of(subscription: Any) -> str:
    return subscription["items"]["data"][0]["price"]["id"]


def test_events_are_kept_for_thirty_days_and_filtered_by_type(client: stripe.StripeClient) -> None:
    found = every(client.v1.events.list({"limit": 100}))
    assert NOW - 31 * DAY_S < min(event.created for event in found) < NOW - 25 * DAY_S
    deleted = every(client.v1.events.list({"limit": 100, "types": ["customer.subscription.deleted"]}))
    assert {event.type for event in deleted} == {"customer.subscription.deleted"}
    assert 0 < len(deleted) < len(found)


def test_what_will_happen_tomorrow_is_not_known_today(sandbox: Running) -> None:
    with run_in_thread(seed=3, start=START) as market:
        market.admin.open_account(account("acme", history_days=7, monthly_sessions=9_000, starting_mrr_usd=2_000))
        key = market.world.credentials("acme").stripe_key
        client = stripe.StripeClient(key, base_addresses={"api": f"{market.url}/stripe"})
        before = {one.id: one.to_dict() for one in every(client.v1.subscriptions.list({"status": "all", "limit": 100}))}
        market.admin.advance(1)
        after = every(client.v1.subscriptions.list({"status": "all", "limit": 100}))
        born = [one for one in after if one.id not in before]
        assert born and all(NOW <= one.created < NOW + DAY_S for one in born)


def test_single_objects_and_their_absence(client: stripe.StripeClient) -> None:
    one = client.v1.subscriptions.list().data[0]
    assert client.v1.subscriptions.retrieve(one.id).id == one.id
    assert client.v1.customers.retrieve(str(one.customer)).id == one.customer
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.subscriptions.retrieve("sub_nothing")
    assert missing.value.http_status == 404 and missing.value.code == "resource_missing"


def test_errors_are_stripes_own(sandbox: Running, client: stripe.StripeClient) -> None:
    wrong = stripe.StripeClient("sk_test_wrong_key_0000000", base_addresses={"api": f"{sandbox.url}/stripe"})
    with pytest.raises(stripe.AuthenticationError) as refused:
        wrong.v1.subscriptions.list()
    assert "Invalid API Key" in str(refused.value) and "sk_test_wrong_key_0000000" not in str(refused.value)
    with pytest.raises(stripe.InvalidRequestError) as invalid:
        client.v1.subscriptions.list({"limit": 101})
    assert invalid.value.param == "limit"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.list({"starting_after": "sub_nothing"})
    sandbox.admin.fault("stripe", "429", count=1)
    with pytest.raises(stripe.RateLimitError):
        client.v1.products.list()
    sandbox.admin.fault("stripe", "500", count=1)
    with pytest.raises(stripe.APIError):
        client.v1.products.list()


def test_a_limit_says_nothing_of_how_long_to_wait(sandbox: Running, client: stripe.StripeClient) -> None:
    sandbox.admin.fault("stripe", "429", count=1)
    with pytest.raises(stripe.RateLimitError) as limited:
        client.v1.products.list()
    headers = {name.lower(): value for name, value in (limited.value.headers or {}).items()}
    assert "retry-after" not in headers and headers["stripe-rate-limited-reason"] == "global-rate"
    assert limited.value.json_body["error"]["type"] == "invalid_request_error"


def test_a_locked_object_is_429_of_its_own_code(sandbox: Running, client: stripe.StripeClient) -> None:
    sandbox.admin.habit("stripe", "lock_timeouts", tenant="acme")
    met: list[str | None] = []
    for _ in range(3):
        try:
            client.v1.products.list()
        except stripe.StripeError as error:
            met.append(error.json_body["error"]["code"] if error.json_body else None)
    sandbox.admin.habit("stripe", "lock_timeouts", on=False, tenant="acme")
    assert met == ["lock_timeout"]


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("subscriptions", "rak_subscription_read"),
        ("subscription_items?subscription=sub_1", "rak_subscription_read"),
        ("events", "rak_event_read"),
        ("customers", "rak_customer_read"),
        ("products", "rak_product_read"),
        ("prices", "rak_plan_read"),
        ("coupons", "rak_coupon_read"),
        ("subscriptions?expand[]=data.customer", "rak_customer_read"),
        ("subscriptions?limit=100&expand[]=data.discounts.source.coupon", "rak_coupon_read"),
    ],
)
def test_a_restricted_key_is_told_the_right_it_lacks(sandbox: Running, path: str, right: str) -> None:
    headers = {"Authorization": f"Bearer {sandbox.world.credentials('acme').stripe_key}"}
    sandbox.admin.habit("stripe", f"without_{right}", tenant="acme")
    refused = httpx.get(f"{sandbox.url}/stripe/v1/{path}", headers=headers)
    sandbox.admin.habit("stripe", f"without_{right}", on=False, tenant="acme")
    assert refused.status_code == 403
    assert f"Having the '{right}' permission" in refused.json()["error"]["message"]


def test_expanding_goes_four_levels_deep_and_opens_ids_only_where_asked(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        client.v1.subscriptions.list({"expand": ["data.items.data.price.tiers"]})
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.subscriptions.list({"expand": ["data.colour"]})
    plain = every(client.v1.subscriptions.list({"limit": 100}))
    opened = every(client.v1.subscriptions.list({"limit": 100, "expand": ["data.discounts"]}))
    coupons = every(client.v1.subscriptions.list({"limit": 100, "expand": ["data.discounts.source.coupon"]}))
    assert {type(one) for sub in plain for one in sub.discounts} == {str}
    assert {type(one.source.coupon) for sub in opened for one in sub.discounts} == {str}
    for sub in coupons:
        for one in sub.discounts:
            conforms(one, stripe.Discount)
            conforms(one.source.coupon, stripe.Coupon)


def test_lists_inside_of_objects_hold_ten(client: stripe.StripeClient) -> None:
    long = next(s for s in every(client.v1.subscriptions.list({"limit": 100})) if s["items"].has_more)
    assert len(long["items"].data) == 10
    rest = client.v1.subscription_items.list({"subscription": long.id, "limit": 100})
    assert len(rest.data) == long["items"].to_dict()["total_count"] > 10 and not rest.has_more


def test_events_look_as_in_the_accounts_version(sandbox: Running, client: stripe.StripeClient) -> None:
    older = every(client.v1.events.list({"limit": 100, "types": ["customer.subscription.updated"]}))
    sandbox.admin.habit("stripe", "older_events", on=False, tenant="acme")
    newer = every(client.v1.events.list({"limit": 100, "types": ["customer.subscription.updated"]}))
    sandbox.admin.habit("stripe", "older_events", tenant="acme")
    assert {one.api_version for one in older} == {"2020-08-27"} and [o.id for o in older] == [n.id for n in newer]
    assert all("discounts" not in one.data.object and "current_period_end" in one.data.object for one in older)
    assert all("discounts" in one.data.object and "discount" not in one.data.object for one in newer)
    changed = [set(one.data.to_dict()["previous_attributes"]) for one in older]
    assert {"schedule"} in changed, "some change nothing about money"
    assert any("status" in names for names in changed) and any("items" in names for names in changed)


def test_unknown_addresses_are_stripes_404(sandbox: Running) -> None:
    answer = httpx.get(f"{sandbox.url}/stripe/v1/unicorns")
    assert answer.status_code == 404 and "Unrecognized request URL (GET: /v1/unicorns)" in answer.text


def test_every_answer_names_its_request(sandbox: Running) -> None:
    headers = {"Authorization": f"Bearer {sandbox.world.credentials('acme').stripe_key}", "Idempotency-Key": "k1"}
    answers = [httpx.get(f"{sandbox.url}/stripe/v1/prices", headers=headers) for _ in range(2)]
    assert answers[0].headers["request-id"] != answers[1].headers["request-id"]
    assert answers[0].headers["idempotency-key"] == "k1"


def test_keys_open_their_own_account_only(sandbox: Running, client: stripe.StripeClient) -> None:
    theirs = stripe.StripeClient(
        sandbox.world.credentials("other").stripe_key, base_addresses={"api": f"{sandbox.url}/stripe"}
    )
    mine = {one.id for one in client.v1.customers.list({"limit": 100}).data}
    assert not mine & {one.id for one in theirs.v1.customers.list({"limit": 100}).data}
