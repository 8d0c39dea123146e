"""The people of a page under test: who is new, who comes back, and who of them signed up.

A person keeps the arm that was drawn for them. Most come once; some come back, and a loyal few come again and again:
sums of daily visitors therefore count people several times, as analytics' do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from marketeer_dagster.sandbox.chance import digest, stream
from marketeer_dagster.sandbox.documents import Documents
from marketeer_dagster.sandbox.shocks import Shock, ShockKind
from marketeer_dagster.sandbox.state import State
from marketeer_dagster.sandbox.subscriptions import Payment

RETURNING = 0.3
"""Share of a page's sessions that people make who were there on an earlier day."""
_LOYAL = 50
"""One person in so many is loyal, by nothing but chance …"""
_LOYAL_SHARE = 0.5
"""… and they make this share of the returning sessions."""
_PEOPLE_PER_SESSION = 0.87


class PeopleRow(NamedTuple):
    """The people of one arm of one page on one day, by numbers that are theirs within the experiment."""

    experiment: str
    variant: str
    user_property: str
    """The user property in which the page's script keeps the arm; empty when it sets none."""
    page: str
    seen: list[int]
    won: list[int]
    """Of these, who signed up that day."""


class PaidRow(NamedTuple):
    """What people of one arm paid on one day: first payments, whenever and wherever they signed up."""

    experiment: str
    variant: str
    user_property: str
    payers: int
    usd: float


@dataclass
class _Arm:
    known: int
    """People so far: they are numbered from zero, in the order of their first visit."""
    seen: set[int] = field(default_factory=set[int])
    won: set[int] = field(default_factory=set[int])


class Crowd:
    """One account's people on one day."""

    def __init__(self, state: State, tenant: str, *, returning: float = RETURNING) -> None:
        self._returning = returning
        self._memory = Documents(state, tenant, "market")
        self._tests: dict[tuple[str, str, str], dict[str, _Arm]] = {}

    def arrive(
        self,
        test: tuple[str, str, str],
        arms: list[tuple[str, float]],
        sessions: int,
        rng: np.random.Generator,
    ) -> list[tuple[int, list[int]]]:
        """Sessions and people of each arm when `sessions` begin on the page of `test` (experiment, property, page)."""
        known = self._test(test, [name for name, _ in arms])
        pool = sum(known[name].known for name, _ in arms)
        back = int(rng.binomial(sessions, self._returning)) if pool else 0
        split = rng.multinomial(sessions - back, [share for _, share in arms]).tolist()
        returning = _coming_back(test[0], list(known.values()), back, rng)
        found: list[tuple[int, list[int]]] = []
        for arm, old, new in zip(known.values(), returning, split, strict=True):
            fresh = new - int(rng.binomial(new, 1 - _PEOPLE_PER_SESSION))
            people = [*dict.fromkeys(old), *range(arm.known, arm.known + fresh)]
            arm.known += fresh
            arm.seen.update(people)
            found.append((new + len(old), people))
        return found

    def sign_up(
        self, test: tuple[str, str, str], arm: str, people: list[int], won: int, rng: np.random.Generator
    ) -> None:
        """`won` of `people` sign up: new ones at once, others on a later day than the one they first came on."""
        self._tests[test][arm].won.update(rng.choice(people, won, replace=False).tolist() if won else ())

    def rows(self) -> list[PeopleRow]:
        """The day's people; from now on they are known."""
        for (experiment, _, _), arms in self._tests.items():
            self._memory.put("crowd", experiment, {name: arm.known for name, arm in arms.items()})
        return [
            PeopleRow(experiment, name, user_property, page, sorted(arm.seen), sorted(arm.won))
            for (experiment, user_property, page), arms in self._tests.items()
            for name, arm in arms.items()
        ]

    def _test(self, test: tuple[str, str, str], names: list[str]) -> dict[str, _Arm]:
        if test not in self._tests:
            before = self._memory.get("crowd", test[0]) or {}
            self._tests[test] = {name: _Arm(int(before.get(name, 0))) for name in names}
        return self._tests[test]


def _coming_back(experiment: str, arms: list[_Arm], sessions: int, rng: np.random.Generator) -> list[list[int]]:
    """By arm, who makes the returning sessions: half of them the loyal, half anybody, those of late a little more."""
    everybody = [(number, arm.known) for number, arm in enumerate(arms)]
    whose = np.repeat([number for number, _ in everybody], [known for _, known in everybody])
    person = np.concatenate([np.arange(known) for _, known in everybody])
    if not sessions or not len(person):
        return [[] for _ in arms]
    regular = np.flatnonzero(_mixed(person * len(arms) + whose, digest(experiment)) % _LOYAL == 0)
    lately = np.argsort(person / np.maximum([known for _, known in everybody], 1)[whose], kind="stable")
    came = lately[(len(person) * np.sqrt(rng.random(sessions))).astype(int)]
    loyal = rng.random(sessions) < _LOYAL_SHARE
    if len(regular):
        came = np.where(loyal, regular[rng.integers(0, len(regular), sessions)], came)
    return [person[came[whose[came] == number]].tolist() for number in range(len(arms))]


def _mixed(numbers: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Numbers that look drawn at random, the same for the same person (splitmix64, Steele, Lea and Flood 2014)."""
    z = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def paid_by_arm(payments: Iterable[Payment]) -> list[PaidRow]:
    """First payments of those whose browser held an arm when they signed up."""
    sums: dict[tuple[str, str, str], tuple[int, float]] = {}
    for payment in payments:
        origin = payment.origin
        if origin.user_property:
            key = (origin.experiment, origin.variant, origin.user_property)
            payers, usd = sums.get(key, (0, 0.0))
            sums[key] = payers + 1, round(usd + payment.usd, 2)
    return [PaidRow(*key, *paid) for key, paid in sums.items()]


def recorded_people(
    seed: int, tenant: str, day: date, rows: Iterable[PeopleRow], shocks: tuple[Shock, ...]
) -> list[PeopleRow]:
    """Whom analytics recorded: fewer, where tracking is broken."""
    found = list(rows)
    for shock in shocks:
        if shock.spec.kind is ShockKind.TRACKING_BROKEN:
            rng = stream(seed, tenant, "people unseen", day, shock.id)
            kept = 1 - shock.spec.size
            found = [glimpsed(row, kept, rng) if shock.spec.page in ("", row.page) else row for row in found]
    return found


def glimpsed(row: PeopleRow, kept: float, rng: np.random.Generator) -> PeopleRow:
    """The row when each person's hits of the day were counted with this probability."""
    seen = {person for person, luck in zip(row.seen, rng.random(len(row.seen)).tolist(), strict=True) if luck < kept}
    return row._replace(seen=sorted(seen), won=[person for person in row.won if person in seen])
