"""The executor of agent jobs on real instances: concurrency, blocking checks, retries, pools, interrupts."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetsDefinition,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
    Failure,
    RetryPolicy,
    asset,
    asset_check,
    define_asset_job,
)

from assets.executor import agent_executor
from tests.support.campaign_home import run_job

AT_ONCE = 12
DAGSTER_YAML = """\
telemetry: {enabled: false}
concurrency: {pools: {default_limit: 2, granularity: op}}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


def run(instance: DagsterInstance, *assets: AssetsDefinition, checks: tuple = ()) -> DagsterRun:
    job = define_asset_job("work", executor_def=agent_executor)
    definitions = Definitions(assets=assets, asset_checks=checks, jobs=[job])
    return run_job(definitions.resolve_job_def("work"), instance)


def steps(instance: DagsterInstance, run: DagsterRun, kind: DagsterEventType) -> list[str]:
    records = instance.get_records_for_run(run.run_id, of_type=kind).records
    return [record.event_log_entry.step_key or "" for record in records]


def test_async_steps_are_all_in_flight_at_once(instance: DagsterInstance) -> None:
    """Each step ends only when every other one has begun, so one at a time could never end."""
    begun: set[str] = set()
    all_begun = asyncio.Event()

    def waiting(name: str) -> AssetsDefinition:
        @asset(name=name)
        async def work() -> None:
            begun.add(name)
            if len(begun) == AT_ONCE:
                all_begun.set()
            await all_begun.wait()

        return work

    finished = run(instance, *(waiting(f"asset_{number}") for number in range(AT_ONCE)))
    assert finished.status is DagsterRunStatus.SUCCESS
    assert len(begun) == AT_ONCE


@pytest.mark.parametrize("passes", [True, False])
def test_a_blocking_check_decides_whether_anything_follows(instance: DagsterInstance, passes: bool) -> None:
    @asset
    async def draft() -> None:
        await asyncio.sleep(0)

    @asset(deps=[draft])
    async def publication() -> None:
        await asyncio.sleep(0)

    @asset_check(asset=draft, blocking=True)
    def quality() -> AssetCheckResult:
        return AssetCheckResult(passed=passes)

    finished = run(instance, draft, publication, checks=(quality,))
    assert finished.status is (DagsterRunStatus.SUCCESS if passes else DagsterRunStatus.FAILURE)
    made = instance.get_latest_materialization_event(publication.key)
    assert (made is not None) == passes
    assert instance.get_latest_materialization_event(draft.key) is not None


def test_a_step_that_fails_once_is_tried_again_while_others_go_on(instance: DagsterInstance) -> None:
    tries: list[int] = []

    @asset(retry_policy=RetryPolicy(max_retries=1, delay=0.5))
    async def flaky() -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise Failure("passes by itself")

    @asset(deps=[flaky])
    async def after() -> None: ...

    finished = run(instance, flaky, after)
    assert finished.status is DagsterRunStatus.SUCCESS
    assert tries == [0, 1]
    assert steps(instance, finished, DagsterEventType.STEP_UP_FOR_RETRY) == ["flaky"]


def test_a_permanent_failure_is_not_tried_again(instance: DagsterInstance) -> None:
    tries: list[int] = []

    @asset(retry_policy=RetryPolicy(max_retries=3))
    async def refused() -> None:
        tries.append(len(tries))
        raise Failure("the key is wrong", allow_retries=False)

    assert run(instance, refused).status is DagsterRunStatus.FAILURE
    assert tries == [0]


def test_a_pool_bounds_what_runs_at_once_and_never_hangs(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
    now: set[str] = set()
    most: list[int] = []

    def pooled(name: str) -> AssetsDefinition:
        @asset(name=name, pool="claude")
        async def work() -> None:
            now.add(name)
            most.append(len(now))
            await asyncio.sleep(0.05)
            now.discard(name)

        return work

    with DagsterInstance.from_config(str(tmp_path)) as limited:
        finished = run(limited, *(pooled(f"asset_{number}") for number in range(5)))
        assert finished.status is DagsterRunStatus.SUCCESS
        assert len(most) == 5
        assert max(most) == 2
        assert limited.event_log_storage.get_concurrency_info("claude").claimed_slots == []


def test_an_asked_for_interrupt_ends_waiting_steps_as_cancelled(instance: DagsterInstance) -> None:
    """As the UI's Terminate does it. The step would wait for ever: that the run ends shows the interrupt was seen."""
    undone: list[str] = []

    @asset
    async def endless(context: AssetExecutionContext) -> None:
        instance.report_run_canceling(context.run)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            undone.append("endless")
            raise

    @asset(deps=[endless])
    async def after() -> None: ...

    finished = run(instance, endless, after)
    assert finished.status is DagsterRunStatus.CANCELED
    assert undone == ["endless"]
    assert instance.get_latest_materialization_event(after.key) is None
    assert run(instance, after).status is DagsterRunStatus.SUCCESS, "the interrupt was spent"
