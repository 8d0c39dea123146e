"""What our client makes of WordPress's answers, recorded or documented; and the stand-in, which must say the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import stamina
from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.wordpress_rest import WordPressClient, WpPage
from tests.contract import recorded
from tests.support.sites import sandbox_connection

AUTH, INVALID, MISSING, OUTAGE = ToolErrorKind.AUTH, ToolErrorKind.INVALID, ToolErrorKind.MISSING, ToolErrorKind.OUTAGE
Ask = Callable[[WordPressClient], Any]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


def connection(url: str) -> Connection:
    return Connection(
        tenant=TenantId("acme"),
        tool="wordpress",
        settings={"base_url": url, "user": "marketeer"},
        secrets={"application_password": SecretStr("open sesame")},
    )


@dataclass(frozen=True)
class Refusal:
    """What the client must make of an answer that is no success."""

    kind: ToolErrorKind
    hint: str
    said: str = ""
    again_later: bool = False
    """Whether a later run tries again while this one does not go on asking."""


def listed(client: WordPressClient) -> Any:
    return [(page.id, page.slug, page.status) for page in client.pages("pricing")]


def created(client: WordPressClient) -> WpPage:
    return client.create({"title": "x"})


def deleted(client: WordPressClient) -> None:
    client.discard_draft(5)


REFUSED: dict[str, tuple[Ask, Refusal]] = {
    "challenge-403": (listed, Refusal(OUTAGE, "allow GET /wp-json/", "challenge", again_later=True)),
    "firewall-403": (created, Refusal(OUTAGE, "allow POST /wp-json/", "without WordPress's JSON", again_later=True)),
    "maintenance-503": (listed, Refusal(OUTAGE, "maintenance", again_later=True)),
    "critical-error-500": (listed, Refusal(OUTAGE, "tried again", "critical error on this website. Learn more")),
    "error-401-incorrect-password-german": (listed, Refusal(AUTH, "application_password", "[incorrect_password]")),
    "error-401-rest-closed": (listed, Refusal(AUTH, "Authorization header", "[rest_cannot_access]")),
    "error-501-application-passwords": (listed, Refusal(AUTH, "switched off", "[application_passwords_disabled]")),
    "error-unknown-user": (WordPressClient.me, Refusal(AUTH, "Authorization header", "[rest_not_logged_in]")),
    "error-wrong-password": (listed, Refusal(AUTH, "takes us for a visitor", "status: Status is forbidden.")),
    "error-visitor-drafts": (listed, Refusal(AUTH, "takes us for a visitor")),
    "error-visitor-create": (created, Refusal(AUTH, "application_password", "[rest_cannot_create]")),
    "error-front-page-writer": (lambda c: c.set_front_page(8), Refusal(AUTH, "manage_options", "front page")),
    "error-settings-writer": (lambda c: c.page_at("/"), Refusal(AUTH, "manage_options", "front page")),
    "error-template": (created, Refusal(INVALID, "", "template is not one of blog-alternative, blank.")),
    "error-params": (created, Refusal(INVALID, "", "parent: parent is not of type integer.")),
    "error-meta": (created, Refusal(INVALID, "", "meta.meta_description is not of type string.")),
    "error-body": (created, Refusal(INVALID, "", "[rest_invalid_json]")),
    "error-gone-page": (lambda c: c.page(5), Refusal(MISSING, "deleted the page", "[rest_post_invalid_id]")),
    "error-no-route": (listed, Refusal(MISSING, "REST API's routes", "[rest_no_route]")),
    "pages-beyond": (listed, Refusal(INVALID, "", "[rest_post_invalid_page_number]")),
    "html-404": (listed, Refusal(INVALID, "set base_url to the site's own address, such as https://example.com")),
    "redirect-301": (listed, Refusal(INVALID, "set base_url to https://www.example.com ", "redirects to")),
    "cached-without-total": (listed, Refusal(OUTAGE, "cache", "X-WP-Total")),
}  # fmt: skip

READ: dict[str, tuple[Ask, Any]] = {
    "bom-before-json": (listed, [(7, "pricing", "publish")]),
    "notices-before-json": (listed, [(7, "pricing", "publish")]),
    "plain-route": (listed, [(2, "sample-page", "publish")]),
    "pages-empty": (listed, []),
    "page-created": (lambda c: (created(c).slug, created(c).public), ("preise", False)),
    "page-published": (lambda c: (created(c).public, created(c).content.raw.count("😀")), (True, 1)),
    "page-same-slug": (lambda c: created(c).slug, "preise-2"),
    "page-private": (lambda c: (created(c).status, created(c).public), ("private", False)),
    "page-future": (lambda c: (created(c).status, created(c).public, created(c).date[:4]), ("future", False, "2030")),
    "page-password": (lambda c: (created(c).status, created(c).public, created(c).locked), ("publish", False, True)),
    "page-password-visitor": (lambda c: [(p.public, p.locked) for p in c.pages("x")], [(False, True)]),
    "page-trashed": (lambda c: (c.page(5).status, c.page(5).slug), ("trash", "preise__trashed")),
    "page-unregistered-meta": (
        lambda c: (created(c).has_meta("_yoast_wpseo_metadesc"), created(c).has_meta("meta_description")),
        (False, True),
    ),
    "page-writer-filtered": (lambda c: (created(c).unfiltered, created(c).content.raw), (False, "<p>a</p>alert(1)")),
    "page-deleted": (deleted, None),
    "error-deleted-again": (deleted, None),
    "autosave-of-draft": (lambda c: c.autosave(8, {}).id, 8),
    "index": (WordPressClient.home, "https://example.com"),
    "settings": (lambda c: c._settings()["show_on_front"], "posts"),  # pyright: ignore[reportPrivateUsage]
    "user-me": (
        lambda c: [c.me().may(name) for name in ("edit_pages", "publish_pages", "unfiltered_html", "manage_options")],
        [True, True, False, False],
    ),
}  # fmt: skip
OTHERWISE = {"pages-list"}
"""Answers with a test of their own below."""


@pytest.mark.parametrize("name", recorded.names("wordpress"))
def test_every_answer_is_read_for_what_it_says(name: str) -> None:
    if name in OTHERWISE:
        return
    with recorded.serve(recorded.answer("wordpress", name)) as wire, WordPressClient(connection(wire.url)) as client:
        if name in READ:
            ask, expected = READ[name]
            assert ask(client) == expected
            return
        ask, refusal = REFUSED[name]
        with pytest.raises(ToolError) as refused:
            ask(client)
    error = refused.value
    assert error.kind is refusal.kind, error
    assert refusal.hint in (error.hint or "")
    assert refusal.said in error.message
    assert ((error.retry_after_s or 0) > 60) is refusal.again_later
    assert "<" not in str(error) and "sesame" not in repr(error)


def test_pages_are_read_to_the_last_and_each_once() -> None:
    whole = recorded.answer("wordpress", "pages-list")

    def told(asked: recorded.Asked) -> recorded.Answer:
        number = int(httpx.URL(asked.path).params.get("page", "1"))
        rows = [{**row, "id": row["id"] + 10 * min(number, 3)} for row in whole.body]
        return recorded.Answer("", 200, whole.headers, rows)

    with recorded.serve(told) as wire, WordPressClient(connection(wire.url)) as client:
        with pytest.raises(ToolError, match="page 4 of the pages repeats") as refused:
            client.pages("x")
        assert refused.value.kind is OUTAGE
        assert len(wire.asked) == 4


def test_a_page_deleted_while_they_are_counted_ends_the_list() -> None:
    said = [recorded.answer("wordpress", "pages-list"), recorded.answer("wordpress", "pages-beyond")]
    with recorded.serve(said) as wire, WordPressClient(connection(wire.url)) as client:
        assert [page.slug for page in client.pages("x")] == ["sample-page", "privacy-policy"]


@pytest.mark.parametrize("prefix", ["/?rest_route=/", "/index.php/wp-json/", "/api/"])
def test_the_api_is_where_the_sites_link_header_says(prefix: str) -> None:
    """Plain permalinks, permalinks without rewriting, another prefix: the first answer is the theme's 404."""
    theme, index = recorded.answer("wordpress", "html-404"), recorded.answer("wordpress", "index")
    rows = recorded.answer("wordpress", "plain-route")

    def told(asked: recorded.Asked) -> recorded.Answer:
        url = httpx.URL(asked.path)
        if asked.path == "/":
            link = f'<http://{asked.headers["Host"]}{prefix}>; rel="https://api.w.org/"'
            return recorded.Answer("", 200, {"Link": link}, "<p>Home</p>")
        if "rest_route" in prefix:
            route = url.params.get("rest_route")
        else:
            route = url.path.removeprefix(prefix[:-1]) if url.path.startswith(prefix) else None
        if route is None:
            return theme
        return index if route.strip("/") == "" else rows

    with recorded.serve(told) as wire, WordPressClient(connection(wire.url)) as client:
        assert [page.slug for page in client.pages("sample-page")] == ["sample-page"]
        discovering = len(wire.asked)
        assert client.pages("sample-page")
        assert len(wire.asked) == discovering + 1, "asked once, then known"
        without_password = [asked.path for asked in wire.asked if "Authorization" not in asked.headers]
        assert without_password[0] == "/"


