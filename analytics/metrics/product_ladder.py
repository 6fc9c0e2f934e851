"""The product ladder (产品阶梯): what customers begin with, whether they come back, and for what.

The first purchase day and the second one of each customer are the two steps. A customer who takes
several products on a day stands on each of them, so the counts of products add up to more than the
customers; roles do not, there the highest of the day counts (利润 profit over 活动 event over
引流 traffic over none), because a profit product in the basket is what the ladder is to lead to.

Shares of few customers carry Wilson's interval. Cannot say that a product *makes* customers come
back: who chooses it may be another kind of customer. That takes a test with a hold-out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from analytics.metrics.proportions import Share, share_of

# (where they began, where they went on or None who has not come back, how many customers)
Move: TypeAlias = tuple[str, str | None, int]

# The ladder from below; "" is a product without a role.
ROLES = ("", "traffic", "event", "profit")


@dataclass(frozen=True)
class Rung:
    """Customers who began with one product or role.

    `returned` is the share that came back on a later day at all, whatever they then bought;
    `onwards` says how many of them took which next, the most first.
    """

    name: str
    returned: Share
    onwards: tuple[tuple[str, int], ...]


def rungs(began: Mapping[str, tuple[int, int]], moves: Iterable[Move]) -> list[Rung]:
    """One entry a first product or role, the most customers first.

    `began` gives for each the customers who began there and those of them who came back; `moves`
    what came next. A move from somewhere unknown is left out.
    """
    onwards: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for first, following, customers in moves:
        if following is not None:
            onwards[first][following] += customers
    found = [
        Rung(name, share_of(back, customers), tuple(onwards[name].most_common()))
        for name, (customers, back) in began.items()
    ]
    return sorted(found, key=lambda rung: (-rung.returned.whole, rung.name))


def climbed(moves: Iterable[Move]) -> Share:
    """Of those who began below profit and came back, the share whose second day had a profit
    product: what traffic products are for (引流 → 利润)."""
    below = [move for move in moves if move[0] != "profit" and move[1] is not None]
    up = sum(customers for _first, following, customers in below if following == "profit")
    return share_of(up, sum(customers for _first, _following, customers in below))
