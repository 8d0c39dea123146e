"""The executor of agent jobs: many steps waiting on Claude in one process, cancelled within a second.

`dagster-async-executor` 0.0.4 runs async ops side by side in one process. Two of its faults are mended here:
a step parked in a pool could wait without bound once its claim was due, and an interrupt was not seen before a
step ended. Both come from waiting for the next event with no limit, so this loop never does.
"""

from collections.abc import AsyncIterator, Iterator

import anyio
from dagster import DagsterEvent
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.context.system import PlanExecutionContext
from dagster._core.execution.plan.active import ActiveExecution
from dagster._utils.interrupts import pop_captured_interrupt
from dagster_async_executor.execution.plan.execute_step import _verify_if_complete
from dagster_async_executor.executor import AsyncExecutor

from assets.executor import PROCESS_TAG

LONGEST_WAIT_S = 0.25
"""Upper bound between two looks at interrupts, pool claims and due retries."""


class PatientExecutor(AsyncExecutor):
    """AsyncExecutor that looks up from its event stream at least every LONGEST_WAIT_S."""

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
