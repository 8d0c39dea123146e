"""Choices that look free and are a function of the request: equal requests, equal texts."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Option = TypeVar("Option")


class Dice:
    """A source of choices keyed by what is chosen, so that adding one choice never shifts another."""

    def __init__(self, *parts: str) -> None:
        self._key = "\x1f".join(parts)

    def number(self, name: str, sides: int) -> int:
        """A whole number in 0..sides-1 for the choice `name`."""
        digest = hashlib.sha256(f"{self._key}\x1e{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % sides

    def pick(self, name: str, options: Sequence[Option]) -> Option:
        """One of `options`; raises IndexError when there is none."""
        if not options:
            raise IndexError(f"nothing to choose from for {name}")
        return options[self.number(name, len(options))]

    def order(self, name: str, options: Sequence[Option]) -> list[Option]:
        """All of `options` in an order of its own."""
        numbered = list(enumerate(options))
        numbered.sort(key=lambda pair: self.number(f"{name}/{pair[0]}", 1 << 30))
        return [option for _, option in numbered]

    def chance(self, name: str, percent: int) -> bool:
        """True for `percent` of all keys."""
        return self.number(name, 100) < percent
