"""What our client makes of Mailchimp's answers, recorded or documented; and the stand-in, which must say the same."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import stamina
from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.mailchimp_api import MailchimpApi, McReport, Member
from resources.mailchimp_reports import daily_reports
from tests.contract import recorded
from tests.support.sites import sandbox_connection

AUTH, INVALID, MISSING = ToolErrorKind.AUTH, ToolErrorKind.INVALID, ToolErrorKind.MISSING
QUOTA, OUTAGE = ToolErrorKind.QUOTA, ToolErrorKind.OUTAGE
Ask = Callable[[MailchimpApi], Any]
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
BEFORE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


def api(url: str) -> MailchimpApi:
    return MailchimpApi(
        Connection(
            tenant=TenantId("acme"),
            tool="mailchimp",
            settings={"base_url": url, "list_id": "x"},
            secrets={"api_key": SecretStr("sesame-us21")},
        )
    )


def upsert(client: MailchimpApi) -> str:
    return client.upsert("x", Member(email="reader@mail.example"))


def send(client: MailchimpApi) -> None:
    client.send("c")


def titles(client: MailchimpApi) -> Any:
    return [(c.settings.title, c.settings.subject_line, c.on_its_way) for c in client.campaigns("x", SINCE)]


REFUSED: dict[str, tuple[Ask, ToolErrorKind, str, str]] = {
    "error-400-category-exists": (upsert, INVALID, "", "already exists"),
    "error-400-compliance-state": (upsert, INVALID, "join again by a form", "Member In Compliance State"),
    "error-400-fields": (lambda c: c.create_campaign({}), INVALID, "", "settings.reply_to: The domain portion"),
    "error-400-forgotten-email": (upsert, INVALID, "join again by a form", "permanently deleted"),
    "error-400-looks-fake": (upsert, INVALID, "", "looks fake"),
    "error-400-member-exists": (upsert, INVALID, "", "Member Exists"),
    "error-400-not-ready": (send, INVALID, "", "not ready to send"),
    "error-401-key": (MailchimpApi.ping, AUTH, "data centre", "API Key Invalid"),
    "error-403-connections": (MailchimpApi.ping, QUOTA, "10 connections", "403"),
    "error-403-user-disabled": (MailchimpApi.ping, AUTH, "the account may do this", "User action not permitted"),
    "error-404-list": (lambda c: c.audience("beef"), MISSING, "list_id", "Resource Not Found"),
    "error-405-gone-campaign": (send, AUTH, "compliance team", "Compliance Related"),
    "error-429": (MailchimpApi.ping, QUOTA, "10 connections", "10 simultaneous"),
    "error-500": (MailchimpApi.ping, OUTAGE, "tried again", "InternalServerError"),
    "root-redirect": (MailchimpApi.ping, INVALID, "https://<data centre>.api", "redirects to http://us11"),
    "member-deleted": (upsert, OUTAGE, "", "204 without a document"),
}

READ: dict[str, tuple[Ask, Any]] = {
    "campaigns-draft-made-by-hand": (titles, [("Untitled", "", False)]),
    "list": (lambda c: c.audience("x").campaign_defaults.from_email, "person943@mail.example"),
    "list-with-defaults": (lambda c: c.audience("x").campaign_defaults.from_name, "Ada"),
    "member-created": (upsert, "subscribed"),
    "unsubscribed": (lambda c: [bool(row["timestamp"]) for row in c.unsubscribed("c")], [True]),
    "email-activity": (lambda c: [len(row["activity"]) for row in c.activity("c", SINCE)], [1, 0, 1]),
    "send-checklist-blocked": (
        lambda c: [text.partition(":")[0] + "|" + text[-12:] for text in c.obstacles("c")],
        ["From|ore sending.", "Credits|is campaign."],
    ),
    "reports-ab-and-automation": (
        lambda c: [(r.type, r.emails_sent, r.send_time is not None) for r in c.reports(BEFORE)],
        [("variate", 200, True), ("automation", 1203, True), ("rss", 0, False)],
    ),
    "reports-regular": (lambda c: [r.type for r in c.reports(BEFORE)][:1], ["regular"]),
    "root": (lambda c: c._read(lambda: c._sdk.root.get_root())["account_name"] != "", True),  # pyright: ignore
}  # fmt: skip


@pytest.mark.parametrize("name", recorded.names("mailchimp"))
def test_every_answer_is_read_for_what_it_says(name: str) -> None:
    with recorded.serve(recorded.answer("mailchimp", name)) as wire:
        client = api(wire.url)
        if name in READ:
            ask, expected = READ[name]
            assert ask(client) == expected
            return
        ask, kind, hint, said = REFUSED[name]
        with pytest.raises(ToolError) as refused:
            ask(client)
        assert len(wire.asked) == 1, "no redirect is followed, nothing asked twice"
    error = refused.value
    assert error.kind is kind, error
    assert hint in (error.hint or "")
    assert said in error.message
    assert "sesame" not in repr(error)


def wire_of_reports(reports: recorded.Answer, activity: dict[str, list[dict[str, Any]]]) -> recorded.Script:
    """Reports, and who did what in each."""

    def told(asked: recorded.Asked) -> recorded.Answer:
        path = httpx.URL(asked.path).path
        if path.endswith("/reports"):
            return reports
        rows = activity.get(path.split("/")[2], []) if path.endswith("email-activity") else []
        name = "emails" if path.endswith("email-activity") else "unsubscribes"
        return recorded.Answer("", 200, {}, {name: rows, "total_items": len(rows)})

    return told


def people(*moments: str) -> list[dict[str, Any]]:
    return [
        {"email_id": str(number), "activity": [{"action": "click", "timestamp": moment}]}
        for number, moment in enumerate(moments)
    ]


def test_an_automation_begun_in_june_is_read_when_it_is_clicked_in_november() -> None:
    held = recorded.answer("mailchimp", "reports-ab-and-automation")
    automation: dict[str, Any] = {**held.body["reports"][1], "clicks": {"last_click": "2026-11-20T10:00:00+00:00"}}
    reports = recorded.Answer("", 200, {}, {"reports": [automation], "total_items": 1})
    clicks = [f"2026-11-20T10:0{minute}:00+00:00" for minute in range(5)]
    told = wire_of_reports(reports, {str(automation["id"]): people("2026-07-01T09:00:00+00:00", *clicks)})
    with recorded.serve(told) as wire:
        rows = daily_reports(api(wire.url), date(2026, 11, 20), date(2026, 11, 20))
        assert rows["clicks"].tolist() == [5]
        assert rows["sends"].tolist() == [0], "what it sent is booked on the day it began"
        asked = len(wire.asked)
        quiet = daily_reports(api(wire.url), date(2027, 1, 1), date(2027, 1, 7))
        assert quiet.empty
        assert len(wire.asked) == asked + 1, "one call for a week in which nothing happened"


def test_a_report_that_does_not_say_when_is_asked_for_a_month() -> None:
    report = {"id": "c", "type": "regular", "emails_sent": 1, "send_time": "2026-06-01T08:00:00+00:00"}
    told = wire_of_reports(
        recorded.Answer("", 200, {}, {"reports": [report], "total_items": 1}),
        {"c": people("2026-06-20T08:00:00+00:00")},
    )
    with recorded.serve(told) as wire:
        client = api(wire.url)
        assert daily_reports(client, date(2026, 6, 20), date(2026, 6, 20))["clicks"].tolist() == [1]
        before = len(wire.asked)
        assert daily_reports(client, date(2026, 8, 1), date(2026, 8, 7)).empty
        assert len(wire.asked) == before + 1


def test_persons_not_links_are_what_days_add_up_to() -> None:
    report = recorded.answer("mailchimp", "reports-regular").body["reports"][0]
    assert report["clicks"]["unique_clicks"] > report["clicks"]["unique_subscriber_clicks"]
    assert "unique_clicks" not in str(McReport.model_validate(report))


def test_the_stand_in_says_the_same_to_the_same_questions() -> None:
    with run_in_thread() as sandbox:
        connection = sandbox_connection(sandbox, "mailchimp")
        client = MailchimpApi(connection)
        reports = {report.type: report for report in client.reports(BEFORE)}
        assert {"variate", "automation", "rss"} <= set(reports)
        assert reports["rss"].send_time is None
        assert ("Untitled", "", False) in titles_of(client, connection.settings["list_id"])
        raw: Any = client._sdk.reports.get_all_campaign_reports()  # pyright: ignore[reportPrivateUsage]
        held = {row["type"]: row for row in recorded.answer("mailchimp", "reports-ab-and-automation").body["reports"]}
        for row in raw["reports"]:
            assert set(row) <= set(held[row["type"]]) | {"ecommerce", "bounces", "abuse_reports"}, row["type"]


def titles_of(client: MailchimpApi, list_id: str) -> list[tuple[str, str, bool]]:
    return [(c.settings.title, c.settings.subject_line, c.on_its_way) for c in client.campaigns(list_id, SINCE)]


@pytest.mark.parametrize(
    ("habit", "name"),
    [
        ("connection_limit", "error-403-connections"),
        ("user_disabled", "error-403-user-disabled"),
        ("compliance", "error-405-gone-campaign"),
        ("", "root-redirect"),
        ("", "error-404-list"),
    ],
)
def test_the_stand_in_refuses_in_the_same_words(sandbox: Running, habit: str, name: str) -> None:
    real = recorded.answer("mailchimp", name)
    tenant = f"t-{(habit or name).replace('_', '-')}"
    account = sandbox_connection(sandbox, "mailchimp", tenant=tenant)
    if habit:
        sandbox.admin.habit("mailchimp", habit, tenant=tenant)
    path = {"compliance": "/campaigns/x/actions/send", "error-404-list": "/lists/beef"}.get(habit or name, "/ping")
    url = str(account.base_url) if name == "root-redirect" else f"{account.base_url}{path}"
    method = "POST" if habit == "compliance" else "GET"
    answer = httpx.request(method, url, auth=("u", account.secrets["api_key"].get_secret_value()), timeout=30)
    assert answer.status_code == real.status
    kept = real.headers["content-type"].partition(";")[0]
    assert answer.headers["content-type"].partition(";")[0] == kept
    assert "retry-after" not in answer.headers
    if isinstance(real.body, dict):
        assert (answer.json()["title"], answer.json()["detail"]) == (real.body["title"], real.body["detail"])
    elif name == "root-redirect":
        assert answer.headers["location"].startswith("http://") and answer.headers["location"].endswith("/3.0/")
    else:
        assert answer.text == real.body


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@pytest.mark.parametrize(
    ("habit", "heading"), [("no_credits", "Credits"), ("unverified_domain", "From: Email Address")]
)
def test_the_stand_ins_checklist_blocks_as_the_real_one(sandbox: Running, habit: str, heading: str) -> None:
    held = {item["heading"]: item for item in recorded.answer("mailchimp", "send-checklist-blocked").body["items"]}
    tenant = f"b-{habit.replace('_', '-')}"
    account = sandbox_connection(sandbox, "mailchimp", tenant=tenant)
    sandbox.admin.habit("mailchimp", habit, tenant=tenant)
    client = MailchimpApi(account)
    settings = {"subject_line": "S", "title": "T", "from_name": "A", "reply_to": f"news@{tenant}.example"}
    recipients = {"list_id": account.settings["list_id"]}
    made = client.create_campaign({"type": "regular", "recipients": recipients, "settings": settings})
    client.set_content(made.id, '<a href="*|UNSUB|*">x</a>', "x")
    (obstacle,) = client.obstacles(made.id)
    assert obstacle.startswith(heading)
    assert obstacle.split(" ")[-4:] == held[heading]["details"].split(" ")[-4:]
    with pytest.raises(ToolError, match="not ready to send") as refused:
        client.send(made.id)
    assert refused.value.kind is INVALID


def test_who_left_cannot_be_subscribed_by_the_api(sandbox: Running) -> None:
    real = recorded.answer("mailchimp", "error-400-compliance-state")
    account = sandbox_connection(sandbox, "mailchimp", tenant="leavers")
    url = f"{account.base_url}/lists/{account.settings['list_id']}/members/x"
    login = ("u", account.secrets["api_key"].get_secret_value())
    said = [
        httpx.put(url, json={"email_address": "reader@mail.example", "status": status}, auth=login, timeout=30)
        for status in ("subscribed", "unsubscribed")
    ]
    assert [answer.status_code for answer in said] == [200, 200]
    place = url[:-1] + said[0].json()["id"]
    body = {"email_address": "reader@mail.example", "status": "subscribed"}
    answer = httpx.put(place, json=body, auth=login, timeout=30)
    assert answer.status_code == real.status
    assert (answer.json()["title"], answer.json()["detail"]) == (real.body["title"], real.body["detail"])
