"""Homes for the command line's tests, made once for each module."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer_dagster.catalog.catalog import DATA
from marketeer_dagster.sandbox.server import run_in_thread
from tests.cli.homes import EXAMPLE, PROJECT, CommandLine, Warm


@pytest.fixture(scope="session")
def market() -> Iterator[str]:
    """The address of a simulated market that answers during all tests."""
    with run_in_thread() as running:
        yield running.url


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """The process that commands are forked from."""
    process = Warm(tmp_path_factory.mktemp("streams"))
    yield process
    process.close()


@pytest.fixture
def fresh(tmp_path: Path, warm: Warm) -> CommandLine:
    """A command line whose home does not exist yet."""
    return CommandLine(tmp_path / "home", warm)


@pytest.fixture(scope="module")
def marketeer(tmp_path_factory: pytest.TempPathFactory, market: str, warm: Warm) -> CommandLine:
    """A home with the tenant `threlby` (its context imported, simulated) and the tenant `bare` without a context."""
    command = CommandLine(tmp_path_factory.mktemp("cli") / "home", warm, {"MARKETEER_SANDBOX_URL": market})
    command.ok("init")
    command.ok("tenant", "add", "threlby", "--name", "Threlby", "--website", "https://www.threlby.example")
    command.ok("tenant", "add", "bare")
    command.ok("context", "import", str(EXAMPLE / "context.md"), "-t", "threlby", "--note", "first")
    return command


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A copy of the shipped catalog that a test may break."""
    shutil.copytree(PROJECT / "skills", tmp_path / "catalog-copy" / "skills")
    shutil.copytree(DATA, tmp_path / "catalog-copy" / "catalog")
    return tmp_path / "catalog-copy"
