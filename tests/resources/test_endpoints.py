"""A connection leads where it should, also when its name, or what it redirects to, would lead elsewhere."""

from collections.abc import Iterator

import httpx
import pytest

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from resources.calling import call
from resources.endpoints import Reach, check_addresses, held_to, reach_of
from tests.support.small_site import Answer, SmallSite, small_site

PUBLIC, PRIVATE = ("93.184.215.14",), ("10.0.0.7",)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site() -> Iterator[SmallSite]:
    with small_site({"/": Answer(body="home")}) as running:
        yield running


def to(address: str, *, simulated: bool = False, **settings: str) -> Connection:
    given = {"base_url": address} | settings
    return Connection(tenant=TenantId("acme"), tool="wordpress", settings=given, simulated=simulated)


@pytest.mark.parametrize(
    ("address", "resolved", "why"),
    [
        ("http://shop.example", PUBLIC, "plain HTTP"),
        ("http://10.0.0.7", PRIVATE, "plain HTTP"),
        ("http://169.254.169.254/latest", ("169.254.169.254",), "plain HTTP"),
        ("https://10.0.0.7", PRIVATE, "private network"),
        ("https://metadata.example", ("169.254.169.254",), "private network"),
        ("https://two.example", (*PUBLIC, *PRIVATE), "private network"),
        ("https://six.example", ("::ffff:192.168.0.1",), "private network"),
        ("https://rebound.example", ("127.0.0.1",), "private network"),
        ("https://ana:pw@shop.example", PUBLIC, "carries credentials"),
        ("ftp://shop.example", PUBLIC, "no web address"),
        ("shop.example", PUBLIC, "no web address"),
        ("https://", PUBLIC, "no web address"),
    ],
)
def test_an_address_that_is_not_to_be_used_is_refused_at_connect_and_at_use(
    address: str, resolved: tuple[str, ...], why: str
) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        check_addresses(to(address), resolver=lambda host, port: resolved)
    assert "base_url" in str(refused.value)
    with pytest.raises(ToolError, match=why) as used:
        reach_of(to(address), resolver=lambda host, port: resolved)
    assert used.value.kind is ToolErrorKind.INVALID


def test_every_address_of_a_connection_is_looked_at() -> None:
    where = to("https://shop.example", token_uri="http://10.0.0.7/token")
    with pytest.raises(BadInput, match="token_uri"):
        check_addresses(where, resolver=lambda host, port: PUBLIC)


@pytest.mark.parametrize(
    ("connection", "reach"),
    [
        (to("https://shop.example"), Reach.PUBLIC),
        (to("http://127.0.0.1:8765/wordpress"), Reach.LOOPBACK),
        (to("http://localhost:8765"), Reach.LOOPBACK),
        (to("http://[::1]:8765"), Reach.LOOPBACK),
        (to("http://sandbox:8765", simulated=True), Reach.ANYWHERE),
    ],
)
def test_what_may_be_used_says_how_far_it_goes(connection: Connection, reach: Reach) -> None:
    assert check_addresses(connection, resolver=lambda host, port: PUBLIC) is reach


def test_a_name_that_nobody_knows_now_is_no_mistake_of_the_connection() -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise OSError("no such name")

    assert check_addresses(to("https://shop.example"), resolver=unknown) is Reach.PUBLIC


def test_no_socket_goes_to_this_machine_for_a_public_connection(site: SmallSite) -> None:
    """What a redirect, or a second look at a name, would lead to: the SDK connects by itself and is stopped there."""
    with pytest.raises(ToolError, match=r"127\.0\.0\.1, which is no public address") as refused:
        call("wordpress", lambda: httpx.get(site.root), translate=lambda error: None, reach=Reach.PUBLIC)
    assert refused.value.permanent, "it is not tried again"
    assert site.asked == []


def test_a_redirect_of_a_stand_in_does_not_lead_into_the_network_behind_it(site: SmallSite) -> None:
    site.pages["/away"] = Answer(status=302, headers={"Location": "http://10.255.255.1/latest"})
    with pytest.raises(ToolError, match=r"10\.255\.255\.1"):
        call(
            "stripe",
            lambda: httpx.get(f"{site.root}/away", follow_redirects=True),
            translate=lambda error: None,
            reach=Reach.LOOPBACK,
        )


def test_the_hold_ends_with_its_block(site: SmallSite) -> None:
    with held_to("wordpress", Reach.PUBLIC), pytest.raises(ToolError):
        httpx.get(site.root)
    assert httpx.get(site.root).status_code == 200
