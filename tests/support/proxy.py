"""A reverse proxy that spoils exactly one request: the only way to cut a real server off after it has done its work."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Literal

import httpx

Fault = Literal["cut", "cut_after_write", "429", "500", "empty", "nothing"]
"""`empty` answers an empty list without its count, as a broken cache does; `nothing` is a look-up that lies."""
_NOT_FORWARDED = {"host", "connection", "content-length", "accept-encoding"}
_NOT_RETURNED = {"connection", "content-length", "transfer-encoding", "content-encoding", "keep-alive"}


class Proxy:
    """Forwards to `target`; the request after `spare` more ones meets `fault`."""

    def __init__(self, target: str) -> None:
        self.target = target.rstrip("/")
        self.url = ""
        self.requests: list[str] = []
        """Method and path of everything asked, in order."""
        self.fault: Fault | None = None
        self.spare = 0
        self._lock = Lock()

    def spoil(self, fault: Fault, after: int = 0) -> None:
        """Let `after` requests pass, then spoil one."""
        with self._lock:
            self.fault, self.spare = fault, after

    def draw(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.requests.append(f"{method} {path.partition('?')[0]}")
            if self.fault is None:
                return None
            if self.spare:
                self.spare -= 1
                return None
            fault, self.fault = self.fault, None
            return fault


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    """A proxy on a port of its own for as long as the block lasts."""
    proxy = Proxy(target)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fault = proxy.draw(self.command, self.path)
            if fault == "cut":
                self._hang_up()
            elif fault in ("429", "500"):
                self._answer(int(fault), {"Retry-After": "0"}, b"")
            elif fault in ("empty", "nothing"):
                self._answer(200, {"X-WP-Total": "0"} if fault == "nothing" else {}, b"[]")
            else:
                self._forward(body, hang_up=fault == "cut_after_write")

        def _forward(self, body: bytes, *, hang_up: bool) -> None:
            sent = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_FORWARDED}
            url = f"{proxy.target}{self.path}"
            answer = httpx.request(self.command, url, content=body, headers=sent, timeout=60)
            if hang_up:
                self._hang_up()
            else:
                received = {k: v for k, v in answer.headers.items() if k.lower() not in _NOT_RETURNED}
                self._answer(answer.status_code, received, answer.content)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def _hang_up(self) -> None:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    return Handler
