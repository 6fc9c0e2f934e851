"""Measure what broadcasts brought (群发效果), and keep what they cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from analytics.models import BroadcastCost, BroadcastEffect, StandingEffect
from analytics.selectors.broadcast_report import DEFAULT_DAYS, WINDOWS, Report, report
from analytics.selectors.kept_reports import is_large, written
from analytics.selectors.standing_holdout import (
    PERIODS,
    is_large_shop,
    standing_since,
    whole_effect,
)
from broadcasts.models import Broadcast
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

# While orders still count, and afterwards, when refunds and late orders still change them.
_WHILE_OPEN = timedelta(hours=1)
_AFTERWARDS = timedelta(days=1)
_SETTLED = timedelta(days=60)
_AT_ONCE = 20
# A task has four minutes; a broadcast of a million customers takes up to one of them.
_LONGEST_SECONDS = 120
_MOST_FEN = 10**12


def measure_broadcasts(*, now: datetime) -> int:
    """Measure those that are due, the longest waiting first, and stop after two minutes; returns how
    many. Safe to repeat.
    """
    began = monotonic()
    due = (
        Broadcast.objects.filter(frozen_at__isnull=False)
        .exclude(origin=Broadcast.Origin.JOURNEY)
        .filter(
            Q(effect__isnull=True)
            | Q(
                effect__measured_at__lt=F("effect__end_at"),
                effect__measured_at__lte=now - _WHILE_OPEN,
            )
            | Q(effect__end_at__gt=now - _SETTLED, effect__measured_at__lte=now - _AFTERWARDS)
        )
        .order_by(F("effect__measured_at").asc(nulls_first=True), "-frozen_at")[:_AT_ONCE]
    )
    measured = 0
    for broadcast in due:
        measure(broadcast, now=now)
        measured += 1
        if monotonic() - began > _LONGEST_SECONDS:
            break
    return measured


def measure(broadcast: Broadcast, *, now: datetime) -> BroadcastEffect:
    """Its figures within the usual window, written over those of before; of a large one its whole
    report in every window, too.
    """
    others = [days for days in WINDOWS if days != DEFAULT_DAYS] if is_large(broadcast) else []
    found = report(broadcast, days=DEFAULT_DAYS, now=now)
    windows = {str(days): written(report(broadcast, days=days, now=now)) for days in others}
    if others:
        windows[str(DEFAULT_DAYS)] = written(found)
    funnel = found.funnel
    effect, _made = BroadcastEffect.objects.update_or_create(
        broadcast=broadcast,
        defaults={
            "measured_at": now,
            "start_at": found.span.start,
            "end_at": found.span.end,
            "delivered": funnel.delivered,
            "clickers": funnel.clickers,
            "buyers": funnel.buyers,
            "orders": funnel.orders,
            "net_fen": funnel.net_fen,
            "unfriended": funnel.unfriended,
            "customers": found.arms.people,
            "arms": _sums(found),
            "windows": windows,
        },
    )
    return effect


def measure_standing(*, now: datetime) -> int:
    """What all marketing added, in every period that the page offers, at most once an hour; returns
    how many were measured. Nothing where the page counts by itself, or nothing is drawn.
    """
    drawn_at = standing_since()
    if drawn_at is None or not is_large_shop():
        return 0
    fresh = StandingEffect.objects.filter(measured_at__gt=now - _WHILE_OPEN)
    done = set(fresh.values_list("days", "drawn_at"))
    measured = 0
    for days in PERIODS:
        found = None
        if (days, drawn_at) not in done:
            found = whole_effect(days=days, now=now)
        if found is None:
            continue
        StandingEffect.objects.update_or_create(
            days=days,
            defaults={
                "drawn_at": found.drawn_at,
                "measured_at": now,
                "start_at": found.start,
                "people": found.people,
                "cap_fen": found.cap_fen,
                "sums": {
                    "treated": {name: asdict(sums) for name, sums in found.treated.items()},
                    "held": {name: asdict(sums) for name, sums in found.held.items()},
                },
            },
        )
        measured += 1
    return measured


def _sums(found: Report) -> dict[str, Any]:
    arms = {"treated": found.arms.treated, "held": found.arms.held}
    return {
        arm: {outcome: asdict(moments) for outcome, moments in of.items()}
        for arm, of in arms.items()
    }


def set_cost(
    *,
    broadcast: Broadcast,
    amount_fen: int | None,
    margin_percent: int,
    operator: Operator,
    now: datetime,
) -> None:
    """Write down what it cost; None takes the entry out. Raises InvalidInput (amount, margin)."""
    check_cost(amount_fen, margin_percent)
    with transaction.atomic():
        if amount_fen is None:
            BroadcastCost.objects.filter(broadcast=broadcast).delete()
        else:
            BroadcastCost.objects.update_or_create(
                broadcast=broadcast,
                defaults={
                    "amount_fen": amount_fen,
                    "margin_percent": margin_percent,
                    "entered_by": operator,
                    "entered_at": now,
                },
            )
        record_act(
            action="broadcast.set_cost",
            subject=broadcast,
            operator=operator,
            now=now,
            details={"amount_fen": amount_fen, "margin_percent": margin_percent},
        )


def check_cost(amount_fen: int | None, margin_percent: int) -> None:
    """Raises InvalidInput (amount, margin)."""
    if amount_fen is not None and not 0 < amount_fen <= _MOST_FEN:
        raise InvalidInput(_("A cost is above ¥0 and at most ¥10,000,000,000."), field="amount")
    if not 1 <= margin_percent <= 100:
        raise InvalidInput(_("A margin lies between 1% and 100%."), field="margin")
