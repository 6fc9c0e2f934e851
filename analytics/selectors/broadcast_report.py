"""What one broadcast brought (群发效果): its funnel, and its two arms for the uplift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import Max, Q, Sum

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import CAP_QUANTILE, linearised
from analytics.selectors import effect_sql as sql
from analytics.selectors.models import current_fits
from broadcasts.models import Batch, Broadcast, Variant
from scrm.segments.days import business_day

DEFAULT_DAYS = 14
WINDOWS = (3, 7, 14, 30)
# Spending in so many days before the draw is the covariate.
EARLIER = timedelta(days=90)
OUTCOMES = ("revenue", "orders")
# Of the statements: those written to, and those kept from it.
CHOSEN, HELD = "chosen", "held_out"


@dataclass(frozen=True)
class Span:
    """When orders count: the same time for both arms, from the fixing of the audience until so many
    days after the last staff member sent, or until `now`.
    """

    start: datetime
    end: datetime
    now: datetime
    days: int

    @property
    def is_over(self) -> bool:
        return self.now >= self.end

    @property
    def elapsed(self) -> float:
        """The share of the time that is over, 0–1."""
        return min(1.0, max(0.0, (self.now - self.start) / (self.end - self.start)))

    @property
    def counted_until(self) -> datetime:
        return min(self.now, self.end)

    def bindings(self) -> dict[str, Any]:
        since = self.start - EARLIER
        return {
            "since": since,
            "since_day": business_day(since),
            "before": self.start,
            "start": self.start,
            "start_day": business_day(self.start),
            "end": self.counted_until,
            "end_day": business_day(self.counted_until + timedelta(days=1)),
            "now": self.now,
            "span": timedelta(days=self.days),
            "quantile": CAP_QUANTILE,
        }


@dataclass(frozen=True)
class Funnel:
    """People by step; `executed` are those in the tasks that staff confirmed. `clickers` is None
    where there is no tracked link, money is net of refunds.
    """

    planned: int = 0
    executed: int = 0
    delivered: int = 0
    clickers: int | None = None
    buyers: int = 0
    orders: int = 0
    net_fen: int = 0
    unfriended: int = 0


@dataclass(frozen=True)
class Arms:
    """Both arms: units drawn, sums by outcome, and people in the units.

    A unit is a customer, of a message to groups a group; then means are per member. `by_version` has
    the sums of each letter. Single customers count up to `cap_fen`.
    """

    treated: Mapping[str, Moments]
    held: Mapping[str, Moments]
    people: int
    held_people: int
    by_version: Mapping[str, Mapping[str, Moments]]
    cap_fen: int = 0


# Day since the start; revenue (fen) and orders per customer so far, written to and kept from it.
Course: TypeAlias = "tuple[int, float, float, float, float]"


@dataclass(frozen=True)
class Worth:
    """Both arms by what a customer brought until `until` and is expected to bring in the 365 days
    after it, in fen; per member where groups were drawn.
    """

    treated: Moments
    held: Moments
    until: datetime


@dataclass(frozen=True)
class Report:
    """`course` is empty while one of the arms is, `worth` None without forecasts."""

    broadcast: Broadcast
    span: Span
    funnel: Funnel
    versions: Mapping[str, Funnel]
    arms: Arms
    course: Sequence[Course] = ()
    worth: Worth | None = None


def span_of(broadcast: Broadcast, *, days: int, now: datetime) -> Span:
    """Raises ValueError for a broadcast whose audience was never fixed."""
    if broadcast.frozen_at is None:
        raise ValueError("its audience was never fixed")
    sent = broadcast.batches.aggregate(last=Max("confirmed_at"))["last"]
    last = max(sent or broadcast.frozen_at, broadcast.frozen_at)
    if not broadcast.is_final:
        last = max(last, broadcast.window_end)
    return Span(broadcast.frozen_at, last + timedelta(days=days), now, days)


def report(broadcast: Broadcast, *, days: int, now: datetime) -> Report:
    """A fixed number of statements, whatever the size. Raises ValueError as `span_of`."""
    span = span_of(broadcast, days=days, now=now)
    letters = dict(Variant.objects.filter(broadcast=broadcast).values_list("pk", "letter"))
    whole, versions = _funnels(broadcast, span, letters)
    read = _group_arms if broadcast.is_for_groups else _private_arms
    sizes = {letter: part.planned for letter, part in versions.items()}
    arms = read(broadcast, span, letters, sizes)
    return Report(
        broadcast,
        span,
        whole,
        versions,
        arms,
        course=_by_day(broadcast, span, arms),
        worth=_worth(broadcast, span, arms),
    )


def asked(statement: str, bindings: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one of the statements."""
    with connection.cursor() as cursor:
        cursor.execute(statement, bindings)
        return list(cursor.fetchall())


