"""Where commands print, and how wide that is.

A person's screen has a width: the terminal's, or what the environment says in COLUMNS. A pipe has none, and what goes
into it is read by programs: nothing is wrapped there, and tables become lines with tabs between their values.
"""

import os
import sys
from typing import IO

from rich.console import Console, ConsoleDimensions

NARROWEST = 40
"""Columns below which nothing readable can be laid out; a smaller wish is taken as this."""
UNBOUNDED = 1_000_000
"""The width of a pipe: no sentence reaches it."""
_USUAL_LINES = 25


class Screen(Console):
    """Standard output or standard error, which knows what it is at each line: tests and pagers change it."""

    @property
    def wide(self) -> int | None:
        """Its width in columns; None for a pipe."""
        said = os.environ.get("COLUMNS", "")
        if said.isdigit() and int(said):
            return max(int(said), NARROWEST)
        terminal = _terminal_columns(self.file)
        return None if terminal is None else max(terminal, NARROWEST)

    @property
    def size(self) -> ConsoleDimensions:  # pyright: ignore[reportIncompatibleMethodOverride]
        """As Rich asks for it."""
        return ConsoleDimensions(self.wide or UNBOUNDED, _USUAL_LINES)


def _terminal_columns(stream: IO[str]) -> int | None:
    try:
        if not stream.isatty():
            return None
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return None


console = Screen(highlight=False)
errors = Screen(stderr=True, highlight=False)


def wants_json(arguments: list[str] | None = None) -> bool:
    """Whether this command was asked for JSON, so that what is said beside it stays off standard output."""
    given = sys.argv[1:] if arguments is None else arguments
    end = given.index("--") if "--" in given else len(given)
    return "--json" in given[:end]
