"""The sandbox as a process that several commands share: started by the first, ended with the last.

Every user holds a shared lock on a file of the home for as long as it uses the market; the system frees it when the
user dies. Who leaves and gets the lock alone was the last one, and ends the process that was noted when it was started.
Joining and leaving happen one at a time, under a second lock, so that nobody joins a market that is being ended.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from marketeer_dagster.cli.home import Home
from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.publishing.exclusive import file_exclusive
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.identity import place_of
from marketeer_dagster.sandbox.seeds import chosen_seed
from marketeer_dagster.store.owners import lives_here, owner_of

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
_LOOK_S = 0.1


class MarketUsers:
    """Who uses the home's sandbox. Counts processes and, in one process, every use."""

    def __init__(self, home: Home) -> None:
        folder = home.settings.home
        self._users = folder / "sandbox.users"
        self._started = folder / "sandbox.process"
        self._folder = folder
        self._turn = file_exclusive(folder / "locks")

    @property
    def started_one_lives(self) -> bool:
        """Whether the sandbox that a command started is there."""
        return lives_here(self._noted()) is True

    def join(self, start: "Callable[[], subprocess.Popen[bytes] | None]", admin: SandboxAdmin) -> int:
        """Become a user, starting the market when none is there; returns what `leave` wants back."""
        with self._turn("sandbox"):
            mine = os.open(self._users, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(mine, fcntl.LOCK_SH)
                if self.started_one_lives:  # it may be too busy to answer at once, but it is there
                    await_market(admin, lambda: self.started_one_lives)
                elif (process := start()) is not None:
                    # With the folder's place: a copied home brings the note along, and must not end that process.
                    noted = f"{owner_of(process.pid)}\n{place_of(self._folder)}"
                    self._started.write_text(noted, encoding="utf-8")
            except BaseException:
                os.close(mine)
                raise
            return mine

    def leave(self, mine: int) -> None:
        """Stop using the market; the last one ends it when a command had started it."""
        with self._turn("sandbox"):
            os.close(mine)
            rest = os.open(self._users, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(rest, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            else:
                _end(self._noted())
                self._started.unlink(missing_ok=True)
            finally:
                os.close(rest)

    def _noted(self) -> str:
        try:
            owner, _, folder = self._started.read_text(encoding="utf-8").partition("\n")
        except FileNotFoundError:
            return ""
        return owner if folder in ("", place_of(self._folder)) else ""


def start_market(home: Home, *, seed: int | None = None) -> "subprocess.Popen[bytes]":
    """Start the home's sandbox as a process of its own and wait until it answers. Raises ConfigError."""
    url = home.settings.sandbox_url or ""
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost") or parts.port is None:
        raise ConfigError(f"no sandbox answers at {url}", hint="start it, or correct MARKETEER_SANDBOX_URL")
    log_path = home.settings.home / "sandbox.log"
    chosen = str(chosen_seed(home.sandbox_state, seed))
    command = [sys.executable, "-m", "marketeer_dagster", "sandbox", "--port", str(parts.port), "--seed", chosen]
    command += ["--state", str(home.sandbox_state)]
    with log_path.open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        await_market(SandboxAdmin(url), lambda: process.poll() is None, log_path)
    except BaseException:
        stop(process)
        raise
    return process


def await_market(admin: SandboxAdmin, lives: Callable[[], bool], log: Path | None = None) -> None:
    """Return when the market answers. Raises ConfigError when its process ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not admin.healthy():
        if not lives() or time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-500:].strip() if log else "it does not answer"
            raise ConfigError(f"the sandbox did not start at {admin.url}: {tail}", hint="is its port in use?")
        time.sleep(_LOOK_S)


def stop(*processes: "subprocess.Popen[bytes]") -> None:
    """End children politely, all at the same time, then for certain."""
    for process in processes:
        process.terminate()  # does nothing to one that has ended
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for process in processes:
        try:
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end(owner: str) -> None:
    """As `stop`, for a process that another one may have started."""
    for number, patience in ((signal.SIGTERM, STOP_TIMEOUT_S), (signal.SIGKILL, STOP_TIMEOUT_S)):
        if lives_here(owner) is not True:
            return
        with suppress(ProcessLookupError):
            os.kill(int(owner.rsplit(":", 2)[1]), number)
        deadline = time.monotonic() + patience
        while lives_here(owner) is True and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
