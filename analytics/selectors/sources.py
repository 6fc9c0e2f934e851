"""Where customers came from, what became of them and what winning them cost (渠道价值).

A source is a channel, or for those who came without one the way they were added. Its customers
are those it won in the period: who is added again, or by a colleague too, was won before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeAlias

from django.db import connection
from django.db.models import Sum

from analytics.metrics.acquisition import ValueByAge, return_on, value_by_age
from analytics.metrics.proportions import Share, share_of
from analytics.metrics.ratios import known, ratio
from analytics.metrics.survival import Curve, Durations, kaplan_meier
from analytics.models import ValueRun, ValueSettings
from analytics.periods import Period
from analytics.selectors import source_sql as sql
from analytics.selectors.durations import durations
from analytics.selectors.months import month_of, months_later
from contacts.models import Channel, CostEntry
from contacts.models.add_way import AddWay
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator

LOST_BY = (7, 30, 90)

# Whose staff's customers count; None is everybody.
StaffScope: TypeAlias = "tuple[int, ...] | None"

# (days, whether the end by the customer was seen, how many)
Ended: TypeAlias = tuple[int, bool, int]


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


def staff_scope(operator: Operator) -> StaffScope:
    """The staff whose customers the operator's figures speak of."""
    if operator.sees_everything:
        return None
    return tuple(visible_staff(operator).order_by("pk").values_list("pk", flat=True))


def last_measured() -> ValueRun | None:
    return ValueRun.objects.filter(pk=1).first()


def overview(
    period: Period, *, scope: StaffScope, settings: ValueSettings, today: date
) -> Overview:
    """Every source with an add or a cost in the period. Six statements."""
    seen = _Seen.of(period, scope=scope, today=today)
    found = {source: seen.figures(source, settings) for source in seen.sources}
    channels = {
        channel.state: channel
        for channel in Channel.objects.filter(state__in=[key.state for key in found if key.state])
    }
    rows = [Row(key, channels.get(key.state), figures) for key, figures in found.items()]
    rows.sort(key=lambda row: (-row.figures.won, -row.figures.cost_fen, row.name))
    return Overview(rows, seen.total(settings))


def total_of(period: Period, *, scope: StaffScope, settings: ValueSettings) -> Figures:
    """All sources together without losses and payback, to compare with. Two statements."""
    sums = _Asked(period, scope, period.last_on, None).sums()
    costs = _costs(period, None) if scope is None else {}
    return _Seen(sums, {}, {}, {}, costs).total(settings)


def figures_of(
    source: Source, period: Period, *, scope: StaffScope, settings: ValueSettings, today: date
) -> Figures:
    """One source in the period. Five statements."""
    seen = _Seen.of(period, scope=scope, today=today, only=source)
    return seen.figures(source, settings)


def relation_durations(
    period: Period, *, scope: StaffScope, today: date
) -> dict[Source, Durations]:
    """How long the relations of the period have lasted, by source. One statement."""
    ends = _Asked(period, scope, today, None).relation_days()
    return {source: durations(rows) for source, rows in ends.items()}


@dataclass(frozen=True)
class _Seen:
    """What was read about the sources of a period, before it becomes figures."""

    sums: Mapping[Source, Mapping[str, Any]]
    ends: Mapping[Source, Sequence[Ended]]
    brought: Mapping[Source, Mapping[int, int]]
    won: Mapping[Source, Mapping[int, int]]
    costs: Mapping[Source, int]

    @classmethod
    def of(
        cls, period: Period, *, scope: StaffScope, today: date, only: Source | None = None
    ) -> _Seen:
        asked = _Asked(period, scope, today, only)
        # A cost is the whole channel's; a part of its customers has none of its own.
        costs = _costs(period, only) if scope is None else {}
        return cls(asked.sums(), asked.relation_days(), *asked.ages(), costs)

    @property
    def sources(self) -> set[Source]:
        return {*self.sums, *self.costs}

    def figures(self, source: Source, settings: ValueSettings) -> Figures:
        return _figures(
            self.sums.get(source, {}),
            self.ends.get(source, ()),
            value_by_age(self.brought.get(source, {}), self.won.get(source, {})),
            self.costs.get(source, 0),
            settings,
        )

    def total(self, settings: ValueSettings) -> Figures:
        sums: dict[str, int | None] = {
            name: _sum_of(line[name] for line in self.sums.values()) for name in (*_SUMMED, *_RIPE)
        }
        # No forecast is no forecast; nobody is nobody.
        sums |= {name: sums[name] or 0 for name in sums if name != "predicted_fen"}
        return _figures(
            sums,
            [end for ends in self.ends.values() for end in ends],
            value_by_age(_added_up(self.brought.values()), _added_up(self.won.values())),
            sum(self.costs.values()),
            settings,
        )


def _figures(
    sums: Mapping[str, Any],
    ends: Sequence[Ended],
    by_age: ValueByAge,
    cost_fen: int,
    settings: ValueSettings,
) -> Figures:
    seen = durations(ends) if ends else None
    return Figures(
        **sums,
        cost_fen=cost_fen,
        earned_fen=settings.earned_fen(sums.get("net_fen", 0)),
        curve=kaplan_meier(seen) if seen is not None else None,
        longest=int(seen.time[-1]) if seen is not None else -1,
        by_age=by_age,
        margin=settings.margin,
    )


def _sum_of(values: Iterable[int | None]) -> int | None:
    """None where nobody has a value."""
    known_ones = [value for value in values if value is not None]
    return sum(known_ones) if known_ones else None


