"""A planted effect is found: simulated broadcasts with a hold-out, the interval against the truth.

Each run draws customers, some of whom order for amounts with a long tail and spent likewise before;
a tenth is held out. The message adds customers who order: none, few, or many. Counted are the runs
whose 95 % interval covers what was planted (with orders capped, with and without CUPED), what the
verdict says, and how often the comparison of two equal versions at five looks errs. Then series of
messages whose incremental LTV is looked at every month for a year: customers join all the time, what
was spent and what is expected of each go on changing. Exit 1 when an interval with CUPED covers in
less than 93 % or more than 97 % of the runs, or looks err in more than 5 % beyond two standard errors.

Run: `python -m bench.uplift`; in full `python -m bench.uplift --runs 5000`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.metrics.ab_test import LOOKS, compare
from analytics.metrics.moments import Moments
from analytics.metrics.series import BEST_AT_CUSTOMERS, any_time_alpha, pooled
from analytics.metrics.uplift import ALPHA, Uplift, Verdict, cap_of, difference, uplift

_CUSTOMERS, _HELD = 20_000, 2_000
_USUAL = 0.05
_PLANTED = {"none": 0.0, "small": 0.005, "large": 0.03}
# ln of an amount in fen: a median of ¥80 and a long tail.
_MIDDLE, _SPREAD = np.log(8_000), 0.7
_LEAST, _MOST = 0.93, 0.97
Values = NDArray[np.float64]
# A series: customers join over so many days, those of each half with another share held out.
_JOINING, _SHARES, _WINDOW = 2_000, (0.3, 0.1), 30
_JOIN_DAYS, _MONTHLY = 300, range(60, 391, 30)
# Orders a day are gamma distributed with this shape and rate, as the forecast of each knows.
_SHAPE, _RATE, _BEFORE, _VALUE = 0.8, 60.0, 90, 8_000.0


@dataclass(frozen=True)
class Run:
    """One broadcast: the comparison with CUPED, the interval without, and the spending in it."""

    found: Uplift
    plain: tuple[float, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1947)
    asked = parser.parse_args()
    chance = np.random.default_rng(asked.seed)
    began = time.monotonic()
    missed = _coverage(asked.runs, chance)
    missed |= _looks(asked.runs * 4, chance)
    missed |= _series(asked.runs // 2, chance)
    print(f"{time.monotonic() - began:.1f} s")
    return int(missed)


def _coverage(runs: int, chance: np.random.Generator) -> bool:
    print(f"{runs:,} broadcasts each to {_CUSTOMERS:,} customers, {_HELD:,} of them held out")
    print(
        "  planted   per customer   covered   without CUPED   width   more    less    none    open"
    )
    missed = False
    for name, added in _PLANTED.items():
        truth = added * float(np.exp(_MIDDLE + _SPREAD**2 / 2))
        done = [_run(added, chance) for _run_number in range(runs)]
        covered = float(np.mean([_covers(run.found, truth) for run in done]))
        plain = float(np.mean([low <= truth <= high for low, high in (run.plain for run in done)]))
        width = float(np.mean([_width(run) for run in done]))
        said = Counter(run.found.verdict for run in done)
        verdicts = "   ".join(
            f"{said[one] / runs:5.1%}"
            for one in (Verdict.MORE, Verdict.LESS, Verdict.NONE, Verdict.OPEN)
        )
        print(
            f"  {name:7}   {truth / 100:11.2f}¥   {covered:7.1%}   {plain:13.1%}   {width:5.2f}   {verdicts}"
        )
        missed |= not _LEAST <= covered <= _MOST
    return missed


def _run(added: float, chance: np.random.Generator) -> Run:
    """Who ordered before orders more likely again, and for similar amounts."""
    habit = chance.normal(size=_CUSTOMERS)
    before = _orders(chance, np.full(_CUSTOMERS, 0.15), habit)
    is_held = np.zeros(_CUSTOMERS, bool)
    is_held[chance.permutation(_CUSTOMERS)[:_HELD]] = True
    # As likely on average as those who never ordered are less likely.
    usual = np.where(before > 0, 3 * _USUAL, _USUAL * (1 - 0.15 * 3) / 0.85)
    after = _orders(chance, usual, habit)
    came = (chance.random(_CUSTOMERS) < added) & ~is_held
    after += came * np.exp(_MIDDLE + _SPREAD * chance.normal(size=_CUSTOMERS))
    y, x = np.minimum(after, cap_of(after)), np.minimum(before, cap_of(before))
    treated, held = Moments.of(y[~is_held], x[~is_held]), Moments.of(y[is_held], x[is_held])
    plain = difference(treated, held, adjust=False)
    return Run(uplift(treated, held), (plain.low, plain.high) if plain else (0.0, 0.0))


def _orders(chance: np.random.Generator, rate: Values, habit: Values) -> Values:
    own = 0.8 * habit + 0.6 * chance.normal(size=habit.size)
    bought: Values = (chance.random(habit.size) < rate) * np.exp(_MIDDLE + _SPREAD * own)
    return bought


def _covers(found: Uplift, truth: float) -> bool:
    return found.difference is not None and found.difference.low <= truth <= found.difference.high


def _width(run: Run) -> float:
    """Of the interval with CUPED, as a share of the one without."""
    found = run.found.difference
    return (found.high - found.low) / (run.plain[1] - run.plain[0]) if found else 1.0


def _looks(runs: int, chance: np.random.Generator) -> bool:
    """Two equal versions, orders coming in early in the window; ever said to differ?"""
    size, shares = 5_000, np.array([0.4, 0.2, 0.15, 0.15, 0.1])
    events = chance.binomial(size, _USUAL * shares, (2, runs, LOOKS)).cumsum(axis=2)
    wrong = naive = 0
    for one, two in zip(*events, strict=True):
        pairs = [
            compare({"A": Moments.share(a, size), "B": Moments.share(b, size)}, look=look)[0]
            for look, (a, b) in enumerate(zip(one.tolist(), two.tolist(), strict=True), start=1)
        ]
        wrong += any(pair.better for pair in pairs)
        naive += any(
            abs(pair.effect) > 1.96 * (pair.high - pair.effect) / pair.bound for pair in pairs
        )
    error = 2 * (wrong / runs * (1 - wrong / runs) / runs) ** 0.5
    print(
        f"two equal versions at {LOOKS} looks, {runs:,} times: said to differ in {wrong / runs:.1%}"
    )
    print(f"  (± {error:.1%}; at most 5 %); with 1.96 at each look in {naive / runs:.1%}")
    return bool(wrong / runs - error > 0.05)


def _series(runs: int, chance: np.random.Generator) -> bool:
    """How often one of a year's looks at the incremental LTV leaves out what was planted."""
    print(
        f"incremental LTV of series, {len(_MONTHLY)} looks at up to {_JOINING:,} customers, {runs:,} times"
    )
    missed = False
    for name, added in (("none", 0.0), ("large", 0.3)):
        seen = np.array([_value_of_a_series(added, chance) for _run_number in range(runs)])
        wrong, naive = seen.any(axis=1).mean(axis=0)
        error = 2 * float(np.sqrt(wrong * (1 - wrong) / runs))
        print(
            f"  {name:7} ever left out in {wrong:.1%} (± {error:.1%}; at most 5 %);"
            f" by the interval for one look in {naive:.1%}"
        )
        missed |= bool(wrong - error > 0.05)
    return missed


