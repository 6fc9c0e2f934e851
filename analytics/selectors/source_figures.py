"""A source of customers and its figures (渠道价值), as pages, files and the API show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from analytics.metrics.acquisition import ValueByAge, return_on
from analytics.metrics.proportions import Share, share_of
from analytics.metrics.ratios import known, ratio
from analytics.metrics.survival import Curve
from contacts.models import Channel
from contacts.models.add_way import AddWay

LOST_BY = (7, 30, 90)


class Source(NamedTuple):
    """A channel's state, or an add way without one."""

    state: str
    add_way: int = 0

    @property
    def name(self) -> str:
        """Without a channel, the add way in words; see `names_of` for channels."""
        if self.state:
            return self.state
        try:
            return str(AddWay(self.add_way).label)
        except ValueError:
            return str(self.add_way)


Numbers: TypeAlias = Mapping[Source, Mapping[int, int]]


@dataclass(frozen=True)
class Lost:
    """The share of relations that customers ended by a day, with its interval (Kaplan–Meier)."""

    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Figures:
    """One source in one period. Money in fen; `earned_fen` is the margin, or the revenue.

    `ripe_*` count customers won long enough ago to tell, of whom `friends_30` and so on.
    """

    relations: int = 0
    again: int = 0
    won: int = 0
    known: int = 0
    bought: int = 0
    orders: int = 0
    net_fen: int = 0
    predicted_fen: int | None = None
    ripe: int = 0
    friends_30: int = 0
    ripe_new: int = 0
    bought_30: int = 0
    ripest_new: int = 0
    again_90: int = 0
    cost_fen: int = 0
    earned_fen: int = 0
    curve: Curve | None = field(default=None, compare=False)
    # The longest time that a relation was in view, as far as it was asked about.
    longest: int = -1
    by_age: ValueByAge | None = field(default=None, compare=False)
    margin: float = 1.0

    @property
    def adds(self) -> int:
        """Customers won, and relations with customers won before."""
        return self.won + self.again

    @property
    def first_order(self) -> Share:
        """Customers new to the shop with an order within 30 days, of those won longer ago."""
        return share_of(self.bought_30, self.ripe_new)

    @property
    def still_friends(self) -> Share:
        return share_of(self.friends_30, self.ripe)

    @property
    def second_order(self) -> Share:
        """With a second purchase day within 90 days, of those won longer ago."""
        return share_of(self.again_90, self.ripest_new)

    @property
    def ltv_fen(self) -> float | None:
        """Net revenue so far per customer won."""
        return ratio(self.net_fen, self.won)

    @property
    def predicted_mean_fen(self) -> float | None:
        return None if self.predicted_fen is None else ratio(self.predicted_fen, self.won)

    @property
    def cac_fen(self) -> float | None:
        """Cost per customer won (获客成本); None without a cost."""
        return ratio(self.cost_fen, self.won) if self.cost_fen > 0 else None

    @property
    def roi(self) -> float | None:
        return return_on(self.earned_fen, self.cost_fen)

    @property
    def payback_day(self) -> int | None:
        """Days after the adding on which the margin per customer passes the CAC; None: not yet."""
        if self.cac_fen is None or self.by_age is None:
            return None
        return self.by_age.payback_day(self.cac_fen, margin=self.margin)

    def lost_by(self, days: int) -> Lost | None:
        """None while no relation is in view for so long."""
        if self.curve is None or self.longest < days:
            return None
        place = int((self.curve.time <= days).sum()) - 1
        if place < 0:
            return Lost(0.0, None, None)
        low, high = known(self.curve.lower[place]), known(self.curve.upper[place])
        return Lost(
            float(1 - self.curve.survival[place]),
            None if high is None else 1 - high,
            None if low is None else 1 - low,
        )

    @property
    def lost(self) -> list[Lost | None]:
        return [self.lost_by(days) for days in LOST_BY]


@dataclass(frozen=True)
class Row:
    """One line of the page; `channel` is None without one."""

    source: Source
    channel: Channel | None
    figures: Figures

    @property
    def name(self) -> str:
        return self.channel.name if self.channel is not None else self.source.name


@dataclass(frozen=True)
class Overview:
    """All sources of a period, the most customers first, with the figures of all together."""

    rows: Sequence[Row]
    total: Figures
