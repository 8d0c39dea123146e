"""Access tokens of Google: one request a token, and what each refusal of the token endpoint asks a person to do.

google-auth asks the endpoint up to three times by itself and hides most of what it says; here it is asked once, and
resources/calling.py owns the retries. Wordings after "Using OAuth 2.0 for Web Server Applications" and "for Server to
Server Applications" (developers.google.com/identity/protocols/oauth2).
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFE_S = 3600
"""The longest life Google takes of a signed assertion."""
_TESTING_LIFE_DAYS = 8
"""A sign-in that ends sooner is a testing app's: seven days."""

_REPLACE = "connect it again: marketeer connect {tool}"
_SIGN_IN = "sign in with Google in the browser again and replace refresh_token: marketeer connect {tool}"
_CLIENT = (
    "make an OAuth client in the Google Cloud project, sign in with it and connect with its client_id, client_secret "
    "and refresh_token: marketeer connect {tool}"
)
_KEY = (
    "make a new key of the service account and connect it: marketeer connect {tool} --secret service_account_json=VAR"
)

_BY_ERROR: Mapping[str, tuple[str, str]] = {
    "deleted_client": ("the OAuth client was deleted", _CLIENT),
    "invalid_client": (
        "the OAuth client is unknown or its secret is wrong",
        "check client_id and client_secret: marketeer connect {tool}",
    ),
    "unauthorized_client": (
        "the client may not ask for this",
        "a refresh token works only with the client it was made for; a service account that acts for somebody needs "
        "domain-wide delegation for this scope",
    ),
    "admin_policy_enforced": (
        "the Google Workspace's administrator forbids this access",
        "ask the administrator to allow this app (API controls > App access control)",
    ),
    "org_internal": ("the OAuth client is for members of its own organisation only", _CLIENT),
    "disabled_client": ("the OAuth client is disabled", _CLIENT),
    "redirect_uri_mismatch": ("the address that Google shall return to is not one of the client's", _CLIENT),
    "access_denied": ("the person at Google's consent page said no", _SIGN_IN),
    "invalid_scope": ("the scope was not granted", _SIGN_IN),
}
"""Errors that mean one thing: what happened, what to do."""
_BY_GRANT: tuple[tuple[str, str, str], ...] = (
    (
        "rapt",
        "the organisation's session length policy asks to sign in anew; the consent itself stands",
        _SIGN_IN + " (a service account is not asked to)",
    ),
    ("jwt signature", "the service account's key was deleted or is another account's", _KEY),
    ("short-lived token", "this machine's clock is wrong: Google does not believe the token's time", "set the clock"),
    ("account not found", "the service account was deleted", _KEY),
    (
        "expired or revoked",
        "the sign-in was revoked or has ended (a new password, six months unused, more than 100 sign-ins of one "
        "client, or seven days where the app's consent screen is in testing)",
        _SIGN_IN,
    ),
    ("bad request", "the refresh token is another client's, or was not copied whole", _SIGN_IN),
)
"""What invalid_grant means by words of its description or subtype, the first that fits."""


@dataclass(frozen=True)
class Granted:
    """An access token and what came with it."""

    token: str
    expires: datetime
    """UTC, without zone: as google-auth wants it."""
    scopes: frozenset[str]
    """What the person granted; empty when the endpoint does not say."""
    note: str | None = None
    """What somebody must know of the sign-in."""


def ask_token(tool: str, uri: str, form: Mapping[str, str], timeout_s: float) -> Granted:
    """Ask the endpoint once. Raises ToolError: auth for what a person must mend, quota or outage for what passes."""
    import requests

    try:
        answer = requests.post(uri, data=dict(form), timeout=timeout_s)
    except requests.RequestException as error:
        name = type(error).__name__
        raise ToolError(tool, ToolErrorKind.OUTAGE, f"the token endpoint does not answer: {name}") from None
    said = _object(answer.content)
    if answer.status_code != 200 or not said.get("access_token"):
        raise refusal(tool, answer.status_code, said, answer.headers)
    life = _seconds(said.get("expires_in"), 3600.0)
    return Granted(
        token=str(said["access_token"]),
        expires=datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=life),
        scopes=frozenset(str(said.get("scope") or "").split()),
        note=_sign_in_ends(said),
    )


def refusal(tool: str, status: int, said: Mapping[str, Any], headers: Mapping[str, str]) -> ToolError:
    """What a token endpoint's answer other than a token means."""
    code = str(said.get("error") or "")
    text = " ".join(str(said.get(name) or "") for name in ("error_description", "error_subtype")).strip()
    named = f"{code}: {text}".strip(": ")
    after = retry_after_seconds(headers.get("retry-after"))
    if status == 429 or code in ("rate_limit_exceeded", "slow_down"):
        return ToolError(
            tool, ToolErrorKind.QUOTA, f"the token endpoint: {named or status}", status=status, retry_after_s=after
        )
    if status >= 500 or status == 200 or not code:
        # Without an error code it is no answer of Google's endpoint: a proxy's page, a cut body.
        return ToolError(
            tool,
            ToolErrorKind.OUTAGE,
            f"the token endpoint fails: {named or f'no usable answer ({status})'}",
            status=status,
            retry_after_s=after,
        )
    what, hint = _meaning(code, text)
    kind = ToolErrorKind.AUTH if status in (400, 401, 403) else kind_of_status(status)
    return ToolError(tool, kind, f"no access token: {what} ({named})", hint=hint.format(tool=tool), status=status)


def signed(account: Any, uri: str, scopes: Iterable[str]) -> dict[str, str]:
    """The form by which a service account asks for a token: `account` is google-auth's, for its signer."""
    from google.auth import jwt

    now = int(time.time())
    claims = {
        "iss": account.service_account_email,
        "aud": uri,
        "scope": " ".join(scopes),
        "iat": now,
        "exp": now + ASSERTION_LIFE_S,
    }
    return {"grant_type": JWT_BEARER, "assertion": jwt.encode(account.signer, claims).decode()}


def _meaning(code: str, text: str) -> tuple[str, str]:
    if code in _BY_ERROR:
        return _BY_ERROR[code]
    for words, what, hint in _BY_GRANT:
        if code == "invalid_grant" and words in text.lower():
            return what, hint
    return "Google refuses", _REPLACE


def _sign_in_ends(said: Mapping[str, Any]) -> str | None:
    days = _seconds(said.get("refresh_token_expires_in"), 0.0) / 86400
    if not 0 < days < _TESTING_LIFE_DAYS:
        return None
    return (
        f"Google ends this sign-in in {days:.1f} days, because the app's consent screen is in testing: publish the app "
        "in the Google Cloud console, then sign in again"
    )


def _seconds(value: object, default: float) -> float:
    try:
        return float(str(value))
    except ValueError:
        return default


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