def test_neither_address_being_an_api_says_permalinks() -> None:
    gone = recorded.Answer("", 404, {}, "<h1>Not found</h1>")
    with recorded.serve(gone) as wire, WordPressClient(connection(wire.url)) as client:
        with pytest.raises(ToolError, match="rest_route") as refused:
            client.pages("x")
        assert refused.value.kind is MISSING
        assert "Permalinks" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("status", "headers", "kind", "hint"),
    [
        (401, {"www-authenticate": 'Basic realm="staging"'}, AUTH, "staging"),
        (406, {}, OUTAGE, "firewall"),
        (405, {}, OUTAGE, "firewall"),
        (413, {}, INVALID, "size"),
        (429, {"retry-after": "7"}, ToolErrorKind.QUOTA, "limits requests"),
        (502, {}, OUTAGE, "tried again"),
        (200, {}, OUTAGE, "tried again"),
        (302, {"location": "/wp-login.php?redirect_to=x"}, OUTAGE, "firewall"),
        (
            307,
            {"location": "https://www.acme.example/wp-json/wp/v2/pages"},
            INVALID,
            "set base_url to https://www.acme",
        ),
    ],
)
def test_what_stands_before_wordpress_says_nothing_of_the_page(
    status: int, headers: dict[str, str], kind: ToolErrorKind, hint: str
) -> None:
    said = recorded.Answer("", status, headers, "<html><script>var x = [{}];</script>no</html>")
    with (
        recorded.serve(said) as wire,
        WordPressClient(connection(wire.url)) as client,
        pytest.raises(ToolError) as refused,
    ):
        client.pages("x")
    assert refused.value.kind is kind
    assert hint in (refused.value.hint or "")


