"""Kill -9 around a Claude call, then run again: answered once, paid once, nothing held back for ever."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from marketeer_dagster.store.llm import CallState
from tests.support import marketing

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=5) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(marketing.tenant())
        yield opened


def run(store: Store, sandbox: Running, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    """One call in a process of its own, killed at `crash_at`."""
    command = [sys.executable, "-m", "tests.support.claude_once", store.where.replace("+pysqlite", ""), sandbox.url]
    environment = os.environ | {"MARKETEER_CRASH_AT": crash_at}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


LOST, CUT, SETTLED = CallState.LOST, CallState.CUT, CallState.SETTLED


@pytest.mark.parametrize(
    ("point", "billed_before", "states_after", "billed_after"),
    [
        ("before_call", 0, [LOST, SETTLED], 1),
        # Between the vendor's answer and our book there is no transaction: it may be paid twice, and is counted so.
        ("after_answer", 1, [CUT, SETTLED], 2),
        ("after_settle", 1, [SETTLED], 1),
    ],
)
def test_a_killed_call_is_counted_and_paid_once_more_only_where_it_was_on_its_way(
    store: Store, sandbox: Running, point: str, billed_before: int, states_after: list[CallState], billed_after: int
) -> None:
    killed = run(store, sandbox, point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(sandbox.admin.ledger(vendor="anthropic")) == billed_before
    assert [call.state for call in store.llm.list()] == [SETTLED if point == "after_settle" else CallState.RESERVED]
    assert store.llm.committed(marketing.TENANT, "2026-10") > 0

    again = run(store, sandbox)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["replayed"] is (point == "after_settle")
    billed = sandbox.admin.ledger(vendor="anthropic")
    calls = store.llm.list()
    assert ([call.state for call in calls], len(billed)) == (states_after, billed_after)
    assert json.loads(billed[-1].detail)["request_id"] == calls[-1].request_id
    assert calls[-1].spend.cost_usd == billed[-1].amount
    counted = store.llm.committed(marketing.TENANT, "2026-10")
    assert counted == store.llm.totals().cost_usd >= sum(entry.amount for entry in billed)
    if CUT not in states_after:
        assert counted == billed[-1].amount

    third = run(store, sandbox)
    assert json.loads(third.stdout) == json.loads(again.stdout) | {"replayed": True}
    assert len(sandbox.admin.ledger(vendor="anthropic")) == billed_after
