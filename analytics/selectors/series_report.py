"""What a recurring broadcast or a journey brought as a whole (周期群发与旅程效果).

Customers count once, however many of its messages they got: in the arm where the first one put
them, over a window that begins then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias

from analytics.metrics.moments import Moments
from analytics.metrics.series import BEST_AT_CUSTOMERS, BEST_AT_GROUPS, any_time_alpha, pooled
from analytics.metrics.uplift import (
    ALPHA,
    CAP_QUANTILE,
    RATIO_ALARM,
    Uplift,
    ratio_p_value,
    uplift,
)
from analytics.selectors import series_sql as sql
from analytics.selectors.broadcast_report import (
    CHOSEN,
    EARLIER,
    HELD,
    OUTCOMES,
    Course,
    Funnel,
    Worth,
    asked,
    moments_of,
    moments_of_groups,
    worth_of,
    worth_of_groups,
)
from analytics.selectors.models import current_fits
from broadcasts.models import BroadcastPlan, Journey
from broadcasts.policy.decision import Reason
from broadcasts.policy.holdout import bucket_sql
from broadcasts.selectors.policy import policy_settings

DEFAULT_DAYS = 30
WINDOWS = (7, 14, 30, 90)
# What the governor asks before the standing hold-out: whoever it keeps out is in neither arm.
_ASKED_BEFORE = [
    str(reason)
    for reason in (
        Reason.NOT_FRIEND,
        Reason.NO_STAFF,
        Reason.DO_NOT_CONTACT,
        Reason.PAUSED,
        Reason.TOPIC,
    )
]
SENDS, GROUPS, STANDING = "sends", "groups", "standing"


@dataclass(frozen=True)
class Series:
    """A plan or a journey; `kind` says which."""

    row: BroadcastPlan | Journey

    @property
    def kind(self) -> str:
        return "plan" if isinstance(self.row, BroadcastPlan) else "journey"

    @property
    def is_for_groups(self) -> bool:
        if isinstance(self.row, BroadcastPlan):
            return self.row.is_for_groups
        return self.row.subject == Journey.Subject.GROUP

    @property
    def to(self) -> str:
        return "group" if self.is_for_groups else "private"


@dataclass(frozen=True)
class Sent:
    """How many broadcasts came of it, when the audiences of the first and the newest were fixed, and
    how many recipients they have together.
    """

    broadcasts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    recipients: int = 0


def _nothing() -> dict[str, Moments]:
    return dict.fromkeys(OUTCOMES, Moments())


@dataclass(frozen=True)
class Compared:
    """Both arms of those whose window is over, by outcome.

    `draw` says by which hold-out: its broadcasts' own, of customers or of groups, or the standing
    one; "" without any. Units are customers or groups, `people` and `held_people` the customers in
    both arms; `waiting` units have a window that is still open. `worth` is None without forecasts.
    """

    draw: str = ""
    treated: Mapping[str, Moments] = field(default_factory=_nothing)
    held: Mapping[str, Moments] = field(default_factory=_nothing)
    people: int = 0
    held_people: int = 0
    waiting: int = 0
    cap_fen: int = 0
    is_ratio_off: bool = False
    course: Sequence[Course] = ()
    worth: Worth | None = None

    @property
    def is_by_standing(self) -> bool:
        return self.draw == STANDING


@dataclass(frozen=True)
class SeriesReport:
    """`parts` are the steps of a journey by their key; `messages` is how many arrived in all."""

    series: Series
    days: int
    now: datetime
    sent: Sent
    messages: int
    funnel: Funnel
    parts: Mapping[str, Funnel]
    compared: Compared

    @property
    def alpha(self) -> float:
        """What one look may err, so that all looks together err in at most five per cent."""
        units = sum(arm["revenue"].n for arm in (self.compared.treated, self.compared.held))
        best_at = BEST_AT_GROUPS if self.series.is_for_groups else BEST_AT_CUSTOMERS
        return any_time_alpha(units, best_at=best_at) if units else ALPHA

    @cached_property
    def revenue(self) -> Uplift:
        arms = self.compared
        return uplift(arms.treated["revenue"], arms.held["revenue"], alpha=self.alpha)

    @cached_property
    def worth(self) -> Uplift | None:
        """Incremental LTV; None without forecasts."""
        arms = self.compared.worth
        return None if arms is None else uplift(arms.treated, arms.held, alpha=self.alpha)


def sent_of(series: Series, *, now: datetime) -> Sent:
    """One statement."""
    ((broadcasts, first, last, recipients),) = asked(
        sql.SENT[series.kind], {"series": series.row.pk, "now": now}
    )
    return Sent(int(broadcasts), first, last, int(recipients))


def series_report(series: Series, *, days: int, now: datetime) -> SeriesReport:
    """A fixed number of statements, whatever the size."""
    bindings = {
        "series": series.row.pk,
        "now": now,
        "span": timedelta(days=days),
        "earlier": EARLIER,
        "quantile": CAP_QUANTILE,
    }
    whole, parts, messages = _funnels(series, bindings)
    return SeriesReport(
        series=series,
        days=days,
        now=now,
        sent=sent_of(series, now=now),
        messages=messages,
        funnel=whole,
        parts=parts,
        compared=_compared(series, bindings),
    )


def _funnels(series: Series, bindings: Mapping[str, Any]) -> tuple[Funnel, dict[str, Funnel], int]:
    """Of all, by part, and how many messages arrived."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    messages = 0
    for name in sql.STEPS:
        for part, is_all, *counts in asked(sql.step(series.kind, name, to=series.to), bindings):
            key = _ALL if is_all else part
            found[key].update(_STEP_FIELDS[name](*(int(count) for count in counts)))
            if is_all and name == "delivered":
                messages = int(counts[1])
    whole = Funnel(**found.pop(_ALL, {}))
    return whole, {part: Funnel(**columns) for part, columns in sorted(found.items())}, messages


