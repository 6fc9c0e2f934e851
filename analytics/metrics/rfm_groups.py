"""Named groups over the RFM grid (RFM 人群): what a pair of scores asks for.

The ten groups are those in common use over recency and frequency; every pair of scores lies in
exactly one.
"""

from __future__ import annotations

from dataclasses import dataclass

from analytics.metrics.rfm import SCORES


@dataclass(frozen=True)
class RfmGroup:
    """A rectangle of scores, both ends inclusive."""

    key: str
    recency: tuple[int, int]
    frequency: tuple[int, int]

    def __contains__(self, scores: tuple[int, int]) -> bool:
        recency, frequency = scores
        return (
            self.recency[0] <= recency <= self.recency[1]
            and self.frequency[0] <= frequency <= self.frequency[1]
        )


GROUPS = (
    RfmGroup("champions", (5, 5), (4, 5)),
    RfmGroup("loyal", (3, 4), (4, 5)),
    RfmGroup("potential", (4, 5), (2, 3)),
    RfmGroup("new", (5, 5), (1, 1)),
    RfmGroup("promising", (4, 4), (1, 1)),
    RfmGroup("attention", (3, 3), (3, 3)),
    RfmGroup("about_to_sleep", (3, 3), (1, 2)),
    RfmGroup("cannot_lose", (1, 2), (5, 5)),
    RfmGroup("at_risk", (1, 2), (3, 4)),
    RfmGroup("hibernating", (1, 2), (1, 2)),
)


def group_of(recency: int, frequency: int) -> RfmGroup:
    """Raises ValueError for scores outside 1–5."""
    for group in GROUPS:
        if (recency, frequency) in group:
            return group
    raise ValueError(f"RFM scores lie between 1 and {SCORES}: {recency}, {frequency}")
