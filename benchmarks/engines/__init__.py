"""Proof of the engines: `python -m benchmarks.engines` prints goal, peer and ours, measured on the same data."""
