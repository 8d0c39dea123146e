"""Other processes, as owners of what they hold in the store."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SAY = "from marketeer_dagster.store.owners import this_process; print(this_process(), flush=True); input()"
ELSEWHERE = "other-host/12345678.4026531836:17:4711"
"""A process of another machine."""


@contextmanager
def a_process() -> Iterator[str]:
    """A living process, as an owner; killed at the end of the block."""
    command = [sys.executable, "-c", _SAY]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def a_dead_process() -> str:
    """A process that was killed, as an owner."""
    with a_process() as owner:
        pass
    return owner
