"""A small server that speaks the Messages API on loopback: scripted answers, faults on demand, every request kept.

It stands for 'another server that speaks the Messages API': it knows nothing of this project, checks each body against
the SDK's own request types, and answers the same Idempotency-Key with the same answer without billing it again.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from anthropic.types import MessageCreateParams
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_PARAMS: TypeAdapter[Any] = TypeAdapter(MessageCreateParams)
_KNOWN = {"model", "max_tokens", "system", "messages", "output_config", "stream"}


@dataclass
class Fault:
    """What happens to one request instead of an answer. `status` 0 is a cut connection, -1 a hang."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "api_error"


@dataclass
class Reply:
    """What the model says."""

    text: str
    stop_reason: str = "end_turn"
    usage: dict[str, Any] = field(default_factory=lambda: {"input_tokens": 100, "output_tokens": 50})
    stop_details: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


class MessagesServer:
    """State of the server. `answer` maps a request body to what the model says; `faults` are used up first."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: Callable[[dict[str, Any]], Reply | str] = lambda body: Reply('{"word": "yes"}')
        self.faults: list[Fault] = []
        self.delay_s = 0.0
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.invalid: list[str] = []
        self.billed: dict[str, dict[str, Any]] = {}
        self.in_flight = 0
        self.most_in_flight = 0
        self.arrived = threading.Event()

    async def handle(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        self.headers.append({key.lower(): value for key, value in request.headers.items()})
        self._validate(body)
        self.arrived.set()
        if self.faults:
            return await self._fail(self.faults.pop(0))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.delay_s)
            if await request.is_disconnected():
                return Response(status_code=499)
            return self._reply(body, request.headers.get("idempotency-key") or f"call-{len(self.requests)}")
        finally:
            self.in_flight -= 1

    def _validate(self, body: dict[str, Any]) -> None:
        try:
            _PARAMS.validate_python(body)
        except ValidationError as error:
            self.invalid.append(str(error))
        if unknown := set(body) - _KNOWN:
            self.invalid.append(f"unknown parameters {sorted(unknown)}")

    async def _fail(self, fault: Fault) -> Response:
        if fault.status == -1:
            await asyncio.sleep(3600)
        if fault.status == 0:
            return _Cut()
        error = {"type": "error", "error": {"type": fault.kind, "message": "scripted"}}
        return JSONResponse(error, status_code=fault.status, headers=fault.headers)

    def _reply(self, body: dict[str, Any], key: str) -> Response:
        said = self.answer(body)
        reply = Reply(said) if isinstance(said, str) else said
        message = self.billed.setdefault(
            key,
            {
                "id": f"msg_{len(self.billed):024d}",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [
                    {"type": "thinking", "thinking": "…", "signature": "s"},
                    {"type": "text", "text": reply.text},
                ],
                "stop_reason": reply.stop_reason,
                "stop_sequence": None,
                "stop_details": reply.stop_details,
                "usage": reply.usage,
            },
        )
        return JSONResponse(message, headers={"request-id": f"req_{key[:12]}", **reply.headers})


class _Cut(Response):
    """Promises a body and closes the connection without it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b'{"id":', "more_body": True})
        raise ConnectionResetError("cut on purpose")


@contextmanager
def messages_server() -> Iterator[MessagesServer]:
    """A running server on an ephemeral port."""
    state = MessagesServer()
    app = Starlette(routes=[Route("/v1/messages", state.handle, methods=["POST"])])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the Messages server did not start")
        threading.Event().wait(0.01)
    state.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def text_of(body: dict[str, Any]) -> str:
    """The whole prompt of a request as one string, for assertions."""
    return json.dumps(body, ensure_ascii=False)
