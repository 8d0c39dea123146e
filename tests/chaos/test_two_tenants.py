"""Two tenants' commands in two processes at once, while somebody reads the snapshot all the time."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.ids import CampaignKey, TenantId
from tests.support.campaign_home import ROOT, CampaignHome, campaign_home

LUMEN, DEVTOOL = TenantId("lumen"), TenantId("devtool")
READS = (
    "select tenant, count(*), sum(sessions) from ga4_daily group by tenant",
    "select tenant, sum(conversions) from channel_performance group by tenant",
    "select campaign, count(*) from artefacts group by campaign",
)

pytestmark = pytest.mark.slow


@contextmanager
def reader(snapshot: Path, failures: list[str]) -> Iterator[list[int]]:
    """Reads the snapshot with a plain client, over and over; yields the growing list of row counts."""
    stop, rows = threading.Event(), list[int]()

    def read() -> None:
        while not stop.is_set():
            try:
                with duckdb.connect(str(snapshot), read_only=True) as connection:
                    rows.append(sum(len(connection.execute(query).fetchall()) for query in READS))
            except duckdb.Error as error:
                failures.append(str(error))
            stop.wait(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield rows
    finally:
        stop.set()
        thread.join()


def at_once(home: CampaignHome, commands: Sequence[tuple[str, ...]]) -> list[dict[str, object]]:
    """Both commands at once; their JSON."""
    processes = [home.start(*command) for command in commands]
    said = [process.communicate() for process in processes]
    assert [p.returncode for p in processes] == [0] * len(processes), "\n".join(
        complaint[-4000:] for _, complaint in said
    )
    return [json.loads(answer) for answer, _ in said]


def test_tenants_work_at_once_without_locks_or_mixing(tmp_path: Path) -> None:
    failures: list[str] = []
    with campaign_home(tmp_path / "home") as home:
        text = (ROOT / "tests/sandbox/contexts/devtool.md").read_text(encoding="utf-8")
        other = ProductContext.parse(text)
        home.add_tenant(LUMEN)
        home.add_tenant(DEVTOOL, context=other, name=other.name)
        for habit in ("thresholds", "unset"):  # what GA4 withholds and adds would hide a session that got mixed up
            home.sandbox.admin.habit("ga4", habit, on=False)
        for tenant in (LUMEN, DEVTOOL):
            home.figures(tenant)
        last = home.sandbox.admin.clock().day - timedelta(days=5)
        days = ("--from", f"{last - timedelta(days=6)}", "--to", f"{last}")
        snapshot = home.home.settings.warehouse_snapshot
        with reader(snapshot, failures) as rows:
            work = [
                ("pipeline", "email-refresh", "-t", t, "--campaign", "both", "--wait", "--json")
                for t in (LUMEN, DEVTOOL)
            ]
            reports = at_once(home, work)
            at_once(home, [("ingest", "-t", tenant, *days, "--json") for tenant in (LUMEN, DEVTOOL)])
        assert failures == []
        assert len(rows) > 10
        assert [report["campaign"] for report in reports] == ["lumen:both", "devtool:both"]
        names = {LUMEN: "Lumen", DEVTOOL: other.name}
        for tenant, stranger in ((LUMEN, DEVTOOL), (DEVTOOL, LUMEN)):
            made = home.store.artefacts.heads(CampaignKey(f"{tenant}:both"))
            assert made
            assert all(names[tenant] in artefact.content for artefact in made)
            assert not any(names[stranger] in artefact.content for artefact in made)
            lived = [
                visit for n in range(7) for visit in home.sandbox.world.market.visits(tenant, last - n * timedelta(1))
            ]
            with home.home.warehouse.reading() as connection:
                counted = connection.execute(
                    "select sum(sessions) from ga4_daily where tenant = ? and date between ? and ?",
                    [tenant, last - timedelta(days=6), last],
                ).fetchone()
                strays = connection.execute(
                    "select count(*) from artefacts where tenant = ? and not starts_with(campaign, tenant || ':')",
                    [tenant],
                ).fetchone()
                kept = connection.execute("select count(*) from artefacts where tenant = ?", [tenant]).fetchone()
            assert counted == (sum(visit.sessions for visit in lived),)
            assert strays == (0,)
            assert kept is not None
            assert kept[0] >= len(made)
