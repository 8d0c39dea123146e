"""Google's recorded answers on loopback, and connections whose real SDKs read them."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from tests.contract import recorded
from tests.contract.recorded import Answer, Asked, Script

TOKEN = {"access_token": "ya29.example", "expires_in": 3599, "token_type": "Bearer"}
SECRETS = {
    "refresh_token": "1//example",
    "client_id": "example.apps.googleusercontent.com",
    "client_secret": "GOCSPX-x",
}


def ok(body: Any) -> Answer:
    """An answer of 200 that nobody recorded."""
    return Answer("made up", 200, {}, body)


def connection(
    tool: str, url: str, settings: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
) -> Connection:
    """A connection of tenant acme to `tool` at `url`, which is its token endpoint as well."""
    usual = {"ga4": {"property_id": "123456789"}, "search_console": {"site_url": "sc-domain:example.com"}}[tool]
    held = SECRETS if secrets is None else secrets
    return Connection.model_validate(
        {
            "tenant": "acme",
            "tool": tool,
            "settings": {"base_url": url, "token_uri": f"{url}/token", **usual, **(settings or {})},
            "secrets": {name: SecretStr(value) for name, value in held.items()},
        }
    )


def behind_sign_in(said: Script, token: Answer | None = None) -> Script:
    """Tokens for whoever asks for one; everything else is answered by `said`."""
    granted = token or ok(TOKEN)
    return lambda asked: granted if asked.path == "/token" else said(asked)


def always(tool: str, name: str) -> Script:
    """One recorded answer for every request behind the sign-in."""
    said = recorded.answer(tool, name)
    return behind_sign_in(lambda asked: said)


def asked_of(wire: recorded.Wire, part: str) -> list[Asked]:
    """The requests whose path has `part` in it."""
    return [asked for asked in wire.asked if part in asked.path]
