"""Signs that the order ledger is not whole or not right (数据质量), each with the records behind it.

The last 365 days; whole shop. `ledger_signs` gives what is kept as JSON: {"orders": how many in the
window, "signs": [{"kind", "level", "count", "of", …, "records": […]}, …]}. Records of gaps are
[first day, last day, missing orders], of orders [source, number, day, fen]; at most 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from analytics.metrics.data_quality import (
    Level,
    Refunds,
    amount_limit,
    gaps,
    level_of_unmatched,
)
from analytics.metrics.ratios import known, ratio
from analytics.selectors.expressions import Quartiles
from contacts.models import Order
from scrm.segments.days import business_day, start_of, start_of_next

Sign: TypeAlias = dict[str, Any]

WINDOW_DAYS, RECENT_DAYS = 365, 30
_RECORDS = 20


@dataclass(frozen=True)
class _Day:
    orders: int
    waiting: int
    refunded: int
    free: int


def ledger_signs(*, now: datetime) -> dict[str, Any]:
    """Reads the orders of a year a few times: for the night."""
    today = business_day(now)
    first = today - timedelta(days=WINDOW_DAYS - 1)
    window = Order.objects.filter(paid_at__gte=start_of(first), paid_at__lt=start_of_next(today))
    days = _by_day(window)
    total = sum(day.orders for day in days.values())
    return {
        "orders": total,
        "signs": [
            _gaps(days, first=first, today=today),
            _unmatched(days, total),
            _unusual(window, total),
            _refunds(days, today),
            _twice(first, today, total),
            _future(now),
            _sign("free", _any(free := sum(day.free for day in days.values())), free, total),
        ],
    }


def _sign(kind: str, level: Level, count: int, of: int, **more: Any) -> Sign:
    return {"kind": kind, "level": level.value, "count": count, "of": of, "records": [], **more}


def _any(count: int) -> Level:
    return Level.MIND if count else Level.GOOD


def _by_day(window: QuerySet[Order]) -> dict[date, _Day]:
    rows = (
        window.order_by()
        .values_list("paid_on")
        .annotate(
            orders=Count("pk"),
            waiting=Count("pk", filter=Q(contact__isnull=True)),
            refunded=Count("pk", filter=Q(refunded_fen__gt=0)),
            free=Count("pk", filter=Q(amount_fen=0)),
        )
    )
    return {day: _Day(*counts) for day, *counts in rows}


def _gaps(days: dict[date, _Day], *, first: date, today: date) -> Sign:
    """From the first order of the window on, so that a young shop has no gap before it."""
    if not days:
        return _sign("gaps", Level.GOOD, 0, 0)
    began = max(first, min(days))
    # The running day is not over.
    found = gaps(
        {day: row.orders for day, row in days.items()}, first=began, last=today - timedelta(1)
    )
    return _sign(
        "gaps",
        Level.BAD if found else Level.GOOD,
        sum(gap.days for gap in found),
        (today - began).days,
        records=[[f"{g.first}", f"{g.last}", round(g.missing)] for g in found[:_RECORDS]],
    )


def _unmatched(days: dict[date, _Day], total: int) -> Sign:
    waiting = sum(day.waiting for day in days.values())
    return _sign("unmatched", level_of_unmatched(ratio(waiting, total)), waiting, total)


def _unusual(window: QuerySet[Order], total: int) -> Sign:
    quartiles = window.aggregate(found=Quartiles("amount_fen"))["found"]
    limit = known(amount_limit(*quartiles)) if quartiles else None
    if limit is None:
        return _sign("unusual", Level.GOOD, 0, total, limit_fen=None)
    beyond = window.filter(amount_fen__gt=limit)
    count = beyond.count()
    return _sign(
        "unusual",
        _any(count),
        count,
        total,
        limit_fen=round(limit),
        records=_records(beyond.order_by("-amount_fen", "pk")),
    )


def _refunds(days: dict[date, _Day], today: date) -> Sign:
    recent_from = today - timedelta(days=RECENT_DAYS - 1)
    recent = [row for day, row in days.items() if day >= recent_from]
    before = [row for day, row in days.items() if day < recent_from]
    found = Refunds(
        orders=sum(row.orders for row in recent),
        refunded=sum(row.refunded for row in recent),
        orders_before=sum(row.orders for row in before),
        refunded_before=sum(row.refunded for row in before),
    )
    return _sign(
        "refunds",
        Level.MIND if found.is_high else Level.GOOD,
        found.refunded,
        found.orders,
        usual=found.usual,
    )


_TWICE = """
SELECT contact_id, paid_at, amount_fen, count(*) FROM contacts_order
WHERE contact_id IS NOT NULL AND paid_at >= %s AND paid_at < %s AND amount_fen > 0
    -- Midnight to the second is a day without a time: nothing can be said of two of those.
    AND (paid_at AT TIME ZONE %s)::time <> '00:00:00'
GROUP BY contact_id, paid_at, amount_fen HAVING count(*) > 1
ORDER BY paid_at DESC
"""


def _twice(first: date, today: date, total: int) -> Sign:
    """Orders of one customer over one amount in the same second: one export too many?"""
    with connection.cursor() as cursor:
        cursor.execute(_TWICE, [start_of(first), start_of_next(today), str(start_of(today).tzinfo)])
        found = cursor.fetchall()
    surplus = sum(row[3] - 1 for row in found)
    same = Q(pk__in=[])
    for contact_id, paid_at, amount_fen, _count in found[: _RECORDS // 2]:
        same |= Q(contact_id=contact_id, paid_at=paid_at, amount_fen=amount_fen)
    records = _records(Order.objects.filter(same).order_by("-paid_at", "pk")) if found else []
    return _sign("twice", _any(surplus), surplus, total, records=records)


def _future(now: datetime) -> Sign:
    late = Order.objects.filter(paid_at__gt=now + timedelta(days=1))
    count = late.count()
    return _sign(
        "future",
        Level.BAD if count else Level.GOOD,
        count,
        count,
        records=_records(late.order_by("-paid_at", "pk")),
    )


def _records(rows: QuerySet[Order]) -> list[list[Any]]:
    shown = rows.values_list("source", "external_id", "paid_on", F("amount_fen"))[:_RECORDS]
    return [[source, number, f"{day}", fen] for source, number, day, fen in shown]
