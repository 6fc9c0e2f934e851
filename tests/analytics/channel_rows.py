"""A shop whose customers came by channels, measured and read."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta

from analytics.periods import Period
from analytics.selectors.sources import Whom, overview
from analytics.selectors.value_settings import value_settings
from analytics.services.refresh import rebuild_metrics
from analytics.services.value_tables import measure
from contacts.models import Channel, CostEntry
from scrm.segments.days import business_day
from tests.contacts import rows

NOW = rows.NOW
TODAY = business_day(NOW)
JANUARY, FEBRUARY = date(2026, 1, 5), date(2026, 2, 1)
WHOLE = Period(date(2025, 1, 1), TODAY)


def at(day, hour=4):
    return datetime.combine(day, time(hour), UTC)


def channel(name):
    times = {"due_at": NOW, "created_at": NOW, "updated_at": NOW}
    return Channel.objects.create(name=name, kind="named", status="live", state=name, **times)


def cost(of, spent_on, amount_fen, **overrides):
    times = {"created_at": NOW, "updated_at": NOW}
    return CostEntry.objects.create(
        channel=of, spent_on=spent_on, amount_fen=amount_fen, **times, **overrides
    )


def won(member, day, **came):
    person = rows.contact(first_followed_at=at(day))
    rows.follow(person, member, **came)
    return person


def paid(person, day, amount_fen, refunded_fen=0):
    return rows.order(person, paid_at=at(day), amount_fen=amount_fen, refunded_fen=refunded_fen)


def channel_shop():
    """Ten customers of a poster, four of an ad, two of no channel; all ordered after they came."""
    alice, bob = rows.staff(name="Alice"), rows.staff(name="Bob")
    poster, ad = channel("poster"), channel("ad")
    cost(poster, JANUARY, 60_000)
    cost(poster, JANUARY + timedelta(days=1), 45_000)
    cost(poster, JANUARY + timedelta(days=2), -5_000, note="returned")
    cost(ad, FEBRUARY, 50_000)
    tens = [won(alice, JANUARY, state="poster", add_way=1) for _ in range(10)]
    for number, person in enumerate(tens):
        paid(person, JANUARY + timedelta(days=10), 15_000, 3_000)
        if number < 5:
            paid(person, JANUARY + timedelta(days=20), 20_000)
    fours = [won(bob, FEBRUARY, state="ad", add_way=16) for _ in range(4)]
    paid(fours[0], FEBRUARY + timedelta(days=3), 10_000)
    for day in (JANUARY, FEBRUARY):
        paid(won(bob, day, add_way=3), day + timedelta(days=40), 700)
    return {"alice": alice, "bob": bob, "poster": poster, "ad": ad, "tens": tens, "fours": fours}


def measured(now=NOW):
    rebuild_metrics(now=now)
    return measure(now=now)


def seen(period=WHOLE, staff=None):
    found = overview(period, whom=Whom(staff), settings=value_settings(), today=TODAY)
    return {row.name: row.figures for row in found.rows}, found.total


def lines(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return [dict(row) for row in csv.DictReader(io.StringIO(text))]
