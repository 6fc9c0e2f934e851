"""The shop's orders of the world (订单)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scrm.simulator.corp import Corp
from scrm.simulator.records import Order
from scrm.simulator.world import names
from scrm.simulator.world.people import People
from scrm.simulator.world.purchases import Purchases, at_shopping_hours, draw
from scrm.simulator.world.relations import Relations

EVER_BUY, REFUNDS, OWN_TASTE = 0.7, 0.02, 0.75
_DAYS_TO_FIRST = 6.0
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sales:
    """Purchases whose `buyer` numbers persons of the world."""

    purchases: Purchases

    def per_person(self, count: int) -> Ints:
        return np.bincount(self.purchases.buyer, minlength=count).astype(np.int64)


def draw_orders(rng: np.random.Generator, added: Ints, until: int) -> Sales:
    """Who buys when: the first order within days of being added, the rest by BG/NBD."""
    buyers = np.flatnonzero(rng.random(len(added)) < EVER_BUY)
    wait = (rng.exponential(_DAYS_TO_FIRST, len(buyers)) * 86_400).astype(np.int64)
    # People who came by a card in their parcel had bought before they were added.
    wait = np.where(rng.random(len(buyers)) < 0.2, -wait // 2, wait)
    first = added[buyers] + wait
    inside = first < until
    found = draw(rng, first[inside], until)
    second = at_shopping_hours(rng, found.second, until - 1)
    return Sales(Purchases(buyers[inside][found.buyer], second, found.fen))


def add_orders(
    corp: Corp,
    rng: np.random.Generator,
    people: People,
    relations: Relations,
    sales: Sales,
    until: int,
) -> None:
    """Write the orders in order of time, with products of each one's taste and some refunds."""
    purchases = sales.purchases
    order = np.argsort(purchases.second, kind="stable")
    buyer, second, fen = purchases.buyer[order], purchases.second[order], purchases.fen[order]
    count = len(buyer)
    product = _products(rng, people.taste[buyer]).tolist()
    quantity = (1 + rng.binomial(2, 0.15, count)).tolist()
    refunded = np.where(
        rng.random(count) < REFUNDS, np.where(rng.random(count) < 0.6, fen, fen // 2), 0
    ).tolist()
    rows = zip(buyer.tolist(), second.tolist(), fen.tolist(), strict=True)
    for number, (person, paid_at, amount) in enumerate(rows):
        contact = relations.contacts[person]
        corp.put_order(
            Order(
                f"S{number + 1:09d}",
                contact.unionid,
                contact.phone,
                paid_at,
                amount,
                names.PRODUCTS[product[number]][0],
                quantity[number],
                refunded[number],
            )
        )


def _products(rng: np.random.Generator, taste: Ints) -> Ints:
    """Mostly one of the two products of the taste, sometimes any."""
    own = taste * 2 + rng.integers(0, 2, len(taste))
    any_one = rng.integers(0, len(names.PRODUCTS), len(taste))
    return np.where(rng.random(len(taste)) < OWN_TASTE, own, any_one)
