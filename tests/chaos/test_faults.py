"""Every vendor fails one request in five, in every way at once: a campaign still ends well and nothing is doubled."""

from collections import Counter
from pathlib import Path

import httpx
import pytest

from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.store import CallState
from marketeer_dagster.store.llm import MOST_CUTS
from tests.support.campaign_home import TENANT, campaign_home
from tests.support.killing import CREATIONS

KINDS = ("429", "500", "cut", "cut_after_write", "cut_stream", "hang")

pytestmark = pytest.mark.slow


def test_a_campaign_survives_vendors_that_fail_one_call_in_five(tmp_path: Path) -> None:
    with campaign_home(tmp_path / "home", seed=5, config="claude_timeout_s = 5\nclaude_patience_s = 20") as home:
        home.add_tenant()
        home.figures()
        for kind in KINDS:
            fault = {"vendor": "*", "kind": kind, "rate": 0.2 / len(KINDS), "hang_s": 6}
            httpx.post(f"{home.sandbox.url}/_sandbox/faults", json=fault).raise_for_status()
        campaign = home.take(slug="storm")
        for _ in range(3):  # a person or a sensor asks again where one run's retries were not enough
            campaign = home.take(slug="storm")
            campaign = home.finish(campaign.key)
            if campaign.status is CampaignStatus.PUBLISHED:
                break
        home.sandbox.admin.clear_faults()
        assert campaign.status is CampaignStatus.PUBLISHED
        ledger = home.sandbox.admin.ledger(tenant=TENANT)
        calls = home.store.llm.list(campaign=campaign.key)
        rows = home.store.publications.list(campaign=campaign.key)
    paid = [entry for entry in ledger if entry.vendor == "anthropic"]
    asked = Counter(call.state for call in calls)
    assert asked[CallState.SETTLED] <= len(paid) <= asked[CallState.SETTLED] + asked[CallState.CUT]
    assert sum(entry.amount for entry in paid) <= sum(call.spend.cost_usd for call in calls)
    cuts = Counter((call.fingerprint, call.attempt) for call in calls if call.state is CallState.CUT)
    assert max(cuts.values(), default=0) <= MOST_CUTS
    assert not [call for call in calls if call.state is CallState.RESERVED]
    assert {row.state for row in rows} == {PublicationState.PUBLISHED}
    made = Counter((e.action, e.key) for e in ledger if e.action in CREATIONS)
    assert made
    assert set(made.values()) == {1}
