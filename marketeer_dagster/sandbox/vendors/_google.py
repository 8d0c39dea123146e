"""What all of Google's APIs here share: who a bearer token belongs to."""

import base64
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.google_key import signed_by_us
from marketeer_dagster.sandbox.world import World

ANALYTICS = "https://www.googleapis.com/auth/analytics.readonly"
SEARCH = "https://www.googleapis.com/auth/webmasters.readonly"
TOKEN_LIFE_S = 3599
"""Real seconds an access token is good for, as Google's are."""


class BadAssertion(Exception):
    """A signed token that proves nothing; the text is Google's description."""


def issue_token(world: World, tenant: str, real_now: float, scopes: tuple[str, ...]) -> str:
    """A new access token for a tenant's Google account, good for TOKEN_LIFE_S and `scopes`."""
    documents = world.documents("", "oauth")
    value = f"ya29.{token(64, world.seed, tenant, 'issued', documents.next_id('token'))}"
    documents.put("token", value, {"tenant": tenant, "expires": real_now + TOKEN_LIFE_S, "scopes": scopes})
    return value


def account_of(world: World, request: Request, real_now: float) -> Account | None:
    """The account whose token the request carries; None for a missing, unknown or expired one.

    Accepts issued access tokens, the account's standing one, and self-signed JWTs of its service account (Google's
    client libraries send those instead of asking the token endpoint).
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        return None
    issued = world.documents("", "oauth").get("token", value)
    if issued is not None:
        return world.account(issued["tenant"]) if issued["expires"] > real_now else None
    if value.count(".") == 2:
        try:
            return signer_of(world, value, real_now)
        except BadAssertion:
            return None
    return world.tenant_with(lambda keys: keys.google_access_token == value)


def lacks_scope(world: World, request: Request, scope: str) -> bool:
    """Whether the request's token was issued without `scope`."""
    issued = world.documents("", "oauth").get("token", request.headers.get("authorization", "").partition(" ")[2])
    return issued is not None and scope not in issued["scopes"]


def scope_refusal(scope: str, service: str) -> Response:
    """How an API answers a token that lacks its scope."""
    challenge = f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{scope}"'
    message = "Request had insufficient authentication scopes."
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": service},
    }
    error = {"code": 403, "message": message, "status": "PERMISSION_DENIED", "details": [info]}
    return JSONResponse({"error": error}, status_code=403, headers={"WWW-Authenticate": challenge})


def signer_of(world: World, assertion: str, real_now: float) -> Account:
    """The account whose service account signed the JWT; raises BadAssertion."""
    try:
        head, claims_part, signature = assertion.split(".")
        claims: dict[str, Any] = json.loads(_decoded(claims_part))
        signed = signed_by_us(world.state, f"{head}.{claims_part}".encode(), _decoded(signature))
    except ValueError:
        raise BadAssertion("Invalid JWT: the assertion cannot be read.") from None
    if not signed:
        raise BadAssertion("Invalid JWT Signature.")
    if float(claims.get("exp", 0)) < real_now:
        raise BadAssertion(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat "
            "and exp values in the JWT claim."
        )
    account = world.tenant_with(lambda keys: keys.google_client_email == claims.get("iss"))
    if account is None:
        raise BadAssertion("Invalid grant: account not found")
    return account


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
