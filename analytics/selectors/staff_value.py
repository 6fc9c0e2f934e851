"""What each staff member adds (员工价值): customers won and kept, answers, revenue, care.

Revenue counts for one staff member: of those who were the customer's friends on the day of the
order, the one who has been it longest. So all staff together, with nobody's part, come to the
ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
from django.db.models import Count, F, Q, Sum

from analytics.metrics.proportions import Share, share_of
from analytics.metrics.ratios import known, ratio
from analytics.metrics.surplus import Surplus
from analytics.metrics.survival import shares_left
from analytics.models import StaffExpectation, StaffValueDay
from analytics.models.staff_value import NOBODY
from analytics.periods import Period
from analytics.selectors import columns
from analytics.selectors.months import whole_months
from analytics.selectors.sources import StaffScope
from broadcasts.models import Batch
from contacts.models import Staff, StaffDay, StaffTask

KEPT_UNTIL = 30

# A share with its interval, each None where nothing can be said.
Kept: TypeAlias = "tuple[float | None, tuple[float, float] | None]"


@dataclass(frozen=True)
class Chats:
    """What WeCom counted (联系客户统计); the rates are None on days without chats."""

    chats: int = 0
    messages: int = 0
    replied: float | None = None
    reply_minutes: float | None = None
    negative: int = 0


@dataclass(frozen=True)
class Care:
    """Tasks for customers and broadcasts to send, of the period."""

    tasks_done: int = 0
    tasks_late: int = 0
    batches: int = 0
    confirmed: int = 0

    @property
    def unconfirmed(self) -> int:
        return self.batches - self.confirmed

    @property
    def confirmed_share(self) -> float | None:
        return ratio(self.confirmed, self.batches)


@dataclass(frozen=True)
class StaffFigures:
    """One staff member in one period; money in fen.

    `kept` is the share of the period's relations that stay 30 days (Kaplan–Meier), None while none
    is in view for so long.
    """

    added: int = 0
    won: int = 0
    lost: int = 0
    removed: int = 0
    orders: int = 0
    net_fen: int = 0
    kept: float | None = None
    kept_interval: tuple[float, float] | None = None
    chats: Chats = Chats()
    care: Care = Care()
    surplus: Surplus | None = None

    @property
    def new_share(self) -> Share:
        """Customers won, of those added."""
        return share_of(min(self.won, self.added), self.added)


@dataclass(frozen=True)
class StaffRow:
    """`member` is None for what nobody looked after."""

    member: Staff | None
    figures: StaffFigures


@dataclass(frozen=True)
class StaffOverview:
    rows: Sequence[StaffRow]
    total: StaffFigures


_SUMMED = ("added", "won", "lost", "removed", "orders", "net_fen")

# How many relations ended, or left view, after fewer days than are asked about. Who is still a
# friend is in view until today: the relations of a day less those that ended.
_ENDS = """
SELECT staff_id, days::int8, sum(ended)::int8, sum(censored)::int8
FROM (
    SELECT staff_id, days, ended, censored FROM analytics_relationend
    WHERE day BETWEEN %(first)s AND %(last)s AND days < %(until)s {only}
    UNION ALL
    SELECT staff_id, %(today)s::date - day, 0, added FROM analytics_staffvalueday
    WHERE day BETWEEN %(recent)s AND %(last)s AND staff_id <> 0 AND added > 0 {only}
    UNION ALL
    SELECT staff_id, %(today)s::date - day, 0, -(ended + censored) FROM analytics_relationend
    WHERE day BETWEEN %(recent)s AND %(last)s {only}
) parts
GROUP BY 1, 2
"""


def staff_overview(period: Period, *, scope: StaffScope, today: date) -> StaffOverview:
    """Everybody with anything in the period, the most revenue first. Eight statements."""
    found = staff_figures(period, scope=scope, today=today)
    members = Staff.objects.in_bulk([pk for pk in found if pk != NOBODY])
    rows = [
        StaffRow(members.get(pk), figures)
        for pk, figures in found.items()
        if pk in members or figures.orders
    ]
    rows.sort(key=lambda row: (row.member is None, -row.figures.net_fen, -row.figures.added))
    return StaffOverview(rows, _together([row.figures for row in rows]))


def staff_total(period: Period, *, scope: StaffScope) -> StaffFigures:
    """What all together added, lost and brought; nothing else. One statement."""
    return _together([StaffFigures(**line) for line in _sums(period, scope).values()])


def staff_figures(period: Period, *, scope: StaffScope, today: date) -> dict[int, StaffFigures]:
    """By staff id, NOBODY without one; in a narrower scope its own staff alone."""
    sums = _sums(period, scope)
    kept = _kept(period, {pk: line["added"] for pk, line in sums.items()}, scope, today)
    chats, care = _chats(period, scope), _care(period, scope, today)
    surplus = _surplus(scope)
    found = {}
    for pk in {*sums, *kept, *chats, *care}:
        share, interval = kept.get(pk, (None, None))
        found[pk] = StaffFigures(
            **sums.get(pk, {}),
            kept=share,
            kept_interval=interval,
            chats=chats.get(pk, Chats()),
            care=care.get(pk, Care()),
            surplus=surplus.get(pk),
        )
    return found


def _narrowed(rows: Any, scope: StaffScope, column: str = "staff_id") -> Any:
    return rows if scope is None else rows.filter(**{f"{column}__in": scope})


# Whole months from their sums, the days around them one by one.
_SPAN = """
SELECT staff_id, {columns} FROM analytics_staffvaluemonth
WHERE month >= %(begin)s AND month < %(end)s {only}
UNION ALL
SELECT staff_id, {columns} FROM analytics_staffvalueday
WHERE (day BETWEEN %(first)s AND least(%(begin)s - 1, %(span_last)s)
    OR day BETWEEN greatest(%(end)s, %(first)s) AND %(span_last)s) {only}
