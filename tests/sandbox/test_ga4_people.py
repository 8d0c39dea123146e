"""The habit "estimated_users" of GA4's stand-in: many people are counted by estimate, few exactly."""

from datetime import date

import pytest

from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.crowd import PeopleRow
from marketeer_dagster.sandbox.habits import known_habits
from marketeer_dagster.sandbox.server import Running
from marketeer_dagster.sandbox.vendors._ga4_people import REGISTERED, people_report

SHOWN = {
    "dimensions": [{"name": REGISTERED[0]}, {"name": "eventName"}],
    "metrics": [{"name": "totalUsers"}],
}


def counted(people: int, *, estimated: bool) -> float:
    row = PeopleRow("exp_1", "b", "marketeer_test_1", "/", list(range(people)), [])
    _, _, rows = people_report(
        SHOWN, ["all"], [("all", date(2026, 4, 6), row)], registered=REGISTERED, estimated=estimated
    )
    ((_, (users,)),) = rows
    return users


@pytest.mark.parametrize("people", [1, 500, 9_999])
def test_few_people_are_counted_one_by_one(people: int) -> None:
    assert counted(people, estimated=True) == people


def test_many_people_are_an_estimate_near_the_truth_and_the_same_each_time() -> None:
    told = [counted(people, estimated=True) for people in range(20_000, 60_000, 4_000)]
    truth = list(range(20_000, 60_000, 4_000))
    assert told != truth
    assert all(abs(one / real - 1) < 0.05 for one, real in zip(told, truth, strict=True))
    assert told[0] == counted(20_000, estimated=True)
    assert counted(20_000, estimated=False) == 20_000


def test_the_habit_is_on_by_itself_and_can_be_turned(sandbox: Running) -> None:
    assert known_habits()["ga4"]["estimated_users"].on
    SandboxAdmin(sandbox.url).habit("ga4", "estimated_users", on=False)
    assert not sandbox.world.habits.on("acme", "ga4", "estimated_users")
