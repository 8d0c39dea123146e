"""The Mailchimp publisher and client through the real SDK: drafts, sends, schedules, figures, faults."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, ConfigError, ToolError, ToolErrorKind
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.protocols import Draft
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.mailchimp import MailchimpClient, MailchimpPublisher, Member
from resources.mailchimp_api import MailchimpApi
from tests.support.proxy import Fault, Proxy, proxied
from tests.support.publishing import a_publication, a_tenant, an_artefact, an_email_sequence
from tests.support.sites import sandbox_connection


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@pytest.fixture
def connection(sandbox: Running) -> Connection:
    return sandbox_connection(sandbox, "mailchimp")


@pytest.fixture
def publisher(connection: Connection) -> MailchimpPublisher:
    return MailchimpPublisher(connection)


def publications(publisher: MailchimpPublisher, sandbox: Running, emails: int = 1) -> list[Publication]:
    artefact = an_artefact(an_email_sequence(emails), skill="email-sequence")
    return [due(draft, artefact, sandbox) for draft in publisher.prepare(a_tenant(), artefact, None)]


def due(draft: Draft, artefact: Artefact, sandbox: Running) -> Publication:
    made = a_publication(draft, artefact, tool="mailchimp")
    now = sandbox.world.now()
    return made.model_copy(update={"created_at": now, "updated_at": now})


def written(sandbox: Running) -> list[tuple[str, str]]:
    return [(e.action, e.key) for e in sandbox.admin.ledger(vendor="mailchimp")]


def test_each_email_is_one_campaign_with_html_text_and_a_way_out(publisher: MailchimpPublisher) -> None:
    artefact = an_artefact(an_email_sequence(3), skill="email-sequence")
    drafts = publisher.prepare(a_tenant(), artefact, None)
    assert [d.target.rpartition("/")[2] for d in drafts] == ["1", "2", "3"]
    payloads = [json.loads(d.payload) for d in drafts]
    assert [p["delay_days"] for p in payloads] == [0, 3, 6]
    first = payloads[0]
    assert "<strong>email 1</strong> &amp; it asks" in first["html"]
    assert "*|UNSUB|*" in first["html"] and "*|UNSUB|*" in first["text"]
    assert "*|HTML:LIST_ADDRESS_HTML|*" in first["html"]
    assert "utm_source=mailchimp&amp;utm_medium=email&amp;utm_campaign=spring-email-1" in first["html"]
    assert "this is email 1 & it asks" in first["text"]
    assert first["subject"] == "Your first report, step 1"


def test_a_draft_is_not_sent_and_is_found_again(publisher: MailchimpPublisher, sandbox: Running) -> None:
    (wanted,) = publications(publisher, sandbox)
    assert publisher.find(wanted) is None
    draft = publisher.write(wanted, public=False)
    assert draft.public is False
    found = publisher.find(wanted)
    assert found is not None
    assert (found.external_id, found.public, found.found) == (draft.external_id, False, True)
    assert sandbox.world.mailing("acme").sent() == ()


def test_a_draft_is_sent_as_the_same_campaign(publisher: MailchimpPublisher, sandbox: Running) -> None:
    (wanted,) = publications(publisher, sandbox)
    draft = publisher.write(wanted, public=False)
    sent = publisher.write(wanted, public=True)
    assert (sent.external_id, sent.public) == (draft.external_id, True)
    (email,) = sandbox.world.mailing("acme").sent()
    assert email.subject == "Your first report, step 1"
    assert email.preview == "It takes four minutes"
    assert f"<!-- marketeer:key={wanted.idempotency_key} -->" in email.html
    assert email.html.startswith("<!doctype html>")


def test_writing_again_sends_nothing_again(publisher: MailchimpPublisher, sandbox: Running) -> None:
    (wanted,) = publications(publisher, sandbox)
    first = publisher.write(wanted, public=True)
    before = written(sandbox)
    assert publisher.write(wanted, public=True).external_id == first.external_id
    assert written(sandbox) == before


def test_later_emails_wait_for_their_day(publisher: MailchimpPublisher, sandbox: Running) -> None:
    wanted = publications(publisher, sandbox, emails=2)
    receipts = [publisher.write(one, public=True) for one in wanted]
    assert [receipt.public for receipt in receipts] == [True, True]
    assert len(sandbox.world.mailing("acme").sent()) == 1
    today = sandbox.world.clock.day
    sandbox.admin.advance(4)
    sent = sandbox.world.mailing("acme").sent()
    assert [email.sent_at.date() for email in sent] == [today, today + timedelta(days=3)]
    assert publisher.find(wanted[1]) is not None


def test_a_test_email_goes_out_before_the_send(sandbox: Running, connection: Connection) -> None:
    settings = {**connection.settings, "test_emails": "qa@acme.example, boss@acme.example"}
    publisher = MailchimpPublisher(connection.model_copy(update={"settings": settings}))
    (wanted,) = publications(publisher, sandbox)
    publisher.write(wanted, public=True)
    assert [action for action, _ in written(sandbox)] == [
        "campaign.create",
        "campaign.content",
        "campaign.test",
        "campaign.send",
    ]


def test_an_incomplete_checklist_is_named_and_nothing_is_sent(
    sandbox: Running, connection: Connection, publisher: MailchimpPublisher
) -> None:
    (wanted,) = publications(publisher, sandbox)
    draft = publisher.write(wanted, public=False)
    MailchimpApi(connection).change_campaign(draft.external_id, {"settings": {"reply_to": ""}})
    with pytest.raises(ToolError, match="Replies: Add an email address") as refused:
        publisher.write(wanted, public=True)
    assert refused.value.kind is ToolErrorKind.INVALID
    assert sandbox.world.mailing("acme").sent() == ()


@pytest.mark.parametrize("fault", ["cut_after_write", "cut", "429"])
def test_one_campaign_and_one_send_whichever_request_fails(
    sandbox: Running, connection: Connection, fault: Fault
) -> None:
    """Every request of the conversation is spoiled once, each in a conversation of its own."""
    with proxied(str(connection.base_url)) as proxy:
        through = redirected(connection, proxy.url)
        undisturbed = len(conversation(through, sandbox, "undisturbed", proxy))
        assert undisturbed == 7, "Mailchimp allows ten calls a second"
        for spared in range(undisturbed):
            proxy.spoil(fault, after=spared)
            conversation(through, sandbox, f"c{spared}", proxy)
            assert proxy.fault is None, "the fault must have struck"


def conversation(through: Connection, sandbox: Running, campaign: str, proxy: Proxy) -> list[str]:
    """Publish one email of its own campaign and check that it was created and sent once; the requests it took."""
    publisher = MailchimpPublisher(through)
    artefact = an_artefact(an_email_sequence(), campaign=campaign, skill="email-sequence")
    wanted = due(publisher.prepare(a_tenant(), artefact, None)[0], artefact, sandbox)
    before = len(proxy.requests)
    assert publisher.find(wanted) is None
    assert publisher.write(wanted, public=True).public
    mine = [action for action, key in written(sandbox) if key == wanted.idempotency_key]
    assert sorted(mine) == ["campaign.content", "campaign.create", "campaign.send"], (campaign, mine)
    return proxy.requests[before:]


def redirected(connection: Connection, url: str) -> Connection:
    return connection.model_copy(update={"settings": {**connection.settings, "base_url": url}})


def test_a_hanging_mailchimp_is_an_outage(sandbox: Running, connection: Connection) -> None:
    api = MailchimpApi(connection, timeout_s=0.2)
    sandbox.admin.fault("mailchimp", "hang")
    with pytest.raises(ToolError) as gone:
        api.create_campaign({"type": "regular"})
    assert gone.value.kind is ToolErrorKind.OUTAGE


def test_errors_name_mailchimps_reason_and_never_the_key(connection: Connection) -> None:
    stranger = Connection.model_validate({**connection.model_dump(), "secrets": {"api_key": "sesame-us21"}})
    with pytest.raises(ToolError, match="API Key Invalid") as refused:
        MailchimpClient(stranger).ping()
    assert refused.value.kind is ToolErrorKind.AUTH
    assert "sesame" not in str(refused.value) + repr(refused.value)
    with pytest.raises(ToolError) as missing:
        MailchimpApi(connection).campaign("nonesuch")
    assert missing.value.kind is ToolErrorKind.MISSING
    with pytest.raises(ToolError, match="type: Value must be one of") as invalid:
        MailchimpApi(connection).create_campaign({"type": "pigeon"})
    assert invalid.value.kind is ToolErrorKind.INVALID


def test_an_answer_without_campaigns_is_not_taken_for_none(sandbox: Running, publisher: MailchimpPublisher) -> None:
    (wanted,) = publications(publisher, sandbox)
    publisher.write(wanted, public=False)
    sandbox.admin.fault("mailchimp", "empty", count=3)
    found = publisher.find(wanted)
    assert found is not None


def test_subscribers_are_added_once_and_those_who_left_stay_away(connection: Connection) -> None:
    client = MailchimpClient(connection)
    ada = Member(email="Ada@example.com", merge_fields={"FNAME": "Ada"})
    assert client.upsert([ada, ada]) == {"Ada@example.com": "subscribed"}
    assert client.upsert([ada.model_copy(update={"status_if_new": "pending"})]) == {"Ada@example.com": "subscribed"}


def test_reports_by_day_add_up_to_mailchimps_own_totals(
    sandbox: Running, connection: Connection, publisher: MailchimpPublisher
) -> None:
    receipts = [publisher.write(one, public=True) for one in publications(publisher, sandbox, emails=2)]
    first = sandbox.world.clock.day
    sandbox.admin.advance(9)
    last = sandbox.world.clock.day
    client = MailchimpClient(connection)
    rows = client.reports(first, last)
    assert list(rows.columns) == [
        "date", "campaign_id", "campaign", "sends", "opens", "clicks", "unsubscribes", "bounces", "revenue",
    ]  # fmt: skip
    for receipt in receipts:
        mine = rows[rows["campaign_id"] == receipt.external_id]
        report = next(r for r in sandbox.world.mailing("acme").sent() if r.id == receipt.external_id)
        lived = sandbox.world.mailing("acme").results(receipt.external_id)
        assert mine["sends"].sum() == report.recipients
        assert mine["opens"].sum() == sum(day.unique_opens for day in lived) > 0
        assert mine["clicks"].sum() == sum(day.unique_clicks for day in lived)
        assert mine["bounces"].sum() == sum(day.bounces for day in lived)
        assert mine["unsubscribes"].sum() == sum(day.unsubscribes for day in lived)
        for day in lived:
            row = mine[mine["date"] == day.day]
            assert int(row["opens"].sum()) == day.unique_opens
    one_day = client.reports(first, first)
    assert set(one_day["date"]) == {first}
    assert client.reports(first - timedelta(days=40), first - timedelta(days=39)).empty


class Counted:
    """A limiter that counts the calls it lets through."""

    calls = 0

    def acquire(self, tool: str, account: str) -> None:
        self.calls += 1


def test_who_did_what_is_not_read_again_once_a_campaign_is_quiet(
    sandbox: Running, connection: Connection, publisher: MailchimpPublisher
) -> None:
    (wanted,) = publications(publisher, sandbox)
    publisher.write(wanted, public=True)
    first = sandbox.world.clock.day
    sandbox.admin.advance(29)
    last = sandbox.world.clock.day
    counted = Counted()
    client = MailchimpClient(connection, limiter=counted)
    lived = client.reports(first, last)
    whole = counted.calls
    acts = lived[(lived["opens"] > 0) | (lived["clicks"] > 0)]
    newest = max(acts["date"])
    assert newest < last
    tail = client.reports(newest, last)
    assert tail[tail["date"] == newest]["opens"].sum() == acts[acts["date"] == newest]["opens"].sum() > 0
    counted.calls = 0
    after = client.reports(newest + timedelta(days=1), last)
    assert after["opens"].sum() == after["clicks"].sum() == 0
    assert after["unsubscribes"].sum() == lived[lived["date"] > newest]["unsubscribes"].sum()
    assert counted.calls < whole


def test_what_cannot_be_sent_is_refused_before_anything_is_written(connection: Connection) -> None:
    publisher = MailchimpPublisher(connection)
    sequence = an_email_sequence()
    for change, where in (
        ({"body": "Hi *|UNSUB|*"}, r"emails\[0\].body: .*UNSUB.* a merge tag"),
        ({"cta_url": "javascript:alert(1)"}, r"emails\[0\].cta_url"),
    ):
        email = sequence.emails[0].model_copy(update=change)
        bad = an_artefact(sequence.model_copy(update={"emails": (email,)}), skill="email-sequence")
        with pytest.raises(BadInput, match=where):
            publisher.prepare(a_tenant(), bad, None)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"secrets": {}}, "api_key is missing"),
        ({"settings": {"base_url": "http://127.0.0.1:1"}}, "list_id is missing"),
        ({"settings": {"list_id": "x"}, "secrets": {"api_key": "nodatacentre"}}, "names no data centre"),
    ],
)
def test_an_incomplete_connection_says_what_is_missing(
    connection: Connection, change: dict[str, object], complaint: str
) -> None:
    broken = Connection.model_validate({**connection.model_dump(), **change})
    with pytest.raises(ConfigError, match=complaint):
        MailchimpPublisher(broken)
