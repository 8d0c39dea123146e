"""Every answer of Stripe that is on record, told by the client through the real SDK, and given by the sandbox alike."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.collected import Collected
from resources.stripe_errors import translate
from resources.stripe_events import StripeEvent
from resources.stripe_models import Coupon, Customer, Discount, Item, Price, Subscription
from tests.contract.recorded import Answer, answer, names, serve
from tests.sandbox.conftest import START, account
from tests.support.stripe_says import Body, client, collected, mrr, stripe_says, subscription

ALL = names("stripe")
TEN_OFF = answer("stripe", "invoice-coupon-expanded").body["total_discount_amounts"][0]["discount"]["source"]["coupon"]
Told = tuple[float, tuple[str, ...]]


def read(day: date, subscriptions: list[Body], events: list[Body] | None = None, **lists: Any) -> Told:
    """MRR of a day, and the notes but for that its events are no longer kept."""
    held = {"/v1/subscriptions": subscriptions, "/v1/events": events or [], **{f"/v1/{k}": v for k, v in lists.items()}}
    with stripe_says(held) as wire:
        found: Collected = collected(wire, day, day)
    return mrr(found, day), tuple(note for note in found.notes if "told from what subscriptions are today" not in note)


def on(second: int) -> date:
    return datetime.fromtimestamp(second, UTC).date()


def alone(body: Body) -> Told:
    return read(on(body["created"]), [body], coupons=[TEN_OFF])


def metered_later(body: Body) -> Told:
    one = body["data"][0]
    parsed = Subscription.model_validate(one)
    assert parsed.trial_start is not None and parsed.trial_start > parsed.start_date
    return read(on(one["created"]), [one])


def inside_a_customer(body: Body) -> Told:
    return read(date(2019, 6, 5), body["subscriptions"]["data"])


def changed(body: Body) -> Told:
    """The subscription as an event has it, on its day, with the event."""
    return read(on(body["created"]), [body["data"]["object"]], [body])


def with_discount(body: Body) -> Told:
    return read(date(2026, 11, 1), [subscription(discounts=[body])])


def with_coupon(body: Body) -> Told:
    return with_discount({"id": "di_1", "start": 1, "end": None, "source": {"coupon": body}})


def with_customer(body: Body) -> Told:
    return read(date(2026, 11, 1), [subscription(customer=body)])


def with_price(body: Body) -> Told:
    return read(date(2026, 11, 1), [subscription({"id": "si_1", "price": body, "quantity": 1})])


def with_product(body: Body) -> Told:
    """A product that is gone names no plan, and is in no list."""
    price = {"id": "price_1", "currency": "usd", "product": body["id"], "unit_amount": 500}
    monthly = {"id": "si_1", "price": price | {"recurring": {"interval": "month"}}}
    with stripe_says({"/v1/subscriptions": [subscription(monthly)], "/v1/products": []}) as wire:
        found = collected(wire, -1)
    return mrr(found), tuple(found.rows["plan"])


def ignored(body: Body) -> Told:
    """An event of a kind that is not asked for, should it come."""
    return read(date(2026, 11, 1), [subscription()], [body | {"created": 1_793_600_000}])


def old_trial(body: Body) -> Told:
    one = Subscription.model_validate(body["data"]["object"])
    assert [item.price.recurring.interval for item in one.items.data if item.price.recurring] == ["month", "month"]
    assert (one.start_date, one.status, one.items.data[1].quantity) == (1381080623, "trialing", 5)
    return read(on(one.start_date), [body["data"]["object"]])


def customers_discount(body: Body) -> Told:
    event = StripeEvent.model_validate(body)
    before, after = Discount.model_validate(event.before), Discount.model_validate(event.data.after)
    assert after.of_customer and isinstance(after.coupon, Coupon) and after.coupon.percent_off == 25
    assert (before.coupon_id, after.coupon_id) == ("OLD_COUPON_ID", "25OFF_00000000000000")
    return read(date(2026, 11, 1), [subscription(customer="cus_qwOyxWQfdlj751")], [body | {"created": 1_790_000_000}])


def as_item(body: Body) -> Told:
    return read(date(2026, 11, 1), [subscription(has_more=True)], subscription_items=[body])


def as_page(body: Body) -> Told:
    with serve(Answer("empty", 200, {}, body)) as wire:
        found = collected(wire, -1)
    return mrr(found), found.notes


def no_note(amount: float) -> Told:
    return amount, ()


UNKNOWN = "coupon Z4OV52SU: what it takes off is not told by Stripe, counted without it"
READS: dict[str, tuple[Callable[[Body], Told], Told]] = {
    "customer-with-subscriptions-inside": (
        inside_a_customer, (60, ("New plan name: its price includes tax, which is counted",))),
    "event-discount-updated": (customers_discount, no_note(100)),
    "event-product-deleted": (ignored, no_note(100)),
    "event-schedule-updated": (ignored, no_note(100)),
    "event-trial-will-end": (
        old_trial, (0, ("subscriptions in EUR, USD: told in EUR, which most are in; choose with --set currency=",))),
    "event-updated-older-version": (changed, no_note(15)),
    "fixture-coupon": (with_coupon, no_note(74.5)),
    "fixture-deleted-coupon": (with_coupon, (100, (UNKNOWN,))),
    "fixture-deleted-customer": (
        with_customer, (100, ("1 deleted customers: a discount of their own is no longer told by Stripe",))),
    "fixture-deleted-discount": (
        with_discount, (100, ("discount : what it takes off is not told by Stripe, counted without it",))),
    "fixture-deleted-product": (with_product, (5, ("price_1",))),
    "fixture-discount": (
        with_discount,
        (100, ("discount di_ydKzDM3sfIlvzlhfkQv67fNT: what it takes off is not told by Stripe, counted without it",))),
    "fixture-event": (ignored, no_note(100)),
    "fixture-price": (with_price, no_note(0)),
    "fixture-subscription": (alone, no_note(0)),
    "fixture-subscription-item": (as_item, no_note(0)),
    "invoice-coupon-expanded": (
        lambda body: with_discount(body["total_discount_amounts"][0]["discount"]), no_note(90)),
    "list-empty": (as_page, no_note(0)),
    "subscription-collection-paused": (alone, no_note(0)),
    "subscription-coupon-as-id": (alone, no_note(22.5)),
    "subscription-metered-tiers-trial-later": (
        metered_later, (0, ("free-overage: metered usage is not recurring revenue",))),
    "subscription-older-version": (alone, no_note(25)),
    "subscription-two-items-no-plan": (lambda body: read(date(2019, 6, 5), [body]), no_note(60)),
}  # fmt: skip
REFUSALS = {
    "error-400-no-such-price": (ToolErrorKind.MISSING, "No such price: 'invalid'"),
    "error-400-parameter": (ToolErrorKind.INVALID, "minimum charge amount"),
    "error-401-key": (ToolErrorKind.AUTH, "the key is wrong, revoked or of another mode"),
    "error-402-card-declined": (ToolErrorKind.INVALID, "Your card was declined."),
    "error-403-restricted-key": (ToolErrorKind.AUTH, "Subscriptions (read, rak_subscription_read)"),
    "error-404-no-such-customer": (ToolErrorKind.MISSING, "No such customer: '1'"),
    "error-429-lock-timeout": (ToolErrorKind.OUTAGE, "another request holds the object"),
    "error-429-rate-limit": (ToolErrorKind.QUOTA, "limit reached: global-rate"),
}


def test_every_answer_on_record_is_asked() -> None:
    assert set(ALL) == READS.keys() | REFUSALS.keys()


@pytest.mark.parametrize("name", READS)
def test_what_the_client_makes_of_it(name: str) -> None:
    told, expected = READS[name]
    assert told(answer("stripe", name).body) == expected


@pytest.mark.parametrize("name", REFUSALS)
def test_what_a_refusal_means(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.stripe.READ_ATTEMPTS", 1)
    kind, said = REFUSALS[name]
    recorded = answer("stripe", name)
    with serve(recorded) as wire, pytest.raises(ToolError) as refused:
        collected(wire, -1)
    error = refused.value
    assert (error.kind, error.status, error.retry_after_s) == (kind, recorded.status, None)
    assert said in f"{error} {error.hint}"
    assert not any(secret in str(error) for secret in ("abcd", "gbeftZ", "acct_sNcALkzHjdiX4nPF"))


@pytest.mark.parametrize("name", ["error-429-lock-timeout", "error-429-rate-limit"])
def test_what_passes_is_asked_again(name: str) -> None:
    empty = answer("stripe", "list-empty")
    with serve([answer("stripe", name), empty]) as wire:
        assert collected(wire, -1).rows.empty
    assert len(wire.asked) == 4, "events asked twice, older events, subscriptions"


def test_a_check_asks_for_all_that_reading_needs_and_names_every_right_that_lacks() -> None:
    refused = answer("stripe", "error-403-restricted-key")

    def without(right: str) -> Answer:
        text = refused.body["error"]["message"].replace("rak_subscription_read", right)
        return Answer(right, 403, refused.headers, {"error": {**refused.body["error"], "message": text}})

    with stripe_says({}) as wire:
        client(wire).check()
        asked = {one.path.split("?")[0] for one in wire.asked}
    assert asked == {f"/v1/{n}" for n in ("subscriptions", "events", "customers", "products", "prices", "coupons")}
    lacking = {"/v1/events": without("rak_event_read"), "/v1/coupons": without("rak_coupon_read")}
    with stripe_says({}, lacking) as wire, pytest.raises(ToolError) as failed:
        client(wire).check()
    assert failed.value.kind is ToolErrorKind.AUTH
    assert "Events (read, rak_event_read), Coupons (read, rak_coupon_read)" in str(failed.value)


def test_a_page_that_comes_again_and_an_answer_without_objects_are_told() -> None:
    page = {"object": "list", "data": [subscription()], "has_more": True, "url": "/v1/subscriptions"}
    for body in (page, page | {"data": []}, {"object": "list"}, [1]):
        with serve(Answer("odd", 200, {}, body)) as wire, pytest.raises(ToolError) as odd:
            collected(wire, -1)
        assert odd.value.kind is ToolErrorKind.INVALID
    assert translate(ValueError("ours")) is None


def test_a_page_of_html_is_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.stripe.READ_ATTEMPTS", 1)
    with serve(Answer("html", 200, {}, "<html>Please wait</html>")) as wire, pytest.raises(ToolError) as odd:
        collected(wire, -1)
    assert odd.value.kind is ToolErrorKind.OUTAGE and "proxy or a firewall" in str(odd.value.hint)


SHAPES = {
    "fixture-subscription": ("subscriptions", Subscription),
    "fixture-subscription-item": ("subscription_items", Item),
    "fixture-price": ("prices", Price),
    "fixture-coupon": ("coupons", Coupon),
    "fixture-discount": ("subscriptions?expand[]=data.discounts", Discount),
    "subscription-coupon-as-id": ("subscriptions?expand[]=data.discounts", Subscription),
}
NEWER = {"managed_payments", "schedule"}
"""Of the samples, what the pinned version does not require."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=11, start=START) as running:
        running.admin.open_account(account("acme", history_days=45, monthly_sessions=9_000, starting_mrr_usd=80_000))
        yield running


