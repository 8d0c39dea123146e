"""The sandbox of a home whose commands come and go: it is there as long as anybody uses it, and no longer."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from marketeer_dagster.cli.home import Home, create_home
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.sandbox.client import SandboxAdmin
from tests.cli.homes import PROJECT

pytestmark = pytest.mark.slow

USE = """
from pathlib import Path
import sys
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.model.settings import Settings
with running_market(Home(Settings.load(home=Path(sys.argv[1])))) as market:
    print("in", market.healthy(), flush=True)
    input()
print("out", flush=True)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("MARKETEER_HOME", "DAGSTER_HOME", "MARKETEER_SANDBOX_URL", "MARKETEER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    create_home(Settings.load(home=tmp_path / "home"))
    return Home(Settings.load(home=tmp_path / "home"))


class User:
    """A process that uses the market until it is told to leave."""

    def __init__(self, home: Home) -> None:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        command = [sys.executable, "-c", USE, str(home.settings.home)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True)

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("\n")
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def using(home: Home, count: int) -> Iterator[list[User]]:
    """Users that came at the same moment."""
    users = [User(home) for _ in range(count)]
    try:
        assert [user.said() for user in users] == ["in True"] * count
        yield users
    finally:
        for user in users:
            user.process.kill()
            user.process.communicate()


def answers(home: Home) -> bool:
    assert home.settings.sandbox_url is not None
    return SandboxAdmin(home.settings.sandbox_url).healthy()


def test_the_last_user_ends_it_whoever_started_it(home: Home) -> None:
    with using(home, 2) as (first, second), using(home, 1) as (third,):
        first.leave()
        assert answers(home)
        second.leave()
        assert answers(home)
        third.leave()
    assert not answers(home)


def test_a_killed_user_counts_no_longer(home: Home) -> None:
    with using(home, 2) as (first, second):
        first.kill()
        assert answers(home)
        second.leave()
        assert not answers(home)


def test_what_a_killed_user_left_running_is_used_and_ended_by_the_next(home: Home) -> None:
    with using(home, 1) as (first,):
        first.kill()
    assert answers(home)
    with using(home, 1) as (second,):
        second.leave()
    assert not answers(home)
