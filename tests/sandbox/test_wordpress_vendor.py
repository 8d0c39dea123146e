"""What the WordPress stand-in adds to being WordPress: tenants apart, a ledger, memory over restarts."""

import base64
from pathlib import Path
from typing import Any

import httpx

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.sandbox.server import Running, run_in_thread
from tests.support.sites import sandbox_connection


def api(connection: Connection, *, password: str | None = None) -> httpx.Client:
    secret = password if password is not None else connection.secrets["application_password"].get_secret_value()
    login = (connection.settings["user"], secret)
    return httpx.Client(base_url=f"{connection.base_url}/wp-json/wp/v2", auth=login, timeout=30)


def a_page(client: httpx.Client, slug: str, status: str = "publish", content: str = "<p>x</p>") -> dict[str, Any]:
    answer = client.post("/pages", json={"slug": slug, "title": slug, "status": status, "content": content})
    assert answer.status_code == 201
    return answer.json()


def test_tenants_have_sites_of_their_own() -> None:
    with run_in_thread() as sandbox:
        acme, globex = (api(sandbox_connection(sandbox, "wordpress", t)) for t in ("acme", "globex"))
        a_page(acme, "only-acme")
        assert len(acme.get("/pages", params={"slug": "only-acme"}).json()) == 1
        assert globex.get("/pages", params={"slug": "only-acme"}).json() == []
        assert a_page(globex, "only-acme")["slug"] == "only-acme"
        intruder = globex.post("/pages", auth=acme.auth, json={"title": "x"})
        assert (intruder.status_code, intruder.json()["code"]) == (401, "rest_cannot_create")


def test_an_application_password_works_with_and_without_its_spaces() -> None:
    with run_in_thread() as sandbox:
        connection = sandbox_connection(sandbox, "wordpress")
        secret = connection.secrets["application_password"].get_secret_value()
        for password in (secret, secret.replace(" ", "")):
            assert api(connection, password=password).get("/users/me").status_code == 200
        assert api(connection, password="wrong").get("/users/me").json()["code"] == "rest_not_logged_in"
        broken = {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()}
        assert httpx.get(f"{connection.base_url}/wp-json/wp/v2/users/me", headers=broken).status_code == 401


def test_visitors_see_what_is_published_and_nothing_else() -> None:
    with run_in_thread() as sandbox:
        connection = sandbox_connection(sandbox, "wordpress")
        client = api(connection)
        a_page(client, "public-page")
        draft = a_page(client, "draft-page", status="draft")
        visitor = httpx.Client(base_url=f"{connection.base_url}/wp-json/wp/v2")
        slugs = [page["slug"] for page in visitor.get("/pages", params={"per_page": 100}).json()]
        assert "public-page" in slugs and "draft-page" not in slugs
        assert visitor.get(f"/pages/{draft['id']}").json()["code"] == "rest_forbidden"
        assert visitor.get("/pages", params={"context": "edit"}).json()["code"] == "rest_forbidden_context"
        refused = visitor.get("/pages", params={"status": "any"}).json()
        assert refused["data"]["details"]["status"]["code"] == "rest_forbidden_status"


def test_lists_come_in_pages_with_their_totals() -> None:
    with run_in_thread() as sandbox:
        client = api(sandbox_connection(sandbox, "wordpress"))
        for number in range(5):
            a_page(client, f"listed-{number}")
        everything = client.get("/pages", params={"per_page": 100, "orderby": "id", "order": "asc"})
        total = int(everything.headers["X-WP-Total"])
        assert total == len(everything.json())
        page = client.get("/pages", params={"per_page": 2, "page": 2, "orderby": "id", "order": "asc"})
        assert [p["id"] for p in page.json()] == [p["id"] for p in everything.json()[2:4]]
        assert int(page.headers["X-WP-TotalPages"]) == -(-total // 2)
        beyond = client.get("/pages", params={"page": 99})
        assert beyond.json()["code"] == "rest_post_invalid_page_number"
        assert client.get("/pages", params={"per_page": 101}).json()["code"] == "rest_invalid_param"


def test_every_write_is_in_the_ledger_under_its_key() -> None:
    with run_in_thread() as sandbox:
        client = api(sandbox_connection(sandbox, "wordpress"))
        page = a_page(client, "kept", content="<!-- marketeer:key=pub_7 --><p>x</p>")
        client.post(f"/pages/{page['id']}", json={"title": "New"})
        client.delete(f"/pages/{page['id']}", params={"force": True})
        written = [(e.action, e.key) for e in sandbox.admin.ledger(vendor="wordpress")]
        assert written == [("page.create", "pub_7"), ("page.update", "pub_7"), ("page.delete", "pub_7")]


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    def site(sandbox: Running) -> httpx.Client:
        return api(sandbox_connection(sandbox, "wordpress"))

    with run_in_thread(state=tmp_path / "market.db") as sandbox:
        page = a_page(site(sandbox), "kept")
    with run_in_thread(state=tmp_path / "market.db") as sandbox:
        again = site(sandbox).get(f"/pages/{page['id']}").json()
        assert (again["slug"], again["content"]) == ("kept", {"rendered": "<p>x</p>", "protected": False})
        assert a_page(site(sandbox), "kept")["slug"] == "kept-2"


def test_unknown_routes_and_tenants_are_no_route() -> None:
    with run_in_thread() as sandbox:
        client = api(sandbox_connection(sandbox, "wordpress"))
        for answer in (client.post("/nonesuch"), client.delete("/pages"), client.get("/nonesuch")):
            assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")
        nobody = httpx.get(f"{sandbox.url}/wordpress/nobody/wp-json/wp/v2/pages")
        assert (nobody.status_code, nobody.json()["code"]) == (404, "rest_no_route")


def test_a_trashed_page_frees_its_slug() -> None:
    with run_in_thread() as sandbox:
        client = api(sandbox_connection(sandbox, "wordpress"))
        page = a_page(client, "gone")
        assert client.delete(f"/pages/{page['id']}").json()["status"] == "trash"
        assert a_page(client, "gone")["slug"] == "gone"
