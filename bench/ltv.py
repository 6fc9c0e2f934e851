"""Lifetime value of 100,000 customers: this project against the Python package lifetimes.

Both fit BG/NBD and Gamma-Gamma to the same simulated shop, then give every customer P(alive), the
orders of the next 39 weeks and the discounted value of 12 months. CPU seconds, median of the
rounds, the two taking turns; the most memory each holds in a process of its own; and the nightly
fit from Postgres back to Postgres. Run: `python -m bench.ltv [customers] [rounds]`.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

# More BLAS threads only make arrays of this size wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from analytics.metrics import bgnbd, gamma_gamma
from analytics.metrics.drop_out import Parameters
from analytics.metrics.history import History
from analytics.metrics.ltv import Terms, forecast

# What the CDNOW sample gives; also lifetimes' month in weeks.
BUYING = Parameters(r=0.243, alpha=4.414, a=0.793, b=2.426)
SPENDING = gamma_gamma.Parameters(p=6.25, q=3.74, v=15.44)
WEEKS_AHEAD, MONTHS, MONTH, DISCOUNT = 39.0, 12, 4.345, 0.01
TARGET = 15.0
# At a million customers: bytes that ours may hold, and seconds from Postgres back to Postgres.
MOST_BYTES, MOST_SECONDS, MILLION = 250e6, 3.0, 1_000_000

Totals = dict[str, float]
Shop = tuple[History, np.ndarray]


def simulated_shop(customers: int) -> Shop:
    """Customers of the last 52 weeks, behaving as BG/NBD and Gamma-Gamma say, in whole days."""
    generator = np.random.default_rng(2005)
    rate = generator.gamma(BUYING.r, 1 / BUYING.alpha, customers)
    leaving = generator.beta(BUYING.a, BUYING.b, customers)
    watched = generator.integers(1, 365, customers) / 7
    x, last, now = (np.zeros(customers) for _ in range(3))
    present = np.arange(customers)
    while present.size:
        now[present] += np.ceil(7 * generator.exponential(1 / rate[present])) / 7
        present = present[now[present] <= watched[present]]
        x[present] += 1
        last[present] = np.rint(7 * now[present]) / 7
        present = present[generator.random(present.size) >= leaving[present]]
    scale = SPENDING.v / generator.gamma(SPENDING.q, 1, customers)
    value = np.zeros(customers)
    again = x > 0
    value[again] = generator.gamma(SPENDING.p * x[again]) / x[again] * scale[again]
    return History(x, last, np.maximum(watched, last)), np.round(value, 2)


def ours(shop: Shop) -> Totals:
    """analytics.metrics."""
    history, value = shop
    buying = bgnbd.fit(history).parameters
    spending = gamma_gamma.fit(history.x, value).parameters
    orders = bgnbd.conditional_orders(buying, history, t=WEEKS_AHEAD)
    worth = bgnbd.MODEL.discounted_orders(
        buying, history, horizon=MONTHS * MONTH, period=MONTH, discount=DISCOUNT
    ) * gamma_gamma.expected_value(spending, history.x, value)
    alive = bgnbd.p_alive(buying, history)
    return {"alive": alive.sum(), "orders": orders.sum(), "ltv": worth.sum()}


def with_intervals(shop: Shop) -> Totals:
    """analytics.metrics as the product uses it: an interval each, 12 months of orders."""
    history, value = shop
    found = forecast(
        bgnbd.MODEL,
        bgnbd.fit(history).parameters,
        gamma_gamma.fit(history.x, value).parameters,
        history,
        value,
        Terms(horizon=MONTHS * MONTH, period=MONTH, discount=DISCOUNT),
    )
    return {
        "alive": found.p_alive.sum(),
        "orders": found.expected_orders.sum(),
        "ltv": found.ltv.sum(),
    }


def lifetimes(shop: Shop) -> Totals:
    """The package lifetimes 0.11.3."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    history, value = shop
    x, t_x, watched = (np.asarray(column) for column in history)
    buying = BetaGeoFitter().fit(x, t_x, watched)
    usable = (x > 0) & (value > 0)
    spending = GammaGammaFitter().fit(x[usable], value[usable])
    orders = buying.conditional_expected_number_of_purchases_up_to_time(WEEKS_AHEAD, *shop[0])
    import pandas as pd

    columns = (pd.Series(column) for column in (x, t_x, watched, value))
    worth = spending.customer_lifetime_value(
        buying, *columns, time=MONTHS, discount_rate=DISCOUNT, freq="W"
    )
    alive = buying.conditional_probability_alive(*shop[0])
    return {"alive": alive.sum(), "orders": orders.sum(), "ltv": worth.sum()}