def _value_of_a_series(added: float, chance: np.random.Generator) -> list[tuple[bool, bool]]:
    """By look, whether the interval for any time and that for one look leave the truth out.

    The message makes a share `added` of the customers order once more, within the first days.
    """
    joined = chance.random(_JOINING) * _JOIN_DAYS
    share = np.where(joined < _JOIN_DAYS / 2, *_SHARES)
    is_held = chance.random(_JOINING) < share
    pace = chance.gamma(_SHAPE, 1 / _RATE, _JOINING)
    ordered = chance.poisson(pace * _BEFORE)
    earlier = _spent(ordered, chance)
    extra = ((chance.random(_JOINING) < added) & ~is_held).astype(int)
    ordered, spent = ordered + extra, _spent(extra, chance)
    seen, watched = [], np.zeros(_JOINING)
    for day in _MONTHLY:
        age = np.maximum(day - joined, 0)
        new = chance.poisson(pace * (age - watched))
        ordered, spent, watched = ordered + new, spent + _spent(new, chance), age
        ahead = _VALUE * 365 / (_RATE + _BEFORE + age)
        worth = spent + ahead * (_SHAPE + ordered)
        counted = age >= _WINDOW
        worth = np.minimum(worth, cap_of(worth[counted]))
        arms = pooled(
            (
                Moments.of(worth[of & ~is_held], earlier[of & ~is_held]),
                Moments.of(worth[of & is_held], earlier[of & is_held]),
            )
            for of in (counted & (share == one) for one in _SHARES)
        )
        truth = added * float((_VALUE + ahead)[counted].mean())
        many = any_time_alpha(int(counted.sum()), best_at=BEST_AT_CUSTOMERS)
        seen.append((_leaves_out(arms, truth, many), _leaves_out(arms, truth, ALPHA)))
    return seen


def _spent(orders: NDArray[np.int64], chance: np.random.Generator) -> Values:
    """The sum of so many orders of gamma distributed values."""
    return chance.gamma(2.0 * orders, _VALUE / 2)


def _leaves_out(arms: tuple[Moments, Moments], truth: float, alpha: float) -> bool:
    found = difference(*arms, alpha=alpha)
    return found is not None and not found.low <= truth <= found.high


if __name__ == "__main__":
    sys.exit(main())