def ask(sandbox: Running, path: str) -> httpx.Response:
    key = sandbox.world.credentials("acme").stripe_key
    url = f"{sandbox.url}/stripe/v1/{path}{'&' if '?' in path else '?'}limit=100"
    return httpx.get(url, headers={"Authorization": f"Bearer {key}", "Stripe-Version": "2026-10-28.endive"})


@pytest.mark.parametrize("name", SHAPES)
def test_the_sandboxs_objects_have_the_fields_of_those_on_record(sandbox: Running, name: str) -> None:
    path, _ = SHAPES[name]
    if path == "subscription_items":
        path = f"{path}?subscription={ask(sandbox, 'subscriptions').json()['data'][0]['id']}"
    made = ask(sandbox, path).json()["data"]
    if name == "fixture-discount":
        made = [one for sub in made for one in sub["discounts"]]
    if name == "subscription-coupon-as-id":
        made = [sub for sub in made if sub["discounts"]]
        assert all(isinstance(one["source"]["coupon"], str) for sub in made for one in sub["discounts"])
    recorded = answer("stripe", name).body
    if name == "subscription-coupon-as-id":
        recorded = {k: v for k, v in recorded.items() if k not in ("default_tax_rates", "plan", "quantity")}
    assert made
    for one in made:
        missing = recorded.keys() - one.keys() - NEWER
        assert not missing, f"{name}: {sorted(missing)}"


