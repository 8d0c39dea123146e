"""The command line as a person meets it: a process of its own in a home of its own."""

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from marketeer_dagster.model.settings import Settings
from marketeer_dagster.store import Store

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "threlby"


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything it printed, in one line, so that a wrapped sentence is found."""
        return re.sub(r"\s+", " ", self.out + self.err)


SCREEN = {"COLUMNS": "250", "NO_COLOR": "1"}


class Warm:
    """A process that has imported everything and forks for each command (see warm.py)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.warm"],
            env={**os.environ, **SCREEN}, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, arguments: tuple[str, ...], environment: dict[str, str], stdin: str) -> Answer:
        """The answer of one command."""
        streams = [self._folder / name for name in ("in", "out", "err")]
        for path, content in zip(streams, (stdin, "", ""), strict=True):
            path.write_text(content, encoding="utf-8")
        request = {"arguments": arguments, "environment": environment, "streams": [str(path) for path in streams]}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Answer(code, streams[1].read_text(encoding="utf-8"), streams[2].read_text(encoding="utf-8"))

    def close(self) -> None:
        self._process.communicate()


@dataclass(frozen=True)
class CommandLine:
    """`marketeer` in one home."""

    home: Path
    warm: Warm
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Answer:
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home.parent), "USER": "tester",
            "MARKETEER_HOME": str(self.home),
            **SCREEN, **self.variables, **variables,
        }  # fmt: skip
        return self.warm.run(arguments, environment, stdin)

    def ok(self, *arguments: str, **variables: str) -> Answer:
        """The answer of a command that must succeed."""
        answer = self(*arguments, **variables)
        assert answer.code == 0, f"{arguments} ended with {answer.code}: {answer.said}"
        return answer

    def refused(self, *arguments: str, saying: tuple[str, ...], **variables: str) -> None:
        """The command ends with 2, says every part, shows no traceback, and leaves the home as it was."""
        before = fingerprint(self.home)
        answer = self(*arguments, **variables)
        assert answer.code == 2, f"{arguments} ended with {answer.code}: {answer.said}"
        assert "Traceback" not in answer.said
        missing = [part for part in saying if part not in answer.said]
        assert not missing, f"{missing} not in: {answer.said}"
        assert fingerprint(self.home) == before, f"{arguments} wrote something"

    @property
    def store(self) -> Store:
        """The home's store, opened by this process."""
        settings = Settings.load({**self.variables, "MARKETEER_HOME": str(self.home)})
        return Store.open(settings.database_url, secret_key=settings.secret_key or SecretStr("none"))


def fingerprint(home: Path) -> dict[str, str]:
    """A hash of every file. Of a SQLite file only what it holds counts, not how its pages lie."""
    if not home.is_dir():
        return {home.name: _hash(home.read_bytes())} if home.exists() else {}
    files = (path for path in sorted(home.rglob("*")) if path.is_file())
    return {str(p.relative_to(home)): _content(p) for p in files if not p.name.endswith(("-wal", "-shm"))}


def _content(path: Path) -> str:
    if path.suffix != ".db":
        return _hash(path.read_bytes())
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return _hash("\n".join(connection.iterdump()).encode())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
