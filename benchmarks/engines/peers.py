"""Peers run in environments of their own, pinned, created on first use under benchmarks/.peers (git-ignored).

`gbstats` needs pandas < 2 and `statsforecast` pandas < 3; with newer pandas pip silently falls back to very old
releases of both. So every peer script asserts the version it imported, and prints what it asserts.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1] / ".peers"
PINS = {
    "gbstats": ("gbstats==0.8.0", "pandas<2", "numpy<2"),
    "statsforecast": ("statsforecast==2.1.0", "pandas<3"),
    "statsmodels": ("statsmodels==0.15.0", "pandas<3"),
    "greykite": ("--no-deps", "greykite==1.1.0"),
}


def python(peer: str) -> Path:
    """The interpreter of a peer's environment, made if it is not there."""
    home = ROOT / peer
    done = home / ".installed"
    interpreter = home / "bin" / "python"
    if not done.exists():
        print(f"installing {', '.join(PINS[peer])} into {home} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(interpreter), "-m", "pip", "install", "--quiet", *PINS[peer]], check=True)
        done.write_text("\n".join(PINS[peer]))
    return interpreter


def run(
    peer: str, script: str, arrays: dict[str, NDArray[np.float64]], **options: object
) -> dict[str, NDArray[np.float64]]:
    """Runs benchmarks/engines/<script> in the peer's environment on the arrays; returns the arrays it saved."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, **arrays)  # type: ignore[arg-type]
        path = Path(__file__).with_name(script)
        command = [str(python(peer)), str(path), str(given), str(answer), json.dumps(options)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode:
            raise RuntimeError(f"{script} failed in {peer}: {finished.stderr[-2000:]}")
        with np.load(answer) as saved:
            return {name: saved[name] for name in saved.files}
