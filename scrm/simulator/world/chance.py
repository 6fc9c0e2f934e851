"""Drawing many things at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ALPHABET = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype="S1"
)


def ids(rng: np.random.Generator, prefix: str, count: int, length: int = 30) -> list[str]:
    """`count` ids in WeCom's manner."""
    if not count:
        return []
    letters = _ALPHABET[rng.integers(0, 64, (count, length))]
    return [prefix + text for text in letters.view(f"S{length}").ravel().astype(str).tolist()]


def picks(rng: np.random.Generator, words: Sequence[str], count: int) -> list[str]:
    """`count` of the words, each as likely as the other."""
    return [words[place] for place in rng.integers(0, len(words), count).tolist()]


def weighted(rng: np.random.Generator, weights: Sequence[float], count: int) -> NDArray[np.int64]:
    """`count` places, by weight."""
    shares = np.asarray(weights, dtype=np.float64)
    return rng.choice(len(shares), count, p=shares / shares.sum()).astype(np.int64)