def _added_up(parts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for part in parts:
        for number, value in part.items():
            found[number] += value
    return found


def _costs(period: Period, only: Source | None) -> dict[Source, int]:
    entries = CostEntry.objects.filter(
        spent_on__gte=period.first_on, spent_on__lte=period.last_on
    ).order_by()
    if only is not None:
        entries = entries.filter(channel__state=only.state)
    rows = entries.values_list("channel__state").annotate(cost=Sum("amount_fen"))
    return {Source(state): int(cost) for state, cost in rows}


_SUMMED = ("relations", "again", "won", "known", "bought", "orders", "net_fen", "predicted_fen")

_SUMS = """
SELECT state, add_way, sum(relations), sum(again), sum(won), sum(known), sum(bought), sum(orders),
    sum(net_fen), sum(predicted_fen),
    coalesce(sum(won) FILTER (WHERE day < %(ripe)s), 0),
    coalesce(sum(friends_30) FILTER (WHERE day < %(ripe)s), 0),
    coalesce(sum(won - known) FILTER (WHERE day < %(ripe)s), 0),
    coalesce(sum(bought_30) FILTER (WHERE day < %(ripe)s), 0),
    coalesce(sum(won - known) FILTER (WHERE day < %(ripest)s), 0),
    coalesce(sum(again_90) FILTER (WHERE day < %(ripest)s), 0)
FROM {days} days
WHERE day BETWEEN %(first)s AND %(last)s {only}
GROUP BY 1, 2
"""
_RIPE = ("ripe", "friends_30", "ripe_new", "bought_30", "ripest_new", "again_90")

# Who is still a friend is in view until today: the relations of a day less those that ended.
_ENDS = """
SELECT state, add_way, days, sum(ended)::int, sum(censored)::int FROM (
    SELECT state, add_way, days, ended, censored FROM {ends} ends
    WHERE day BETWEEN %(first)s AND %(last)s {only}
    UNION ALL
    SELECT state, add_way, %(today)s::date - day, 0, relations FROM {days} days
    WHERE day BETWEEN %(first)s AND %(last)s {only}
    UNION ALL
    SELECT state, add_way, %(today)s::date - day, 0, -(ended + censored) FROM {ends} ends
    WHERE day BETWEEN %(first)s AND %(last)s {only}
) parts
GROUP BY 1, 2, 3 HAVING sum(ended) > 0 OR sum(censored) > 0
"""

# The months that the period touches, whole.
_AGES = """
SELECT state, add_way, age, sum(net_fen)::bigint FROM {ages} ages
WHERE month BETWEEN %(first_month)s AND %(last_month)s {only}
GROUP BY 1, 2, 3
"""
_WON = """
SELECT state, add_way, %(today)s::date - day, sum(won)::int FROM {days} days
WHERE day >= %(first_month)s AND day < %(month_end)s AND day <= %(today)s {only}
GROUP BY 1, 2, 3 HAVING sum(won) > 0
"""

_ONLY = "AND state = %(state)s AND add_way = %(add_way)s"


@dataclass(frozen=True)
class _Asked:
    """The questions about one period, of the tables or, for a narrower scope, worked out now."""

    period: Period
    scope: StaffScope
    today: date
    only: Source | None

    def sums(self) -> dict[Source, dict[str, Any]]:
        rows = self._rows(_SUMS)
        names = (*_SUMMED, *_RIPE)
        return {
            Source(state, add_way): {
                name: None if value is None else int(value)
                for name, value in zip(names, values, strict=True)
            }
            for state, add_way, *values in rows
        }

    def relation_days(self) -> dict[Source, list[Ended]]:
        counted: dict[Source, list[Ended]] = defaultdict(list)
        for state, add_way, days, ended, censored in self._rows(_ENDS):
            counted[Source(state, add_way)] += [(days, True, ended), (days, False, censored)]
        return counted

    def ages(self) -> tuple[Numbers, Numbers]:
        """Fen by age, and customers by how many days ago they were won."""
        return _nested(self._rows(_AGES)), _nested(self._rows(_WON))

    def _rows(self, statement: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                statement.format(**tables(self.scope), only=_ONLY if self.only else ""),
                self._bindings(),
            )
            return list(cursor.fetchall())

    def _bindings(self) -> dict[str, Any]:
        last_month = month_of(self.period.last_on)
        return {
            "first": self.period.first_on,
            "last": self.period.last_on,
            "today": self.today,
            "ripe": self.today - timedelta(days=sql.FIRST_ORDER_DAYS),
            "ripest": self.today - timedelta(days=sql.SECOND_ORDER_DAYS),
            "first_month": month_of(self.period.first_on),
            "last_month": last_month,
            "month_end": months_later(last_month, 1),
            "staff": list(self.scope or ()),
            "state": self.only.state if self.only else "",
            "add_way": self.only.add_way if self.only else 0,
        }


def tables(scope: StaffScope) -> dict[str, str]:
    if scope is None:
        return {
            "days": "analytics_sourceday",
            "ends": "analytics_relationend",
            "ages": "analytics_sourceage",
        }
    people, relations = sql.of_staff(sql.PEOPLE), sql.of_staff(sql.RELATIONS)
    return {
        "days": f"({sql.source_days(people, relations)})",
        "ends": f"({sql.relation_ends(relations)})",
        "ages": f"({sql.source_ages(people)})",
    }


def _nested(rows: Iterable[tuple[str, int, int, int]]) -> Numbers:
    found: dict[Source, dict[int, int]] = defaultdict(dict)
    for state, add_way, number, value in rows:
        found[Source(state, add_way)][number] = int(value)
    return found
