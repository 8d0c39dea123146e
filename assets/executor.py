"""The executor of agent jobs, as jobs name it; `assets.patience` does it, in the run alone."""

from dagster import Executor, InitExecutorContext, executor
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig
from dagster_async_executor.executor_definition import ASYNC_CONFIG

PROCESS_TAG = "marketeer/process"
"""On runs that a person's own process executes (pid and start time): to interrupt it is to ask for cancellation."""


@executor(name="agents", config_schema=ASYNC_CONFIG)
def agent_executor(init_context: InitExecutorContext) -> Executor:
    """Runs async ops concurrently in one process; honours pools, retries, blocking checks and cancellation."""
    from assets.patience import PatientExecutor

    config = init_context.executor_config
    return PatientExecutor(
        retries=RetryMode.from_config(config["retries"]),
        max_concurrent=config.get("max_concurrent"),
        tag_concurrency_limits=config.get("tag_concurrency_limits"),
        step_dependency_config=StepDependencyConfig.from_config(config.get("step_dependency_config")),
    )
