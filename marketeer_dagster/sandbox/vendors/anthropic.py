"""Anthropic's Messages API, answered by the offline author: messages, token counts, batches, models.

Any key is taken except none and those that contain "invalid"; each key is an account of its own for caches and limits.
As the vendor, it knows no idempotency: a request that comes twice is answered and billed twice, and a caller who hangs
up is billed for what is written all the same. `SANDBOX_CLAUDE_LATENCY_S` makes answers take that long.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.author.api.answering import Written, message, write
from marketeer_dagster.sandbox.author.api.batches import Batches
from marketeer_dagster.sandbox.author.api.caching import CacheUse, PromptCache
from marketeer_dagster.sandbox.author.api.errors import ApiError, invalid
from marketeer_dagster.sandbox.author.api.limits import SMALL, RateLimits
from marketeer_dagster.sandbox.author.api.models import Billed, cost, model, models
from marketeer_dagster.sandbox.author.api.reading import MessagesRequest, read_request
from marketeer_dagster.sandbox.author.api.streaming import broken_events, events
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.sandbox.habits import Habit
from marketeer_dagster.sandbox.misbehaviour import fault_of
from marketeer_dagster.sandbox.world import World

MAX_BODY = 32 * 1024 * 1024
"""Bytes of one request."""
LATENCY_VARIABLE = "SANDBOX_CLAUDE_LATENCY_S"
_VENDOR = "anthropic"
HABITS = {
    "small_account": Habit(
        "As a new account: 50 requests and 30,000 input tokens a minute, and a 429 says to come back in 505 seconds"
    ),
}
_NO_CREDIT = (
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase "
    "credits."
)
_HANG_UP_POLL_S = 0.05
_CLIENT_CLOSED = 499

Handler = Callable[[Request, str], Awaitable[Response]]


class _HungUp(Exception):
    """The caller is gone."""


class MessagesApi:
    """The endpoints over one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._documents = world.documents("", _VENDOR)
        self._cache = PromptCache()
        self._large, self._small = RateLimits(), RateLimits(SMALL)
        self.batches = Batches(world, self._answer_batched)

    def routes(self) -> list[BaseRoute]:
        found: list[BaseRoute] = [
            Route("/v1/messages", self._endpoint(self.create), methods=["POST"]),
            Route("/v1/messages/count_tokens", self._endpoint(self.count), methods=["POST"]),
            Route("/v1/models", self._endpoint(self.list_models), methods=["GET"]),
            Route("/v1/models/{id}", self._endpoint(self.show_model), methods=["GET"]),
        ]
        return [*self.batches.routes(self._endpoint), *found, Route("/{rest:path}", self._endpoint(self._missing))]

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            identity = f"req_{token(24, self._world.seed, 'request', self._documents.next_id('request'))}"
            request.state.identity = identity
            try:
                account = _account(request)
                if fault_of(request) is FaultKind.NO_CREDIT:
                    raise ApiError(400, _NO_CREDIT, {"x-should-retry": "false"})
                response = await handler(request, account)
                response.headers.update(self._limits.headers(account))
            except ApiError as error:
                response = JSONResponse(error.body(identity), error.status, headers=error.headers)
            except _HungUp:
                response = Response(status_code=_CLIENT_CLOSED)
            response.headers["request-id"] = identity
            response.headers["anthropic-organization-id"] = f"org_{token(12, self._world.seed, 'organization')}"
            return response

        return endpoint

    async def create(self, request: Request, account: str) -> Response:
        """POST /v1/messages"""
        asked = read_request(await _json(request))
        self._limits.take(account, asked.tokens)
        if fault_of(request) is FaultKind.STREAM_ERROR:
            return StreamingResponse(broken_events(asked.model.id, asked.tokens), media_type="text/event-stream")
        written, gone = await _written(request, asked)
        answer = self._bill(asked, written, account, request.state.identity)
        if gone:
            raise _HungUp
        if asked.stream:
            return StreamingResponse(events(answer), media_type="text/event-stream")
        return JSONResponse(answer)

    @property
    def _limits(self) -> RateLimits:
        return self._small if self._world.habits.on("", _VENDOR, "small_account") else self._large

    async def count(self, request: Request, account: str) -> Response:
        """POST /v1/messages/count_tokens"""
        del account
        return JSONResponse({"input_tokens": read_request(await _json(request), counting=True).tokens})

    async def list_models(self, request: Request, account: str) -> Response:
        """GET /v1/models"""
        del request, account
        found = [known.info() for known in models()]
        return JSONResponse({"data": found, "has_more": False, "first_id": found[0]["id"], "last_id": found[-1]["id"]})

    async def show_model(self, request: Request, account: str) -> Response:
        """GET /v1/models/{id}"""
        del account
        name = str(request.path_params["id"])
        known = model(name)
        if known is None:
            raise ApiError(404, f"model: {name}")
        return JSONResponse(known.info())

    async def _missing(self, request: Request, account: str) -> Response:
        del request, account
        raise ApiError(404, "Not found")

    def _bill(self, asked: MessagesRequest, written: Written, account: str, request_id: str) -> dict[str, object]:
        """Settle one answer: cache, ledger, message. The ledger's key is what was asked, so a double shows."""
        with self._world.lock:
            identity = token(24, self._world.seed, "message", self._documents.next_id("message"))
            use = self._cache.use(account, asked)
            answer = message(asked, written, use, identity)
            self._record(asked, written, use, f"ask_{token(24, account, asked.identity)}", "messages", request_id)
        self._limits.spend_output(account, written.output_tokens)
        return answer

    def _answer_batched(self, account: str, body: object, key: str) -> dict[str, object]:
        """Answer one request of a batch; raises ApiError."""
        asked = read_request(body)
        written = write(asked)
        use = self._cache.use(account, asked)
        self._record(asked, written, use, key, "batch", "", batch=True)
        answer = message(asked, written, use, token(24, self._world.seed, "batched", key))
        usage = answer["usage"]
        return {**answer, "usage": {**usage, "service_tier": "batch"}} if isinstance(usage, dict) else answer

    def _record(
        self,
        asked: MessagesRequest,
        written: Written,
        use: CacheUse,
        key: str,
        action: str,
        request_id: str,
        *,
        batch: bool = False,
    ) -> None:
        billed = Billed(use.full, written.output_tokens, use.read, use.write_5m, use.write_1h, batch)
        amount = cost(asked.model.id, self._world.now().date(), billed)
        detail: dict[str, object] = {
            "model": asked.model.id,
            "request_id": request_id,
            "campaign": written.campaign,
            "purpose": written.purpose,
            "stop_reason": written.stop_reason,
            "input_tokens": use.full,
            "cache_read_input_tokens": use.read,
            "cache_creation_input_tokens": use.write_5m + use.write_1h,
            "output_tokens": written.output_tokens,
        }
        tenant = written.tenant or asked.user
        self._world.ledger.record(_VENDOR, action, key, tenant, amount, json.dumps(detail))


