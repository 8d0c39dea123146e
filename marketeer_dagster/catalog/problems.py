"""Either the first problem stops the reading, or all of them are collected."""

from collections.abc import Generator
from contextlib import contextmanager

from marketeer_dagster.model.errors import ConfigError


class Problems:
    """Where readers report. `strict` raises the first ConfigError; otherwise they pile up in `found`."""

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.found: list[ConfigError] = []

    def add(self, problem: ConfigError) -> None:
        """Report one problem."""
        if self.strict:
            raise problem
        self.found.append(problem)

    @contextmanager
    def guard(self) -> Generator[None]:
        """Report a ConfigError raised inside, and go on after the block."""
        try:
            yield
        except ConfigError as problem:
            if self.strict:
                raise
            self.found.append(problem)
