"""Habits: in which ways a stand-in is as unkind as its vendor, each a switch that can be turned for one tenant or all.

A fault is an accident of one request (faults.py); a habit is how the vendor always is for an account: a key without a
right, a property that withholds rows, a site behind a firewall. A vendor's module declares its own in `HABITS`, by
name; what every account of that vendor meets is on by default.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.sandbox import vendors
from marketeer_dagster.sandbox.state import State

_EVERYBODY = ""
VENDOR, _KIND = "world", "habit"


@dataclass(frozen=True)
class Habit:
    """One way of being unkind."""

    means: str
    """What a caller meets, in a sentence."""
    on: bool = False
    """Whether it is in force where nobody said otherwise."""


class HabitSpec(BaseModel):
    """What is asked of POST /_sandbox/habits."""

    model_config = ConfigDict(extra="forbid")

    vendor: str
    name: str
    on: bool = True
    tenant: str = Field(default=_EVERYBODY)
    """Whom it concerns; empty: every account of the vendor."""


class Habits:
    """The habits in force. What was said of a tenant stands before what was said of all."""

    def __init__(self, state: State) -> None:
        self._state = state

    def turn(self, spec: HabitSpec) -> None:
        """Turn a habit on or off. Raises BadInput for a vendor or habit that there is not."""
        known = known_habits().get(spec.vendor)
        if known is None:
            expected = ", ".join(sorted(known_habits()))
            raise BadInput(f"no vendor {spec.vendor!r} with habits here", where="vendor", expected=expected)
        if spec.name not in known:
            raise BadInput(f"{spec.vendor} has no habit {spec.name!r}", where="name", expected=", ".join(sorted(known)))
        self._state.put(spec.tenant, VENDOR, _KIND, f"{spec.vendor}/{spec.name}", {"on": spec.on})

    def on(self, tenant: str, vendor: str, name: str) -> bool:
        """Whether `vendor` has this habit towards `tenant` now. KeyError for one that the vendor does not declare."""
        default = known_habits()[vendor][name].on
        for whom in (tenant, _EVERYBODY):
            said = self._state.get(whom, VENDOR, _KIND, f"{vendor}/{name}")
            if said is not None:
                return bool(said["on"])
        return default


@cache
def known_habits() -> Mapping[str, Mapping[str, Habit]]:
    """Every vendor's habits, by vendor and name; vendors without any are left out."""
    modules = {name: importlib.import_module(f"{vendors.__name__}.{name}") for name in vendors.names()}
    return {name: module.HABITS for name, module in modules.items() if getattr(module, "HABITS", None)}
