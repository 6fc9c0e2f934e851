"""One source in detail: figures, cohorts by month, staying against all others, the standing hold-out.

Of all customers it is read from the tables of channels; of those of a segment or of a department it
is worked out from the ledgers, for large ones by a worker (`kept.ONE_SOURCE`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from analytics.metrics.errors import NotEnoughData
from analytics.metrics.moments import Moments
from analytics.metrics.survival import Durations, LogRank, log_rank
from analytics.metrics.uplift import CAP_QUANTILE, Uplift, uplift
from analytics.periods import Period
from analytics.selectors import source_sql as sql
from analytics.selectors.months import months_later
from analytics.selectors.parts import Part
from analytics.selectors.source_figures import Source
from analytics.selectors.sources import Seen, Whom, relation_durations, tables, whom_of
from broadcasts.policy.holdout import bucket_sql
from broadcasts.selectors.policy import policy_settings
from scrm.segments.days import business_day

MONTH_DAYS = 30


@dataclass(frozen=True)
class Cohort:
    """Customers won in one month. `value_fen` is net revenue per customer by the end of each month
    of 30 days since she was added, as far as that month is over for all of them.
    """

    month: date
    size: int
    value_fen: Sequence[float]


_COHORTS = """
SELECT month, age / %(days)s, sum(net_fen)::bigint FROM {ages} ages
WHERE state = %(state)s AND add_way = %(add_way)s GROUP BY 1, 2
"""
_SIZES = """
SELECT date_trunc('month', day::timestamp)::date, sum(won)::int FROM {won} days
WHERE state = %(state)s AND add_way = %(add_way)s GROUP BY 1 HAVING sum(won) > 0 ORDER BY 1
"""


def cohorts(source: Source, *, whom: Whom, today: date) -> list[Cohort]:
    """Every month in which the source won somebody, oldest first. Two statements."""
    brought: dict[date, dict[int, int]] = defaultdict(dict)
    for month, later, net_fen in _rows(_COHORTS, source, whom):
        brought[month][later] = int(net_fen)
    return [
        Cohort(month, size, _values(brought[month], size, month, today))
        for month, size in _rows(_SIZES, source, whom)
    ]


def _values(net_fen: dict[int, int], size: int, month: date, today: date) -> list[float]:
    # The youngest was added on the month's last day; today is not over.
    youngest = (today - months_later(month, 1)).days + 1
    total, values = 0, []
    for later in range(max(0, youngest // MONTH_DAYS)):
        total += net_fen.get(later, 0)
        values.append(total / size)
    return values


def _rows(statement: str, source: Source, whom: Whom) -> list[Any]:
    bindings = {**source._asdict(), "days": MONTH_DAYS, **whom.bindings}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**tables(whom)), bindings)
        return list(cursor.fetchall())


@dataclass(frozen=True)
class Staying:
    """How long relations of a source last, and of all others; None without any."""

    own: Durations | None
    others: Durations | None
    test: LogRank | None


def staying(own: Durations | None, others: Durations | None) -> Staying:
    """`test` is None where nothing could tell."""
    test = None
    if own is not None and others is not None:
        try:
            test = log_rank([own, others])
        except NotEnoughData:
            test = None
    return Staying(own, others, test)


@dataclass(frozen=True)
class Detail:
    """All that the page of one source shows of some customers; `seen` knows that source alone.

    `own` and `others` are the relations of the period, of the source and of all others.
    """

    seen: Seen
    cohorts: Sequence[Cohort]
    own: Durations | None
    others: Durations | None


def detail(source: Source, period: Period, *, part: Part, today: date) -> Detail:
    """Nine statements at most, with those of the part."""
    among = whom_of(part)
    own, others = relation_durations(source, period, whom=among, today=today)
    return Detail(
        Seen.of(period, whom=among, today=today, only=source),
        cohorts(source, whom=among, today=today),
        own,
        others,
    )


# Single customers count up to the 99th percentile of those who ordered, both arms together.
_DRAWN = """
WITH won AS (
    SELECT a.contact_id, coalesce(m.net_fen, 0)::float8 AS fen
    FROM {people} a LEFT JOIN analytics_contactmetrics m
        ON m.contact_id = a.contact_id AND m.first_on >= a.added_on
    WHERE a.state = %(state)s AND a.add_way = %(add_way)s
        AND a.added_on BETWEEN greatest(%(first)s, %(drawn)s) AND %(last)s
), cap AS (
    SELECT coalesce(percentile_disc(%(quantile)s) WITHIN GROUP (ORDER BY fen)
        FILTER (WHERE fen > 0), 0) AS fen FROM won
), cut AS (
    SELECT {held} AS is_held, least(won.fen, cap.fen) AS fen FROM won CROSS JOIN cap
)
SELECT is_held, count(*)::int, count(*) FILTER (WHERE fen > 0)::int, avg(fen),
    coalesce(regr_sxx(fen, fen), 0)
FROM cut GROUP BY 1
"""


def against_holdout(source: Source, period: Period) -> Uplift | None:
    """What marketing adds per customer the source won: those who may be written to against the
    standing hold-out, net revenue since the adding. None without a hold-out. One statement.
    """
    rules = policy_settings()
    if not rules.standing_percent or rules.standing_since is None:
        return None
    held = f"{bucket_sql(rules.standing_salt, 'won.contact_id')} < %(percent)s"
    with connection.cursor() as cursor:
        cursor.execute(
            _DRAWN.format(held=held, people=sql.PEOPLE),
            {
                **source._asdict(),
                "percent": rules.standing_percent,
                "quantile": CAP_QUANTILE,
                "first": period.first_on,
                "last": period.last_on,
                "drawn": business_day(rules.standing_since) + timedelta(days=1),
            },
        )
        arms = {
            bool(arm): Moments(n=n, events=events, mean=float(mean), squares=float(squares))
            for arm, n, events, mean, squares in cursor.fetchall()
        }
    if not arms:
        return None
    return uplift(arms.get(False, Moments()), arms.get(True, Moments()))