def _account(request: Request) -> str:
    """Whose request it is: the key, from either header. Raises ApiError 401."""
    bearer = request.headers.get("authorization", "")
    key = request.headers.get("x-api-key", "") or (bearer[7:].strip() if bearer.lower().startswith("bearer ") else "")
    if not key:
        raise ApiError(401, "x-api-key header is required")
    if "invalid" in key:
        raise ApiError(401, "invalid x-api-key")
    if not request.headers.get("anthropic-version"):
        raise invalid("anthropic-version: header is required")
    return token(16, "account", key)


async def _json(request: Request) -> object:
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY:
        raise ApiError(413, "Request exceeds the maximum size")
    body = await request.body()
    if len(body) > MAX_BODY:
        raise ApiError(413, "Request exceeds the maximum size")
    try:
        return json.loads(body)
    except ValueError:
        raise invalid("The request body is not valid JSON") from None


async def _written(request: Request, asked: MessagesRequest) -> tuple[Written, bool]:
    """The answer, after the latency asked for, and whether the caller had left by then."""
    loop = asyncio.get_running_loop()
    ready = loop.time() + float(os.environ.get(LATENCY_VARIABLE) or 0)
    written = await run_in_threadpool(write, asked)
    while True:
        if await request.is_disconnected():
            return written, True
        left = ready - loop.time()
        if left <= 0:
            return written, False
        await asyncio.sleep(min(left, _HANG_UP_POLL_S))


def routes(world: World) -> list[BaseRoute]:
    """Routes relative to /anthropic."""
    return MessagesApi(world).routes()