HABIT_OF = {
    "challenge-403": "challenge", "firewall-403": "firewall", "maintenance-503": "maintenance",
    "error-501-application-passwords": "no_passwords", "error-401-rest-closed": "rest_closed",
    "error-settings-writer": "writer", "error-front-page-writer": "writer", "cached-without-total": "cache",
    "bom-before-json": "bom", "notices-before-json": "notices", "redirect-301": "redirect",
    "error-visitor-drafts": "header_stripped", "page-writer-filtered": "writer", "user-me": "writer",
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@pytest.mark.parametrize(("name", "habit"), HABIT_OF.items())
def test_the_stand_in_is_as_unkind(sandbox: Running, name: str, habit: str) -> None:
    """Status, headers and codes of the stand-in with a habit are those of the recorded answer."""
    real = recorded.answer("wordpress", name)
    tenant = f"t-{name[:30].strip('-')}"
    account = sandbox_connection(sandbox, "wordpress", tenant=tenant)
    sandbox.admin.habit("wordpress", habit, tenant=tenant)
    if habit == "rest_closed":
        account = account.model_copy(update={"secrets": {"application_password": SecretStr("wrong")}})
    login = (account.settings["user"], account.secrets["application_password"].get_secret_value())
    request = real.request
    url = f"{account.base_url}{request['url']}"
    body = {"content": "<script>x</script>"} if habit == "firewall" else request.get("body")
    answer = httpx.request(request["method"], url, json=body, auth=login, timeout=30)
    assert answer.status_code == real.status
    for header in ("retry-after", "cf-mitigated", "x-redirect-by", "x-wp-total", "x-cache"):
        assert (header in answer.headers) is (header in {key.lower() for key in real.headers}), header
    if isinstance(real.body, dict) and "code" in real.body:
        assert answer.json()["code"] == real.body["code"]
        assert answer.json()["data"]["status"] == real.body["data"]["status"]
    elif name == "page-writer-filtered":
        assert answer.json()["content"]["raw"] == real.body["content"]["raw"]
        assert "wp:action-unfiltered-html" not in answer.json()["_links"]
    elif name == "user-me":
        assert answer.json()["capabilities"] == real.body["capabilities"]
        assert answer.json()["roles"] == real.body["roles"]
    elif isinstance(real.body, str) and real.headers.get("content-type", "").startswith("text/html") and real.body:
        assert answer.headers["content-type"].startswith("text/html")
    elif isinstance(real.body, str) and real.body:
        assert answer.content[:6] == real.body.encode()[:6]


def shape(found: Any) -> Any:
    """Names and types of a document, values left out; lists by their first element."""
    if isinstance(found, dict):
        return {name: shape(value) for name, value in found.items()}
    if isinstance(found, list):
        return [shape(found[0])] if found else []
    return type(found).__name__


@pytest.mark.parametrize("name", ["page-created", "page-published", "page-private", "page-future", "page-password"])
def test_the_stand_ins_pages_have_the_shape_of_real_ones(sandbox: Running, name: str) -> None:
    real = recorded.answer("wordpress", name)
    account = sandbox_connection(sandbox, "wordpress", tenant="shapes")
    login = (account.settings["user"], account.secrets["application_password"].get_secret_value())
    made = httpx.post(f"{account.base_url}/wp-json/wp/v2/pages", json={"title": "T"}, auth=login, timeout=30)
    url = real.request["url"].replace("/pages/5", f"/pages/{made.json()['id']}")
    answer = httpx.post(f"{account.base_url}{url}", json=real.request["body"], auth=login, timeout=30)
    assert answer.status_code == real.status
    told = answer.json()
    for field in ("status", "password"):
        assert told[field] == real.body[field]
    for field in ("title", "content", "excerpt"):
        assert shape(told[field]) == shape(real.body[field]), field
    if name in ("page-private", "page-published"):
        assert told["title"]["rendered"].startswith(("Private: ", "T", "Größe &#038;"))
    assert {key: shape(value) for key, value in told.items() if key not in ("_links", "meta")} == {
        key: shape(value) for key, value in real.body.items() if key not in ("_links", "meta")
    }