# Not a key of any step.
_ALL = "*"
_STEP_FIELDS: dict[str, Callable[..., dict[str, int | None]]] = {
    "planned": lambda planned, executed: {"planned": planned, "executed": executed},
    "delivered": lambda people, _messages: {"delivered": people},
    "clicked": lambda links, people: {"clickers": people if links else None},
    "ordered": lambda people, orders, fen: {"buyers": people, "orders": orders, "net_fen": fen},
    "unfriended": lambda people, _relations: {"unfriended": people},
}


@dataclass(frozen=True)
class _Draw:
    """A hold-out to compare by: which, who is in it as SQL, and what that SQL asks for."""

    name: str
    held: str = "false"
    also: Mapping[str, Any] = field(default_factory=dict)
    percent: int | None = None


def _draws(series: Series) -> list[_Draw]:
    """The hold-outs that may part its customers, the sharpest first."""
    if series.is_for_groups:
        return [_Draw(GROUPS)]
    rules, found = policy_settings(), [_Draw(SENDS)]
    if rules.standing_percent and rules.standing_since is not None:
        also = {
            "percent": rules.standing_percent,
            "drawn_at": rules.standing_since,
            "asked_before": _ASKED_BEFORE,
        }
        held = f"{bucket_sql(rules.standing_salt, 'r.contact_id')} < %(percent)s"
        found.append(_Draw(STANDING, held, also, rules.standing_percent))
    return found


def _compared(series: Series, bindings: Mapping[str, Any]) -> Compared:
    """By the first hold-out that kept anybody from it."""
    for draw in _draws(series):
        asking = {**bindings, **draw.also}
        rows = asked(sql.sizes(series.kind, draw.name, draw.held), asking)
        if any(arm == HELD for arm, *_counts in rows):
            return _arms(series, draw, rows, asking)
    return Compared()


def _arms(
    series: Series, draw: _Draw, sizes: Sequence[tuple[Any, ...]], asking: Mapping[str, Any]
) -> Compared:
    kind = series.kind
    over = {(arm, share): units for arm, share, _drawn, units, _people in sizes}
    people = {(arm, share): count for arm, share, _drawn, _units, count in sizes}
    rows = asked(sql.sums(kind, draw.name, draw.held), asking)
    read = _group_sums if draw.name == GROUPS else _customer_sums
    sums = read(rows, over)
    shares = sorted({share for _arm, share in over})
    arms = {
        outcome: pooled(
            (sums[CHOSEN, share][outcome], sums[HELD, share][outcome]) for share in shares
        )
        for outcome in OUTCOMES
    }
    by_day = asked(sql.course(kind, draw.name, draw.held), asking)
    is_compared = {arm for (arm, _share), count in people.items() if count} == {CHOSEN, HELD}
    return Compared(
        draw=draw.name,
        treated={outcome: pair[0] for outcome, pair in arms.items()},
        held={outcome: pair[1] for outcome, pair in arms.items()},
        people=sum(count for (arm, _share), count in people.items() if arm == CHOSEN),
        held_people=sum(count for (arm, _share), count in people.items() if arm == HELD),
        waiting=sum(drawn - units for _arm, _share, drawn, units, _people in sizes),
        cap_fen=max((int(row[_CAP[draw.name]]) for row in rows), default=0),
        is_ratio_off=_is_ratio_off(sizes, draw.percent),
        course=_course(by_day, people, days=asking["span"].days),
        worth=_worth(kind, draw, over, asking) if is_compared and current_fits() else None,
    )


