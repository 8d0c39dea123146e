"""Faults as middleware: what a vendor's failure looks like on the wire."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketeer_dagster.sandbox.errors import error_response
from marketeer_dagster.sandbox.faults import FaultKind, FaultSpec
from marketeer_dagster.sandbox.world import World

_MARK = "sandbox.fault"
_ANSWERED_HERE = {
    FaultKind.TOO_MANY: 429,
    FaultKind.SERVER_ERROR: 500,
    FaultKind.OVERLOADED: 529,
    FaultKind.EXPIRED_TOKEN: 401,
}
_FLUSH_S = 0.05
"""Time for what was sent to leave before the connection is cut."""
_EMPTY_BODIES: dict[str, Any] = {"wordpress": [], "mailchimp": {}}


def fault_of(request: Request) -> FaultKind | None:
    """`empty` or `stale` when the vendor should answer this request so."""
    return request.scope.get(_MARK)


class Misbehaviour:
    """Outermost middleware: draws a fault for each vendor request and plays it."""

    def __init__(self, app: ASGIApp, world: World, vendors: frozenset[str]) -> None:
        self.app, self.world, self.vendors = app, world, vendors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._draw(scope)
        if fault is None:
            await self.app(scope, receive, send)
        else:
            await self._play(fault, scope, receive, send)

    def _draw(self, scope: Scope) -> FaultSpec | None:
        if scope["type"] != "http":
            return None
        vendor = scope["path"].split("/", 2)[1]
        return self.world.faults.draw(vendor) if vendor in self.vendors else None

    async def _play(self, fault: FaultSpec, scope: Scope, receive: Receive, send: Send) -> None:
        vendor = scope["path"].split("/", 2)[1]
        if fault.kind in _ANSWERED_HERE:
            await _drain(receive)
            if _ANSWERED_HERE[fault.kind] >= 500:
                self.world.faults.note_server_error(vendor, scope["path"])
            response = error_response(vendor, _ANSWERED_HERE[fault.kind], retry_after_s=fault.retry_after_s)
            await response(scope, receive, send)
        elif fault.kind is FaultKind.HANG:
            await _until_gone(receive, fault.hang_s)
            await _cut(send)
        elif fault.kind is FaultKind.CUT:
            await _drain(receive)
            await _cut(send)
        elif fault.kind is FaultKind.CUT_AFTER_WRITE:
            await self.app(scope, receive, _discard)
            await _cut(send)
        elif fault.kind is FaultKind.CUT_STREAM:
            await self.app(scope, receive, _Half(send))
        elif fault.kind is FaultKind.EMPTY and vendor in _EMPTY_BODIES and scope["method"] == "GET":
            body = json.dumps(_EMPTY_BODIES[vendor])
            await Response(body, media_type="application/json")(scope, receive, send)
        else:
            scope[_MARK] = fault.kind
            await self.app(scope, receive, send)


async def _discard(message: Message) -> None:
    """Swallow the answer of a vendor whose connection is about to be cut."""


class _Half:
    """Sends an answer on until its first half, or some events of it, is out, and then cuts the connection."""

    _PIECES = 3
    """Pieces of a streamed answer that still get through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._pieces = 0
        self._cut = False

    async def __call__(self, message: Message) -> None:
        if self._cut:
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")
        self._pieces += 1
        last = not message.get("more_body")
        await self._send({**message, "body": body[: len(body) // 2] if last else body, "more_body": True})
        if last or self._pieces == self._PIECES:
            self._cut = True
            await asyncio.sleep(_FLUSH_S)
            await _cut(self._send)


async def _drain(receive: Receive) -> None:
    """Read the request to its end, so that the client is not still writing when the answer comes."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


async def _until_gone(receive: Receive, longest_s: float) -> None:
    """Wait until the client gives up, at most `longest_s`."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), longest_s)
    except TimeoutError:
        return


async def _cut(send: Send) -> None:
    """Close the TCP connection without an answer.

    ASGI has no message for this: uvicorn's `send` is a method of the request's cycle, which holds the transport.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionError("the sandbox cuts connections only under uvicorn")
    transport.abort()
