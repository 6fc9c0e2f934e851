"""What a channel has brought, over time: adds and losses by day, who stays, who buys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel, Follow, Staff
from contacts.selectors.channels import LOST, ChannelFigures
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, shares, words
from scrm.segments.days import business_day, start_of

SPANS = (14, 30, 90)
_STAFF_DRAWN = 20
_KEPT_AFTER = (1, 3, 7, 14, 30, 60, 90, 180)


@dataclass(frozen=True)
class Bought:
    """Customers whose very first relation came by the channel, and what they bought after it.

    `first_buyers` of them had never bought before. Money in fen, net of refunds.
    """

    customers: int
    buyers: int
    first_buyers: int
    orders: int
    revenue_fen: int

    def cost_per_buyer_fen(self, cost_fen: int) -> int | None:
        return round(cost_fen / self.first_buyers) if self.first_buyers and cost_fen else None


_BOUGHT = """
WITH came AS (
    SELECT f.contact_id, min(f.added_at) AS added_at
    FROM contacts_follow f
    WHERE f.state = %(state)s AND (%(staff)s::bigint[] IS NULL OR f.staff_id = ANY(%(staff)s))
    GROUP BY f.contact_id
),
own AS (
    SELECT came.contact_id, came.added_at FROM came
    WHERE NOT EXISTS (SELECT 1 FROM contacts_follow other
        WHERE other.contact_id = came.contact_id AND other.state <> %(state)s
            AND other.added_at < came.added_at)
),
bought AS (
    SELECT own.contact_id,
        count(*) FILTER (WHERE o.paid_at >= own.added_at) AS orders,
        coalesce(sum(o.amount_fen - o.refunded_fen) FILTER (WHERE o.paid_at >= own.added_at), 0)
            AS fen,
        bool_or(o.paid_at < own.added_at) AS was_buyer
    FROM own JOIN contacts_order o ON o.contact_id = own.contact_id
    GROUP BY own.contact_id
)
SELECT (SELECT count(*) FROM own), count(*) FILTER (WHERE orders > 0),
    count(*) FILTER (WHERE orders > 0 AND NOT was_buyer), coalesce(sum(orders), 0),
    coalesce(sum(fen), 0)
FROM bought
"""


def bought_by(channel: Channel, staff: QuerySet[Staff] | None) -> Bought:
    """`staff` narrows to relations of these; None takes all."""
    staff_ids = None if staff is None else list(staff.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT, {"state": channel.state, "staff": staff_ids})
        return Bought(*(int(value) for value in cursor.fetchone()))


def by_day(channel: Channel, follows: QuerySet[Follow], *, now: datetime, span: int) -> Dataset:
    """Adds, losses and what is left of each of the last `span` business days."""
    today = business_day(now)
    dates = [today - timedelta(days=back) for back in range(span - 1, -1, -1)]
    since = start_of(dates[0])
    of_channel = follows.filter(state=channel.state)
    added = _by_day(of_channel.filter(added_at__gte=since), "added_at")
    lost = _by_day(of_channel.filter(status__in=LOST, ended_at__gte=since), "ended_at")
    rows = [
        (day, added.get(day, 0), lost.get(day, 0), added.get(day, 0) - lost.get(day, 0))
        for day in dates
    ]
    series = (
        (gettext("New"), [row[1] for row in rows]),
        (gettext("Lost"), [row[2] for row in rows]),
    )
    option = charts.bars([f"{day:%m-%d}" for day in dates], series, formatter="@integer")
    is_empty = not added and not lost
    return Dataset(
        key="channel-days",
        title=_("New and lost by day"),
        columns=(days(_("Day")), counts(_("New")), counts(_("Lost")), counts(_("Net"))),
        rows=[] if is_empty else rows,
        option=option,
    )


def _by_day(rows: QuerySet[Follow], column: str) -> dict[date, int]:
    zone = timezone.get_default_timezone()
    counted = rows.values_list(TruncDate(column, tzinfo=zone)).annotate(number=Count("pk"))
    return dict(counted.order_by())


def kept_curve(channel: Channel, follows: QuerySet[Follow], *, now: datetime) -> Dataset:
    """The share still friends so many days after being added, among those added long enough ago.

    Relations that were handed over are left out.
    """
    of_channel = follows.filter(state=channel.state).exclude(status=Follow.Status.HANDED_OVER)
    counted = of_channel.aggregate(
        **{f"old_{after}": Count("pk", filter=_is_old(after, now)) for after in _KEPT_AFTER},
        **{
            f"kept_{after}": Count("pk", filter=_is_old(after, now) & _stayed(after))
            for after in _KEPT_AFTER
        },
    )
    rows = [
        (after, old, counted[f"kept_{after}"], counted[f"kept_{after}"] / old)
        for after in _KEPT_AFTER
        if (old := counted[f"old_{after}"])
    ]
    points: list[tuple[float, float | None]] = [
        (0.0, 1.0),
        *((float(after), share) for after, _total, _kept, share in rows),
    ]
    return Dataset(
        key="channel-kept",
        title=_("Who stays"),
        columns=(
            counts(_("Days after being added")),
            counts(_("Added so long ago")),
            counts(_("Still friends then")),
            shares(_("Share")),
        ),
        rows=rows,
        option=charts.steps(
            [(gettext("Still friends"), points)],
            x_name=gettext("Days after being added"),
            formatter="@percent",
            most=1.0,
        ),
    )


def _is_old(after: int, now: datetime) -> Q:
    return Q(added_at__lte=now - timedelta(days=after))


def _stayed(after: int) -> Q:
    return Q(ended_at__isnull=True) | Q(ended_at__gt=F("added_at") + timedelta(days=after))


def by_staff(figures: list[tuple[Staff, ChannelFigures]]) -> Dataset:
    """Who met the channel's customers."""
    rows = [
        (str(member), own.total, own.today, own.kept, own.lost, own.kept_share)
        for member, own in figures
    ]
    shown = rows[:_STAFF_DRAWN]
    option = charts.ladder(
        [row[0] for row in shown], [row[1] for row in shown], name=gettext("New, ever")
    )
    return Dataset(
        key="channel-staff",
        title=_("By staff"),
        columns=(
            words(_("Staff")),
            counts(_("New, ever")),
            counts(_("Today")),
            counts(_("Still friends")),
            counts(_("Lost")),
            shares(_("Kept")),
        ),
        rows=rows,
        option=option,
    )
