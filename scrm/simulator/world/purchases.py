"""How people buy: repeat purchases after BG/NBD, spend after Gamma-Gamma.

Fader, Hardie and Lee (2005): a customer buys at a Poisson rate drawn once from a Gamma, and
after each repeat purchase leaves for good with a probability drawn once from a Beta. Fader and
Hardie (2013): the mean spend of a customer is an inverse-Gamma mixture. The parameters are the
ones published for the CDNOW sample (weeks, US dollars).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

R, ALPHA, A, B = 0.2426, 4.4136, 0.7929, 2.4259
P, Q, V = 6.2493, 3.7443, 15.4443
YUAN_PER_DOLLAR = 6.0
WEEK = 7 * 86_400

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Purchases:
    """One element a purchase, in no particular order; `buyer` indexes the people asked about."""

    buyer: Ints
    second: Ints
    fen: Ints


def draw(rng: np.random.Generator, first: Ints, until: int) -> Purchases:
    """All purchases of people whose first one is at `first` (unix seconds), up to `until`."""
    count = len(first)
    rate = rng.gamma(R, 1 / ALPHA, count) / WEEK
    leaves = rng.beta(A, B, count)
    people: list[Ints] = [np.arange(count)]
    seconds: list[Ints] = [first]
    who, now = np.arange(count), first.astype(np.float64)
    while len(who):
        # A vanishing rate means an endless wait; the division may overflow to it.
        with np.errstate(over="ignore", divide="ignore"):
            now = now + rng.exponential(1.0, len(who)) / rate[who]
        inside = now <= until
        who, now = who[inside], now[inside]
        people.append(who)
        seconds.append(now.astype(np.int64))
        stays = rng.random(len(who)) >= leaves[who]
        who, now = who[stays], now[stays]
    buyer = np.concatenate(people)
    return Purchases(buyer, np.concatenate(seconds), _spend(rng, count, buyer))


def at_shopping_hours(rng: np.random.Generator, seconds: Ints, until: int) -> Ints:
    """The same Beijing days at hours people buy: late morning and evening, nobody at night."""
    offset = 8 * 3600
    midnight = seconds - (seconds + offset) % 86_400
    evening = rng.random(len(seconds)) < 0.6
    hours = np.where(
        evening, rng.normal(20.3, 1.2, len(seconds)), rng.normal(12.5, 2.0, len(seconds))
    )
    moved = midnight + (np.clip(hours, 7.5, 23.8) * 3600).astype(np.int64)
    shifted: Ints = np.minimum(moved, until)
    return shifted


def _spend(rng: np.random.Generator, count: int, buyer: Ints) -> Ints:
    """Fen of each purchase: Gamma around each person's own level."""
    scale = rng.gamma(Q, 1 / V, count)
    dollars = rng.gamma(P, 1.0, len(buyer)) / scale[buyer]
    return np.maximum(np.rint(dollars * YUAN_PER_DOLLAR * 100), 100).astype(np.int64)
