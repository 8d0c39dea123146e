"""Faults as clients meet them on the wire."""

import json
from collections.abc import Iterator

import httpx
import pytest

from marketeer_dagster.sandbox.faults import FaultKind, Faults, FaultSpec
from marketeer_dagster.sandbox.server import Running
from tests.sandbox.conftest import account


@pytest.fixture
def stripe(sandbox: Running) -> Iterator[httpx.Client]:
    sandbox.admin.open_account(account(history_days=7))
    key = sandbox.world.credentials("acme").stripe_key
    with httpx.Client(
        base_url=f"{sandbox.url}/stripe", headers={"Authorization": f"Bearer {key}"}, timeout=5
    ) as client:
        yield client


def test_refusals_carry_the_vendors_status_body_and_headers(sandbox: Running, stripe: httpx.Client) -> None:
    sandbox.admin.fault("stripe", "429", count=1)
    sandbox.admin.fault("stripe", "500", count=1)
    limited, failed, well = (stripe.get("/v1/products") for _ in range(3))
    assert limited.status_code == 429 and "retry-after" not in limited.headers, "Stripe never says how long to wait"
    assert limited.headers["stripe-rate-limited-reason"] == "global-rate"
    assert limited.json()["error"]["code"] == "rate_limit"
    assert failed.status_code == 500 and failed.json()["error"]["type"] == "api_error"
    assert well.status_code == 200


@pytest.mark.parametrize(
    ("vendor", "path", "status", "where"),
    [
        ("ga4", "/ga4/v1beta/properties/1/metadata", 429, ("error", "status")),
        ("searchconsole", "/searchconsole/webmasters/v3/sites", 500, ("error", "errors")),
        ("mailchimp", "/mailchimp/3.0/ping", 500, ("title",)),
        ("wordpress", "/wordpress/acme/wp-json/wp/v2/pages", 500, ("code",)),
        ("oauth", "/oauth/token", 500, ("error",)),
    ],
)
def test_every_vendor_fails_in_its_own_words(
    sandbox: Running, vendor: str, path: str, status: int, where: tuple[str, ...]
) -> None:
    sandbox.admin.open_account(account(history_days=7))
    sandbox.admin.fault(vendor, str(status), count=1)
    answer = httpx.get(f"{sandbox.url}{path}")
    assert answer.status_code == status
    body = answer.json()
    for key in where:
        body = body[key]
    assert body


def test_overload_is_529(sandbox: Running) -> None:
    sandbox.admin.fault("anthropic", "529", count=1)
    answer = httpx.post(f"{sandbox.url}/anthropic/v1/messages", json={})
    assert answer.status_code == 529 and answer.json()["error"]["type"] == "overloaded_error"
    assert "retry-after" not in answer.headers and answer.headers["x-should-retry"] == "true"
    assert answer.json()["request_id"] is None


def test_a_fault_ends_when_its_time_is_over() -> None:
    now = [0.0]
    faults = Faults(seed=1, clock=lambda: now[0])
    faults.add(FaultSpec(vendor="anthropic", kind=FaultKind.OVERLOADED, lasts_s=300))
    assert faults.draw("anthropic")
    now[0] = 299.0
    assert faults.draw("anthropic")
    now[0] = 300.0
    assert faults.draw("anthropic") is None


def test_an_answer_can_be_cut_in_the_middle(sandbox: Running) -> None:
    sandbox.admin.open_account(account(history_days=7))
    sandbox.admin.fault("wordpress", "cut_stream", count=1)
    with pytest.raises(httpx.TransportError):
        create_page(sandbox)
    assert pages(sandbox) == ["new"]


def test_a_cut_connection_gives_no_answer_and_does_nothing(sandbox: Running) -> None:
    sandbox.admin.open_account(account(history_days=7))
    sandbox.admin.fault("wordpress", "cut", count=1)
    with pytest.raises(httpx.TransportError):
        create_page(sandbox)
    assert pages(sandbox) == []
    assert create_page(sandbox).status_code == 201


