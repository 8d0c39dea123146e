"""Proof of the platform: `python -m benchmarks` prints goal, bound and ours, measured in the same run."""
