"""A whole command killed with -9 and given again: all is done once, nothing is lost. `benchmarks/kill_points.py` has
every moment; here are three, one for each thing that cannot be undone: a paid answer, a step's end, a write."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.campaign_home import CampaignHome, campaign_home
from tests.support.killing import MOMENTS, kill_and_resume

CHOSEN = {moment.name: moment for moment in MOMENTS}
NAMES = (
    "the first draft's answer has arrived, unstored",
    "during the Director's step",
    "written at the vendor, no receipt",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignHome]:
    path: Path = tmp_path_factory.mktemp("chaos") / "home"
    with campaign_home(path) as made:
        made.add_tenant()
        made.figures()
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_command_given_again_does_everything_once(home: CampaignHome, name: str) -> None:
    outcome = kill_and_resume(home, CHOSEN[name], f"kill-{NAMES.index(name)}")
    assert outcome.killed, "it must have died where it was told to"
    assert (outcome.exit_code, outcome.status) == (0, "published"), outcome.complaint
    assert outcome.paid_twice == 0
    assert outcome.open_reservations == 0
    assert outcome.publications > 0
    assert outcome.published_twice == 0
    assert outcome.missing == ()


def test_the_command_given_once_more_costs_and_writes_nothing(home: CampaignHome) -> None:
    command = ("pipeline", "email-refresh", "--tenant", "lumen", "--campaign", "kill-0", "--wait", "--json")
    before = home.sandbox.admin.ledger()
    third = home.start(*command)
    third.communicate()
    assert third.returncode == 0
    assert home.sandbox.admin.ledger() == before
