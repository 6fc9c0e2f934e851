"""Shares with their interval: Wilson's, which stays within 0 and 1 and holds for few people too.

E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the
American Statistical Association 22, 1927.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy.special import ndtri


@dataclass(frozen=True)
class Share:
    """`part` of `whole`; the share and its bounds are None without anybody to count."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


def share_of(part: int, whole: int, *, confidence: float = 0.95) -> Share:
    """The share with Wilson's interval."""
    if not whole:
        return Share(part, whole, None, None, None)
    p, z = part / whole, float(ndtri((1 + confidence) / 2))
    middle = (p + z**2 / (2 * whole)) / (1 + z**2 / whole)
    reach = z / (1 + z**2 / whole) * sqrt(p * (1 - p) / whole + z**2 / (4 * whole**2))
    return Share(part, whole, p, max(0.0, middle - reach), min(1.0, middle + reach))


def difference(one: Share, other: Share) -> tuple[float, float, float] | None:
    """one − other with its bounds from both intervals; None unless there was somebody in both.

    R. G. Newcombe, Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, 1998, method 10.
    """
    if one.share is None or one.low is None or one.high is None:
        return None
    if other.share is None or other.low is None or other.high is None:
        return None
    gap = one.share - other.share
    below = sqrt((one.share - one.low) ** 2 + (other.high - other.share) ** 2)
    above = sqrt((one.high - one.share) ** 2 + (other.share - other.low) ** 2)
    return gap, gap - below, gap + above
