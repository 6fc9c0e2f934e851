"""How fast the engine of broadcasts works, and that its workers do not grow.

First real workers hand a broadcast of many small batches to the pretend WeCom under a limit of
calls that binds: at least 95 % of what the limit grants must be used, and no window may hold more
than WeCom allows, which grants as many more as may arrive late. Then the results of many
recipients are read from WeCom's pages and recorded, beside the raw insert of the same touches: at
least 50,000 for each second of processor time, ours and Postgres' together, because on a busy
machine the clock on the wall measures the others, too. Both times the memory of whoever works is
followed. Exit 1 when one of these is missed, or when memory grew by more than a tenth.

Run: `python -m bench.engine`; in full
`python -m bench.engine --what submitting --batches 1500 --calls 600 --window 60` and
`python -m bench.engine --what results --recipients 1000000`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Sequence

from bench._campaign import redis_server
from bench._database import throw_away_database

WHAT = ("submitting", "results")
LEAST_USED = 0.95
LEAST_A_SECOND = 50_000
MOST_GROWTH = 0.1
_MIB = 1024 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=WHAT, nargs="*", default=WHAT)
    parser.add_argument("--batches", type=int, default=130)
    parser.add_argument("--calls", type=int, default=20, help="that the limit grants in a window")
    parser.add_argument("--window", type=float, default=2.0, help="of the limit, in seconds")
    parser.add_argument("--recipients", type=int, default=100_000, help="with results")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    os.environ["SCRM_DEBUG"] = "1"  # the pretend WeCom speaks plain http
    missed = 0
    with throw_away_database(), redis_server():
        if "submitting" in asked.what:
            missed += _submitting(asked)
        if "results" in asked.what:
            missed += _results(asked)
    return int(missed > 0)


def _submitting(asked: argparse.Namespace) -> int:
    from bench._handing_over import hand_over

    done = hand_over(batches=asked.batches, calls=asked.calls, window=asked.window)
    print(
        f"handing over: {len(done.arrivals)} of {asked.batches} batches, {asked.calls} calls in"
        f" {asked.window:g} s; {done.used:.3f} of what the limit grants in"
        f" {done.whole_windows} windows, {done.refused} calls refused"
    )
    print(f"fullest window as it arrived: {done.worst:.3f} × WeCom's limit")
    missed = len(done.arrivals) != asked.batches or done.used < LEAST_USED
    missed = missed or done.worst > 1 or done.refused > 0
    return int(missed) + sum(_grown("process of a worker", held) for held in done.memory)


def _results(asked: argparse.Namespace) -> int:
    from bench._results import PAGE, measured

    rounds = measured(recipients=asked.recipients, rounds=asked.rounds)
    middle = sorted(rounds, key=lambda one: one.work)[len(rounds) // 2]
    ratios = [one.work / one.raw_in_postgres for one in rounds]
    n = asked.recipients
    print(
        f"results of {n:,}: {n / middle.work:,.0f} a second of work"
        f" ({middle.here:.2f} s here, {middle.in_postgres:.2f} s in Postgres),"
        f" {n / middle.wall:,.0f} by the clock, WeCom's side on the same processors"
    )
    print(
        f"raw insert of the same {middle.touches:,} touches: {middle.raw:.2f} s,"
        f" {middle.raw_in_postgres:.2f} s of work; ratio {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f}–{max(ratios):.2f} in {len(ratios)} rounds)"
    )
    held = [size for one in rounds for size in one.memory]
    missed = n / middle.work < LEAST_A_SECOND
    return int(missed) + _grown(f"reader of {n * len(rounds) // PAGE:,} pages", held)


def _grown(who: str, held: Sequence[int]) -> bool:
    """Whether memory at the end is a tenth above that after the first fifth."""
    first, last = held[len(held) // 5], held[-1]
    print(f"memory of a {who}: {first / _MIB:.1f} → {last / _MIB:.1f} MiB")
    return last > first * (1 + MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
