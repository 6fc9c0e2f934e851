"""The historic LTV taken apart (LTV 拆解): lifetime × frequency × order value × margin.

    margin · net revenue / buyers
      = (days watched / buyers) · (orders / days watched) · (net revenue / orders) · margin

an identity, exact to the fen, so that a change of LTV can be traced to the factor that moved.
The *lifetime* is the time a buyer has been watched: first order to today, both days counted, so
that nobody has none. It is not the time until she leaves, which nobody sees in a shop without
contracts; it grows as the shop ages. Compare shops or cohorts of the same age, or the frequency
and the order value alone. A full refund leaves its order in the frequency and lowers the value.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from analytics.metrics.ratios import ratio

DAYS_PER_YEAR = 365.0


@dataclass(frozen=True)
class ValueSplit:
    """Sums over the buyers of a shop or a group, money in fen.

    `days_watched` adds up the days from each buyer's first order to today, both counted.
    `margin` is a share of net revenue; None means that it is not known, and the value is revenue.
    """

    buyers: int
    orders: int
    days_watched: int
    net_fen: int
    margin: float | None = None

    @property
    def lifetime_days(self) -> float | None:
        """Mean days a buyer has been watched (观察时长)."""
        return ratio(self.days_watched, self.buyers)

    @property
    def orders_per_year(self) -> float | None:
        """Orders of a buyer in a year of being watched (购买频次)."""
        daily = ratio(self.orders, self.days_watched)
        return None if daily is None else daily * DAYS_PER_YEAR

    @property
    def order_value_fen(self) -> float | None:
        """Net revenue of an order (客单价)."""
        return ratio(self.net_fen, self.orders)

    @property
    def value_fen(self) -> float | None:
        """LTV so far: gross profit with a margin, net revenue without one."""
        revenue = ratio(self.net_fen, self.buyers)
        return None if revenue is None else revenue * (1.0 if self.margin is None else self.margin)

    def changed_by(self, before: ValueSplit) -> dict[str, float] | None:
        """The part of the change since `before` that each factor brought, in fen a buyer.

        Logarithmic mean Divisia index (B. W. Ang 2005): the parts add up to the change exactly
        and none is left over. None where a factor of either side is missing or not positive.
        """
        factors = {
            "lifetime": (before.lifetime_days, self.lifetime_days),
            "frequency": (before.orders_per_year, self.orders_per_year),
            "order_value": (before.order_value_fen, self.order_value_fen),
            "margin": (before.margin or 1.0, self.margin or 1.0),
        }
        old, new = before.value_fen, self.value_fen
        if not old or not new or min(old, new) <= 0:
            return None
        weight = old if old == new else (new - old) / (log(new) - log(old))
        parts = {}
        for name, (early, late) in factors.items():
            if not early or not late or min(early, late) <= 0:
                return None
            parts[name] = weight * log(late / early)
        return parts