def moments_of(row: tuple[Any, ...]) -> dict[str, Moments]:
    """Revenue and orders of one row of ARMS, those without an order left out."""
    n, buyers, paying = row[2:5]
    x_mean, x_squares = row[8:10]
    return {
        "revenue": Moments(n, row[10], row[11], x_mean, x_squares, row[12], paying),
        "orders": Moments(n, row[13], row[14], x_mean, x_squares, row[15], buyers),
    }


def _private_arms(
    broadcast: Broadcast, span: Span, letters: Mapping[int, str], sizes: Mapping[str, int]
) -> Arms:
    rows = asked(sql.ARMS, {**span.bindings(), "broadcast": broadcast.pk})
    whole = {arm: dict.fromkeys(OUTCOMES, Moments()) for arm in (CHOSEN, HELD)}
    parts = {letter: dict.fromkeys((*OUTCOMES, "ordered"), Moments()) for letter in sizes}
    for row in rows:
        for outcome, found in moments_of(row).items():
            whole[row[0]][outcome] += found
            if row[1] in letters:
                parts[letters[row[1]]][outcome] = found.among(sizes[letters[row[1]]])
        if row[1] in letters:
            letter = letters[row[1]]
            parts[letter]["ordered"] = Moments.share(row[3], sizes[letter])
    people = {CHOSEN: broadcast.chosen, HELD: broadcast.held_out}
    among = {
        arm: {outcome: found.among(people[arm]) for outcome, found in of.items()}
        for arm, of in whole.items()
    }
    for letter, size in sizes.items():
        parts[letter] = {name: found.among(size) for name, found in parts[letter].items()}
    cap = max((int(row[7]) for row in rows), default=0)
    return Arms(
        among[CHOSEN], among[HELD], broadcast.chosen, broadcast.held_out, parts, cap_fen=cap
    )


def _group_arms(
    broadcast: Broadcast, span: Span, letters: Mapping[int, str], sizes: Mapping[str, int]
) -> Arms:
    rows = asked(sql.GROUPS, {**span.bindings(), "broadcast": broadcast.pk})
    of = {arm: [row for row in rows if row[0] == arm] for arm in (CHOSEN, HELD)}
    named = {number: letter for number, letter in letters.items() if letter in sizes}
    return Arms(
        treated=moments_of_groups(of[CHOSEN]),
        held=moments_of_groups(of[HELD]),
        people=sum(row[2] for row in of[CHOSEN]),
        held_people=sum(row[2] for row in of[HELD]),
        by_version={
            letter: moments_of_groups([row for row in rows if row[1] == number])
            for number, letter in named.items()
        },
        cap_fen=max((int(row[8]) for row in rows), default=0),
    )


def moments_of_groups(rows: list[tuple[Any, ...]]) -> dict[str, Moments]:
    """Of rows of GROUPS: means per member, the group as the unit."""
    members = [float(row[2]) for row in rows]
    earlier = linearised([float(row[7]) for row in rows], members)
    found = {}
    for outcome, place in (("revenue", 6), ("orders", 4), ("ordered", 3)):
        values = [float(row[place]) for row in rows]
        made = Moments.of(linearised(values, members), earlier)
        found[outcome] = replace(made, events=sum(value > 0 for value in values))
    return found


