"""A vendor that misbehaves on purpose: everything reaches the real stand-in, and what comes back is spoiled."""

import json
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx

HANG_UP = object()
"""What a manner returns to close the connection instead of answering."""
HTML = "<!DOCTYPE html><html><head><title>Welcome</title></head><body><script>var a = [{}];</script></body></html>"
_NOT_FORWARDED = {"host", "connection", "content-length", "accept-encoding"}
_NOT_RETURNED = {"connection", "content-length", "transfer-encoding", "content-encoding", "keep-alive"}


@dataclass
class Exchange:
    """One request and what the vendor said to it. A manner changes status, headers and body as it likes."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body) if self.body else None

    def says(self, document: Any) -> None:
        self.body = json.dumps(document).encode()

    def html(self) -> None:
        self.status, self.body = 200, HTML.encode()
        self.headers["content-type"] = "text/html; charset=utf-8"


Manner = Callable[[Exchange], object]


def polite(exchange: Exchange) -> object:
    return None


@dataclass
class Rude:
    """A proxy before `target` with one manner at a time."""

    target: str
    url: str = ""
    manner: Manner = polite
    asked: list[str] = field(default_factory=list)


@contextmanager
def rude(target: str) -> Generator[Rude]:
    """A rude vendor on loopback for as long as the block lasts."""
    vendor = Rude(target.rstrip("/"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(vendor))
    server.daemon_threads = True
    vendor.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(vendor: Rude) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            vendor.asked.append(f"{self.command} {self.path.partition('?')[0]}")
            sent = {key: value for key, value in self.headers.items() if key.lower() not in _NOT_FORWARDED}
            url = httpx.URL(f"{vendor.target}{self.path}")
            answer = httpx.request(self.command, url, content=body, headers=sent, timeout=60)
            kept = {key: value for key, value in answer.headers.items() if key.lower() not in _NOT_RETURNED}
            exchange = Exchange(
                self.command, url.path, dict(url.params.items()), answer.status_code, kept, answer.content
            )
            if vendor.manner(exchange) is HANG_UP:
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(exchange.status)
            for key, value in exchange.headers.items():
                self.send_header(key, value)
            if exchange.status != 204:
                self.send_header("Content-Length", str(len(exchange.body)))
            self.end_headers()
            if exchange.status != 204:
                self.wfile.write(exchange.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    return Handler