def timed(work: Callable[[Shop], Totals], shop: Shop) -> tuple[float, Totals]:
    """CPU seconds and the totals found."""
    start = time.process_time()
    totals = work(shop)
    return time.process_time() - start, totals


def alone(name: str, shop: Shop) -> dict[str, float]:
    """CPU seconds and the most bytes of one contender in a process of its own."""
    (x, t_x, watched), value = shop
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.npz"
        np.savez(path, x=x, t_x=t_x, T=watched, value=value)
        answer = subprocess.run(
            [sys.executable, "-m", "bench._ltv_alone", name, str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def from_database(shop: Shop, rounds: int) -> float:
    """Print the stages of the nightly fit; returns the median of the whole, in seconds."""
    from bench._ltv_database import STAGES, measured

    found = measured(shop, rounds=rounds)
    middle = {name: statistics.median(each[name] for each in found) for name in found[0]}
    stages = ", ".join(f"{name} {middle[name]:.2f}" for name in STAGES)
    print(
        f"Postgres to Postgres: {middle['total']:.2f} s ({stages});"
        f" processor time here {middle['cpu']:.2f} s, in Postgres {middle['postgres']:.2f} s"
    )
    return middle["total"]


def main(customers: int = 100_000, rounds: int = 3) -> int:
    """Print the table; 0 when the ratio reaches the target and both found the same."""
    warnings.simplefilter("ignore")
    shop = simulated_shop(customers)
    contenders = (lifetimes, ours, with_intervals)
    seconds: dict[str, list[float]] = {work.__name__: [] for work in contenders}
    totals: dict[str, Totals] = {}
    for _ in range(rounds):
        for work in contenders:
            spent, totals[work.__name__] = timed(work, shop)
            seconds[work.__name__].append(spent)
    baseline = statistics.median(seconds["lifetimes"])
    print(f"Lifetime value of {customers:,} customers, CPU seconds, median of {rounds}")
    print(f"{'':<16}{'seconds':>9}{'ratio':>8}{'p(alive)':>12}{'orders':>12}{'value':>15}")
    for name, taken in seconds.items():
        median, found = statistics.median(taken), totals[name]
        print(
            f"{name:<16}{median:>9.3f}{baseline / median:>8.1f}"
            f"{found['alive']:>12,.1f}{found['orders']:>12,.1f}{found['ltv']:>15,.2f}"
        )
    ratio = baseline / statistics.median(seconds["ours"])
    agree = all(
        abs(totals["ours"][key] / totals["lifetimes"][key] - 1) < 1e-4 for key in totals["ours"]
    )
    print(
        f"{ratio:.1f} times as fast (target {TARGET:.0f}); figures {'agree' if agree else 'DIFFER'}"
    )
    held = {work.__name__: alone(work.__name__, shop)["peak"] for work in contenders}
    print("most memory: " + ", ".join(f"{name} {peak / 1e6:.0f} MB" for name, peak in held.items()))
    took = from_database(shop, rounds)
    is_small = customers < MILLION or held["ours"] <= MOST_BYTES
    is_quick = customers < MILLION or took <= MOST_SECONDS
    return 0 if agree and ratio >= TARGET and is_small and is_quick else 1


if __name__ == "__main__" and main(*(int(argument) for argument in sys.argv[1:])):
    sys.exit(1)
