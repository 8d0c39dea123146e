"""The stand-in for Mailchimp as its own SDK meets it: shapes, status codes, error documents."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
from mailchimp_marketing import Client
from mailchimp_marketing.api_client import ApiClientError

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.sandbox.server import Running, run_in_thread
from tests.support.sites import sandbox_connection

HTML = '<html><body><p>Hello</p><a href="*|UNSUB|*">leave</a></body></html>'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def connection(sandbox: Running) -> Connection:
    return sandbox_connection(sandbox, "mailchimp")


@pytest.fixture
def sdk(connection: Connection) -> Any:
    client: Any = Client({"api_key": connection.secrets["api_key"].get_secret_value()})
    client.api_client.host = connection.base_url
    return client


@pytest.fixture
def list_id(connection: Connection) -> str:
    return connection.settings["list_id"]


def a_campaign(sdk: Any, list_id: str, **settings: str) -> dict[str, Any]:
    body = {
        "type": "regular",
        "recipients": {"list_id": list_id},
        "settings": {"subject_line": "S", "title": "T", "from_name": "Acme", "reply_to": "a@acme.example", **settings},
    }
    return sdk.campaigns.create(body)


def refusal(error: pytest.ExceptionInfo[ApiClientError]) -> tuple[int, str]:
    return error.value.status_code, str(error.value.text)


def address_id(address: str) -> str:
    return md5(address.encode()).hexdigest()


def test_ping(sdk: Any) -> None:
    assert sdk.ping.get() == {"health_status": "Everything's Chimpy!"}


def test_a_wrong_key_is_refused_as_a_problem_document(connection: Connection) -> None:
    client: Any = Client({"api_key": "0" * 32 + "-us21"})
    client.api_client.host = connection.base_url
    with pytest.raises(ApiClientError) as refused:
        client.ping.get()
    status, text = refusal(refused)
    assert status == 401
    for name in ("type", "title", "status", "detail", "instance"):
        assert f'"{name}"' in text
    assert "API Key Invalid" in text


def test_an_access_token_works_as_a_key_does(connection: Connection) -> None:
    client: Any = Client({"access_token": connection.secrets["api_key"].get_secret_value(), "server": "us21"})
    client.api_client.host = connection.base_url
    assert client.ping.get()["health_status"]


def test_the_audience_has_what_a_campaign_takes_from_it(sdk: Any, list_id: str) -> None:
    found = sdk.lists.get_list(list_id)
    assert found["id"] == list_id
    assert found["campaign_defaults"]["from_email"]
    assert found["stats"]["member_count"] >= 200
    assert [row["id"] for row in sdk.lists.get_all_lists()["lists"]] == [list_id]


def test_an_unknown_list_is_404(sdk: Any) -> None:
    with pytest.raises(ApiClientError) as missing:
        sdk.lists.get_list("nonesuch")
    assert refusal(missing)[0] == 404


def test_set_list_member_adds_then_updates_one_member(sdk: Any, list_id: str) -> None:
    address = "Ada@Example.com"
    hashed = address_id(address.lower())
    first = sdk.lists.set_list_member(list_id, hashed, {"email_address": address, "status_if_new": "subscribed"})
    again = sdk.lists.set_list_member(
        list_id, hashed, {"email_address": address, "status_if_new": "pending", "merge_fields": {"FNAME": "Ada"}}
    )
    assert (first["id"], first["status"]) == (hashed, "subscribed")
    assert (again["id"], again["status"], again["merge_fields"]) == (hashed, "subscribed", {"FNAME": "Ada"})
    members = sdk.lists.get_list_members_info(list_id, count=100)["members"]
    assert [m["id"] for m in members].count(hashed) == 1


def test_adding_a_member_twice_is_refused(sdk: Any, list_id: str) -> None:
    body = {"email_address": "bob@example.com", "status": "subscribed"}
    sdk.lists.add_list_member(list_id, body)
    with pytest.raises(ApiClientError) as refused:
        sdk.lists.add_list_member(list_id, body)
    assert refusal(refused)[0] == 400
    assert "Member Exists" in refusal(refused)[1]


def test_a_batch_reports_new_updated_and_refused(sdk: Any, list_id: str) -> None:
    people = [{"email_address": f"c{n}@example.com", "status": "subscribed"} for n in range(2)]
    people.append({"email_address": "no address", "status": "subscribed"})
    done = sdk.lists.batch_list_members(list_id, {"members": people, "update_existing": True})
    again = sdk.lists.batch_list_members(list_id, {"members": people[:1], "update_existing": True})
    assert (done["total_created"], done["total_updated"], done["error_count"]) == (2, 0, 1)
    assert (again["total_created"], again["total_updated"]) == (0, 1)


def test_a_bad_field_is_named_in_errors(sdk: Any, list_id: str) -> None:
    with pytest.raises(ApiClientError) as refused:
        sdk.lists.set_list_member(list_id, address_id("d@example.com"), {"email_address": "d@example.com"})
    assert '"field": "status"' in refusal(refused)[1].replace('":"', '": "')
    with pytest.raises(ApiClientError) as refused:
        sdk.campaigns.create({"type": "carrier-pigeon"})
    assert "Invalid Resource" in refusal(refused)[1]


def test_a_campaign_lives_from_draft_to_sent(sdk: Any, list_id: str) -> None:
    made = a_campaign(sdk, list_id)
    assert (made["status"], made["emails_sent"], made["content_type"]) == ("save", 0, "template")
    checklist = sdk.campaigns.get_send_checklist(made["id"])
    assert checklist["is_ready"] is False
    assert {"HTML Email", "Unsubscribe"} == {i["heading"] for i in checklist["items"] if i["type"] == "error"}
    with pytest.raises(ApiClientError) as refused:
        sdk.campaigns.send(made["id"])
    assert "not ready to send" in refusal(refused)[1]

    sdk.campaigns.set_content(made["id"], {"html": HTML, "plain_text": "Hello"})
    assert sdk.campaigns.get_content(made["id"])["html"] == HTML
    assert sdk.campaigns.get_send_checklist(made["id"])["is_ready"] is True
    assert sdk.campaigns.send_test_email(made["id"], {"test_emails": ["a@b.c"], "send_type": "html"}).status_code == 204
    assert sdk.campaigns.get(made["id"])["status"] == "save"
    assert sdk.campaigns.send(made["id"]).status_code == 204
    sent = sdk.campaigns.get(made["id"])
    assert sent["status"] == "sent"
    assert sent["emails_sent"] >= 200


def test_a_sent_campaign_can_be_neither_sent_again_nor_changed_nor_deleted(sdk: Any, list_id: str) -> None:
    made = a_campaign(sdk, list_id)
    sdk.campaigns.set_content(made["id"], {"html": HTML})
    sdk.campaigns.send(made["id"])
    attempts = (
        lambda: sdk.campaigns.send(made["id"]),
        lambda: sdk.campaigns.set_content(made["id"], {"html": "x"}),
        lambda: sdk.campaigns.update(made["id"], {"settings": {"subject_line": "other"}}),
        lambda: sdk.campaigns.remove(made["id"]),
    )
    for attempt in attempts:
        with pytest.raises(ApiClientError) as refused:
            attempt()
        assert refusal(refused)[0] == 400


def test_drafts_can_be_changed_and_removed(sdk: Any, list_id: str) -> None:
    made = a_campaign(sdk, list_id)
    changed = sdk.campaigns.update(made["id"], {"settings": {"subject_line": "Better"}})
    assert (changed["settings"]["subject_line"], changed["settings"]["title"]) == ("Better", "T")
    sdk.campaigns.remove(made["id"])
    with pytest.raises(ApiClientError) as missing:
        sdk.campaigns.get(made["id"])
    assert refusal(missing)[0] == 404


def test_listing_pages_filters_sorts_and_picks_fields(sdk: Any, list_id: str) -> None:
    made = [a_campaign(sdk, list_id, title=f"page {n}")["id"] for n in range(3)]
    everything = sdk.campaigns.list(count=1000, sort_field="create_time", sort_dir="ASC")
    assert [c["id"] for c in everything["campaigns"]][-3:] == made
    total = everything["total_items"]
    page = sdk.campaigns.list(count=2, offset=total - 2, sort_dir="ASC", fields=["campaigns.id", "total_items"])
    assert page == {"campaigns": [{"id": made[1]}, {"id": made[2]}], "total_items": total}
    assert sdk.campaigns.list(status="sent", count=1000, fields=["campaigns.status"])["campaigns"] == [
        {"status": "sent"} for c in everything["campaigns"] if c["status"] == "sent"
    ]


def test_scheduling_takes_a_future_quarter_hour_and_sends_when_the_clock_gets_there(
    sdk: Any, list_id: str, sandbox: Running
) -> None:
    made = a_campaign(sdk, list_id)
    sdk.campaigns.set_content(made["id"], {"html": HTML})
    tomorrow = (sandbox.world.now() + timedelta(days=1)).replace(minute=15, second=0, microsecond=0)
    for wrong in (tomorrow + timedelta(minutes=1), tomorrow - timedelta(days=3)):
        with pytest.raises(ApiClientError) as refused:
            sdk.campaigns.schedule(made["id"], {"schedule_time": wrong.isoformat()})
        assert "quarter-hour" in refusal(refused)[1]
    assert sdk.campaigns.schedule(made["id"], {"schedule_time": tomorrow.isoformat()}).status_code == 204
    assert sdk.campaigns.get(made["id"])["status"] == "schedule"
    sandbox.admin.advance(2)
    sent = sdk.campaigns.get(made["id"])
    assert sent["status"] == "sent"
    assert sent["send_time"].startswith(f"{tomorrow:%Y-%m-%dT%H:%M}")


def test_reports_and_activity_tell_the_same_story(sdk: Any, list_id: str, sandbox: Running) -> None:
    made = a_campaign(sdk, list_id)
    sdk.campaigns.set_content(made["id"], {"html": HTML})
    sdk.campaigns.send(made["id"])
    sandbox.admin.advance(5)
    report = sdk.reports.get_campaign_report(made["id"])
    rows = sdk.reports.get_email_activity_for_campaign(made["id"], count=1000)
    assert rows["total_items"] == report["emails_sent"]
    openers = [r for r in rows["emails"] if any(e["action"] == "open" for e in r["activity"])]
    opens = sum(e["action"] == "open" for r in rows["emails"] for e in r["activity"])
    assert report["opens"]["unique_opens"] == len(openers) > 0
    assert report["opens"]["opens_total"] == opens
    assert len({r["email_address"] for r in rows["emails"]}) == rows["total_items"]
    left = sdk.reports.get_unsubscribed_list_for_campaign(made["id"], count=1000)
    assert left["total_items"] == report["unsubscribed"]
    assert made["id"] in [r["id"] for r in sdk.reports.get_all_campaign_reports(count=1000)["reports"]]


def test_another_tenants_key_sees_nothing_of_this_account(sandbox: Running, sdk: Any, list_id: str) -> None:
    made = a_campaign(sdk, list_id)
    other = sandbox_connection(sandbox, "mailchimp", tenant="globex")
    stranger: Any = Client({"api_key": other.secrets["api_key"].get_secret_value()})
    stranger.api_client.host = other.base_url
    assert [row["settings"]["title"] for row in stranger.campaigns.list()["campaigns"]] == ["Untitled"]
    with pytest.raises(ApiClientError) as missing:
        stranger.campaigns.get(made["id"])
    assert refusal(missing)[0] == 404
