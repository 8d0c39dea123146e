"""One writer per target: a lock that is released even when its holder is killed."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.store import Store

Exclusive = Callable[[str], AbstractContextManager[None]]
"""Holds the name for the length of a `with` block; others wait."""

_MODE: Final = 0o600


def exclusive_in(store: Store) -> Exclusive:
    """Locks between all that use this store: of the PostgreSQL server, or files beside a SQLite file."""
    files = file_exclusive(Path(make_url(store.where).database or "").with_suffix(".locks"))

    def hold(name: str) -> AbstractContextManager[None]:
        return store.exclusive(name) or files(name)

    return hold


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
