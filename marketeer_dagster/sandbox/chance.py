"""Seeded chance: every random stream is a function of the world's seed and a name, so nothing depends on call order."""

import hashlib
from functools import lru_cache

import numpy as np


def digest(*parts: object) -> int:
    """A 128-bit number that depends on every part."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def stream(*parts: object) -> np.random.Generator:
    """A generator of its own for the thing named by `parts` (seed, tenant, day, purpose …)."""
    return np.random.default_rng(digest(*parts))


@lru_cache(maxsize=65_536)
def uniform(*parts: object) -> float:
    """One number in [0, 1) for the thing named by `parts`."""
    return digest(*parts) / 2**128


@lru_cache(maxsize=65_536)
def token(length: int, *parts: object) -> str:
    """A hexadecimal credential for the thing named by `parts`."""
    text = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return (text * (length // 64 + 1))[:length]
