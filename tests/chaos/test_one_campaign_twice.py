"""The same command given twice at the same moment: one works, the other waits, and nothing is paid or written twice."""

import json
from collections import Counter
from pathlib import Path

import pytest

from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.store.llm import CallState
from tests.support.campaign_home import TENANT, campaign_home
from tests.support.killing import examined

pytestmark = pytest.mark.slow

KEY = CampaignKey(f"{TENANT}:race")
COMMAND = ("pipeline", "email-refresh", "--tenant", TENANT, "--campaign", "race", "--wait", "--json")


def test_two_equal_commands_at_once_do_the_work_once(tmp_path: Path) -> None:
    with campaign_home(tmp_path / "home") as home:
        home.add_tenant()
        home.figures()
        both = [home.start(*COMMAND) for _ in range(2)]
        said = [process.communicate() for process in both]
        assert [process.returncode for process in both] == [0, 0], [complaint[-3000:] for _, complaint in said]
        reports = [json.loads(answer) for answer, _ in said]
        assert [report["status"] for report in reports] == ["published", "published"]
        assert reports[0]["artefacts"] == reports[1]["artefacts"]

        calls = [call for call in home.store.llm.list(campaign=KEY) if call.state is CallState.SETTLED]
        assert calls
        assert max(Counter(call.fingerprint for call in calls).values()) == 1
        assert len({call.run_id for call in calls}) == 1, "one of the two commands runs the campaign"
        outcome = examined(home, KEY, True, 0, "published")
        assert outcome.good, outcome
