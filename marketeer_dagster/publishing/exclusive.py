"""One writer per target: a lock that the operating system releases even when its holder is killed."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from marketeer_dagster.model.ids import content_hash

Exclusive = Callable[[str], AbstractContextManager[None]]
"""Holds the name for the length of a `with` block; others wait."""

_MODE: Final = 0o600


def file_exclusive(folder: Path) -> Exclusive:
    """Locks between the threads and processes of one machine, as files in `folder` (made when first needed)."""

    @contextmanager
    def hold(name: str) -> Generator[None]:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{content_hash(name)}.lock", os.O_RDWR | os.O_CREAT, _MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    return hold


def folder_for(store_address: str) -> Path:
    """Where the locks of the store at this address live: beside a SQLite file, else in the temporary folder."""
    url = make_url(store_address)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).with_suffix(".locks")
    return Path(tempfile.gettempdir()) / f"marketeer-{os.getuid()}-{content_hash(store_address)}.locks"
