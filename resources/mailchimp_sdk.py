"""Mailchimp's SDK, set up for one connection: which data centre, which kind of key, and no redirects.

The SDK follows redirects, and Mailchimp's lead from https to http: a POST would arrive without its body, and a header
with the key might travel unencrypted. Here a redirect is an error. A key that names no data centre is an OAuth token:
it is sent as a bearer, and the setting `server` says where the account lives
(mailchimp.com/developer/marketing/guides/access-user-data-oauth-2).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ConfigError, ToolError, ToolErrorKind
from resources.mailchimp_errors import TOOL

TIMEOUT_S: Final = 30.0
_DATA_CENTRE: Final = re.compile(r"^[a-z]{2,4}\d{1,3}$")


def mailchimp_sdk(connection: Connection, timeout_s: float = TIMEOUT_S) -> Any:
    """The SDK's client. Needs secret `api_key` and, in this order, `base_url`, `server`, or a key ending in `-us21`.

    Raises ConfigError for a connection without them, or whose `server` is no data centre.
    """
    from mailchimp_marketing import Client  # takes a while to import

    key, where = _key(connection), f"{connection.tenant}/{TOOL}"
    named = key.rpartition("-")[2] if "-" in key else ""
    server = connection.settings.get("server", "") or named
    if not connection.base_url and not server:
        raise ConfigError(
            "api_key names no data centre",
            where=where,
            expected="a key that ends in -us21 or the like, or the setting server",
            hint=f"marketeer connect {TOOL} --tenant {connection.tenant} --set server=us21 …",
        )
    if server and not _DATA_CENTRE.match(server) and not connection.base_url:
        raise ConfigError(f"{server!r} is no data centre", where=f"{where} server", expected="us21 or the like")
    as_token = not _DATA_CENTRE.match(named)
    sdk: Any = Client({"access_token" if as_token else "api_key": key, "timeout": timeout_s})
    sdk.api_client.host = (connection.base_url or f"https://{server}.api.mailchimp.com/3.0").rstrip("/")
    sdk.api_client.server = ""  # else the SDK replaces the word "server" wherever it stands in an address
    sdk.api_client.request = _request(key, as_token, timeout_s)
    return sdk


def _request(key: str, as_token: bool, timeout_s: float) -> Any:
    """The SDK's transport, following no redirect."""
    import requests

    def request(
        method: str, url: str, query_params: Any = None, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> requests.Response:
        sent = dict(headers or {}) | ({"Authorization": f"Bearer {key}"} if as_token else {})
        answer = requests.request(
            method,
            url,
            params=query_params,
            headers=sent,
            auth=None if as_token else ("marketeer", key),
            json=body,
            timeout=timeout_s,
            allow_redirects=False,
        )
        if answer.is_redirect or answer.is_permanent_redirect:
            place = answer.headers.get("location", "nowhere")
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"{url} redirects to {place}",
                hint="check base_url and server: the API answers at https://<data centre>.api.mailchimp.com/3.0",
                status=answer.status_code,
            )
        return answer

    return request


def _key(connection: Connection) -> str:
    secret = connection.secrets.get("api_key")
    if secret is None or not secret.get_secret_value():
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --secret api_key=ENVVAR"
        raise ConfigError("api_key is missing", where=f"{connection.tenant}/{TOOL}", hint=hint)
    return secret.get_secret_value()
