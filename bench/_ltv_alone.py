"""One contender of `bench.ltv` in a process of its own: what it holds at most, and how long it works.

Run by `bench.ltv`: `python -m bench._ltv_alone CONTENDER SHOP.npz`; prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"cpu": spent, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
