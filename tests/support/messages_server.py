"""A small server that speaks the Messages API on loopback: scripted answers, faults on demand, every request kept.

It stands for 'another server that speaks the Messages API': it knows nothing of this project and checks each body
against the SDK's own request types. As the vendor, it knows no idempotency: every request that it begins to answer is
billed.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from anthropic.types import MessageCreateParams
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

_PARAMS: TypeAdapter[Any] = TypeAdapter(MessageCreateParams)
_HEAD = 2
"""Events before the first word."""
_KNOWN = {"model", "max_tokens", "system", "messages", "output_config", "stream"}


@dataclass
class Fault:
    """What happens to one request instead of an answer. `status` 0 is a cut connection, -1 a hang.

    With status 200 an answer begins, and after `events` events the connection is cut; the server says `error` before
    that when one is given, or hangs when `hangs`.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "api_error"
    says: str = "scripted"
    body: str | None = None
    """A body in place of the API's own error document."""
    events: int = 0
    error: str = ""
    """Type of an error event."""
    hangs: bool = False
    pings: int = 0
    """Pings before the first event, a while apart."""


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
        self.refuses: Callable[[dict[str, Any]], Fault | None] = lambda body: None
        """The fault that a request meets for what it asks, if any."""
        self.delay_s = 0.0
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.invalid: list[str] = []
        self.billed: list[dict[str, Any]] = []
        """Every answer that was begun, also if it never arrived."""
        self.ping_s = 0.0
        """Seconds between pings, where pings are asked for."""
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
            return await self._fail(self.faults.pop(0), body)
        if refused := self.refuses(body):
            return await self._fail(refused, body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.delay_s)
            if await request.is_disconnected():
                return Response(status_code=499)
            message, headers = self._message(body)
            if not body.get("stream"):
                return JSONResponse(message, headers=headers)
            return StreamingResponse(_stream(events_of(message)), media_type="text/event-stream", headers=headers)
        finally:
            self.in_flight -= 1

    def _validate(self, body: dict[str, Any]) -> None:
        try:
            _PARAMS.validate_python(body)
        except ValidationError as error:
            self.invalid.append(str(error))
        if unknown := set(body) - _KNOWN:
            self.invalid.append(f"unknown parameters {sorted(unknown)}")

    async def _fail(self, fault: Fault, body: dict[str, Any]) -> Response:
        if fault.status == -1:
            await asyncio.sleep(3600)
        if fault.status == 0:
            return _Cut()
        if fault.status == 200:
            message, headers = self._message(body, begun=fault.events > _HEAD or not fault.error)
            broken = _broken(events_of(message), fault, self.ping_s)
            return StreamingResponse(broken, media_type="text/event-stream", headers=headers)
        if fault.body is not None:
            return Response(fault.body, status_code=fault.status, headers=fault.headers, media_type="text/html")
        error = {"type": "error", "error": {"type": fault.kind, "message": fault.says}, "request_id": None}
        return JSONResponse(error, status_code=fault.status, headers=fault.headers)

    def _message(self, body: dict[str, Any], *, begun: bool = True) -> tuple[dict[str, Any], dict[str, str]]:
        said = self.answer(body)
        reply = Reply(said) if isinstance(said, str) else said
        message = {
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
        }
        if begun:
            self.billed.append(message)
        return message, {"request-id": f"req_{len(self.requests):04d}", **reply.headers}


def events_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """A message as the events of a stream, its text in two pieces."""
    start = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    if not message["usage"]:
        start["usage"] = {}
    found: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        found.append({"type": "content_block_start", "index": index, "content_block": {**block, "text": ""}})
        text = block.get("text", "")
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            delta = {"type": "text_delta", "text": piece}
            found.append({"type": "content_block_delta", "index": index, "delta": delta})
        found.append({"type": "content_block_stop", "index": index})
    delta = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    found.append({"type": "message_delta", "delta": delta, "usage": message["usage"]})
    return [*found, {"type": "message_stop"}]


def _sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


async def _stream(events: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    for event in events:
        yield _sse(event)


async def _broken(events: list[dict[str, Any]], fault: Fault, ping_s: float) -> AsyncIterator[bytes]:
    for _ in range(fault.pings):
        yield _sse({"type": "ping"})
        await asyncio.sleep(ping_s)
    for event in events[: fault.events]:
        yield _sse(event)
    if fault.error:
        error = {"type": fault.error, "message": "scripted"}
        yield _sse({"type": "error", "error": error, "request_id": "req_told"})
        return
    if fault.hangs:
        await asyncio.sleep(3600)
    raise ConnectionResetError("cut on purpose")


class _Cut(Response):
    """Promises a body and closes the connection without it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b'{"id":', "more_body": True})
        raise ConnectionResetError("cut on purpose")


@contextmanager
def messages_server() -> Generator[MessagesServer]:
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
