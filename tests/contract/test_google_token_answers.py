"""What a sign-in with Google makes of every answer that is held of the token endpoint."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.ga4 import Ga4Client
from resources.google_errors import Refusal, told
from resources.search_console import SearchConsoleClient
from tests.contract import recorded
from tests.contract.google_answers import SECRETS, asked_of, behind_sign_in, connection, ok
from tests.contract.recorded import Asked, serve

DAY = date(2026, 11, 1)
AUTH, QUOTA, OUTAGE = ToolErrorKind.AUTH, ToolErrorKind.QUOTA, ToolErrorKind.OUTAGE
MEANT: Mapping[str, tuple[ToolErrorKind, str, int]] = {
    "error-account-not-found": (AUTH, "the service account was deleted", 1),
    "error-admin-policy": (AUTH, "ask the administrator", 1),
    "error-bad-request": (AUTH, "another client's, or was not copied whole", 1),
    "error-client": (AUTH, "check client_id and client_secret", 1),
    "error-deleted-client": (AUTH, "the OAuth client was deleted", 1),
    "error-internal": (OUTAGE, "internal_failure: Backend Error", 2),
    "error-invalid-rapt": (AUTH, "sign in with Google in the browser again", 1),
    "error-jwt-clock": (AUTH, "this machine's clock is wrong", 1),
    "error-jwt-signature": (AUTH, "make a new key of the service account", 1),
    "error-redirect-mismatch": (AUTH, "not one of the client's", 1),
    "error-revoked": (AUTH, "was revoked or has ended", 1),
    "error-unauthorized-client": (AUTH, "domain-wide delegation", 1),
}
GRANTS = ("token-first-exchange", "token-refreshed", "token-refreshed-testing-app")


def test_nothing_that_is_held_is_forgotten_here() -> None:
    assert set(recorded.names("oauth_google")) == {*MEANT, *GRANTS}


@pytest.mark.parametrize("tool", ["ga4", "search_console"])
@pytest.mark.parametrize("name", MEANT)
def test_every_refusal_says_what_to_do_and_is_asked_once(name: str, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"resources.{tool}.READ_ATTEMPTS", 2)
    kind, words, times = MEANT[name]
    said = recorded.answer("oauth_google", name)
    with serve(behind_sign_in(lambda asked: ok({}), said)) as wire, pytest.raises(ToolError) as caught:
        client(tool, wire.url).daily(DAY, DAY)
    error = caught.value
    assert error.kind is kind and words in str(error) and error.tool == tool
    assert "gcloud" not in str(error)
    assert len(asked_of(wire, "/token")) == times, "calling.py owns the retries"
    assert not [asked for asked in wire.asked if asked.path != "/token"]


def client(tool: str, url: str, secrets: Mapping[str, str] | None = None) -> Ga4Client | SearchConsoleClient:
    made = {"ga4": Ga4Client, "search_console": SearchConsoleClient}[tool]
    return made(connection(tool, url, secrets=secrets))


def searched(name: str) -> tuple[str, ...]:
    """The notes of an empty Search Console day that was read with this token."""
    empty = recorded.answer("search_console", "empty-final")
    token = recorded.answer("oauth_google", name)
    scope = "https://www.googleapis.com/auth/webmasters.readonly"
    widened = replace(token, body={**token.body, "scope": f"{token.body['scope']} {scope}"})
    with serve(behind_sign_in(lambda asked: empty, widened)) as wire:
        found = SearchConsoleClient(connection("search_console", wire.url)).collect_daily(DAY, DAY)
        assert len(asked_of(wire, "/token")) == 1, "one token does for both requests"
        (authorization,) = {asked.headers["authorization"] for asked in asked_of(wire, "searchAnalytics")}
    assert authorization == "Bearer ya29.a0Example-access-token"
    return found.notes


@pytest.mark.parametrize("name", GRANTS)
def test_a_token_is_used_and_a_sign_in_that_ends_soon_is_told(name: str) -> None:
    notes = searched(name)
    assert [note for note in notes if "ends this sign-in in 7.0 days" in note] == (
        list(notes) if name == "token-refreshed-testing-app" else []
    )
    assert len(notes) == (name == "token-refreshed-testing-app")


@pytest.mark.parametrize("name", ["token-refreshed-testing-app", "token-first-exchange"])
def test_a_scope_that_the_person_left_out_is_named_before_anything_is_asked(name: str) -> None:
    said = recorded.answer("oauth_google", name)
    with serve(behind_sign_in(lambda asked: ok({}), said)) as wire, pytest.raises(ToolError) as caught:
        SearchConsoleClient(connection("search_console", wire.url)).check()
    assert caught.value.kind is AUTH
    assert "does not include https://www.googleapis.com/auth/webmasters.readonly" in str(caught.value)
    assert "tick every box" in str(caught.value)
    assert [asked.path for asked in wire.asked] == ["/token"]


@pytest.mark.parametrize("scope", ["https://www.googleapis.com/auth/webmasters", ""])
def test_a_wider_scope_and_one_that_is_not_told_will_do(scope: str) -> None:
    empty = recorded.answer("search_console", "empty-final")
    said = recorded.answer("oauth_google", "token-refreshed")
    token = replace(said, body={**said.body, "scope": scope})
    with serve(behind_sign_in(lambda asked: empty, token)) as wire:
        assert SearchConsoleClient(connection("search_console", wire.url)).check() == ()


@pytest.mark.parametrize("tool", ["ga4", "search_console"])
def test_a_bare_access_token_that_ended_says_so(tool: str) -> None:
    ended = recorded.answer(tool, "error-401")
    with serve(behind_sign_in(lambda asked: ended)) as wire, pytest.raises(ToolError) as caught:
        client(tool, wire.url, {"access_token": "ya29.ended"}).daily(DAY, DAY)
    assert caught.value.kind is AUTH
    assert "the access token has ended" in str(caught.value) and "service_account_json" in str(caught.value)
    assert len(wire.asked) == 1


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_a_refresh_token_without_its_client_says_so(missing: str) -> None:
    secrets = {name: value for name, value in SECRETS.items() if name != missing}
    with serve(ok({})) as wire, pytest.raises(ToolError, match=f"needs {missing}"):
        client("ga4", wire.url, secrets).daily(DAY, DAY)
    assert wire.asked == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, "<html>a hotel's network</html>", OUTAGE),
        (200, {"token_type": "Bearer"}, OUTAGE),
        (503, "<html>busy</html>", OUTAGE),
        (404, "not here", OUTAGE),
        (429, {"error": "rate_limit_exceeded"}, QUOTA),
        (403, {"error": "org_internal", "error_description": "for its own"}, AUTH),
        (400, {"error": "invalid_scope", "error_description": "Some requested scopes were invalid."}, AUTH),
        (400, ["no object"], OUTAGE),
    ],
)
def test_other_answers_of_a_token_endpoint(
    status: int, body: Any, kind: ToolErrorKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.ga4.READ_ATTEMPTS", 1)
    said = replace(ok(body), status=status)
    with serve(said) as wire, pytest.raises(ToolError) as caught:
        client("ga4", wire.url).daily(DAY, DAY)
    assert caught.value.kind is kind


def test_a_token_endpoint_that_is_not_there_is_an_outage_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.ga4.READ_ATTEMPTS", 1)
    with serve(ok({})) as wire:
        url = wire.url
    with pytest.raises(ToolError, match="the token endpoint does not answer: ConnectionError") as caught:
        client("ga4", url).daily(DAY, DAY)
    assert caught.value.kind is OUTAGE
    assert not any(value in str(caught.value) for value in SECRETS.values())


def test_a_service_account_signs_for_its_own_endpoint_and_scopes() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    email = "marketeer@example.iam.gserviceaccount.com"
    empty = recorded.answer("search_console", "empty-final")

    def said(asked: Asked) -> recorded.Answer:
        return empty

    with serve(behind_sign_in(said)) as wire:
        file = {"type": "service_account", "client_email": email, "private_key": pem, "private_key_id": "1",
                "token_uri": f"{wire.url}/token"}  # fmt: skip
        SearchConsoleClient(
            connection("search_console", wire.url, {"token_uri": ""}, {"service_account_json": json.dumps(file)})
        ).check()
        (asked,) = asked_of(wire, "/token")
    form = parse_qs(asked.body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    claims = jwt.decode(form["assertion"][0], certs=public, audience=f"{wire.url}/token")
    assert claims["iss"] == email and claims["scope"] == "https://www.googleapis.com/auth/webmasters.readonly"
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"details": [{"reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}]}, QUOTA),
        ({"errors": [{"reason": "variableTermLimitExceeded", "domain": "usageLimits"}]}, QUOTA),
        ({"errors": [{"reason": "dailyLimitExceeded", "domain": "usageLimits"}]}, QUOTA),
        ({"errors": [{"reason": "accessNotConfigured", "domain": "usageLimits"}]}, AUTH),
        ({"details": [{"reason": "SERVICE_DISABLED", "domain": "googleapis.com"}]}, AUTH),
        ({"errors": "odd", "details": ["odd", None]}, AUTH),
        ({}, AUTH),
    ],
)
def test_a_403_is_a_quota_by_its_reason_or_domain(error: dict[str, Any], kind: ToolErrorKind) -> None:
    """Tag Manager and GA4 Admin say quota so; an API that is switched off says its own in the quotas' domain."""
    body = json.dumps({"error": {"code": 403, "message": "no", **error}})
    assert told("tag_manager", Refusal.read(403, body, {}, "no")).kind is kind
