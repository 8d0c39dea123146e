"""Google's token endpoint: refresh tokens, and service accounts' signed assertions."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.habits import Habit
from marketeer_dagster.sandbox.vendors._google import (
    ANALYTICS,
    SEARCH,
    TOKEN_LIFE_S,
    BadAssertion,
    issue_token,
    signer_of,
)
from marketeer_dagster.sandbox.world import World

HABITS = {
    "invalid_rapt": Habit("The Workspace's session length is over: the person has to sign in anew."),
    "partial_consent": Habit("The person ticked Search Console only: tokens lack Analytics."),
    "deleted_client": Habit("The OAuth client was deleted in the Cloud project."),
    "testing_app": Habit("The consent screen is in testing: sign-ins end seven market days after the account opened."),
    "admin_policy": Habit("The Workspace's administrator forbids the scope."),
}
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_TESTING_DAYS = 7
_REFUSALS: dict[str, tuple[int, dict[str, str]]] = {
    "invalid_rapt": (
        400,
        {
            "error": "invalid_grant",
            "error_description": "reauth related error (invalid_rapt)",
            "error_subtype": "invalid_rapt",
            "error_uri": "https://support.google.com/a/answer/9368756",
        },
    ),
    "deleted_client": (
        401,
        {"error": "deleted_client", "error_description": "The OAuth client was deleted."},
    ),
    "admin_policy": (400, {"error": "admin_policy_enforced", "error_description": "Bad Request"}),
}
"""Habits by which a person's sign-in is refused; service accounts know neither clients nor sessions."""


def routes(world: World) -> list[BaseRoute]:
    """POST /token."""

    def grant(form: dict[str, str]) -> Response:
        try:
            account = _holder(world, form)
        except BadAssertion as error:
            return error_response("oauth", 400, str(error))
        if form["grant_type"] == _JWT_BEARER:
            return JSONResponse(_granted(world, account, (ANALYTICS, SEARCH)))
        for habit, (status, body) in _REFUSALS.items():
            if world.habits.on(account.tenant, "oauth", habit):
                return JSONResponse(body, status_code=status)
        return _refreshed(world, account)

    async def endpoint(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        return await run_in_threadpool(grant, {key: values[0] for key, values in fields.items()})

    return [Route("/token", endpoint, methods=["POST"])]


def _refreshed(world: World, account: Account) -> Response:
    partial = world.habits.on(account.tenant, "oauth", "partial_consent")
    answer = _granted(world, account, (SEARCH,) if partial else (ANALYTICS, SEARCH))
    if world.habits.on(account.tenant, "oauth", "testing_app"):
        left = account.opened + timedelta(days=_TESTING_DAYS) - world.clock.day
        if left <= timedelta(0):
            return error_response("oauth", 400, "Token has been expired or revoked.")
        answer["refresh_token_expires_in"] = int(left.total_seconds()) - 1
    return JSONResponse(answer)


def _granted(world: World, account: Account, scopes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "access_token": issue_token(world, account.tenant, time.time(), scopes),
        "expires_in": TOKEN_LIFE_S,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }


def _holder(world: World, form: dict[str, str]) -> Account:
    kind = form.get("grant_type", "")
    if kind == _JWT_BEARER:
        return signer_of(world, form.get("assertion", ""), time.time())
    if kind != "refresh_token":
        raise BadAssertion(f"Invalid grant_type: {kind}")
    wanted = tuple(form.get(name) for name in ("refresh_token", "client_id", "client_secret"))
    account = world.tenant_with(
        lambda keys: (keys.google_refresh_token, keys.google_client_id, keys.google_client_secret) == wanted
    )
    if account is None:
        raise BadAssertion("Token has been expired or revoked.")
    return account
