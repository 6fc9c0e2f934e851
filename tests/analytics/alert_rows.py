"""Rows for tests of churn alerts: one alert; a shop with a forecast that needs no fit."""

from __future__ import annotations

from datetime import timedelta

from analytics.models import ChurnAlert, ChurnAlertRun, ContactMetrics, ModelFit
from scrm.segments.days import business_day
from tests.contacts import rows
from tests.contacts.rows import NOW

TODAY = business_day(NOW)


def run(**overrides):
    day = overrides.pop("day", TODAY)
    values = {"started_at": NOW, "silent_days": 45, "lost_days": 120, **overrides}
    return ChurnAlertRun.objects.get_or_create(day=day, defaults=values)[0]


def alert(person, member, **overrides):
    day = overrides.get("day", TODAY)
    values = {
        "run": overrides.pop("run", None) or run(day=day),
        "day": day,
        "made_at": NOW - timedelta(hours=6),
        "kind": "inactive",
        "risk": 0.5,
        "value_fen": 40_000,
        "loss_fen": 20_000,
        "reasons": [{"reason": "overdue", "numbers": {"gap": 60, "usual": 20}}],
        "action": "message",
        **overrides,
    }
    if values.get("state", "open") != "open":
        values.setdefault("closed_at", NOW)
    return ChurnAlert.objects.create(contact=person, staff=member, **values)


def fitted():
    """A fit is in use, made this morning."""
    for kind in (ModelFit.Kind.MBGNBD, ModelFit.Kind.GAMMA_GAMMA):
        ModelFit.objects.create(
            kind=kind,
            parameters={},
            customers=600,
            repeaters=200,
            log_likelihood=0,
            converged=True,
            data_from=TODAY - timedelta(days=400),
            data_to=TODAY,
            created_at=NOW - timedelta(hours=7),
        )


def buyer(member, *, gap=60, usual=20, repeats=4, p_alive=0.5, value_fen=20_000, **overrides):
    """A friend of `member` who bought `repeats` + 1 times every `usual` days, last `gap` days ago,
    with a forecast of `value_fen` for the year.
    """
    since = NOW - timedelta(days=overrides.pop("friend_days", 400))
    person = rows.contact(first_followed_at=since, **overrides)
    rows.follow(person, member)
    last = TODAY - timedelta(days=gap)
    first = last - timedelta(days=usual * repeats)
    ContactMetrics.objects.create(
        contact=person,
        first_on=first,
        second_on=first + timedelta(days=usual) if repeats else None,
        last_on=last,
        purchase_days=repeats + 1,
        orders=repeats + 1,
        revenue_fen=10_000 * (repeats + 1),
        refunded_fen=0,
        first_day_fen=10_000,
        computed_at=NOW,
        p_alive=p_alive,
        expected_orders=2,
        predicted_fen=value_fen,
        predicted_low_fen=0,
        predicted_high_fen=2 * value_fen,
        predicted_at=NOW,
    )
    return person
