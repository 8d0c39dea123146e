"""Where warnings of libraries go while a command works: into the home, not between a command's own lines."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.model.settings import Settings

QUIET = ("marketeer.calls",)
"""Loggers that report what a command gets over by itself: retries of vendors' calls."""
MAX_BYTES = 1_000_000


def quiet() -> None:
    """Send retries to `logs/calls.log` of the home. Nothing is opened or made before the first one."""
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(_HomeLog())


class _HomeLog(logging.Handler):
    """Opens the file of the home when there is something to write."""

    def __init__(self) -> None:
        super().__init__()
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._file is None:
                self._file = _opened(Settings.load().home / "logs" / "calls.log")
            self._file.emit(record)
        except (OSError, MarketeerError):  # a home that cannot be written is told by what needs it
            return


def _opened(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler
