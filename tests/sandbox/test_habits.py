"""Habits of the vendors: declared by their modules, turned for one tenant or all, kept over a restart."""

import pytest

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.habits import HabitSpec, known_habits
from marketeer_dagster.sandbox.server import Running
from marketeer_dagster.sandbox.world import World
from tests.sandbox.conftest import account

DECLARED = [(vendor, name) for vendor, habits in known_habits().items() for name in habits]


@pytest.mark.parametrize(("vendor", "name"), DECLARED)
def test_a_habit_is_turned_for_one_tenant_and_for_all(world: World, vendor: str, name: str) -> None:
    usual = known_habits()[vendor][name].on
    assert world.habits.on("acme", vendor, name) is usual
    world.habits.turn(HabitSpec(vendor=vendor, name=name, on=not usual, tenant="acme"))
    assert world.habits.on("acme", vendor, name) is not usual
    assert world.habits.on("other", vendor, name) is usual
    world.habits.turn(HabitSpec(vendor=vendor, name=name, on=not usual))
    assert world.habits.on("other", vendor, name) is not usual


def test_an_unknown_habit_is_refused_with_those_there_are(sandbox: Running) -> None:
    admin = SandboxAdmin(sandbox.url)
    with pytest.raises(BadInput, match="no vendor 'fax'"):
        admin.habit("fax", "slow")
    for vendor, habits in known_habits().items():
        with pytest.raises(BadInput, match=next(iter(sorted(habits)))):
            admin.habit(vendor, "kindness")


def test_habits_are_listed_over_http(sandbox: Running) -> None:
    admin = SandboxAdmin(sandbox.url)
    admin.open_account(account("acme"))
    assert {(habit.vendor, habit.name) for habit in admin.habits("acme")} == set(DECLARED)
    assert all(habit.means for habit in admin.habits())