@pytest.mark.parametrize(
    ("name", "habit", "path"),
    [
        ("error-401-key", None, "products"),
        ("error-403-restricted-key", "without_rak_subscription_read", "subscriptions"),
        ("error-404-no-such-customer", None, "customers/1"),
        ("error-429-lock-timeout", "lock_timeouts", "prices"),
        ("error-429-rate-limit", "429", "prices"),
    ],
)
def test_the_sandbox_refuses_as_on_record(sandbox: Running, name: str, habit: str | None, path: str) -> None:
    recorded = answer("stripe", name)
    if habit == "429":
        sandbox.admin.fault("stripe", habit, count=1)
    elif habit:
        sandbox.admin.habit("stripe", habit, tenant="acme")
    if name == "error-401-key":
        said = httpx.get(
            f"{sandbox.url}/stripe/v1/{path}", headers={"Authorization": "Bearer sk_test_wrong_00000000000"}
        )
    else:
        said = ask(sandbox, path)
    if habit and habit != "429":
        sandbox.admin.habit("stripe", habit, on=False, tenant="acme")
    assert said.status_code == recorded.status
    theirs, ours = recorded.body["error"], said.json()["error"]
    assert theirs.keys() - {"request_log_url"} == ours.keys()
    assert all(ours[field] == theirs[field] for field in ("type", "code") if field in theirs)
    assert ours["message"].split("'")[0][:24] == theirs["message"].split("'")[0][:24]
    for header in ("stripe-rate-limited-reason", "stripe-should-retry", "www-authenticate"):
        assert said.headers.get(header) == recorded.headers.get(header)
    assert "retry-after" not in said.headers


def test_other_objects_are_read_as_the_types_they_are() -> None:
    assert Customer.model_validate(answer("stripe", "fixture-deleted-customer").body).deleted
    assert Price.model_validate(answer("stripe", "fixture-price").body).transform_quantity is not None
