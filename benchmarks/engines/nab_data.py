"""The Numenta Anomaly Benchmark: its series, and its scoring written anew from the paper.

Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark", 2015.
Data and labels are not part of this project: `NAB_FOLDER` names a checkout of the benchmark's repository.

Standard profile: a window's first detection earns up to 1, more the earlier it comes; a missed window costs 1; every
detection outside windows costs up to .11, less just after a window. Nothing counts in the first 15 % of a file (at most
750 rows). One threshold serves all files and is chosen to be best, which the benchmark allows every detector. 0 is a
detector that says nothing, 100 one that detects every window at its first row and nothing else.
"""

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines.anomaly_data import Floats

HIT, FALSE, MISS = 1.0, 0.11, 1.0
PROBATION, LONGEST = 0.15, 5000


@dataclass(frozen=True)
class Stream:
    """One file: `values` (rows,), the seconds between rows, and labelled windows as row numbers, ends included."""

    name: str
    times: tuple[datetime, ...]
    values: Floats
    windows: tuple[tuple[int, int], ...]

    @property
    def interval(self) -> float:
        """Median seconds from row to row."""
        steps = np.diff([moment.timestamp() for moment in self.times])
        return float(np.median(steps[steps > 0]))

    @property
    def per_day(self) -> float:
        """Rows a day."""
        return 86_400 / self.interval

    @property
    def probation(self) -> int:
        """Rows at the start that do not count."""
        return int(PROBATION * min(len(self.values), LONGEST))


def load(folder: Path) -> list[Stream]:
    """All files of a checkout, in the order of their names."""
    labels: dict[str, list[list[str]]] = json.loads((folder / "labels" / "combined_windows.json").read_text())
    return [_stream(folder / "data" / name, name, windows) for name, windows in sorted(labels.items())]


def _stream(path: Path, name: str, windows: list[list[str]]) -> Stream:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    times = tuple(datetime.fromisoformat(row[0]) for row in rows)
    spans = []
    for begin, end in windows:
        inside = [i for i, t in enumerate(times) if datetime.fromisoformat(begin) <= t <= datetime.fromisoformat(end)]
        spans.append((inside[0], inside[-1]))
    return Stream(name, times, np.array([float(row[1]) for row in rows]), tuple(spans))


def row_values(stream: Stream) -> tuple[Floats, NDArray[np.int64]]:
    """What a detection on each row is worth, and the number of the window it lies in (-1: none)."""
    worth, window = np.full(len(stream.values), -FALSE), np.full(len(stream.values), -1)
    for number, (first, last) in enumerate(stream.windows):
        after = np.arange(last + 1, len(worth))
        worth[after] = FALSE * _sigmoid((after - last) / max(last - first, 1))
        inside = np.arange(first, last + 1)
        worth[inside] = HIT * _sigmoid((inside - last - 1) / (last - first + 1)) / _sigmoid(np.array(-1.0))
        window[inside] = number
    return worth, window


def _sigmoid(position: Floats) -> Floats:
    """The paper's scaled sigmoid: 1 at a window's start, 0 at its end, -1 long after."""
    return np.where(position > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)


def best_score(scores: list[Floats], streams: list[Stream]) -> tuple[float, float]:
    """(normalised score, threshold) at the best single threshold for all streams together.

    Rows are taken from the highest score down. A row outside windows adds its cost; a row inside replaces what its
    window had if it is earlier. A threshold takes in all rows that tie.
    """
    rows: list[tuple[Floats, NDArray[np.int64], NDArray[np.int64], Floats]] = []
    windows = 0
    for score, stream in zip(scores, streams, strict=True):
        worth, window = row_values(stream)
        index = np.arange(stream.probation, len(worth))
        number = np.where(window[index] >= 0, window[index] + windows, -1)
        rows.append((score[index], number, index, worth[index]))
        windows += len(stream.windows)
    score, number, _, worth = (np.concatenate(part) for part in zip(*rows, strict=True))
    order = np.argsort(-score, kind="stable")
    total, best, line = -MISS * windows, -MISS * windows, float("inf")
    earned = np.full(windows, -MISS)
    for place, row in enumerate(order):
        w = number[row]
        if w < 0:
            total += worth[row]
        elif worth[row] > earned[w]:
            total += worth[row] - earned[w]
            earned[w] = worth[row]
        if total > best and (place + 1 == len(order) or score[order[place + 1]] < score[row]):
            best, line = float(total), float(score[row])
    return _normalised(best, windows), line


def score_at(scores: list[Floats], streams: list[Stream], line: float) -> float:
    """Normalised score at a given threshold."""
    total, windows = 0.0, 0
    for score, stream in zip(scores, streams, strict=True):
        worth, window = row_values(stream)
        said = (score >= line) & (np.arange(len(worth)) >= stream.probation)
        hits = [worth[said & (window == number)] for number in range(len(stream.windows))]
        total += worth[said & (window < 0)].sum() + sum(hit[0] if len(hit) else -MISS for hit in hits)
        windows += len(stream.windows)
    return _normalised(total, windows)


def _normalised(total: float, windows: int) -> float:
    """0 for a detector that never fires, 100 for one that is perfect."""
    return float(100 * (total + MISS * windows) / ((HIT + MISS) * windows))
