"""What a campaign comes to when Claude cannot be had, cannot be paid or breaks off: state, reason, money."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.sandbox.faults import FaultKind
from marketeer_dagster.store import CallState
from tests.support.campaign_home import TENANT, CampaignHome, campaign_home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[CampaignHome]:
    """A home whose patience is short, so that a test need not wait."""
    with campaign_home(tmp_path / "home", seed=5, config="claude_patience_s = 1.5\nclaude_idle_s = 5") as made:
        made.add_tenant()
        made.figures()
        yield made


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.OVERLOADED, "529 Overloaded"),
        (FaultKind.SERVER_ERROR, "500"),
        (FaultKind.NO_CREDIT, "credit balance is too low"),
    ],
)
def test_it_waits_by_itself_for_nothing_and_goes_on(home: CampaignHome, kind: FaultKind, reason: str) -> None:
    home.sandbox.admin.fault("anthropic", kind)
    stopped = home.finish(home.take().key)
    assert stopped.status is CampaignStatus.POSTPONED
    assert reason in stopped.reason
    assert stopped.resume_at is not None
    assert {call.state for call in home.store.llm.list()} == {CallState.RELEASED}
    assert home.store.llm.totals(tenant=TENANT).cost_usd == 0
    assert home.sandbox.admin.ledger(vendor="anthropic") == ()

    home.sandbox.admin.clear_faults()
    done = home.finish(stopped.key)
    assert done.status not in (CampaignStatus.POSTPONED, CampaignStatus.FAILED)
    paid = home.sandbox.admin.ledger(vendor="anthropic")
    assert len({entry.key for entry in paid}) == len(paid)
    assert home.store.llm.totals(tenant=TENANT).cost_usd == sum(entry.amount for entry in paid)


def test_answers_that_always_break_off_stop_it_after_one_repetition_and_are_counted(home: CampaignHome) -> None:
    home.sandbox.admin.fault("anthropic", FaultKind.CUT_STREAM)
    stopped = home.finish(home.take().key)
    assert stopped.status not in (CampaignStatus.POSTPONED, CampaignStatus.PUBLISHED)
    calls = home.store.llm.list()
    paid = home.sandbox.admin.ledger(vendor="anthropic")
    assert [call.state for call in calls] == [CallState.CUT, CallState.CUT]
    assert len(paid) == 2
    assert sum(entry.amount for entry in paid) <= home.store.llm.totals(tenant=TENANT).cost_usd
    assert all(call.request_id and call.error for call in calls)
