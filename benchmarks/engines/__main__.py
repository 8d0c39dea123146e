"""`python -m benchmarks.engines [--only ENGINE ...] [--quick]`: measures and writes benchmarks/engines/results.md."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import scipy

from benchmarks.engines import anomaly_bench, cause_bench, experiment_bench, money_bench, pages, real_bench
from benchmarks.engines.peers import PINS
from benchmarks.engines.rows import Row, merged, read, table

RESULTS = Path(__file__).with_name("results.md")
ENGINES: dict[str, tuple[Callable[[], list[Row]], Callable[[], list[Row]]]] = {
    "anomaly": (anomaly_bench.run, lambda: anomaly_bench.run(1)),
    "experiment": (experiment_bench.run, lambda: experiment_bench.run(300, 20)),
    "budget": (money_bench.run_budget, lambda: money_bench.run_budget(4, 2)),
    "bandit": (money_bench.run_bandit, lambda: money_bench.run_bandit(40, 1)),
    "learning": (cause_bench.run_learning, lambda: cause_bench.run_learning(500, 10)),
    "decay": (cause_bench.run_decay, lambda: cause_bench.run_decay(3)),
    "impact": (cause_bench.run_impact, lambda: cause_bench.run_impact(30, 5)),
    "real": (real_bench.run, lambda: real_bench.run(10, (50,))),
}
"""Engine: the full measurement, and a quick one that shows the commands work."""


def main() -> int:
    """Runs the engines asked for; a partial run replaces its own rows of the report, a quick one only prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ENGINES, help="engines to measure; all by default")
    parser.add_argument("--quick", action="store_true", help="few seeds: shows that it runs, proves nothing")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.only or ENGINES:
        begun = time.perf_counter()
        found = ENGINES[name][1 if options.quick else 0]()
        rows += found
        print(f"\n{name}: {time.perf_counter() - begun:.0f} s\n\n{table(found)}", flush=True)
        if not options.quick:
            old = read(RESULTS.read_text()) if options.only and RESULTS.exists() else []
            RESULTS.write_text(report(sorted(merged(old, rows), key=lambda row: list(ENGINES).index(row.engine))))
            pages.update()
    missed = [row.measure for row in rows if row.reached is False]
    print(f"{sum(row.reached is True for row in rows)} goals reached, {len(missed)} missed: {missed}")
    return 0


def report(rows: list[Row]) -> str:
    """The whole results page."""
    pins = "; ".join(", ".join(pin) for pin in PINS.values())
    return (
        "# Engines, measured\n\n"
        "Written by `python -m benchmarks.engines`. Intervals are 95 % over seeds or worlds. Generators and their\n"
        "seeds are in `*_data.py`; parameters were tuned on seeds 1-8, these figures use 101 and up.\n\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"duckdb {duckdb.__version__}, {os.cpu_count()} cores. "
        f"Peers, each in its own environment: {pins}.\n\n{table(rows)}"
    )


if __name__ == "__main__":
    sys.exit(main())
