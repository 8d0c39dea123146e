"""What the guard of the web lets through: public servers and the tenant's own simulated site, nothing else."""

import pytest

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.web import Web
from resources.web_guard import Guard, is_public, resolve
from tests.support.small_site import Answer, SmallSite, small_site

PUBLIC = "93.184.215.14"


def names(**known: str):
    """A resolver of these names; the dots of a name are underscores here."""
    table = {name.replace("_", "."): (address,) for name, address in known.items()}

    def look_up(host: str, port: int) -> tuple[str, ...]:
        if host not in table:
            raise OSError(host)
        return table[host]

    return look_up


def refused(url: str, guard: Guard | None = None) -> ToolErrorKind:
    with pytest.raises(ToolError) as error:
        (guard or Guard()).admit(url)
    return error.value.kind


@pytest.mark.parametrize(
    "url",
    [
        "ftp://lumen.example/", "file:///etc/passwd", "gopher://lumen.example/", "//lumen.example/", "/pricing", "http://",
        "http://user:word@lumen.example/", "http://lumen.example:22/", "https://lumen.example:8443/",
    ],
)  # fmt: skip
def test_other_schemes_credentials_and_ports_are_refused(url: str) -> None:
    assert refused(url, Guard(resolver=names(lumen_example=PUBLIC))) is ToolErrorKind.INVALID


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "0.0.0.0", "10.0.0.8", "172.16.3.4", "192.168.1.1",
        "100.64.0.1", "169.254.169.254", "224.0.0.1", "240.0.0.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]",
        "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "localhost",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_however_they_are_written(host: str) -> None:
    assert refused(f"http://{host}/", Guard(resolver=resolve)) in (ToolErrorKind.INVALID, ToolErrorKind.MISSING)


def test_a_public_name_that_leads_inside_is_refused() -> None:
    assert refused("http://inside.example/", Guard(resolver=names(inside_example="10.1.2.3"))) is ToolErrorKind.INVALID

    def both(host: str, port: int) -> tuple[str, ...]:
        return PUBLIC, "127.0.0.1"

    assert refused("http://both.example/", Guard(resolver=both)) is ToolErrorKind.INVALID


def test_a_public_server_is_admitted_and_pinned_to_the_address_that_was_looked_up() -> None:
    admitted = Guard(resolver=names(lumen_example=PUBLIC)).admit("https://lumen.example/pricing?plan=pro#top")
    assert str(admitted.pinned) == f"https://{PUBLIC}/pricing?plan=pro"
    assert admitted.host == "lumen.example"


def test_an_unknown_name_is_missing() -> None:
    assert refused("https://nowhere.example/", Guard(resolver=names())) is ToolErrorKind.MISSING


@pytest.mark.parametrize("path", ["/sites/lumen", "/sites/lumen/", "/sites/lumen/pricing"])
def test_the_tenants_own_simulated_site_is_read(path: str) -> None:
    guard = Guard(["http://127.0.0.1:8123/sites/lumen"])
    assert guard.admit(f"http://127.0.0.1:8123{path}").address == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8123/sites/other", "http://127.0.0.1:8123/sites/lumenish", "http://127.0.0.1:8123/anthropic/v1",
        "http://127.0.0.1:8123/sites/lumen/../other", "http://127.0.0.1:8123/sites/lumen/%2e%2e/other",
        "http://127.0.0.1:8124/sites/lumen", "https://127.0.0.1:8123/sites/lumen",
    ],
)  # fmt: skip
def test_nothing_beside_the_own_site_is_read(url: str) -> None:
    assert refused(url, Guard(["http://127.0.0.1:8123/sites/lumen"])) is ToolErrorKind.INVALID


@pytest.fixture
def site():
    with small_site({"/": "<h1>Home</h1>", "/away": Answer(status=302)}) as made:
        yield made


def web(site: SmallSite, *, looked_up: list[str]) -> Web:
    """A reader whose own site is known by a name that only its resolver knows."""

    def look_up(host: str, port: int) -> tuple[str, ...]:
        looked_up.append(host)
        return ("127.0.0.1",)

    return Web(own=(f"http://site.test:{site.port}",), resolver=look_up)


def test_the_connection_goes_to_the_address_that_was_checked_and_no_name_is_looked_up_again(site: SmallSite) -> None:
    looked_up: list[str] = []
    assert web(site, looked_up=looked_up).page(f"http://site.test:{site.port}/") == "# Home"
    assert looked_up == ["site.test"]
    assert site.asked == [f"site.test:{site.port} /"]


@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest", "file:///etc/passwd"])
def test_a_redirect_is_checked_like_any_address(site: SmallSite, target: str) -> None:
    site.pages["/away"] = Answer(status=302, headers={"Location": target.format(port=site.port)})
    with small_site({}) as other:
        site.pages["/away"] = Answer(status=302, headers={"Location": target.format(port=other.port)})
        with pytest.raises(ToolError) as error:
            Web(own=(site.root,)).page(f"{site.root}/away")
        assert error.value.kind is ToolErrorKind.INVALID
        assert other.asked == []


def test_addresses_wrapped_in_ipv6_count_as_what_they_wrap() -> None:
    assert is_public("::ffff:93.184.215.14")
    assert not is_public("::ffff:192.168.0.1")
    assert not is_public("no address")
