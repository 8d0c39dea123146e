"""The market: what visitors, subscribers and customers do on each day, given what is published."""

from datetime import date

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.state import State


class Market:
    def __init__(self, seed: int, state: State) -> None:
        self._seed, self._state = seed, state

    def open(self, account: Account) -> None: ...

    def live(self, account: Account, day: date) -> None: ...
