"""What to do when the process that executed a run of the command line was killed."""

from dagster import DagsterInstance, DagsterRun, RunsFilter
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.executor import PROCESS_TAG
from marketeer_dagster.store.owners import place, start_time, this_process


def process_tag() -> str:
    """This process as PROCESS_TAG says it; see owners.py."""
    return this_process()


def bury_dead_runs(instance: DagsterInstance) -> None:
    """Mark runs of killed processes of this machine as failed, and free what they had claimed of pools.

    Where a daemon runs, its run monitoring does the same. Without this such a run would stay 'started', and its slot
    of a pool would block every later run of that tool. Its work goes on in a new run, in which paid answers replay.
    """
    filters = RunsFilter(statuses=list(NOT_FINISHED_STATUSES))
    for record in instance.get_run_records(filters):
        run = record.dagster_run
        if not _process_lives(run):
            instance.report_run_failed(run, "its process is gone; the work goes on in a new run")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _process_lives(run: DagsterRun) -> bool:
    tag = run.tags.get(PROCESS_TAG)
    if tag is None:
        return True
    where, pid, started = tag.rsplit(":", 2)
    if where == place():
        return start_time(int(pid)) == started
    # Of this host by another name of its boot: the host was started again since. Other hosts are not known from here.
    return where.partition("/")[0] != place().partition("/")[0]
