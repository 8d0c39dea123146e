"""Which process of which machine executes a run of the command line, and what to do when it was killed."""

import os
import socket
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, RunsFilter
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.executor import PROCESS_TAG

_GONE = "gone"


def process_tag() -> str:
    """This process as PROCESS_TAG says it: host, pid and start time, so that a reused pid is not taken for it."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_time(os.getpid())}"


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
    host, pid, started = tag.rsplit(":", 2)
    return host != socket.gethostname() or _start_time(int(pid)) == started


def _start_time(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return _GONE
        return "alive"
    state, started = fields[0], fields[19]
    return _GONE if state in "ZX" else started
