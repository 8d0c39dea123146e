"""A lock between processes that the operating system drops when its holder dies, however it dies."""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from marketeer_dagster.model.errors import ConfigError, Conflict


@contextmanager
def file_lock(path: Path, *, timeout_s: float) -> Generator[None]:
    """Hold the lock of `path`, also against other threads; Conflict after `timeout_s` seconds of waiting.

    The file stays: removing it would let two holders lock two files of one name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(path.parent)) from None
    with handle:
        _wait(handle.fileno(), path, time.monotonic() + timeout_s)
        yield


def _wait(descriptor: int, path: Path, deadline: float) -> None:
    pause = 0.002
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Conflict(f"{path}: another process has been writing the warehouse all the time") from None
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        else:
            return
