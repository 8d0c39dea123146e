"""The platform's processes on one machine: sandbox, code server, daemon, webserver."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import httpx

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.market_process import MarketUsers, stop
from marketeer_dagster.model.errors import BadInput, ConfigError

PROJECT = Path(__file__).parents[2]
START_TIMEOUT_S = 90.0


class Platform:
    """Starts what is not running yet, in the order of need, and ends what it started. Logs are in the home.

    The webserver is still starting when the block begins, because work does not need it: see `await_ui`.
    """

    def __init__(self, home: Home, *, ui_port: int | None, seed: int | None = None) -> None:
        """`ui_port` None leaves the webserver out; 0 takes a free port. Raises BadInput for a port in use."""
        self._home = home
        self._seed = seed
        self._ui_port = None if ui_port is None else free_port(ui_port)
        self._code_port = free_port(0)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._market = ExitStack()

    @property
    def ui_url(self) -> str:
        """Where the Dagster UI is."""
        return f"http://127.0.0.1:{self._ui_port}"

    def __enter__(self) -> Self:
        # A supervisor's TERM ends the platform's processes as Ctrl-C does, instead of leaving them without a parent.
        self._before = signal.signal(signal.SIGTERM, _interrupt)
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def await_ui(self) -> None:
        """Return when the webserver answers. Raises ConfigError when it ends or takes too long."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.ui_url}/server_info", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            self._check_alive()
            time.sleep(0.2)
        raise ConfigError("the webserver did not start", hint=f"see {self._logs / 'webserver.log'}")

    def wait(self) -> None:
        """Stay until interrupted; raises ConfigError when a process dies."""
        users = MarketUsers(self._home)
        started = users.started_one_lives  # a sandbox that somebody runs by hand is theirs to watch
        while True:
            if started and not users.started_one_lives:
                raise ConfigError("the sandbox ended", hint=f"see {self._home.settings.home / 'sandbox.log'}")
            for process in self._processes:
                if process.poll() is not None:
                    raise ConfigError(f"{process.args[0]} ended with {process.returncode}", hint=f"see {self._logs}")  # pyright: ignore[reportIndexIssue, reportArgumentType, reportUnknownMemberType]
            time.sleep(0.5)

    @property
    def _logs(self) -> Path:
        return self._home.settings.home / "logs"

    def _start(self) -> None:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._create_instance()
        workspace = self._home.settings.home / "workspace.yaml"
        workspace.write_text(_WORKSPACE.format(port=self._code_port), encoding="utf-8")
        code = ["code-server", "start", "-m", "marketeer_dagster.definitions", "-a", "defs"]
        self._run("code", ["dagster", *code, "-h", "127.0.0.1", "-p", str(self._code_port)])
        # Nothing asks the market before the daemon runs, so it starts while the code server loads.
        self._market.enter_context(running_market(self._home, seed=self._seed))
        self._await_port(self._code_port)
        self._run("daemon", ["dagster-daemon", "run", "-w", str(workspace)])
        if self._ui_port is not None:
            ui = ["dagster-webserver", "-h", "127.0.0.1", "-p", str(self._ui_port), "-w", str(workspace)]
            self._run("webserver", ui)

    def _create_instance(self) -> None:
        """Daemon and webserver start side by side, and must not both be the first to open the instance."""
        from marketeer_dagster.cli.drive import dagster_instance  # brings Dagster along

        with dagster_instance(self._home):
            pass

    def _run(self, name: str, command: list[str]) -> None:
        environment = {
            **os.environ,
            "DAGSTER_HOME": str(self._home.dagster_home),
            "MARKETEER_HOME": str(self._home.settings.home),
        }
        program = Path(sys.executable).with_name(command[0])
        with (self._logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(program), *command[1:]],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=PROJECT,
                start_new_session=True,
            )
        self._processes.append(process)

    def _await_port(self, port: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            self._check_alive()
            time.sleep(0.1)
        raise ConfigError("the code server did not start", hint=f"see {self._logs / 'code.log'}")

    def _check_alive(self) -> None:
        if any(process.poll() is not None for process in self._processes):
            raise ConfigError("a process of the platform ended while starting", hint=f"see {self._logs}")

    def _stop(self) -> None:
        stop(*reversed(self._processes))
        self._processes.clear()
        signal.signal(signal.SIGTERM, self._before)
        self._market.close()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def free_port(wanted: int) -> int:
    """`wanted`, or any free port for 0. Raises BadInput when it is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise BadInput(
                f"port {wanted} cannot be used: {error.strerror}", where="--port", expected="a free port"
            ) from None
        return int(probe.getsockname()[1])


_WORKSPACE = """\
# Written by `marketeer up`: its own code server. Production uses the project's workspace.yaml.
load_from:
  - grpc_server:
      host: 127.0.0.1
      port: {port}
      location_name: marketeer
"""