def _funnels(
    broadcast: Broadcast, span: Span, letters: Mapping[int, str]
) -> tuple[Funnel, dict[str, Funnel]]:
    """Of all, and by letter."""
    bindings = {**span.bindings(), "broadcast": broadcast.pk}
    batches = (
        Batch.objects.filter(broadcast=broadcast)
        .order_by()
        .values_list("variant_id")
        .annotate(planned=Sum("size"), executed=Sum("size", filter=Q(confirmed_at__isnull=False)))
    )
    columns: dict[str, list[tuple[Any, ...]]] = {
        "planned": [(variant, planned) for variant, planned, _done in batches],
        "executed": [(variant, done or 0) for variant, _planned, done in batches],
        "delivered": asked(sql.DELIVERED, bindings),
        "unfriended": asked(sql.UNFRIENDED, bindings),
    }
    ordered = asked(sql.ORDERED, bindings)
    for place, name in enumerate(("buyers", "orders", "net_fen"), start=1):
        columns[name] = [(row[0], row[place]) for row in ordered]
    clicked = asked(sql.CLICKED, bindings)
    known = {word: people for word, is_all, people in clicked if not is_all}
    whole = {name: sum(int(row[1]) for row in rows) for name, rows in columns.items()}
    all_clickers = next((people for _w, is_all, people in clicked if is_all), None)
    parts = {
        letter: Funnel(
            clickers=known.get(letter),
            **{
                name: sum(int(row[1]) for row in rows if row[0] == number)
                for name, rows in columns.items()
            },
        )
        for number, letter in sorted(letters.items(), key=lambda pair: pair[1])
    }
    return Funnel(clickers=all_clickers if known else None, **whole), parts


def _by_day(broadcast: Broadcast, span: Span, arms: Arms) -> list[Course]:
    """One statement."""
    if not arms.people or not arms.held_people:
        return []
    bindings = {**span.bindings(), "broadcast": broadcast.pk}
    rows = asked(sql.DAYS[broadcast.kind], bindings)
    per_head = {CHOSEN: arms.people, HELD: arms.held_people}
    of = {
        (arm, day): (fen / per_head[arm], orders / per_head[arm]) for arm, day, orders, fen in rows
    }
    days = (business_day(span.counted_until) - business_day(span.start)).days
    sums = {CHOSEN: [0.0, 0.0], HELD: [0.0, 0.0]}
    found: list[Course] = []
    for day in range(days + 1):
        for arm, so_far in sums.items():
            fen, orders = of.get((arm, day), (0.0, 0.0))
            so_far[0] += fen
            so_far[1] += orders
        found.append((day, sums[CHOSEN][0], sums[HELD][0], sums[CHOSEN][1], sums[HELD][1]))
    return found


def _worth(broadcast: Broadcast, span: Span, arms: Arms) -> Worth | None:
    """Revenue until now, whatever the window, so that nothing is lost before the forecast begins.

    None without a hold-out or without models. Two statements.
    """
    if not arms.people or not arms.held_people or not current_fits():
        return None
    until = replace(span, end=max(span.now, span.start + timedelta(seconds=1)))
    rows = asked(sql.WORTHS[broadcast.kind], {**until.bindings(), "broadcast": broadcast.pk})
    if broadcast.is_for_groups:
        treated, held = (
            worth_of_groups([row for row in rows if row[0] == arm]) for arm in (CHOSEN, HELD)
        )
        return Worth(treated, held, span.now)
    of = {row[0]: worth_of(row) for row in rows}
    return Worth(
        treated=of.get(CHOSEN, Moments()).among(broadcast.chosen),
        held=of.get(HELD, Moments()).among(broadcast.held_out),
        until=span.now,
    )


def worth_of(row: tuple[Any, ...]) -> Moments:
    """Of one row of WORTH_SUMS, those without a value left out."""
    n, events, mean, squares, x_mean, x_squares, products = row[-7:]
    return Moments(n, mean, squares, x_mean, x_squares, products, events)


def worth_of_groups(rows: Sequence[tuple[Any, ...]]) -> Moments:
    """Of rows of WORTH_GROUP_ROWS: per member, the group as the unit."""
    members = [float(row[-3]) for row in rows]
    values = [float(row[-2]) for row in rows]
    earlier = linearised([float(row[-1]) for row in rows], members)
    made = Moments.of(linearised(values, members), earlier)
    return replace(made, events=sum(value > 0 for value in values))
