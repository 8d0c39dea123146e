"""Crash points do nothing until the environment names one, and then nothing after it runs."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
from marketeer_dagster.model.crashpoints import crash_point
for turn in range(3):
    print("turn", turn, flush=True)
    crash_point("here")
print("end", flush=True)
"""


def run(crash_at: str | None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MARKETEER_CRASH_AT"}
    if crash_at is not None:
        environment["MARKETEER_CRASH_AT"] = crash_at
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("crash_at", [None, "", "elsewhere", "here:4"])
def test_nothing_happens_unless_this_passage_is_named(crash_at: str | None) -> None:
    done = run(crash_at)
    assert done.returncode == 0
    assert done.stdout.endswith("end\n")


@pytest.mark.parametrize(("crash_at", "turns"), [("here", 1), ("here:1", 1), ("here:3", 3)])
def test_the_named_passage_kills_the_process_at_once(crash_at: str, turns: int) -> None:
    done = run(crash_at)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.count("turn") == turns
    assert "end" not in done.stdout
