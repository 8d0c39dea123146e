"""How long a fresh process needs for `marketeer_dagster.definitions`: `python -m benchmarks --only import-load`.

Importing it builds all definitions.

The bound is `import dagster` alone, in processes started in turn with ours. On a busy machine both wall-clock figures
grow together; seconds of CPU time do not.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from benchmarks.rows import Row
from tests.support.campaign_home import ROOT

GROUP = "import-load"
GOAL_S = 1.5
_TIMED = """
import json, time
wall, cpu = time.perf_counter(), time.process_time()
import {module}
print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))
"""


@dataclass(frozen=True)
class Taken:
    """Seconds of one import."""

    wall: float
    cpu: float


def run(repeat: int = 9) -> list[Row]:
    """The median of `repeat` fresh interpreters each, after one of each that fills the caches of the disk."""
    ours, bare = "marketeer_dagster.definitions", "dagster"
    for module in (ours, bare):
        imported(module)
    pairs = [(imported(ours), imported(bare)) for _ in range(repeat)]
    own, bound = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    wall = median(taken.wall for taken in own)
    return [
        Row(
            GROUP, f"import and build the definitions, wall s, median of {repeat}", f"<= {GOAL_S}",
            f"import dagster alone {median(taken.wall for taken in bound):.2f}", f"{wall:.2f}", wall <= GOAL_S,
        ),
        Row(
            GROUP, "the same, CPU s", "", f"{median(taken.cpu for taken in bound):.2f}",
            f"{median(taken.cpu for taken in own):.2f}",
        ),
    ]  # fmt: skip


def imported(module: str) -> Taken:
    """Import it in a process of its own."""
    code = _TIMED.format(module=module)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return Taken(*json.loads(done.stdout.splitlines()[-1]))
