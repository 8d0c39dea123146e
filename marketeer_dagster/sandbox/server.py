"""Serving the sandbox over loopback: as a process, or in a thread for tests."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import uvicorn

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.sandbox.app import create_app
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.world import World

HOST = "127.0.0.1"
_GRACE_S = 2
"""How long open (hanging) connections may hold up a shutdown, in seconds."""


def bind(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises BadInput when the port is in use."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise BadInput(f"port {port} cannot be used: {error.strerror}", hint="choose another with --port") from None
    listener.listen(128)
    return listener


def _server(world: World, listener: socket.socket) -> uvicorn.Server:
    world.base_url = f"http://{HOST}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(world), log_level="warning", access_log=False, timeout_graceful_shutdown=_GRACE_S, lifespan="off"
    )
    return uvicorn.Server(config)


def serve(port: int = 0, seed: int = 7, state: Path | None = None, start: date | None = None) -> None:
    """Serve until interrupted. `state` is the SQLite file to continue from or to make."""
    listener = bind(port)
    world = World(seed, state, start)
    try:
        _server(world, listener).run(sockets=[listener])
    finally:
        world.close()


@dataclass(frozen=True)
class Running:
    """A sandbox that is being served."""

    url: str
    world: World

    @property
    def admin(self) -> SandboxAdmin:
        return SandboxAdmin(self.url)


@contextmanager
def run_in_thread(
    seed: int = 7, state: Path | None = None, start: date | None = None, port: int = 0
) -> Generator[Running]:
    """A sandbox on a port of its own for the length of the block."""
    listener = bind(port)
    world = World(seed, state, start)
    server = _server(world, listener)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox did not start; its traceback is above")
            time.sleep(0.01)
        yield Running(world.base_url, world)
    finally:
        server.should_exit = True
        thread.join()
        world.close()
