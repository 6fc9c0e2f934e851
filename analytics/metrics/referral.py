"""Referral (转介绍, 老带新): how many customers bring others.

    rate = customers with at least one newcomer attributed to them ÷ customers at the start
    K    = newcomers brought by customers ÷ customers at the start  (invitations × their conversion)

WeCom says *how* somebody was added (by a card that was passed on), never *who* passed it on. So
the newcomers are known and the customers behind them are not: K can be given, the rate only bounded.
Each customer who referred brought at least one, therefore rate ≤ K. Nothing else is claimed. Where
the referrers are known (codes of their own), the rate itself is given with Wilson's interval.

Source for the definitions: D. Libai, E. Muller, R. Peres (2013), Journal of Marketing Research
50(2), 161–176 (social value). Cannot say: recommendations that ended with a search or at a QR code.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.metrics.proportions import Share, share_of
from analytics.metrics.ratios import ratio


@dataclass(frozen=True)
class Referral:
    """Of one period: `existing` customers at its start, `newcomers` during it, `referred` of those
    who came by a passed-on card. `referrers` are the customers behind them, None if not known."""

    existing: int
    newcomers: int
    referred: int
    referrers: int | None = None

    @property
    def k_factor(self) -> float | None:
        """Newcomers per existing customer (K 因子)."""
        return ratio(self.referred, self.existing)

    @property
    def share_of_newcomers(self) -> Share:
        """Newcomers who came by a customer's card (转介绍新增占比)."""
        return share_of(self.referred, self.newcomers)

    @property
    def rate(self) -> Share | None:
        """Referral rate (转介绍率); None while nobody knows who referred."""
        return None if self.referrers is None else share_of(self.referrers, self.existing)

    @property
    def at_most(self) -> float | None:
        """The most the referral rate can be."""
        bound = self.k_factor
        return None if bound is None else min(bound, 1.0)
