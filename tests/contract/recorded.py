"""What vendors really answered or document, as data: `answers/<tool>/<name>.json`, each with its source.

A file holds `source`, `kind`, `status` (null for what a vendor sends to us), `body` (text where the vendor sends no
JSON), and where they matter `headers` and `request`. `serve` answers with them on loopback, so that a vendor's real SDK
reads the very bytes; a parser or error translation is then asked what it makes of them.
"""

import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).parent / "answers"


@dataclass(frozen=True)
class Answer:
    """One answer as it came, or is documented to come, over the wire."""

    name: str
    status: int
    headers: Mapping[str, str]
    body: Any
    source: str = ""
    request: Any = None

    @property
    def raw(self) -> bytes:
        """The body's bytes: text as it is, anything else as JSON; none where there is none."""
        if self.body is None:
            return b""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text.encode()


@dataclass(frozen=True)
class Asked:
    """One request that reached the server."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Wire:
    """A loopback server that says what it was given to say, and remembers what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


Script = Callable[[Asked], Answer]


def answer(tool: str, name: str) -> Answer:
    """The recorded answer `name` of `tool`."""
    held = json.loads((ANSWERS / tool / f"{name}.json").read_text(encoding="utf-8"))
    return Answer(
        name=name,
        status=held.get("status") or 200,
        headers={str(key): str(value) for key, value in (held.get("headers") or {}).items()},
        body=held.get("body"),
        source=held.get("source", ""),
        request=held.get("request"),
    )


def names(tool: str) -> tuple[str, ...]:
    """Every answer held of `tool`, sorted: a test parametrised over them cannot forget one."""
    return tuple(sorted(path.stem for path in (ANSWERS / tool).glob("*.json")))


@contextmanager
def serve(said: "Answer | Sequence[Answer] | Script") -> Generator[Wire]:
    """Answer every request with `said`: one answer for all, a row of answers (the last repeats), or by the request."""
    wire, lock = Wire(), threading.Lock()
    script = _script(said)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            with lock:
                wire.asked.append(asked)
                told = script(asked)
            sends = {key.lower() for key in told.headers}
            self.send_response(told.status)
            for key, value in told.headers.items():
                if key.lower() not in ("content-length", "transfer-encoding", "content-encoding"):
                    self.send_header(key, value)
            if "content-type" not in sends:
                self.send_header("content-type", "text/html" if isinstance(told.body, str) else "application/json")
            if told.status not in (204, 304):
                self.send_header("content-length", str(len(told.raw)))
            self.end_headers()
            if told.status not in (204, 304) and self.command != "HEAD":
                self.wfile.write(told.raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _any

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wire.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _script(said: "Answer | Sequence[Answer] | Script") -> Script:
    if isinstance(said, Answer):
        return lambda asked: said
    if callable(said):
        return said
    row = list(said)
    return lambda asked: row.pop(0) if len(row) > 1 else row[0]
