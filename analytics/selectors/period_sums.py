"""Everything pages say of some customers in a period (时间段汇总), read at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeAlias

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from analytics.metrics.ratios import ratio
from analytics.models import ContactMetrics, StaleCustomer
from analytics.periods import Period
from analytics.selectors.expressions import WholeSum
from analytics.selectors.people import people
from analytics.selectors.scope import Scope, within
from contacts.models import Contact, Follow, Order
from contacts.selectors.stage_flow import moves_between
from scrm.segments.days import business_day

Money: TypeAlias = int

# So many days of orders are found by their days; for more of them all orders are passed by.
_LONG_DAYS = 120


@dataclass(frozen=True)
class DaySums:
    """One day, or several added up. `purchases` counts customers once a day, `first` and `second`
    those whose first or second purchase day it was; `first_fen` is net revenue of the first.
    """

    orders: int = 0
    purchases: int = 0
    first: int = 0
    second: int = 0
    net_fen: Money = 0
    refunded_fen: Money = 0
    first_fen: Money = 0
    unfriended: int = 0
    added: int = 0
    lost: int = 0

    @property
    def returning_fen(self) -> Money:
        return self.net_fen - self.first_fen


def added_up(found: Sequence[DaySums]) -> DaySums:
    """One for several; of none all is 0."""
    return DaySums(*map(sum, zip(*(vars(each).values() for each in found), strict=True)))


@dataclass(frozen=True)
class PeriodSums:
    """What the customers of one part did in `first_on` … `last_on`; money in fen.

    `customers`, `friends`, `effective` and `stages` are of now; buyers, repeat buyers and net
    revenue "until the end" are those of the whole time up to the period's last day. `days` has no
    entry for a day without anything.
    """

    first_on: date
    last_on: date
    customers: int
    friends: int
    effective: int
    stages: Mapping[str, int]
    buyers_until_end: int
    repeaters_until_end: int
    net_until_end_fen: Money
    predicted_mean_fen: float | None
    p_alive_mean: float | None
    buyers: int
    repeaters: int
    returning: int
    relations_at_start: int
    moves: Mapping[tuple[str, str], int]
    days: Mapping[date, DaySums]

    @property
    def period(self) -> Period:
        return Period(self.first_on, self.last_on)

    @cached_property
    def total(self) -> DaySums:
        return added_up(self.parts)

    @cached_property
    def parts(self) -> list[DaySums]:
        """By what a chart has a mark for; see `Period.parts`."""
        return [
            added_up([self.days[day] for day in part if day in self.days])
            for part in self.period.parts
        ]

    @property
    def ltv_fen(self) -> float | None:
        """Net revenue per buyer up to the end of the period (历史 LTV)."""
        return ratio(self.net_until_end_fen, self.buyers_until_end)

    @property
    def ltv_course(self) -> list[float | None]:
        """LTV at the end of each part."""
        total = self.total
        net, buyers = self.net_until_end_fen - total.net_fen, self.buyers_until_end - total.first
        course = []
        for part in self.parts:
            net, buyers = net + part.net_fen, buyers + part.first
            course.append(ratio(net, buyers))
        return course

    @property
    def repeat_share(self) -> float | None:
        """Buyers with two purchase days by the end of the period, of its buyers ever."""
        return ratio(self.repeaters_until_end, self.buyers_until_end)

    @property
    def order_value_fen(self) -> float | None:
        return ratio(self.total.net_fen, self.total.orders)

    @property
    def repurchase_rate(self) -> float | None:
        return ratio(self.repeaters, self.buyers)

    @property
    def returning_share(self) -> float | None:
        return ratio(self.returning, self.buyers)

    @property
    def unfriend_rate(self) -> float | None:
        return ratio(self.total.unfriended, self.relations_at_start)

    @property
    def effective_share(self) -> float | None:
        return ratio(self.effective, self.friends)

    @property
    def net_growth(self) -> int:
        return self.total.added - self.total.lost


def period_sums(scope: Scope, period: Period, *, now: datetime) -> PeriodSums:
    """Twelve queries, thirteen for a period that is over."""
    bought = _paid(_orders(scope), period)
    sales, buyers, repeaters = _sold(bought)
    firsts = _firsts(scope, period)
    return PeriodSums(
        first_on=period.first_on,
        last_on=period.last_on,
        **vars(people(scope)),
        **_until_end(scope, period, today=business_day(now)),
        buyers=buyers,
        repeaters=repeaters,
        # All others bought for the first time in these days.
        returning=buyers - sum(day.first for day in firsts.values()) - _unknown(bought),
        relations_at_start=_relations(scope, period.start),
        moves=moves_between(scope, period.start, min(period.end, now)),
        days=_days(scope, sales, firsts, period),
    )


def _orders(scope: Scope) -> QuerySet[Order]:
    return within(Order.objects.filter(contact__isnull=False), scope)


def _paid(rows: QuerySet[Order], period: Period) -> QuerySet[Order]:
    """Those of the period. A short one is said once more in the words of the index that leads to
    its days; for a long one the covering index, which has the orders by customer, is read whole,
    and nothing has to be sorted.
    """
    rows = rows.filter(paid_on__range=(period.first_on, period.last_on))
    if period.days > _LONG_DAYS:
        return rows
    return rows.filter(paid_at__gte=period.start, paid_at__lt=period.end)


def _until_end(scope: Scope, period: Period, *, today: date) -> dict[str, Any]:
    """Today's sums less what came after the period, so that no long history is read."""
    end = period.last_on
    found = within(ContactMetrics.objects.all(), scope).aggregate(
        buyers_until_end=Count("pk", filter=Q(first_on__lte=end)),
        repeaters_until_end=Count("pk", filter=Q(second_on__lte=end)),
        net_until_end_fen=WholeSum("net_fen", default=0),
        predicted_mean_fen=Avg("predicted_fen"),
        p_alive_mean=Avg("p_alive"),
    )
    later = 0
    if end < today:
        rows = _orders(scope).filter(paid_on__gt=end)
        if (today - end).days <= _LONG_DAYS:
            rows = rows.filter(paid_at__gte=period.end)
        later = rows.aggregate(net=WholeSum(F("amount_fen") - F("refunded_fen"), default=0))["net"]
    found["net_until_end_fen"] = int(found["net_until_end_fen"]) - int(later)
    mean = found["predicted_mean_fen"]
    found["predicted_mean_fen"] = None if mean is None else float(mean)
    return found


