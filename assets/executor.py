"""The executor of agent jobs: many steps waiting on Claude in one process, cancelled within a second.

`dagster-async-executor` 0.0.4 runs async ops side by side in one process. Two of its faults are mended here:
a step parked in a pool could wait without bound once its claim was due, and an interrupt was not seen before a
step ended. Both come from waiting for the next event with no limit, so this loop never does.
"""

from collections.abc import AsyncIterator, Iterator

import anyio
from dagster import DagsterEvent, Executor, InitExecutorContext, executor
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.context.system import PlanExecutionContext, PlanOrchestrationContext
from dagster._core.execution.plan.active import ActiveExecution
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig
from dagster._utils.interrupts import pop_captured_interrupt
from dagster_async_executor.execution.plan.execute_step import _verify_if_complete
from dagster_async_executor.executor import AsyncExecutor
from dagster_async_executor.executor_definition import ASYNC_CONFIG

from assets.held_open import held_open

LONGEST_WAIT_S = 0.25
"""Upper bound between two looks at interrupts, pool claims and due retries."""
PROCESS_TAG = "marketeer/process"
"""On runs that a person's own process executes (pid and start time): to interrupt it is to ask for cancellation."""


class PatientExecutor(AsyncExecutor):
    """AsyncExecutor that looks up from its event stream at least every LONGEST_WAIT_S."""

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        with held_open(plan_context.instance, plan_context.run_id):
            yield from super().execute(plan_context, execution_plan)

    async def _async_execution_iterator(
        self, job_context: PlanExecutionContext, active: ActiveExecution
    ) -> AsyncIterator[DagsterEvent]:
        send_stream, recv_stream = anyio.create_memory_object_stream[DagsterEvent]()
        try:
            async with recv_stream, send_stream, anyio.create_task_group() as tasks:
                while not active.is_complete:
                    steps = active.get_steps_to_execute(limit=None)
                    for event in active.concurrency_event_iterator(job_context):
                        yield event
                    known_state = active.get_known_state()
                    for step in steps:
                        tasks.start_soon(self._run_step_worker, job_context, known_state, step, send_stream.clone())
                    event = await _next_event(recv_stream)
                    # Taken out, not only looked at: a pending one would be raised again while resources are torn down.
                    if pop_captured_interrupt():
                        active.mark_interrupted()
                        _note_who_asked(job_context)
                        raise DagsterExecutionInterruptedError("the run was cancelled")
                    if event is not None:
                        for handled in await self._handled(job_context, active, event):
                            yield handled
                await send_stream.aclose()
                async for event in self._drain_events(active, job_context, recv_stream):
                    yield event
        except BaseExceptionGroup as group:
            # A task group wraps what ended it; Dagster tells a cancelled run from a failed one by the bare type.
            interrupted = group.subgroup(DagsterExecutionInterruptedError)
            if interrupted is None:
                raise
            raise DagsterExecutionInterruptedError("the run was cancelled") from None

    async def _handled(
        self, job_context: PlanExecutionContext, active: ActiveExecution, event: DagsterEvent
    ) -> Iterator[DagsterEvent]:
        active.handle_event(event)
        await _verify_if_complete(job_context, active, event)
        return iter([event, *active.plan_events_iterator(job_context)])


def _note_who_asked(job_context: PlanExecutionContext) -> None:
    """Dagster takes an interrupt that nobody announced for a crash; at a terminal, a person has asked."""
    if PROCESS_TAG in job_context.dagster_run.tags:
        job_context.instance.report_run_canceling(job_context.dagster_run, "interrupted at the terminal")


async def _next_event(stream: anyio.abc.ObjectReceiveStream[DagsterEvent]) -> DagsterEvent | None:
    with anyio.move_on_after(LONGEST_WAIT_S):
        return await stream.receive()
    return None


@executor(name="agents", config_schema=ASYNC_CONFIG)
def agent_executor(init_context: InitExecutorContext) -> Executor:
    """Runs async ops concurrently in one process; honours pools, retries, blocking checks and cancellation."""
    config = init_context.executor_config
    return PatientExecutor(
        retries=RetryMode.from_config(config["retries"]),
        max_concurrent=config.get("max_concurrent"),
        tag_concurrency_limits=config.get("tag_concurrency_limits"),
        step_dependency_config=StepDependencyConfig.from_config(config.get("step_dependency_config")),
    )