# The column with the cap in rows of `series_sql.sums`.
_CAP = {SENDS: 7, STANDING: 7, GROUPS: 8}
Sums: TypeAlias = "dict[tuple[str, int], dict[str, Moments]]"


def _customer_sums(rows: Sequence[tuple[Any, ...]], sizes: Mapping[tuple[str, int], int]) -> Sums:
    """Of each arm and share, those without an order counted in."""
    found: Sums = defaultdict(_nothing)
    for row in rows:
        found[row[0], row[1]] = moments_of(row)
    for key, size in sizes.items():
        found[key] = {outcome: sums.among(size) for outcome, sums in found[key].items()}
    return found


def _group_sums(rows: Sequence[tuple[Any, ...]], _sizes: Mapping[tuple[str, int], int]) -> Sums:
    """Of each arm and share; a row of `rows` is a group."""
    groups: dict[tuple[str, int], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        groups[row[0], row[1]].append(row)
    found: Sums = defaultdict(_nothing)
    found.update({key: moments_of_groups(of) for key, of in groups.items()})
    return found


def _worth(
    kind: str, draw: _Draw, sizes: Mapping[tuple[str, int], int], asking: Mapping[str, Any]
) -> Worth:
    """Of the same customers: revenue from the beginning of each until now, whatever the window, and
    what is expected after it. One statement.
    """
    rows: dict[tuple[str, int], list[tuple[Any, ...]]] = defaultdict(list)
    for row in asked(sql.worth(kind, draw.name, draw.held), asking):
        rows[row[0], row[1]].append(row)

    def arm(name: str, share: int) -> Moments:
        found = rows[name, share]
        if draw.name == GROUPS:
            return worth_of_groups(found)
        known = worth_of(found[0]) if found else Moments()
        return known.among(sizes.get((name, share), 0))

    shares = sorted({share for _arm, share in sizes})
    treated, held = pooled((arm(CHOSEN, share), arm(HELD, share)) for share in shares)
    return Worth(treated, held, asking["now"])


def _is_ratio_off(sizes: Sequence[tuple[Any, ...]], percent: int | None) -> bool:
    """Whether the arms of some share are not as large as they were drawn; all shares together err as
    rarely as one.
    """
    drawn: dict[int, dict[str, int]] = defaultdict(dict)
    for arm, share, units, _over, _people in sizes:
        drawn[share][arm] = units
    return any(
        ratio_p_value(of.get(CHOSEN, 0), of.get(HELD, 0), (percent or share) / 100)
        < RATIO_ALARM / len(drawn)
        for share, of in drawn.items()
    )


def _course(
    rows: Sequence[tuple[Any, ...]], people: Mapping[tuple[str, int], int], *, days: int
) -> list[Course]:
    """What a customer of each arm has brought by each day since her beginning, the shares weighted as
    in `pooled`; empty while an arm is.
    """
    shares = {
        share: people[CHOSEN, share] + people[HELD, share]
        for share in {share for _arm, share in people}
        if people.get((CHOSEN, share)) and people.get((HELD, share))
    }
    whole = sum(shares.values())
    if not whole:
        return []
    by_day: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for arm, share, day, orders, fen in rows:
        if share in shares:
            weight = shares[share] / whole / people[arm, share]
            by_day[arm, day][0] += weight * float(fen)
            by_day[arm, day][1] += weight * orders
    found, so_far = [], {CHOSEN: [0.0, 0.0], HELD: [0.0, 0.0]}
    for day in range(days):
        for arm, sums in so_far.items():
            for place, value in enumerate(by_day[arm, day]):
                sums[place] += value
        (fen, orders), (held_fen, held_orders) = so_far[CHOSEN], so_far[HELD]
        found.append((day + 1, fen, held_fen, orders, held_orders))
    return found
