"""`python -m benchmarks [--only NAME ...] [--quick]`: measures the platform and writes benchmarks/results.md.

`kill-points` runs only when it is named: it kills and resumes eleven campaigns.
"""

import os
import platform
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from benchmarks import campaign_wall, fair_splits, import_load, kill_points, prompt_cache, warehouse_writes
from benchmarks.rows import Row
from benchmarks.runner import Benchmark, BenchmarkSet

VERSIONS = ("dagster", "dagster-async-executor", "anthropic", "duckdb", "pandas", "SQLAlchemy")


def report(table: str) -> str:
    """The whole results page."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    return (
        "# The platform, measured\n\n"
        "Written by `python -m benchmarks`; each benchmark's module says what is counted. The peer is the bound,\n"
        "measured in the same run. Wall-clock figures move with whatever else a machine does: each benchmark\n"
        "states the load average of the minute before and after it.\n\n"
        f"Python {platform.python_version()}, {versions}; {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores.\n\n{table}"
    )


def loaded(name: str, measure: Callable[[], list[Row]]) -> Callable[[], list[Row]]:
    """The measurement, with a row that says how busy the machine was."""

    def run() -> list[Row]:
        before = os.getloadavg()[0]
        rows = measure()
        seen = f"{before:.1f}, {os.getloadavg()[0]:.1f}"
        return [*rows, Row(name, f"load average before and after, {os.cpu_count()} cores", "", "", seen)]

    return run


def _benchmark(
    name: str, full: Callable[[], list[Row]], quick: Callable[[], list[Row]], *, by_default: bool = True
) -> Benchmark:
    return Benchmark(loaded(name, full), loaded(name, quick), by_default)


BENCHMARKS = {
    name: _benchmark(name, full, quick, by_default=name != "kill-points")
    for name, full, quick in (
        (campaign_wall.GROUP, campaign_wall.run, lambda: campaign_wall.run(0.1, 1)),
        (prompt_cache.GROUP, prompt_cache.run, prompt_cache.run),
        (import_load.GROUP, import_load.run, lambda: import_load.run(1)),
        (warehouse_writes.GROUP, warehouse_writes.run, lambda: warehouse_writes.run(5_000, 1)),
        (fair_splits.GROUP, fair_splits.run, lambda: fair_splits.run(20)),
        (kill_points.GROUP, kill_points.run, lambda: kill_points.run(1)),
    )
}
PLATFORM = BenchmarkSet("python -m benchmarks", "benchmark", BENCHMARKS, Path(__file__).with_name("results.md"), report)

if __name__ == "__main__":
    sys.exit(PLATFORM.main())
