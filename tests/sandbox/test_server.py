"""The sandbox as a server: its admin, its clients, and the public sites."""

import json
import socket
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from marketeer_dagster.model.errors import BadInput, ToolError
from marketeer_dagster.sandbox.client import SandboxAdmin, SandboxClock
from marketeer_dagster.sandbox.connections import service_account_json
from marketeer_dagster.sandbox.server import Running, run_in_thread, serve
from marketeer_dagster.sandbox.shocks import ShockKind, ShockSpec
from tests.sandbox.conftest import START, account, publish


def test_the_clock_tells_business_time_and_moves_on_request(sandbox: Running) -> None:
    clock = SandboxClock(sandbox.url, cache_s=0)
    assert clock.now().date() == START
    face = sandbox.admin.advance(2)
    assert face.day == START + timedelta(days=2) == clock.now().date()
    assert face.room_days == sandbox.world.clock.room()
    lazy = SandboxClock(sandbox.url, cache_s=3600)
    before = lazy.now()
    sandbox.admin.advance(1)
    assert lazy.now() == before


def test_an_account_comes_with_connections_of_its_own(sandbox: Running) -> None:
    mine = {found.tool: found for found in sandbox.admin.open_account(account("acme"))}
    theirs = {found.tool: found for found in sandbox.admin.open_account(account("other", context="devtool"))}
    assert set(mine) == {"ga4", "search_console", "stripe", "wordpress", "mailchimp"}
    for tool, connection in mine.items():
        assert connection.tenant == "acme" and connection.simulated
        assert (connection.base_url or "").startswith(sandbox.url)
        assert connection.secrets != theirs[tool].secrets
    again = {found.tool: found for found in sandbox.admin.open_account(account("acme"))}
    assert again == mine


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("accounts", {"tenant": "Not A Slug", "name": "x"}, "tenant"),
        ("accounts", {"tenant": "acme", "name": "x", "channels": {"fax": 1}}, "fax"),
        ("accounts", {"tenant": "acme", "name": "x", "colour": "red"}, "colour"),
        ("shocks", {"tenant": "nobody", "kind": "outage"}, "nobody"),
        ("shocks", {"tenant": "acme", "kind": "earthquake"}, "kind"),
        ("shocks", {"tenant": "acme", "kind": "intent_drift"}, "page"),
        ("advance", {"days": 100_000}, "today"),
        ("advance", {"weeks": 1}, "weeks"),
    ],
)
def test_bad_requests_say_what_is_wrong(sandbox: Running, path: str, body: dict[str, object], names: str) -> None:
    sandbox.admin.open_account(account(history_days=7))
    answer = httpx.post(f"{sandbox.url}/_sandbox/{path}", content=json.dumps(body))
    assert answer.status_code == 400
    assert names in answer.json()["error"]
    assert sandbox.admin.clock().day == START


def test_a_page_that_is_not_there_cannot_drift(sandbox: Running) -> None:
    sandbox.admin.open_account(account())
    with pytest.raises(BadInput, match="/nowhere"):
        sandbox.admin.shock(ShockSpec(tenant="acme", kind=ShockKind.INTENT_DRIFT, page="/nowhere"))


def test_a_sandbox_that_is_not_there_is_an_outage() -> None:
    admin = SandboxAdmin("http://127.0.0.1:9")
    assert not admin.healthy()
    with pytest.raises(ToolError, match="does not answer"):
        admin.clock()


def test_a_port_in_use_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {port} cannot be used"):
            serve(port)


def test_a_served_market_survives_its_server(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    with run_in_thread(seed=2, state=state, start=START) as first:
        before = first.admin.open_account(account())
        key_file = json.loads(service_account_json(first.world, "acme"))
        first.admin.advance(1)
    with run_in_thread(seed=2, state=state) as second:
        assert second.admin.clock().day == START + timedelta(days=1)
        after = second.admin.open_account(account())
        secrets = [{key: value.get_secret_value() for key, value in c.secrets.items()} for c in before]
        assert [{key: value.get_secret_value() for key, value in c.secrets.items()} for c in after] == secrets
        assert json.loads(service_account_json(second.world, "acme"))["private_key"] == key_file["private_key"]


def test_public_pages_show_what_is_published_marked_as_simulated(sandbox: Running) -> None:
    sandbox.admin.open_account(account())
    publish(sandbox.world, "/close", "<h1>Close on day four</h1>", "Close & rest")
    page = httpx.get(f"{sandbox.url}/sites/acme/close")
    assert page.status_code == 200 and page.headers["x-simulated"] == "true"
    assert "<h1>Close on day four</h1>" in page.text
    assert "Simulated" in page.text and "<title>Close &amp; rest</title>" in page.text
    assert httpx.get(f"{sandbox.url}/sites/acme/close/").status_code == 200
    assert httpx.get(f"{sandbox.url}/sites/acme").status_code == 200
    assert httpx.get(f"{sandbox.url}/sites/acme/nothing").status_code == 404
    assert httpx.get(f"{sandbox.url}/sites/nobody/").status_code == 404


def test_drafts_are_not_public(sandbox: Running) -> None:
    sandbox.admin.open_account(account())
    page = publish(sandbox.world, "/soon", "<h1>Soon</h1>")
    sandbox.world.site("acme").pages.save(page.model_copy(update={"status": "draft"}))
    assert httpx.get(f"{sandbox.url}/sites/acme/soon").status_code == 404
