"""Settings of connections: what a tool reads can be set, what can be set is read, and a wrong value is refused."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

import resources
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, ConfigError, ToolError
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.connectors import CONNECTORS, check, for_tenant
from resources.mailchimp import MailchimpPublisher
from resources.mailchimp_sdk import mailchimp_sdk
from tests.contract import recorded
from tests.support.publishing import a_publication, a_tenant, an_artefact, an_email_sequence
from tests.support.sites import sandbox_connection

FOLDER = Path(next(iter(resources.__path__)))
SHARED = {"ga4": ["google_auth.py"], "search_console": ["google_auth.py"]}
SETTINGS = {(tool, key) for tool, known in CONNECTORS.items() for key in known.settings}


def modules(tool: str) -> list[ast.Module]:
    """The parsed modules of one tool."""
    names = [*FOLDER.glob(f"{tool}*.py"), *(FOLDER / name for name in SHARED.get(tool, []))]
    return [ast.parse(path.read_text(encoding="utf-8")) for path in names]


def literals(tool: str) -> set[str]:
    return {
        node.value
        for module in modules(tool)
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def read_settings(tool: str) -> Iterator[str]:
    """Keys in `….settings.get("key")` and `….settings["key"]`, `_settings` likewise."""
    for module in modules(tool):
        for node in ast.walk(module):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=owner), attr="get"), args=[key, *_]):
                    pass
                case ast.Subscript(value=ast.Attribute(attr=owner), slice=key):
                    pass
                case _:
                    continue
            if owner in ("settings", "_settings") and isinstance(key, ast.Constant):
                yield str(key.value)


@pytest.mark.parametrize(("tool", "key"), sorted(SETTINGS))
def test_a_setting_that_can_be_set_is_read(tool: str, key: str) -> None:
    assert key in literals(tool)


@pytest.mark.parametrize("tool", sorted(CONNECTORS))
def test_a_setting_that_is_read_can_be_set(tool: str) -> None:
    assert set(read_settings(tool)) <= {"base_url", *CONNECTORS[tool].settings}


@pytest.mark.parametrize(
    ("tool", "key", "value", "expected"),
    [
        ("mailchimp", "server", "us21", ""),
        ("mailchimp", "server", "us21.evil.example/", "us21"),
        ("mailchimp", "segment_id", "101", ""),
        ("mailchimp", "segment_id", "engaged", "a number"),
        ("mailchimp", "reply_to", "hi@acme.example", ""),
        ("mailchimp", "reply_to", "Acme <hi@acme.example>", "one email address"),
        ("mailchimp", "test_emails", "a@acme.example, b@acme.example", ""),
        ("mailchimp", "test_emails", "a@acme.example; b", "apart by commas"),
        ("mailchimp", "from_name", "Acme", ""),
        ("mailchimp", "admin_url", "us21.admin.mailchimp.com", "https://"),
        ("mailchimp", "segment_id", "²", "a number"),
        ("mailchimp", "list_id", "a/../b", "letters and digits"),
        ("mailchimp", "list_id", "", "list_id"),
        ("wordpress", "user", "", "missing user"),
        ("ga4", "property_id", "properties/123", ""),
        ("ga4", "property_id", "G-ABC123", "the property's number"),
        ("ga4", "property_id", "12/../13", "the property's number"),
        ("ga4", "currency", "dollars", "three letters"),
        ("ga4", "key_event", "sign up", "an event's name"),
        ("search_console", "site_url", "sc-domain:acme.example", ""),
        ("search_console", "site_url", "https://acme.example", "last slash"),
        ("search_console", "site_url", "acme.example", "last slash"),
        ("search_console", "data_state", "fnal", "all or final"),
        ("stripe", "timezone", "Europe/Berlin", ""),
        ("stripe", "timezone", "Mars/Phobos", "time zone"),
        ("stripe", "timezone", "../etc", "time zone"),
        ("stripe", "currency", "euro", "three letters"),
        ("stripe", "fx_rates", "eur=1.08, GBP=1.27", ""),
        ("stripe", "fx_rates", "eur=1,08", "rates above zero"),
        ("stripe", "fx_rates", "eur=0", "rates above zero"),
        ("stripe", "fx_rates", "eur=-1", "rates above zero"),
        ("stripe", "fx_rates", "eur=nan", "rates above zero"),
        ("stripe", "fx_rates", "eur=1e9", "rates above zero"),
        ("wordpress", "base_url", "https://acme.example:99999", "https://"),
        ("wordpress", "site_url", "acme.example", "https://"),
        ("wordpress", "base_url", "acme.example", "https://"),
    ],
)
def test_a_wrong_value_is_refused_when_it_is_set(tool: str, key: str, value: str, expected: str) -> None:
    needed = {"user": "u", "list_id": "x", "property_id": "1", "site_url": "https://acme.example/"}
    given = {"base_url": "https://acme.example", **needed, key: value}
    known = CONNECTORS[tool]
    settings = {name: said for name, said in given.items() if name in ("base_url", *known.settings)}
    secrets = {name: SecretStr("x") for name in known.secrets}
    if not expected:
        known.validate_keys(settings, secrets)
        return
    with pytest.raises(BadInput, match=expected) as refused:
        known.validate_keys(settings, secrets)
    assert key in str(refused.value)


@pytest.mark.parametrize(
    ("tool", "known"),
    [("ga4", {"currency": "EUR", "timezone": "UTC"}), ("stripe", {"tenant_currency": "EUR"}), ("wordpress", {})],
)
def test_a_tool_knows_of_its_tenant_what_it_must(tool: str, known: dict[str, str]) -> None:
    tenant = a_tenant().model_copy(update={"currency": "EUR"})
    connection = Connection(tenant=tenant.id, tool=tool, settings={}, secrets={})
    assert dict(for_tenant(connection, tenant).settings) == known


def mailchimp(key: str, **settings: str) -> Connection:
    return Connection.model_validate(
        {"tenant": "acme", "tool": "mailchimp", "settings": {"list_id": "x", **settings}, "secrets": {"api_key": key}}
    )


@pytest.mark.parametrize(
    ("key", "settings", "host"),
    [
        ("0123-us7", {}, "https://us7.api.mailchimp.com/3.0"),
        ("token", {"server": "us21"}, "https://us21.api.mailchimp.com/3.0"),
        ("0123-us7", {"server": "us21"}, "https://us21.api.mailchimp.com/3.0"),
        ("token", {"base_url": "http://server.example/3.0/"}, "http://server.example/3.0"),
    ],
)
def test_mailchimps_data_centre_is_the_settings_or_the_keys(key: str, settings: dict[str, str], host: str) -> None:
    sdk = mailchimp_sdk(mailchimp(key, **settings))
    assert sdk.api_client.host == host
    assert sdk.api_client.server == "", "or the word is replaced in addresses"


@pytest.mark.parametrize(("key", "settings"), [("token", {}), ("a-b-c", {}), ("k-us21", {"server": "evil.example/"})])
def test_no_data_centre_or_a_false_one_is_a_config_error(key: str, settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="data centre"):
        mailchimp_sdk(mailchimp(key, **settings))


@pytest.mark.parametrize(("key", "scheme"), [("0123-us7", "Basic "), ("token", "Bearer token")])
def test_a_token_travels_as_a_bearer_and_a_key_as_a_password(key: str, scheme: str) -> None:
    said = recorded.Answer("", 200, {}, {"health_status": "fine"})
    with recorded.serve(said) as wire:
        assert mailchimp_sdk(mailchimp(key, server="us21", base_url=wire.url)).ping.get() == said.body
    assert wire.asked[0].headers["Authorization"].startswith(scheme)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


def connected(sandbox: Running, tenant: str, **settings: str) -> Connection:
    found = sandbox_connection(sandbox, "mailchimp", tenant=tenant)
    return found.model_copy(update={"settings": {**found.settings, **settings}})


def test_every_setting_of_mailchimp_changes_what_is_sent(sandbox: Running) -> None:
    said = {"from_name": "Acme Crew", "reply_to": "crew@acme.example", "segment_id": "101"}
    connection = connected(sandbox, "acme", **said, test_emails="qa@acme.example", admin_url="https://admin.example/")
    publisher = MailchimpPublisher(connection)
    artefact = an_artefact(an_email_sequence(2), skill="email-sequence")
    now = sandbox.world.now()
    first, second = (
        a_publication(draft, artefact, tool="mailchimp").model_copy(update={"created_at": now, "updated_at": now})
        for draft in publisher.prepare(a_tenant(), artefact, None)
    )
    draft = publisher.write(first, public=False)
    assert draft.url.startswith("https://admin.example/campaigns/edit")
    publisher.write(first, public=True)
    publisher.write(second, public=True)
    sdk = mailchimp_sdk(connection)
    for campaign in (row for row in sdk.campaigns.list()["campaigns"] if row["settings"]["title"] != "Untitled"):
        assert campaign["settings"]["from_name"] == "Acme Crew"
        assert campaign["settings"]["reply_to"] == "crew@acme.example"
        assert campaign["recipients"]["recipient_count"] == 100
    (sent,) = sandbox.world.mailing("acme").sent()
    assert sent.recipients == 100, "the segment, not the whole audience of 200"
    actions = [entry.action for entry in sandbox.admin.ledger(vendor="mailchimp", tenant="acme")]
    assert actions.index("campaign.test") < actions.index("campaign.send")
    tests = [index for index, action in enumerate(actions) if action == "campaign.test"]
    assert tests[-1] < actions.index("campaign.schedule"), "the scheduled one is tested, too"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"segment_id": "101", "from_name": "Acme", "reply_to": "crew@globex.example"}, ""),
        ({"segment_id": "999"}, "Resource Not Found"),
        ({"list_id": "nonesuch"}, "Resource Not Found"),
        ({"reply_to": "crew@elsewhere.example"}, "elsewhere.example is not verified"),
    ],
)
def test_the_check_asks_what_a_send_will_need(sandbox: Running, settings: dict[str, str], said: str) -> None:
    connection = connected(sandbox, "globex", **settings)
    if not said:
        assert check(connection) == ()
        return
    with pytest.raises(ToolError, match=said):
        check(connection)


def test_an_unverified_domain_is_told_by_the_check(sandbox: Running) -> None:
    connection = connected(sandbox, "initech")
    sandbox.admin.habit("mailchimp", "unverified_domain", tenant="initech")
    with pytest.raises(ToolError, match="not verified"):
        check(connection)
