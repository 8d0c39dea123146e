"""Director, author and reviewers together: a real store, the real SDK, the sandbox's Messages API."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from marketeer_dagster.store.llm import CallState
from resources.claude import Claude
from tests.support import marketing
from tests.support.small_campaign import run_campaign
from tests.support.waits import JumpingWaits

SKILLS = ("page-cro", "copywriting", "ab-test-setup")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=11) as running:
        yield running


def a_claude(sandbox: Running, store: Store, catalog: Catalog, home: Path) -> Claude:
    settings = Settings(home=home, database_url="sqlite://", warehouse=str(home / "w.duckdb"), sandbox_url=sandbox.url)
    return Claude(settings, store, catalog.prices, FixedClock(marketing.NOW), waits=JumpingWaits())


async def test_a_campaign_is_planned_written_judged_and_never_paid_twice(
    sandbox: Running, store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    claude = a_claude(sandbox, store, catalog, tmp_path)
    assert claude.simulated
    first = await run_campaign(claude, store, catalog, "conversion-sprint", SKILLS)
    assert set(first.plan.skills) == set(catalog.pipeline("conversion-sprint").skills)
    assert [made.skill for made in first.artefacts] == list(SKILLS)
    for made in first.artefacts:
        assert made.parsed().render()
        assert made.verdict is not Verdict.NONE
        assert made.score > 0

    reviews = store.reviews.list(campaign=marketing.KEY)
    reviewers = {(review.artefact, review.reviewer) for review in reviews}
    for made in first.artefacts:
        assert {(made.id, name) for name in (*catalog.skill(made.skill).reviewers, "director")} <= reviewers
        quotes = [d.quote for r in reviews if r.artefact == made.id for d in r.dimensions]
        assert quotes

    calls = store.llm.list(tenant=marketing.TENANT)
    billed = sandbox.admin.ledger(vendor="anthropic", tenant=marketing.TENANT)
    assert {call.state for call in calls} == {CallState.SETTLED}
    assert {json.loads(entry.detail)["request_id"] for entry in billed} == {call.request_id for call in calls}
    assert len({entry.key for entry in billed}) == len(billed) == len(calls)
    totals = store.llm.totals(tenant=marketing.TENANT)
    assert totals.cost_usd == sum(entry.amount for entry in billed)
    made_spend = sum((made.spend for made in first.artefacts), Spend())
    plan_spend = sum((call.spend for call in calls if call.purpose.startswith("director/")), Spend())
    assert made_spend + plan_spend == totals

    second = await run_campaign(
        a_claude(sandbox, store, catalog, tmp_path), store, catalog, "conversion-sprint", SKILLS
    )
    assert second == first
    assert store.llm.list(tenant=marketing.TENANT) == calls
    assert sandbox.admin.ledger(vendor="anthropic", tenant=marketing.TENANT) == billed
    await claude.aclose()


async def test_most_input_tokens_come_from_the_cache(
    sandbox: Running, store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    claude = a_claude(sandbox, store, catalog, tmp_path)
    await run_campaign(claude, store, catalog, "conversion-sprint")
    spent = store.llm.totals(tenant=marketing.TENANT)
    await claude.aclose()
    everything = spent.input_tokens + spent.cache_read_tokens + spent.cache_write_tokens
    assert spent.input_tokens / everything <= 0.35, json.dumps(spent.model_dump(mode="json"))


async def test_faults_of_the_vendor_neither_stop_a_campaign_nor_double_a_bill(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    with run_in_thread(seed=13) as sandbox:
        for kind in ("429", "500", "529", "cut", "cut_after_write", "cut_stream", "stream_error"):
            sandbox.admin.fault("anthropic", kind, rate=0.04)
        claude = a_claude(sandbox, store, catalog, tmp_path)
        made = await run_campaign(claude, store, catalog, "conversion-sprint", ("page-cro", "ab-test-setup"))
        await claude.aclose()
        assert all(artefact.verdict is not Verdict.NONE for artefact in made.artefacts)
        billed = sandbox.admin.ledger(vendor="anthropic")
        calls = store.llm.list(tenant=marketing.TENANT)
    settled = [call for call in calls if call.state is CallState.SETTLED]
    cut = [call for call in calls if call.state is CallState.CUT]
    assert cut, "the seed must meet a call that is cut"
    assert {call.request_id for call in settled} <= {json.loads(entry.detail)["request_id"] for entry in billed}
    assert len(settled) <= len(billed) <= len(settled) + len(cut)
    assert sum(entry.amount for entry in billed) <= store.llm.totals().cost_usd
