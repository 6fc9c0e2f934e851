"""Churn of both kinds in depth: when relations end, in whose hands, and who stops buying each month.

Everything is counted by the database and given as JSON, so that it can be kept over night:
{"hazard": [[first, end, person-days, ended, rate, low, high], …],
 "channels" and "staff": {"groups": [[name, people, ended, [share, low, high] | null, …], …],
 "test": [χ², degrees, p] | null}, "months": [[month, at start, lost, is over], …]}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Coalesce

from analytics.metrics.group_curves import Comparison, compare_groups
from analytics.metrics.hazard import hazard
from analytics.selectors.churn import friendship_durations
from analytics.selectors.durations import durations
from analytics.selectors.expressions import WholeDaysBetween
from analytics.selectors.months import month_of, months_later
from analytics.selectors.scope import Scope, within
from contacts.models import Channel, Follow, Staff
from contacts.models.add_way import AddWay
from contacts.selectors.lifecycle import lifecycle_settings
from scrm.segments.days import business_day

_MOST_GROUPS = 12
MONTHS = 13


def leaving(scope: Scope, *, now: datetime) -> dict[str, Any]:
    """Reads every relation twice and every purchase day once: for the night, or a small scope."""
    return {
        "hazard": [list(vars(band).values()) for band in hazard(_durations(scope, now))],
        "channels": _compared(scope, now, ("state", "add_way"), _channel_names()),
        "staff": _compared(scope, now, ("staff_id",), _staff_names()),
        "lost_after_days": lifecycle_settings().lost_after_days,
        "months": inactive_months(scope, today=business_day(now)),
    }


def _durations(scope: Scope, now: datetime) -> Any:
    return friendship_durations(scope, now=now)


def _compared(
    scope: Scope, now: datetime, columns: tuple[str, ...], name_of: Callable[..., str]
) -> dict[str, Any]:
    rows = (
        within(Follow.objects.filter(added_at__lte=now), scope)
        .annotate(days=WholeDaysBetween(Coalesce(F("ended_at"), Value(now)), F("added_at")))
        .values(*columns, "days")
        .annotate(
            ended=Count("pk", filter=Q(status=Follow.Status.DELETED_BY_CONTACT)), total=Count("pk")
        )
        .values_list(*columns, "days", "ended", "total")
        .order_by()
    )
    groups: defaultdict[str, list[tuple[int, bool, int]]] = defaultdict(list)
    for *key, days, ended, total in rows:
        groups[name_of(*key)] += [(days, True, ended), (days, False, total - ended)]
    biggest = sorted(groups, key=lambda name: -sum(row[2] for row in groups[name]))[:_MOST_GROUPS]
    return _as_json(compare_groups({name: durations(groups[name]) for name in biggest}))


def _as_json(found: Comparison) -> dict[str, Any]:
    test = found.test
    return {
        "groups": [
            [
                group.name,
                group.people,
                group.events,
                *(left and [left.share, left.low, left.high] for left in group.left),
            ]
            for group in found.groups
        ],
        "test": test and [test.chi_square, test.degrees, test.p_value],
    }


def _channel_names() -> Callable[[str, int], str]:
    """A channel by its name, a state nobody knows by itself, the others by how they were added.

    The way of adding is kept as its number: its words depend on the reader.
    """
    names = dict(Channel.objects.values_list("state", "name"))
    return lambda state, add_way: names.get(state, state) if state else f"#{add_way}"


def way_number(name: str) -> int | None:
    """The way of adding behind a kept name, None for the name of a channel."""
    number = name.removeprefix("#")
    return int(number) if number != name and number.isdigit() else None


def way_words(number: int) -> str:
    try:
        return str(AddWay(number).label)
    except ValueError:
        return f"#{number}"


def _staff_names() -> Callable[[int], str]:
    names = {member.pk: str(member) for member in Staff.objects.only("pk", "name", "userid")}
    return lambda pk: names.get(pk, "–")


# A spell begins with a purchase day that follows no other within the limit, and ends the day after
# the limit has passed with none. The same as `metrics.churn.monthly_churn`, on which it is tested.
_SPELLS = """
WITH days AS (
    SELECT DISTINCT contact_id, paid_on FROM contacts_order
    WHERE contact_id IS NOT NULL AND paid_on <= %(today)s {scope}
), neighbours AS (
    SELECT contact_id, paid_on, paid_on + %(lost)s + 1 AS lapse,
        lag(paid_on) OVER customer AS before, lead(paid_on) OVER customer AS following
    FROM days WINDOW customer AS (PARTITION BY contact_id ORDER BY paid_on)
), spells AS (
    SELECT paid_on, lapse, starts,
        CASE WHEN following IS NULL THEN lapse <= %(today)s ELSE following >= lapse END AS lapses,
        max(paid_on) FILTER (WHERE starts) OVER (PARTITION BY contact_id ORDER BY paid_on) AS began
    FROM (
        SELECT *, before IS NULL OR paid_on >= before + %(lost)s + 1 AS starts FROM neighbours
    ) marked
)
SELECT date_trunc('month', paid_on)::date, count(*), 0, 0 FROM spells WHERE starts GROUP BY 1
UNION ALL
SELECT date_trunc('month', lapse)::date, 0, count(*),
    count(*) FILTER (WHERE began < date_trunc('month', lapse))
FROM spells WHERE lapses GROUP BY 1
"""


def inactive_months(scope: Scope, *, today: date, months: int = MONTHS) -> list[list[Any]]:
    """Per month, the oldest first: customers not lost at its start, and those lost during it."""
    lost_days = lifecycle_settings().lost_after_days
    condition, arguments = _condition(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            _SPELLS.format(scope=condition), {"today": today, "lost": lost_days, **arguments}
        )
        rows = cursor.fetchall()
    began: defaultdict[date, int] = defaultdict(int)
    lapsed: defaultdict[date, int] = defaultdict(int)
    lost: defaultdict[date, int] = defaultdict(int)
    for month, starts, lapses, while_there in rows:
        began[month] += starts
        lapsed[month] += lapses
        lost[month] += while_there
    if not rows:
        return []
    first = max(months_later(month_of(today), 1 - months), min(began))
    span = 12 * (today.year - first.year) + today.month - first.month + 1
    return [
        [
            f"{month}",
            sum(n for m, n in began.items() if m < month)
            - sum(n for m, n in lapsed.items() if m < month),
            lost[month],
            month < month_of(today),
        ]
        for month in (months_later(first, number) for number in range(span))
    ]


def _condition(scope: Scope) -> tuple[str, dict[str, Any]]:
    if scope is None:
        return "", {}
    return "AND contact_id = ANY(%(contacts)s)", {
        "contacts": list(scope.values_list("pk", flat=True))
    }
