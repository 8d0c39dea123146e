"""Google's token endpoint: refresh tokens, and service accounts' signed assertions."""

import time
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.vendors._google import TOKEN_LIFE_S, BadAssertion, issue_token, signer_of
from marketeer_dagster.sandbox.world import World

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def routes(world: World) -> list[BaseRoute]:
    """POST /token."""

    def grant(form: dict[str, str]) -> Response:
        try:
            account = _holder(world, form)
        except BadAssertion as error:
            return error_response("oauth", 400, str(error))
        return JSONResponse(
            {
                "access_token": issue_token(world, account.tenant, time.time()),
                "expires_in": TOKEN_LIFE_S,
                "scope": form.get("scope", ""),
                "token_type": "Bearer",
            }
        )

    async def endpoint(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        return await run_in_threadpool(grant, {key: values[0] for key, values in fields.items()})

    return [Route("/token", endpoint, methods=["POST"])]


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