def test_cut_after_write_has_done_what_was_asked(sandbox: Running) -> None:
    sandbox.admin.open_account(account(history_days=7))
    sandbox.admin.fault("wordpress", "cut_after_write", count=1)
    with pytest.raises(httpx.TransportError):
        create_page(sandbox)
    assert pages(sandbox) == ["new"]
    assert len(sandbox.admin.ledger(vendor="wordpress", tenant="acme")) == 1


def create_page(sandbox: Running) -> httpx.Response:
    keys = sandbox.world.credentials("acme")
    return httpx.post(
        f"{sandbox.url}/wordpress/acme/wp-json/wp/v2/pages",
        json={"title": "New", "slug": "new", "content": "<h1>New</h1>", "status": "draft"},
        auth=(keys.wordpress_user, keys.wordpress_password),
        timeout=5,
    )


def pages(sandbox: Running) -> list[str]:
    return [page.slug for page in sandbox.world.site("acme").pages.list() if page.slug.startswith("new")]


def test_a_hanging_vendor_answers_nobody_but_others_are_served(sandbox: Running, stripe: httpx.Client) -> None:
    sandbox.admin.fault("stripe", "hang", count=1)
    with pytest.raises(httpx.ReadTimeout):
        stripe.get("/v1/products", timeout=0.5)
    assert stripe.get("/v1/products").status_code == 200


def test_empty_and_stale_answers_are_well_formed(sandbox: Running, stripe: httpx.Client) -> None:
    sandbox.admin.fault("stripe", "empty", count=1)
    assert stripe.get("/v1/events").json()["data"] == []
    newest = stripe.get("/v1/events").json()["data"][0]["created"]
    sandbox.admin.fault("stripe", "stale", count=1)
    assert stripe.get("/v1/events").json()["data"][0]["created"] <= newest - 2 * 86_400


def test_an_expired_token_is_refused_once(sandbox: Running, stripe: httpx.Client) -> None:
    sandbox.admin.fault("stripe", "expired_token", count=1)
    assert [stripe.get("/v1/products").status_code for _ in range(2)] == [401, 200]


def test_faults_spare_other_vendors_and_the_admin(sandbox: Running, stripe: httpx.Client) -> None:
    sandbox.admin.fault("mailchimp", "500")
    assert stripe.get("/v1/products").status_code == 200
    sandbox.admin.fault("*", "500")
    assert stripe.get("/v1/products").status_code == 500
    assert sandbox.admin.healthy()
    fired = httpx.get(f"{sandbox.url}/_sandbox/faults").json()
    assert [fault["fired"] for fault in fired] == [0, 1]
    sandbox.admin.clear_faults()
    assert stripe.get("/v1/products").status_code == 200


def test_chance_comes_from_the_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(FaultSpec(vendor="ga4", kind=FaultKind.SERVER_ERROR, rate=0.2))
        return [faults.draw("ga4") is not None for _ in range(500)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 70 <= sum(strikes(1)) <= 130


def test_a_fault_with_a_count_ends() -> None:
    faults = Faults(1)
    faults.add(FaultSpec(vendor="*", kind=FaultKind.TOO_MANY, count=2))
    assert [faults.draw(vendor) is not None for vendor in ("ga4", "stripe", "ga4")] == [True, True, False]


def test_unknown_faults_are_refused(sandbox: Running) -> None:
    answer = httpx.post(f"{sandbox.url}/_sandbox/faults", content=json.dumps({"vendor": "ga4", "kind": "boredom"}))
    assert answer.status_code == 400 and "kind" in answer.json()["error"]
    answer = httpx.post(f"{sandbox.url}/_sandbox/faults", content=json.dumps({"vendor": "ga5", "kind": "500"}))
    assert answer.status_code == 400 and "ga5" in answer.json()["error"]
