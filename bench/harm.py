"""The harm guard's test lived through thousands of times: false alarms, and how soon it notices.

Without an effect: broadcasts of ever new corps, each with a past of its own from which the usual
rate is counted, looked at again and again while staff send and customers leave over their day;
the share that is ever stopped against the stated bound. With an effect: how many had been touched
when it was noticed, against the same test with five planned looks (O'Brien and Fleming), which
waits for its looks. Exit 1 when false alarms pass their bound, or the guard notices a tripled
loss later than planned looks would.

Run: `python -m bench.harm`; in full `python -m bench.harm --runs 20000`.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from numpy.typing import NDArray

from bench._looks import bounds, constant
from broadcasts.policy.sequential import (
    BOUND,
    FALSE_ALARM,
    LEAST_LOSSES,
    Stratum,
    base_rate,
    log_evidence,
)

_GROUP = 100
_PLANNED = 5
Counts = NDArray[np.int64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1939)
    asked = parser.parse_args()
    chance = np.random.default_rng(asked.seed)
    began = time.monotonic()
    missed = _false_alarms(asked.runs, chance)
    missed |= _power(max(200, asked.runs // 4), chance)
    print(f"{time.monotonic() - began:.1f} s")
    return int(missed)


def _false_alarms(runs: int, chance: np.random.Generator) -> bool:
    print(f"without an effect, {runs:,} broadcasts each; at most {FALSE_ALARM:.1%} may be stopped")
    print("  lost a day   past (customer-days)   touched   stopped     two standard errors")
    worst = 0.0
    for rate in (0.0002, 0.0005, 0.002, 0.006):
        for days in (2_000, 100_000, 3_000_000):
            share = _stopped(runs, rate, days, chance)
            error = 2 * float(np.sqrt(max(share, 1 / runs) / runs))
            worst = max(worst, share - error)
            print(f"  {rate:10.2%}   {days:20,}   {20_000:7,}   {share:7.2%}   ± {error:.2%}")
    return worst > FALSE_ALARM


def _stopped(runs: int, rate: float, days: int, chance: np.random.Generator) -> float:
    """The share of broadcasts to 20,000 that are ever stopped; two kinds of customers, one of
    which leaves four times as often, and staff who send the lively ones' messages first.
    """
    lively, steady = rate * 1.6, rate * 0.4
    looks = 200
    touched_lively = np.minimum(np.arange(1, looks + 1) * _GROUP, looks * _GROUP // 2)
    touched = np.arange(1, looks + 1) * _GROUP
    rates = np.where(np.arange(looks) < looks // 2, lively, steady)
    losses = chance.binomial(_GROUP, rates, (runs, looks)).cumsum(axis=1)
    upper = _upper(runs, (lively, steady), days, touched_lively / touched, chance)
    over = (log_evidence(losses, upper * touched) >= BOUND) & (losses >= LEAST_LOSSES)
    return float(over.any(axis=1).mean())


def _upper(
    runs: int,
    rates: tuple[float, float],
    days: int,
    shares: NDArray[np.float64],
    chance: np.random.Generator,
) -> NDArray[np.float64]:
    """The upper usual rate of each run at each look, with the weights of the touched so far.

    Worked out at some of the looks; between them the smaller one holds, so that what is measured
    here alarms rather more often than the product.
    """
    past = chance.poisson(np.array(rates) * days / 2, (runs, 2))
    places = np.unique(np.linspace(0, len(shares) - 1, 9).astype(int))
    known: dict[tuple[int, int, int], float] = {}

    def at(place: int, first: int, second: int) -> float:
        key = (place, first, second)
        if key not in known:
            share = round(shares[place] * 1_000)
            strata = [Stratum(share, days / 2, first), Stratum(1_000 - share, days / 2, second)]
            known[key] = base_rate(strata).upper
        return known[key]

    coarse = np.array([[at(place, *map(int, row)) for place in places] for row in past])
    following = np.searchsorted(places, np.arange(len(shares)), side="left")
    before = np.maximum(following - 1, 0)
    smaller: NDArray[np.float64] = np.minimum(coarse[:, following], coarse[:, before])
    return smaller


def _power(runs: int, chance: np.random.Generator) -> bool:
    usual, days, most = 0.0005, 3_000_000, 60_000
    print(f"\nusually {usual:.2%} a day (known from {days:,} customer-days), {runs:,} runs each")
    print("  lost      touched when noticed: median (90 % of runs)   noticed   ", end="")
    print(f"{_PLANNED} planned looks: median   ratio")
    ratio_of_three = 0.0
    for factor in (2, 3, 5, 10):
        losses = chance.binomial(_GROUP, usual * factor, (runs, most // _GROUP)).cumsum(axis=1)
        touched = _GROUP * np.arange(1, most // _GROUP + 1)
        base = base_rate([Stratum(1, days, round(usual * days))])
        over = (log_evidence(losses, base.upper * touched) >= BOUND) & (losses >= LEAST_LOSSES)
        ours = _first(over, touched)
        planned = _first(_planned(losses, touched, base.upper), touched)
        ratio = float(np.median(ours) / np.median(planned))
        ratio_of_three = ratio if factor == 3 else ratio_of_three
        print(
            f"  {factor:3d} times  {np.median(ours):13,.0f} ({np.quantile(ours, 0.9, method='inverted_cdf'):7,.0f})"
            f"  {np.mean(np.isfinite(ours)):25.1%}  {np.median(planned):23,.0f}   {ratio:5.2f}"
        )
    return not ratio_of_three < 1


def _planned(losses: Counts, touched: Counts, rate: float) -> NDArray[np.bool_]:
    """Over at one of a few planned looks, as a one-sided test of the same false-alarm bound."""
    at = np.linspace(len(touched) / _PLANNED, len(touched), _PLANNED).astype(int) - 1
    size = constant(_PLANNED, "obrien_fleming", alpha=2 * FALSE_ALARM)
    expected = touched[at] * rate
    z = (losses[:, at] - expected) / np.sqrt(expected)
    over = np.zeros(losses.shape, bool)
    over[:, at] = z >= bounds(_PLANNED, "obrien_fleming", size)
    return over


def _first(over: NDArray[np.bool_], touched: Counts) -> NDArray[np.float64]:
    """How many were touched at the first look over the bound; infinite when there was none."""
    return np.where(over.any(axis=1), touched[over.argmax(axis=1)], np.inf)


if __name__ == "__main__":
    sys.exit(main())
