"""Credentials and errors that all of Google's APIs share."""

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
TIMEOUT_S = 30.0
"""Longest wait for one answer of a Google API; reports of a large property take seconds."""
_QUOTA_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})
"""Reasons that some APIs send with status 403 although they mean 429 (Search Console, Tag Manager)."""


def credentials(connection: Connection, scopes: Iterable[str]) -> Any:
    """google.auth credentials of a connection: service account, refresh token or bare access token, in this order.

    `settings.token_uri` overrides where tokens are fetched. Raises ToolError(auth) when the connection holds none of
    them or the key file cannot be read.
    """
    secrets = {name: value.get_secret_value() for name, value in connection.secrets.items()}
    token_uri = connection.settings.get("token_uri")
    if "service_account_json" in secrets:
        return _service_account(connection, secrets["service_account_json"], token_uri, list(scopes))
    if "refresh_token" not in secrets and "access_token" not in secrets:
        raise ToolError(
            connection.tool,
            ToolErrorKind.AUTH,
            f"{connection.tenant} is connected without credentials",
            hint=f"marketeer connect {connection.tool} --tenant {connection.tenant} --secret service_account_json=VAR",
        )
    from google.oauth2.credentials import Credentials

    return Credentials(
        token=secrets.get("access_token"),
        refresh_token=secrets.get("refresh_token"),
        token_uri=token_uri or GOOGLE_TOKEN_URI,
        client_id=secrets.get("client_id"),
        client_secret=secrets.get("client_secret"),
        scopes=list(scopes),
    )


def _service_account(connection: Connection, key_file: str, token_uri: str | None, scopes: list[str]) -> Any:
    from google.oauth2 import service_account

    try:
        info: dict[str, Any] = json.loads(key_file)
        if token_uri:
            info["token_uri"] = token_uri
        account = service_account.Credentials.from_service_account_info(info, scopes=scopes)
    except (ValueError, TypeError, AttributeError) as error:
        raise ToolError(
            connection.tool,
            ToolErrorKind.AUTH,
            f"the service account key of {connection.tenant} cannot be read ({type(error).__name__})",
            hint="it must be the whole JSON key file that Google Cloud hands out",
        ) from None
    return _by_token_endpoint(account, scopes)


def _by_token_endpoint(account: Any, scopes: list[str]) -> Any:
    """Credentials that get their tokens from the key's token endpoint and ask nobody else.

    google-auth's own service account credentials sign tokens by themselves and look up a regional access boundary at
    iamcredentials.googleapis.com in the background, whatever the token endpoint is: from a loopback sandbox, too.
    """
    from google.oauth2.credentials import Credentials

    def fetch(request: Any, scopes: Any) -> tuple[str, Any]:
        account.refresh(request)
        return account.token, account.expiry

    return Credentials(token=None, refresh_handler=fetch, scopes=scopes)


def require_setting(connection: Connection, name: str, example: str) -> str:
    """A setting that the tool cannot do without; raises ToolError(invalid) that says how to set it."""
    value = connection.settings.get(name, "")
    if not value:
        raise ToolError(
            connection.tool,
            ToolErrorKind.INVALID,
            f"{connection.tenant} is connected without {name}",
            hint=f"marketeer connect {connection.tool} --tenant {connection.tenant} --set {name}={example}",
        )
    return value


def translate_google(tool: str, error: Exception) -> ToolError | None:
    """What an exception of google-auth, google-api-core, googleapiclient or the wire below them means."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
    from google.protobuf.json_format import ParseError
    from googleapiclient.errors import HttpError
    from httplib2.error import HttpLib2Error

    if isinstance(error, HttpError):
        return _answered(tool, int(error.status_code), str(error.reason), error.resp, _reasons(error.error_details))
    if isinstance(error, GoogleAPICallError) and error.code:
        headers: Any = getattr(error.response, "headers", {})
        reasons = {str(getattr(error, "reason", "") or "")}
        return _answered(tool, int(error.code), str(error.message), headers, reasons)
    if isinstance(error, RefreshError):
        return _refused_token(tool, error)
    if isinstance(error, (TransportError, GoogleAuthError)):
        return ToolError(tool, ToolErrorKind.OUTAGE, f"the token endpoint does not answer: {error}")
    if isinstance(error, (OSError, http.client.HTTPException, HttpLib2Error, ParseError, json.JSONDecodeError)):
        return ToolError(tool, ToolErrorKind.OUTAGE, f"no usable answer: {type(error).__name__}: {error}")
    return None


def _answered(tool: str, status: int, message: str, headers: Mapping[str, str], reasons: set[str]) -> ToolError:
    kind = ToolErrorKind.QUOTA if status == 403 and reasons & _QUOTA_REASONS else kind_of_status(status)
    hints = {
        ToolErrorKind.AUTH: "check the credentials and that the account may read this property",
        ToolErrorKind.MISSING: "check the property in the connection's settings",
        ToolErrorKind.QUOTA: "the vendor's quota is spent; later runs take this up",
    }
    retry_after = retry_after_seconds(headers.get("retry-after"))
    return ToolError(tool, kind, message, hint=hints.get(kind), status=status, retry_after_s=retry_after)


def _refused_token(tool: str, error: Any) -> ToolError:
    # google-auth says retryable for 429, 5xx and "temporarily unavailable" of the token endpoint.
    if error.retryable:
        return ToolError(tool, ToolErrorKind.OUTAGE, f"the token endpoint fails: {error.args[0]}")
    hint = f"connect it again: marketeer connect {tool}"
    return ToolError(tool, ToolErrorKind.AUTH, f"no access token: {error.args[0]}", hint=hint)


def _reasons(details: Any) -> set[str]:
    if not isinstance(details, list):
        return set()
    found: list[Any] = details
    return {str(detail.get("reason", "")) for detail in found if isinstance(detail, dict)}
