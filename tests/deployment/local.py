"""The compose file's containers as processes of this machine: their commands, with hosts, ports and folders mapped."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.deployment.compose import PROJECT, Compose, Service, copied_into_image, image_environment
from tests.support.postgres import PostgresServer

PORTS = ("3000", "4000", "8765")
LONGEST_WAIT_S = 300.0


@dataclass
class Deployment:
    """Every service of the compose file, running here."""

    compose: Compose
    root: Path
    postgres_port: int
    extra: dict[str, str]
    """What a `.env` file would add."""
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def mapped(self, text: str) -> str:
        """A container's text with this machine's hosts, ports and folders."""
        text = text.replace("@postgres:5432/", f"@127.0.0.1:{self.postgres_port}/").replace("0.0.0.0", "127.0.0.1")
        text = re.sub(r"(?<![\w.])/(?=(var/lib|opt|etc)/)", f"{self.root}/", text)
        for port in PORTS:
            text = re.sub(rf"\b{port}\b", str(self.ports[port]), text)
        return text

    def environment(self, service: str) -> dict[str, str]:
        """What the service's process sees: the image's variables and the file's, and nothing of this shell's."""
        stated = {**self.extra, **image_environment(), **self.compose.services[service].environment}
        mapped = {key: self.mapped(value) for key, value in stated.items()}
        path = [str(Path(sys.executable).parent), *_postgres_programs(), "/usr/bin", "/bin"]
        return {**mapped, "PATH": os.pathsep.join(path), "PGPORT": str(self.postgres_port), "HOME": str(self.root)}

    def run(self, service: str, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """As `docker compose exec SERVICE COMMAND`."""
        words = [self.mapped(word) for word in command]
        environment = self.environment(service)
        return subprocess.run(words, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)

    def healthy(self, service: str) -> bool:
        """Whether the service's own health check succeeds."""
        check = self.compose.services[service].health_check
        assert check is not None, f"{service} has no health check"
        return self.run(service, check).returncode == 0

    def start(self, service: Service) -> None:
        """Start one service, and wait for what the file says others wait for."""
        if service.ends:
            done = self.run(service.name, service.command)
            assert done.returncode == 0, f"{service.name}: {done.stdout}{done.stderr}"
            return
        if service.command:
            self._spawn(service)
        self.await_health(service.name)

    def await_health(self, service: str) -> None:
        """Wait until the health check succeeds; fails with the service's log when it ends or never does."""
        deadline = time.monotonic() + LONGEST_WAIT_S
        while not self.healthy(service):
            process = self.processes.get(service)
            ended = process is not None and process.poll() is not None
            assert not ended and time.monotonic() < deadline, f"{service} is not healthy:\n{self.log(service)[-4000:]}"
            time.sleep(1)

    def log(self, service: str) -> str:
        path = self.root / f"{service}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End everything as Compose does: politely, in reverse order of need, then for certain."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in reversed(self.processes.values()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _spawn(self, service: Service) -> None:
        words = [self.mapped(word) for word in service.command]
        with (self.root / f"{service.name}.log").open("ab") as log:
            self.processes[service.name] = subprocess.Popen(
                words, env=self.environment(service.name), cwd=PROJECT, stdout=log, stderr=log, start_new_session=True
            )


@contextmanager
def deployed(root: Path, postgres: PostgresServer, extra: dict[str, str]) -> Iterator[Deployment]:
    """The whole compose file, started in its order; PostgreSQL is `postgres`, initialised as the image would."""
    compose = Compose.load({"POSTGRES_PASSWORD": "any-here-is-trusted", "MARKETEER_SECRET_KEY": "a key for this test"})
    deployment = Deployment(compose, root, postgres.port, extra, ports={port: _free_port() for port in PORTS})
    _lay_out(deployment)
    postgres.execute(f"CREATE DATABASE {compose.services['postgres'].environment['POSTGRES_DB']}")
    for statement in filter(str.strip, compose.config("databases").split(";")):
        postgres.execute(statement)
    try:
        for service in compose.order:
            deployment.start(service)
        yield deployment
    finally:
        deployment.stop()


def _lay_out(deployment: Deployment) -> None:
    """The image's folders and inline configs, below the root."""
    for volume in ("/var/lib/marketeer", "/var/lib/dagster", "/opt/dagster", "/etc/marketeer"):
        Path(deployment.mapped(volume)).mkdir(parents=True)
    for sources, target, _ in copied_into_image():
        if target.startswith("/opt/dagster/"):
            shutil.copy(PROJECT / sources[0], deployment.mapped(target))
    workspace = next(c for c in deployment.compose.services["daemon"].body["configs"] if c["source"] == "workspace")
    text = deployment.compose.config("workspace").replace("host: code", "host: 127.0.0.1")
    Path(deployment.mapped(workspace["target"])).write_text(deployment.mapped(text), encoding="utf-8")


def _postgres_programs() -> list[str]:
    return [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
