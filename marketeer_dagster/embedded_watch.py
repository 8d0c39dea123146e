"""Who looks at a run while it works is told its events as they are stored, by asking for them.

Dagster watches a run's database file for changes. A kept connection writes the log beside it instead, and the file
itself stays as it was until SQLite copies the log back: pages of running runs stood still, and not every file system
tells of changes at all. One query by number costs less than a millisecond, so the storage is asked.
"""

import logging
import threading
from collections.abc import Callable

from dagster._core.event_api import EventHandlerFn, EventLogCursor
from dagster._core.storage.event_log.base import EventLogConnection

LOOK_S = 0.3
"""Seconds between two looks: what a person takes for at once."""
_AT_ONCE = 1000
"""Events of one run told in one look; the rest follow in the next."""
_log = logging.getLogger(__name__)

Read = Callable[[str, str | None, int], EventLogConnection]
"""Events of a run after a cursor, at most so many."""


class RunWatcher:
    """Tells callbacks the new events of the runs they watch. Its thread lives while something is watched."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._cursors: dict[tuple[str, EventHandlerFn], str | None] = {}
        self._thread: threading.Thread | None = None
        self._over = threading.Event()

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        """Call `callback(event, cursor)` for each event after `cursor`, those stored already included."""
        with self._lock:
            self._cursors[run_id, callback] = cursor
            if self._thread is None:
                self._thread = threading.Thread(target=self._tell_all, name="watch-runs", daemon=True)
                self._thread.start()

    def end(self, run_id: str, callback: EventHandlerFn) -> None:
        """Tell `callback` nothing more of this run."""
        with self._lock:
            self._cursors.pop((run_id, callback), None)

    def close(self) -> None:
        """Stop telling; returns when no callback is called any more."""
        self._over.set()
        with self._lock:
            self._cursors.clear()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _tell_all(self) -> None:
        while True:
            with self._lock:
                watched = list(self._cursors)
                if not watched:
                    self._thread = None
                    return
            for run_id, callback in watched:
                try:
                    self._tell(run_id, callback)
                except Exception:  # a locked file, a run deleted meanwhile: the other pages go on, and so may this one
                    _log.exception("run %s could not be watched at this moment", run_id)
            self._over.wait(LOOK_S)

    def _tell(self, run_id: str, callback: EventHandlerFn) -> None:
        with self._lock:
            if (run_id, callback) not in self._cursors:
                return
            cursor = self._cursors[run_id, callback]
        found = self._read(run_id, cursor, _AT_ONCE)
        for record in found.records:
            told = str(EventLogCursor.from_storage_id(record.storage_id))
            with self._lock:
                if (run_id, callback) not in self._cursors:
                    return
                self._cursors[run_id, callback] = told
            callback(record.event_log_entry, told)
