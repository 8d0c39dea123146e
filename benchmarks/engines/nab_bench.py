"""The Numenta Anomaly Benchmark: our stream detector against peers, scored alike (`nab_data` says how).

The benchmark is not part of this project: `NAB_FOLDER=<checkout of github.com/numenta/NAB>` says where it is; without
it the row says that nothing was measured. Peers: a rolling z of one day and of 6,400 rows, computed here, and detectors
whose raw scores the checkout itself holds; from those our scoring gives the figures that were published for them
(Numenta 70.1, relative entropy 54.6, windowed Gaussian 39.6). Every detector has its own best threshold.

Our constants were chosen on the files at even places of the sorted names; the last row is of the others, at the
threshold that was best for the first.
"""

import csv
import os
from pathlib import Path

import numpy as np

from benchmarks.engines.anomaly_data import Floats
from benchmarks.engines.nab_data import Stream, best_score, load, score_at
from benchmarks.rows import Row
from marketeer_dagster.optimise.anomaly_stream import score_stream

STORED = ("numenta", "relativeEntropy", "randomCutForest", "windowedGaussian", "skyline")
GOAL = 52


def run() -> list[Row]:
    """All rows; one that says that nothing was measured where the data is absent."""
    name = "anomaly"
    measure = "Numenta Anomaly Benchmark, standard score, 58 files"
    folder = Path(os.environ.get("NAB_FOLDER", "/nonexistent"))
    if not (folder / "labels" / "combined_windows.json").exists():
        return [Row(name, measure, f">= {GOAL}", "", "not measured: no data (NAB_FOLDER)")]
    streams = load(folder)
    ours = [score_stream(s.values, per_day=s.per_day).strength for s in streams]
    peers = {
        "rolling z, a day": [rolling_z(s.values, round(s.per_day)) for s in streams],
        "rolling z, 6,400 rows": [rolling_z(s.values, 6400) for s in streams],
    }
    for detector in STORED:
        if (folder / "results" / detector).exists():
            peers[detector] = [stored(folder, detector, s) for s in streams]
    score, _ = best_score(ours, streams)
    _, line = best_score(ours[::2], streams[::2])
    unseen = score_at(ours[1::2], streams[1::2], line)
    said = "; ".join(f"{peer} {best_score(scores, streams)[0]:.1f}" for peer, scores in peers.items())
    return [
        Row(name, measure, f">= {GOAL}", said, f"{score:.1f}", score >= GOAL),
        Row(
            name,
            "the same, 29 files and a threshold not tuned on them",
            f">= {GOAL}",
            "",
            f"{unseen:.1f}",
            unseen >= GOAL,
        ),
    ]


def rolling_z(values: Floats, window: int) -> Floats:
    """|value - mean| / standard deviation of the `window` rows before, as many as there are."""
    y = values - values[0]
    sums, squares = (np.concatenate([[0.0], np.cumsum(part)]) for part in (y, y**2))
    end = np.arange(1, len(y))
    begin = np.maximum(end - window, 0)
    n = end - begin
    mean = (sums[end] - sums[begin]) / n
    variance = np.maximum((squares[end] - squares[begin]) / n - mean**2, 1e-12 * (1 + mean**2))
    return np.concatenate([[0.0], np.abs(y[1:] - mean) / np.sqrt(variance)])


def stored(folder: Path, detector: str, stream: Stream) -> Floats:
    """The raw scores that a checkout holds of a published detector."""
    group, file = stream.name.split("/")
    with (folder / "results" / detector / group / f"{detector}_{file}").open(newline="") as lines:
        return np.array([float(row["anomaly_score"]) for row in csv.DictReader(lines)])
