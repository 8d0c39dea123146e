"""Why a run ended without success, read from its events: also where nobody in it was left to say so.

Whatever ends a run leaves an event: a step that failed, a process that was killed and missed, a person who cancelled.
So causes are read here, after the run, and not told by the steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dagster import AssetKey, DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.execution.plan.objects import StepFailureData

from assets.failures import HINT, KIND
from marketeer_dagster.model.errors import BudgetExceeded, Paused, TryLater
from marketeer_dagster.model.redaction import redact

_LIMIT = 600
"""Characters of one cause."""
_GATE = "DagsterAssetCheckFailedError"
"""What Dagster raises for a blocking check that failed: the check itself has asked a person."""


@dataclass(frozen=True)
class Cause:
    """One thing that stopped a run."""

    text: str
    """What failed and why, one line, without secrets."""
    answered: bool = False
    """Whether its consequence is settled already: a question was asked about it, or it passes by itself."""
    step: str = ""
    """The step that failed; empty for what ended the run as a whole."""
    hint: str = ""
    """What a person does about it, where the error knew."""


def causes_of(instance: DagsterInstance, run: DagsterRun) -> tuple[Cause, ...]:
    """What stopped a finished run, in order; empty for one that succeeded."""
    if run.is_success:
        return ()
    return tuple(_failed_steps(instance, run)) or (Cause(_ending(instance, run)),)


def failed_step(instance: DagsterInstance, run: DagsterRun, asset: AssetKey) -> Cause | None:
    """What stopped the making of one asset; None when it was not itself that failed."""
    name = asset.path[-1]
    found = (cause for cause in _failed_steps(instance, run) if cause.step.partition(".")[0] == name)
    return next(found, None)


def _failed_steps(instance: DagsterInstance, run: DagsterRun) -> Iterator[Cause]:
    for event in _events(instance, run, DagsterEventType.STEP_FAILURE):
        data = event.step_failure_data
        kind = _kind(data)
        answered = kind in (_GATE, BudgetExceeded.__name__, TryLater.__name__, Paused.__name__)
        text = redact(f"{_step(event.step_key)}: {_words(data)}")[:_LIMIT]
        yield Cause(text, answered, event.step_key or "", _hint(data))


def _hint(data: StepFailureData) -> str:
    told = data.user_failure_data.metadata.get(HINT) if data.user_failure_data is not None else None
    return "" if told is None else str(told.value)


def _kind(data: StepFailureData) -> str:
    told = data.user_failure_data.metadata.get(KIND) if data.user_failure_data is not None else None
    return _innermost(data)[0] if told is None else str(told.value)


def _words(data: StepFailureData) -> str:
    if data.user_failure_data is not None and data.user_failure_data.description:
        return " ".join(data.user_failure_data.description.split())
    name, said = _innermost(data)
    return " ".join(said.split()) or name


def _innermost(data: StepFailureData) -> tuple[str, str]:
    """Class and words of the exception that all others were raised for."""
    error = data.error
    if error is None:
        return "", "it failed without a word"
    while error.cause is not None:
        error = error.cause
    return error.cls_name or "", error.message


def _step(key: str | None) -> str:
    """`copywriting.copywriting__review_by_page_cro` as `copywriting review by page cro`."""
    return (key or "a step").rpartition(".")[2].replace("__", " ").replace("_", " ")


def _ending(instance: DagsterInstance, run: DagsterRun) -> str:
    if run.status is DagsterRunStatus.CANCELED:
        return f"the run {run.run_id[:8]} was cancelled"
    for event in _events(instance, run, DagsterEventType.RUN_FAILURE):
        data = event.job_failure_data
        said = (data.error.message if data and data.error else event.message) or ""
        if said.strip():
            return redact(f"the run {run.run_id[:8]} ended: {' '.join(said.split())}")[:_LIMIT]
    return f"the run {run.run_id[:8]} ended without a word: its process was probably killed"


def _events(instance: DagsterInstance, run: DagsterRun, kind: DagsterEventType) -> Iterator[DagsterEvent]:
    for record in instance.get_records_for_run(run.run_id, of_type=kind).records:
        event = record.event_log_entry.dagster_event
        if event is not None:
            yield event
