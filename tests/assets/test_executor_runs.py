"""The executor where runs meet the world: a slot of another run, a failure taken up again, a cancelled Claude call."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest
from dagster import (
    AssetsDefinition,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    Failure,
    JobDefinition,
    ReexecutionOptions,
    asset,
    define_asset_job,
    execute_job,
    reconstructable,
)

from assets.executor import agent_executor
from assets.jobs import pipeline_job_name
from marketeer_dagster.definitions import defs
from marketeer_dagster.sandbox.vendors.anthropic import LATENCY_VARIABLE
from marketeer_dagster.store.llm import CallState
from tests.support.campaign_home import SMALLEST, campaign_home, run_job

FOLDER = "TEST_RESUMED_FOLDER"
ONE_SLOT = "telemetry: {enabled: false}\nconcurrency: {pools: {default_limit: 1, granularity: op}}\n"


def resolved(*assets: AssetsDefinition) -> JobDefinition:
    work = define_asset_job("work", executor_def=agent_executor)
    return Definitions(assets=assets, jobs=[work]).resolve_job_def("work")


def test_a_step_takes_the_slot_that_another_run_gives_up(tmp_path: Path) -> None:
    """Nothing else is left to run when the slot becomes free, so no event would wake a loop that waits for one."""
    (tmp_path / "dagster.yaml").write_text(ONE_SLOT, encoding="utf-8")
    order: list[str] = []
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        storage = instance.event_log_storage
        storage.set_concurrency_slots("tool", 1)
        assert storage.claim_concurrency_slot("tool", "another-run", "its-step").is_claimed

        def give_up() -> None:
            while not storage.get_concurrency_info("tool").pending_step_count:
                threading.Event().wait(0.01)
            order.append("given up")
            storage.free_concurrency_slots_for_run("another-run")

        @asset(pool="tool")
        async def publication() -> None:
            order.append("published")

        other = threading.Thread(target=give_up)
        other.start()
        finished = run_job(resolved(publication), instance)
        other.join()
        assert finished.status is DagsterRunStatus.SUCCESS
        assert storage.get_concurrency_info("tool").claimed_slots == []
    assert order == ["given up", "published"]


def resumable() -> JobDefinition:
    """Three steps in a row, of which the second needs a file; each leaves a line when it ran."""
    folder = Path(os.environ[FOLDER])

    def note(step: str) -> None:
        with (folder / "ran").open("a", encoding="utf-8") as file:
            file.write(f"{step}\n")

    @asset
    async def draft() -> str:
        note("draft")
        return "a draft"

    @asset
    async def review(draft: str) -> str:
        if not (folder / "reviewer").exists():
            raise Failure("no reviewer")
        note("review")
        return f"{draft}, reviewed"

    @asset
    async def publication(review: str) -> None:
        note(review)

    return resolved(draft, review, publication)


def test_a_failed_run_goes_on_from_its_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    job = reconstructable(resumable)
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        with execute_job(job, instance) as failed:
            assert not failed.success
        (tmp_path / "reviewer").touch()
        options = ReexecutionOptions.from_failure(failed.run_id, instance)
        with execute_job(job, instance, reexecution_options=options) as resumed:
            assert resumed.success
    ran = (tmp_path / "ran").read_text(encoding="utf-8").splitlines()
    assert ran == ["draft", "review", "a draft, reviewed"], "what had been made was not made again"


def test_a_run_cancelled_during_a_claude_call_counts_it_and_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claude would answer in an hour: that the run ends shows that it did not wait for the answer."""
    monkeypatch.setenv(LATENCY_VARIABLE, "3600")
    with campaign_home(tmp_path / "home") as home, home.instance() as instance:
        home.add_tenant()
        campaign = home.take()
        instance.add_dynamic_partitions("campaigns", [campaign.key])

        def calls(state: CallState) -> int:
            return len(home.store.llm.list(campaign=campaign.key, state=state))

        def cancel() -> None:
            while not [call for call in home.store.llm.list(campaign=campaign.key) if call.sent_at]:
                threading.Event().wait(0.01)
            (run,) = instance.get_runs()
            instance.report_run_canceling(run)
            os.kill(os.getpid(), signal.SIGINT)

        job = defs.resolve_job_def(pipeline_job_name(SMALLEST))
        asking = threading.Thread(target=cancel)
        asking.start()
        cancelled = run_job(job, instance, campaign=campaign.key)
        asking.join()
        assert cancelled.status is DagsterRunStatus.CANCELED
        while calls(CallState.RESERVED):  # booked by a thread of the ledger, after the run
            threading.Event().wait(0.01)
        assert calls(CallState.CUT) == 1
        while not home.sandbox.admin.ledger(vendor="anthropic"):  # the vendor writes on, and bills it
            threading.Event().wait(0.01)

        monkeypatch.setenv(LATENCY_VARIABLE, "0")
        again = run_job(job, instance, campaign=campaign.key)
        assert again.status is DagsterRunStatus.SUCCESS
        keys = [entry.key for entry in home.sandbox.admin.ledger(vendor="anthropic")]
        assert len(set(keys)) == calls(CallState.SETTLED) == len(keys) - 1


def test_a_step_that_fails_for_good_does_not_end_its_neighbours(tmp_path: Path) -> None:
    """The run has failed, and what was under way in other steps has still been made."""
    ended: list[str] = []
    failed = asyncio.Event()

    @asset
    async def broken() -> None:
        failed.set()
        raise Failure("for good", allow_retries=False)

    @asset
    async def waiting() -> None:
        await failed.wait()
        await asyncio.sleep(0.05)
        ended.append("waiting")

    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert run_job(resolved(broken, waiting), instance).status is DagsterRunStatus.FAILURE
    assert ended == ["waiting"]
