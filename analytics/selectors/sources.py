"""Where customers came from, what became of them and what winning them cost (渠道价值).

A source is a channel, or for those who came without one the way they were added. Its customers
are those it won in the period: who is added again, or by a colleague too, was won before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Sum

from analytics.metrics.acquisition import ValueByAge, value_by_age
from analytics.metrics.survival import Durations, kaplan_meier
from analytics.models import ValueRun, ValueSettings
from analytics.periods import Period
from analytics.selectors import source_sql as sql
from analytics.selectors.durations import counted_durations, together
from analytics.selectors.months import month_of, months_later
from analytics.selectors.parts import Part
from analytics.selectors.source_figures import (
    LOST_BY,
    Figures,
    Numbers,
    Overview,
    Row,
    Source,
)
from contacts.models import Channel, CostEntry
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator

# Whose staff's customers count; None is everybody.
StaffScope: TypeAlias = "tuple[int, ...] | None"


def staff_scope(operator: Operator) -> StaffScope:
    """The staff whose customers the operator's figures speak of."""
    if operator.sees_everything:
        return None
    return tuple(visible_staff(operator).order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True)
class Whom:
    """Whose customers count: those of some staff, those of some numbers; None is no bound."""

    staff: StaffScope = None
    contacts: Sequence[int] | None = None

    @property
    def is_everybody(self) -> bool:
        return self.staff is None and self.contacts is None

    @property
    def conditions(self) -> list[str]:
        """In SQL, on the columns `staff_id` and `contact_id`; `bindings` has the values."""
        by_staff = [] if self.staff is None else ["staff_id = ANY(%(staff)s)"]
        by_number = [] if self.contacts is None else ["contact_id = ANY(%(contacts)s)"]
        return [*by_staff, *by_number]

    @property
    def bindings(self) -> dict[str, list[int]]:
        return {"staff": list(self.staff or ()), "contacts": list(self.contacts or ())}


ALL_CUSTOMERS = Whom()
# Nobody's source, where the sources are not kept apart.
_TOGETHER = Source("", -1)


def whom_of(part: Part) -> Whom:
    """The customers of a part: a lead's are those whom the own staff won. Two queries at most."""
    staff: StaffScope = None
    contacts = None
    if part.operator_id is not None:
        staff = staff_scope(Operator.objects.get(pk=part.operator_id))
    if part.segment_id is not None and part.scope is not None:
        contacts = list(part.scope.order_by().values_list("pk", flat=True))
    return Whom(staff, contacts)


def last_measured() -> ValueRun | None:
    return ValueRun.objects.filter(pk=1).first()


def overview(period: Period, *, whom: Whom, settings: ValueSettings, today: date) -> Overview:
    """Every source with an add or a cost in the period. Six statements."""
    return listed(Seen.of(period, whom=whom, today=today), settings)


def listed(seen: Seen, settings: ValueSettings) -> Overview:
    """What was read as lines of a list, the most customers first. One query."""
    found = {source: seen.figures(source, settings) for source in seen.sources}
    channels = {
        channel.state: channel
        for channel in Channel.objects.filter(state__in=[key.state for key in found if key.state])
    }
    rows = [Row(key, channels.get(key.state), figures) for key, figures in found.items()]
    rows.sort(key=lambda row: (-row.figures.won, -row.figures.cost_fen, row.name))
    return Overview(rows, seen.total(settings))


def total_of(period: Period, *, settings: ValueSettings) -> Figures:
    """All sources together without losses and payback, to compare with. Two statements."""
    sums = _Asked(period, ALL_CUSTOMERS, period.last_on, None).sums()
    return Seen(sums, {}, {}, {}, _costs(period, None)).total(settings)


def figures_of(
    source: Source, period: Period, *, whom: Whom, settings: ValueSettings, today: date
) -> Figures:
    """One source in the period. Five statements."""
    seen = Seen.of(period, whom=whom, today=today, only=source)
    return seen.figures(source, settings)


def relation_durations(
    source: Source, period: Period, *, whom: Whom, today: date
) -> tuple[Durations | None, Durations | None]:
    """How long the relations of the period have lasted: of one source, and of all others; None
    without any. One statement.
    """
    asked = _Asked(period, whom, today, None)
    parts = "state = %(state)s AND add_way = %(add_way)s AS is_own"
    rows = asked.rows(_ENDS, key="is_own", parts=parts, **source._asdict())
    found = {is_own: counted_durations(*counts) for is_own, *counts in rows}
    return found.get(True), found.get(False)


@dataclass(frozen=True)
class Seen:
    """What was read about the sources of a period, before it becomes figures. In a list of some
    customers `brought` and `won` are of all sources together.
    """

    sums: Mapping[Source, Mapping[str, Any]]
    ends: Mapping[Source, Durations]
    brought: Mapping[Source, Mapping[int, int]]
    won: Mapping[Source, Mapping[int, int]]
    costs: Mapping[Source, int]

    @classmethod
    def of(cls, period: Period, *, whom: Whom, today: date, only: Source | None = None) -> Seen:
        asked = _Asked(period, whom, today, only)
        # A list tells of the first months only; the page of one source draws all of it.
        until = None if only is not None else max(LOST_BY) + 1
        # A cost is the whole channel's; a part of its customers has none of its own.
        costs = _costs(period, only) if whom.is_everybody else {}
        brought, won = asked.ages()
        if only is None and not whom.is_everybody:
            # With nothing to be paid back only the curve of all together is ever drawn.
            brought, won = ({_TOGETHER: _added_up(each.values())} for each in (brought, won))
        return cls(asked.sums(), asked.relation_days(until), brought, won, costs)

    @property
    def sources(self) -> set[Source]:
        # As tuples they come back from where they were kept.
        return {Source(*key) for key in (*self.sums, *self.costs)}

    def figures(self, source: Source, settings: ValueSettings) -> Figures:
        return _figures(
            self.sums.get(source, {}),
            self.ends.get(source),
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
            together(list(self.ends.values())) if self.ends else None,
            value_by_age(_added_up(self.brought.values()), _added_up(self.won.values())),
            sum(self.costs.values()),
            settings,
        )


