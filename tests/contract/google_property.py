"""A tenant's Google accounts in a sandbox, with habits to turn: shared by the tests of Google's stand-ins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.sandbox.habits import known_habits
from marketeer_dagster.sandbox.server import Running, run_in_thread
from resources.ga4 import Ga4Client
from resources.search_console import SearchConsoleClient
from tests.sandbox.conftest import START, account

VENDORS = ("ga4", "searchconsole", "oauth")
LAST = START - timedelta(days=1)
DAY = START - timedelta(days=10)
"""A day that is wholly counted."""
SPEC = account("acme", history_days=40, monthly_sessions=5_000)
"""A small site: with rows of a single user."""


@dataclass(frozen=True)
class Property:
    """A tenant's Google accounts in a sandbox of its own habits."""

    sandbox: Running
    connections: dict[str, Connection]

    def turn(self, vendor: str, name: str, *, on: bool = True) -> None:
        self.sandbox.admin.habit(vendor, name, on=on, tenant="acme")

    def ga4(self, **settings: str) -> Ga4Client:
        held = self.connections["ga4"]
        return Ga4Client(held.model_copy(update={"settings": {**held.settings, **settings}}))

    def search(self, site: str | None = None) -> SearchConsoleClient:
        held = self.connections["search_console"]
        settings = {**held.settings, **({"site_url": site} if site else {})}
        return SearchConsoleClient(held.model_copy(update={"settings": settings}))

    def said(self, path: str, body: Any = None) -> httpx.Response:
        keys = self.sandbox.world.credentials("acme")
        headers = {"Authorization": f"Bearer {keys.google_access_token}"}
        url = f"{self.sandbox.url}/{path.format(property=keys.ga4_property)}"
        return httpx.get(url, headers=headers) if body is None else httpx.post(url, headers=headers, json=body)

    def token(self) -> httpx.Response:
        secrets = {k: v.get_secret_value() for k, v in self.connections["ga4"].secrets.items()}
        return httpx.post(f"{self.sandbox.url}/oauth/token", data={"grant_type": "refresh_token", **secrets})


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with run_in_thread(seed=11, start=START) as sandbox:
        sandbox.admin.open_account(SPEC)
        yield sandbox


@pytest.fixture
def acme(running: Running) -> Property:
    """All habits as they are by themselves."""
    for vendor in VENDORS:
        for name, habit in known_habits()[vendor].items():
            running.admin.habit(vendor, name, on=habit.on, tenant="acme")
    running.admin.clear_faults()
    found = running.admin.open_account(SPEC)
    return Property(running, {connection.tool: connection for connection in found})


@pytest.fixture
def kind(acme: Property) -> Property:
    """No habit at all."""
    for vendor in VENDORS:
        for name in known_habits()[vendor]:
            acme.turn(vendor, name, on=False)
    return acme


RUN_REPORT = "ga4/v1beta/properties/{property}:runReport"


def paths(value: Any, at: str = "") -> set[str]:
    """Where in an answer something stands, whatever it is."""
    if isinstance(value, dict):
        return {path for key, inner in value.items() for path in paths(inner, f"{at}.{key}")}
    if isinstance(value, list):
        return {path for inner in value for path in paths(inner, f"{at}[]")}
    return {at}