def _relations(scope: Scope, start: datetime) -> int:
    found = within(Follow.objects.filter(added_at__lt=start), scope).aggregate(
        there=Count("pk", filter=Q(ended_at__isnull=True) | Q(ended_at__gte=start))
    )
    return int(found["there"])


def _days(
    scope: Scope, sales: Mapping[date, DaySums], firsts: Mapping[date, DaySums], period: Period
) -> dict[date, DaySums]:
    inside = {"gte": period.start, "lt": period.end}

    def counted(rows: QuerySet[Any], column: str) -> dict[date, int]:
        dated = rows.filter(**{f"{column}__{op}": value for op, value in inside.items()})
        days = dated.annotate(day=TruncDate(column)).values_list("day")
        return dict(days.annotate(Count("pk")).order_by())

    people = within(Contact.objects.all(), scope, "pk")
    ended = within(Follow.objects.filter(status=Follow.Status.DELETED_BY_CONTACT), scope)
    unfriended = counted(ended, "ended_at")
    added, lost = counted(people, "first_followed_at"), counted(people, "lost_at")
    nothing = DaySums()
    return {
        day: replace(
            added_up([sales.get(day, nothing), firsts.get(day, nothing)]),
            unfriended=unfriended.get(day, 0),
            added=added.get(day, 0),
            lost=lost.get(day, 0),
        )
        for day in sorted({*sales, *firsts, *unfriended, *added, *lost})
    }


# One pass over the orders for the days and, in the last row, for the customers.
_SOLD = """
WITH daily AS MATERIALIZED ({bought})
SELECT paid_on, sum(orders), count(*), sum(net), sum(refunded) FROM daily GROUP BY paid_on
UNION ALL
SELECT NULL::date, count(*), count(*) FILTER (WHERE days > 1), 0, 0
FROM (SELECT count(*) AS days FROM daily GROUP BY contact_id) buyers
"""


def _sold(bought: QuerySet[Order]) -> tuple[dict[date, DaySums], int, int]:
    """What was sold on each day with an order; buyers, and those of them who bought on two days.
    Orders of one day are one purchase. One query.
    """
    daily = (
        bought.order_by()
        .values("contact_id", "paid_on")
        .annotate(
            orders=Count("*"),
            net=WholeSum(F("amount_fen") - F("refunded_fen")),
            refunded=WholeSum("refunded_fen"),
        )
    )
    try:
        sql, parameters = daily.query.sql_with_params()
    except EmptyResultSet:
        return {}, 0, 0
    with connection.cursor() as cursor:
        cursor.execute(_SOLD.format(bought=sql), parameters)
        rows = {day: [int(each) for each in sums] for day, *sums in cursor.fetchall()}
    buyers, repeaters, _net, _refunded = rows.pop(None)
    return (
        {
            day: DaySums(orders=orders, purchases=purchases, net_fen=net, refunded_fen=refunded)
            for day, (orders, purchases, net, refunded) in rows.items()
        },
        buyers,
        repeaters,
    )


def _firsts(scope: Scope, period: Period) -> dict[date, DaySums]:
    """First and second purchase days in the period, from the sums of customers. Two queries."""
    known = within(ContactMetrics.objects.all(), scope).order_by()
    span = (period.first_on, period.last_on)
    found = {
        day: DaySums(first=how_many, first_fen=int(fen))
        for day, how_many, fen in known.filter(first_on__range=span)
        .values_list("first_on")
        .annotate(how_many=Count("*"), fen=WholeSum("first_day_fen"))
    }
    seconds = known.filter(second_on__range=span).values_list("second_on")
    for day, how_many in seconds.annotate(how_many=Count("*")):
        found[day] = replace(found.get(day, DaySums()), second=how_many)
    return found


def _unknown(bought: QuerySet[Order]) -> int:
    """Buyers whose very first order no refresh has seen yet. One query."""
    waiting = StaleCustomer.objects.filter(
        ~Exists(ContactMetrics.objects.filter(contact_id=OuterRef("contact_id")))
    ).values("contact_id")
    rows = bought.filter(contact_id__in=waiting)
    return int(rows.aggregate(found=Count("contact_id", distinct=True))["found"])