def _figures(
    sums: Mapping[str, Any],
    seen: Durations | None,
    by_age: ValueByAge,
    cost_fen: int,
    settings: ValueSettings,
) -> Figures:
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

# Who is still a friend is in view until today: the relations of a day less those that ended, which
# are told of in the same pass over them. What ends after `until` days is censored there. One row a
# key, with arrays: that many rows of single numbers would cost more than the counting.
_ENDS = """
SELECT {key}, array_agg(days), array_agg(ended), array_agg(censored) FROM (
    SELECT {key}, least(days, %(until)s) AS days,
        coalesce(sum(ended) FILTER (WHERE days < %(until)s), 0)::int AS ended,
        (sum(censored) + coalesce(sum(ended) FILTER (WHERE days >= %(until)s), 0))::int AS censored
    FROM (
        SELECT {parts}, part.days, part.ended, part.censored
        FROM {ends} ends, LATERAL (VALUES
            (ends.days, ends.ended, ends.censored),
            (%(today)s::date - ends.day, 0, -(ends.ended + ends.censored))
        ) part(days, ended, censored)
        WHERE day BETWEEN %(first)s AND %(last)s {only}
        UNION ALL
        SELECT {parts}, %(today)s::date - day, 0, relations FROM {days} days
        WHERE day BETWEEN %(first)s AND %(last)s AND relations > 0 {only}
    ) parts
    GROUP BY {key}, least(days, %(until)s) HAVING sum(ended) > 0 OR sum(censored) > 0
) counted
GROUP BY {key}
"""

# The months that the period touches, whole; arrays as above.
_AGES = """
SELECT state, add_way, array_agg(age), array_agg(net_fen) FROM (
    SELECT state, add_way, age, sum(net_fen::float8)::bigint AS net_fen FROM {ages} ages
    WHERE month BETWEEN %(first_month)s AND %(last_month)s {only}
    GROUP BY 1, 2, 3
) counted
GROUP BY 1, 2
"""
_WON = """
SELECT state, add_way, array_agg(%(today)s::date - day), array_agg(won) FROM {won} days
WHERE day >= %(first_month)s AND day < %(month_end)s AND day <= %(today)s AND won > 0 {only}
GROUP BY 1, 2
"""

# Nobody is watched for so many days.
_NO_END = 1_000_000
_ONLY = "AND state = %(state)s AND add_way = %(add_way)s"


@dataclass(frozen=True)
class _Asked:
    """The questions about one period, of the tables or, for fewer customers, worked out now."""

    period: Period
    whom: Whom
    today: date
    only: Source | None

    def sums(self) -> dict[Source, dict[str, Any]]:
        names = (*_SUMMED, *_RIPE)
        return {
            Source(state, add_way): {
                name: None if value is None else int(value)
                for name, value in zip(names, values, strict=True)
            }
            for state, add_way, *values in self.rows(_SUMS)
        }

    def relation_days(self, until: int | None) -> dict[Source, Durations]:
        """What lasts longer than `until` days is censored then."""
        key = "state, add_way"
        bound = {} if until is None else {"until": until}
        return {
            Source(state, add_way): counted_durations(*counts)
            for state, add_way, *counts in self.rows(_ENDS, key=key, parts=key, **bound)
        }

    def ages(self) -> tuple[Numbers, Numbers]:
        """Fen by age, and customers by how many days ago they were won."""
        return _nested(self.rows(_AGES)), _nested(self.rows(_WON))

    def rows(self, statement: str, *, key: str = "", parts: str = "", **bound: Any) -> list[Any]:
        with connection.cursor() as cursor:
            only = _ONLY if self.only else ""
            cursor.execute(
                statement.format(key=key, parts=parts, only=only, **tables(self.whom)),
                {**self._bindings(), **bound},
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
            "until": _NO_END,
            **self.whom.bindings,
            "state": self.only.state if self.only else "",
            "add_way": self.only.add_way if self.only else 0,
        }


def tables(whom: Whom) -> dict[str, str]:
    if whom.is_everybody:
        return {
            "days": "analytics_sourceday",
            "won": "analytics_sourceday",
            "ends": "analytics_relationend",
            "ages": "analytics_sourceage",
        }
    people, relations = (sql.those(table, whom.conditions) for table in (sql.PEOPLE, sql.RELATIONS))
    return {
        "days": f"({sql.source_days(people, relations)})",
        "won": f"({sql.won_days(people)})",
        "ends": f"({sql.relation_ends(relations)})",
        "ages": f"({sql.source_ages(people)})",
    }


def _nested(rows: Iterable[tuple[str, int, list[int], list[int]]]) -> Numbers:
    return {
        Source(state, add_way): dict(zip(numbers, values, strict=True))
        for state, add_way, numbers, values in rows
    }
