"""A small website on loopback: pages by path, and what was asked of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What one path answers."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SmallSite:
    """The running site."""

    pages: dict[str, Answer | str]
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """`Host path` of every request, in order."""

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def small_site(pages: dict[str, Answer | str]) -> Iterator[SmallSite]:
    """Serve `pages`; other paths answer 404."""
    site = SmallSite(pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(f"{self.headers['Host']} {self.path}")
            found = site.pages.get(self.path, Answer("nothing here", 404))
            answer = Answer(found) if isinstance(found, str) else found
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
