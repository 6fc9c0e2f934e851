"""One contender of `bench.ltv` in a process of its own: what it holds at most, and how long it works.

Run by `bench.ltv`: `python -m bench._ltv_alone CONTENDER SHOP.npz`; prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from analytics.metrics.history import History
from bench import ltv


def main(name: str, path: str) -> None:
    """The shop is read before the clock starts; the peak is that of the whole process."""
    warnings.simplefilter("ignore")
    with np.load(path) as kept:
        shop = (History(kept["x"], kept["t_x"], kept["T"]), kept["value"])
    began = time.process_time()
    getattr(ltv, name)(shop)
    spent = time.process_time() - began
    print(json.dumps({"cpu": spent, "peak": peak()}))


def peak() -> int:
    """The most bytes of real memory so far. (getrusage would count the parent's before the exec.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