"""


def _span(first_on: date, last_on: date, *, scope: StaffScope) -> dict[str, Any]:
    begin, end = whole_months(first_on, last_on)
    return {
        "first": first_on,
        "span_last": last_on,
        "begin": begin,
        "end": end,
        "staff": list(scope or ()),
    }


def _only(scope: StaffScope) -> str:
    return "" if scope is None else "AND staff_id = ANY(%(staff)s)"


def _sums(period: Period, scope: StaffScope) -> dict[int, dict[str, Any]]:
    span = _SPAN.format(columns=", ".join(_SUMMED), only=_only(scope))
    sums = ", ".join(f"sum({name}::float8)::int8" for name in _SUMMED)
    rows = columns.read(
        f"SELECT staff_id, {sums} FROM ({span}) span GROUP BY 1",  # noqa: S608 – own names
        ("staff_id", *_SUMMED),
        _span(period.first_on, period.last_on, scope=scope),
    )
    return {
        int(staff_id): {name: int(rows[name][place]) for name in _SUMMED}
        for place, staff_id in enumerate(rows["staff_id"])
    }


def _kept(
    period: Period, added: Mapping[int, int], scope: StaffScope, today: date
) -> dict[int, Kept]:
    """By staff id, whoever began a relation in the period. One statement."""
    until = KEPT_UNTIL + 1
    rows = columns.read(
        _ENDS.format(only=_only(scope)),
        ("staff", "days", "ended", "censored"),
        {
            "first": period.first_on,
            "last": period.last_on,
            "today": today,
            "recent": max(period.first_on, today - timedelta(until - 1)),
            "until": until,
            "staff": list(scope or ()),
        },
    )
    began = [pk for pk, number in added.items() if number and pk != NOBODY]
    staff = np.union1d(np.array(began, dtype=np.int64), rows["staff"])
    ended, censored = np.zeros((2, len(staff), until + 1), dtype=np.int64)
    place = np.searchsorted(staff, rows["staff"])
    ended[place, rows["days"]], censored[place, rows["days"]] = rows["ended"], rows["censored"]
    # Nobody is watched longer than is asked about: all others are censored there.
    total = np.array([added.get(pk, 0) for pk in staff], dtype=np.int64)
    censored[:, until] = np.maximum(total - (ended + censored).sum(axis=1), 0)
    is_seen = censored[:, until] + ended[:, KEPT_UNTIL] + censored[:, KEPT_UNTIL] > 0
    shares, lows, highs = shares_left(ended, censored)
    return {
        int(pk): (float(share), _interval(low, high)) if is_told else (None, None)
        for pk, is_told, share, low, high in zip(staff, is_seen, shares, lows, highs, strict=True)
    }


def _interval(low: float, high: float) -> tuple[float, float] | None:
    bounds = known(low), known(high)
    return None if bounds[0] is None or bounds[1] is None else (bounds[0], bounds[1])


def _chats(period: Period, scope: StaffScope) -> dict[int, Chats]:
    """The rates are means over chats, so a busy day counts for more."""
    rows = _narrowed(
        StaffDay.objects.filter(day__gte=period.first_on, day__lte=period.last_on), scope
    )
    told = Q(reply_percentage__isnull=False)
    timed = Q(reply_minutes__isnull=False)
    summed = rows.values("staff_id").annotate(
        all_chats=Sum("chats"),
        all_messages=Sum("messages"),
        all_negative=Sum("negative"),
        told=Sum("chats", filter=told, default=0),
        replied=Sum(F("chats") * F("reply_percentage"), filter=told),
        timed=Sum("chats", filter=timed, default=0),
        minutes=Sum(F("chats") * F("reply_minutes"), filter=timed),
    )
    return {
        row["staff_id"]: Chats(
            chats=row["all_chats"],
            messages=row["all_messages"],
            replied=None if row["replied"] is None else ratio(row["replied"] / 100, row["told"]),
            reply_minutes=None if row["minutes"] is None else ratio(row["minutes"], row["timed"]),
            negative=row["all_negative"],
        )
        for row in summed.order_by()
    }


def _care(period: Period, scope: StaffScope, today: date) -> dict[int, Care]:
    last = min(today, period.last_on)
    tasks = _narrowed(StaffTask.objects.all(), scope).values("staff_id")
    done = Q(state=StaffTask.State.DONE, closed_at__gte=period.start, closed_at__lt=period.end)
    late = Q(state=StaffTask.State.OPEN, due_on__gte=period.first_on, due_on__lt=last)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in (
        tasks.filter(done | late)
        .annotate(done=Count("pk", filter=done), late=Count("pk", filter=late))
        .order_by()
    ):
        found[row["staff_id"]] |= {"tasks_done": row["done"], "tasks_late": row["late"]}
    handed = _narrowed(
        Batch.objects.filter(
            state=Batch.State.ACCEPTED, intent_at__gte=period.start, intent_at__lt=period.end
        ),
        scope,
    ).values("staff_id")
    for row in handed.annotate(all=Count("pk"), confirmed=Count("confirmed_at")).order_by():
        found[row["staff_id"]] |= {"batches": row["all"], "confirmed": row["confirmed"]}
    return {staff_id: Care(**counted) for staff_id, counted in found.items()}


def _surplus(scope: StaffScope) -> dict[int, Surplus]:
    rows = _narrowed(StaffExpectation.objects.exclude(staff_id=NOBODY), scope)
    return {
        row.staff_id: Surplus(
            row.customers, float(row.expected_fen), float(row.realised_fen), float(row.error_fen)
        )
        for row in rows
    }


def expectation_days() -> tuple[date, date] | None:
    """The days that the comparison with what was expected speaks of."""
    row = StaffExpectation.objects.first()
    return (row.first_on, row.last_on) if row is not None else None


def staff_days(staff_id: int, period: Period) -> list[tuple[date, int, int, int, int]]:
    """(day, added, lost, orders, net fen) of every day of the period. One statement."""
    rows = StaffValueDay.objects.filter(
        staff_id=staff_id, day__gte=period.first_on, day__lte=period.last_on
    ).values_list("day", "added", "lost", "orders", "net_fen")
    known_days = {day: values for day, *values in rows}
    return [(day, *known_days.get(day, (0, 0, 0, 0))) for day in period]


def _together(parts: list[StaffFigures]) -> StaffFigures:
    care = Care(
        **{
            name: sum(getattr(part.care, name) for part in parts)
            for name in ("tasks_done", "tasks_late", "batches", "confirmed")
        }
    )
    chats = [part.chats for part in parts]
    told = [(c.chats, c.replied) for c in chats if c.replied is not None]
    timed = [(c.chats, c.reply_minutes) for c in chats if c.reply_minutes is not None]
    return StaffFigures(
        **{name: sum(getattr(part, name) for part in parts) for name in _SUMMED},
        care=care,
        chats=Chats(
            chats=sum(c.chats for c in chats),
            messages=sum(c.messages for c in chats),
            replied=_mean(told),
            reply_minutes=_mean(timed),
            negative=sum(c.negative for c in chats),
        ),
    )


def _mean(weighted: Sequence[tuple[int, float]]) -> float | None:
    return ratio(sum(n * value for n, value in weighted), sum(n for n, _value in weighted))
