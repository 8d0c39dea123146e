"""`python -m benchmarks.engines [--only ENGINE ...] [--quick]`: measures and writes benchmarks/engines/results.md."""

import os
import platform
import sys
from pathlib import Path

import duckdb
import numpy as np
import scipy

from benchmarks.engines import (
    anomaly_bench,
    cause_bench,
    changes_bench,
    experiment_bench,
    money_bench,
    nab_bench,
    pages,
    real_bench,
)
from benchmarks.engines.peers import PINS
from benchmarks.runner import Benchmark, BenchmarkSet

RESULTS = Path(__file__).with_name("results.md")
ENGINES = {
    "anomaly": Benchmark(anomaly_bench.run, lambda: anomaly_bench.run(1)),
    "experiment": Benchmark(experiment_bench.run, lambda: experiment_bench.run(300, 20)),
    "budget": Benchmark(money_bench.run_budget, lambda: money_bench.run_budget(4, 2)),
    "bandit": Benchmark(money_bench.run_bandit, lambda: money_bench.run_bandit(40, 1)),
    "learning": Benchmark(cause_bench.run_learning, lambda: cause_bench.run_learning(500, 10)),
    "decay": Benchmark(cause_bench.run_decay, lambda: cause_bench.run_decay(3)),
    "impact": Benchmark(cause_bench.run_impact, lambda: cause_bench.run_impact(30, 5)),
    "changes": Benchmark(changes_bench.run, lambda: changes_bench.run(1)),
    "nab": Benchmark(nab_bench.run, nab_bench.run),
    "real": Benchmark(real_bench.run, lambda: real_bench.run(10, (50,))),
}


def report(table: str) -> str:
    """The whole results page."""
    pins = "; ".join(", ".join(pin) for pin in PINS.values())
    return (
        "# Engines, measured\n\n"
        "Written by `python -m benchmarks.engines`. Intervals are 95 % over seeds or worlds. Generators and their\n"
        "seeds are in `*_data.py`; parameters were tuned on seeds 1-8, these figures use 101 and up.\n\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"duckdb {duckdb.__version__}, {os.cpu_count()} cores. "
        f"Peers, each in its own environment: {pins}.\n\n{table}"
    )


SET = BenchmarkSet("python -m benchmarks.engines", "engine", ENGINES, RESULTS, report, pages.update)

if __name__ == "__main__":
    sys.exit(SET.main())
