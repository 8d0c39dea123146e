"""One command line for every set of benchmarks: choose, measure, print, and keep the rows in a results page."""

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rows import Row, merged, read, table

Measure = Callable[[], list[Row]]


@dataclass(frozen=True)
class Benchmark:
    """Something that is measured; its rows carry its name as their group."""

    full: Measure
    quick: Measure
    """A small one that shows the commands work and proves nothing."""
    by_default: bool = True
    """Whether it runs when nobody asks for it by name."""


def commit() -> str:
    """The commit that is measured, and whether code differs from it; a checkout without history says so."""
    here = Path(__file__).parent
    asked = subprocess.run(("git", "rev-parse", "--short", "HEAD"), cwd=here, capture_output=True, text=True)
    if asked.returncode:
        return "not a git checkout"
    code = ("git", "status", "--porcelain", "--untracked-files=no", "--", ":/*.py", ":/*.sql")
    changed = subprocess.run(code, cwd=here, capture_output=True, text=True, check=True).stdout
    return asked.stdout.strip() + (" with changes" if changed else "")


@dataclass(frozen=True)
class BenchmarkSet:
    """Benchmarks with one results page. `report` makes the page of the table."""

    command: str
    group: str
    """Heading of the first column: what one benchmark of this set is."""
    benchmarks: Mapping[str, Benchmark]
    results: Path
    report: Callable[[str], str]
    after: Callable[[], object] = field(default=lambda: None)
    """Called when the page has changed."""

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Measure what is asked for. A partial run replaces its own rows of the page, a quick one only prints."""
        parser = argparse.ArgumentParser(prog=self.command)
        names = ", ".join(name for name, one in self.benchmarks.items() if one.by_default)
        parser.add_argument("--only", nargs="+", choices=self.benchmarks, help=f"default: {names}")
        parser.add_argument("--quick", action="store_true", help="small: shows that it runs, proves nothing")
        options = parser.parse_args(arguments)
        rows: list[Row] = []
        for name in options.only or [name for name, one in self.benchmarks.items() if one.by_default]:
            began, load = time.perf_counter(), os.getloadavg()[0]
            found = (self.benchmarks[name].quick if options.quick else self.benchmarks[name].full)()
            found = [*found, Row(name, "commit", "", "", commit())]
            loads = f"load average {load:.1f} before, {os.getloadavg()[0]:.1f} after"
            rows += found
            print(f"\n{name}: {time.perf_counter() - began:.0f} s, {loads}\n\n{table(found, self.group)}", flush=True)
            if not options.quick:
                self._keep(rows)
        missed = [row.measure for row in rows if row.reached is False]
        print(f"{sum(row.reached is True for row in rows)} goals reached, {len(missed)} missed: {missed}")
        return 0

    def _keep(self, rows: Sequence[Row]) -> None:
        old = read(self.results.read_text(encoding="utf-8"), self.group) if self.results.exists() else []
        order = list(self.benchmarks)
        kept = sorted((row for row in merged(old, rows) if row.group in order), key=lambda row: order.index(row.group))
        self.results.write_text(self.report(table(kept, self.group)), encoding="utf-8")
        self.after()
