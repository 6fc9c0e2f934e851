"""Rows for the tests of analytics: customers and their orders in bulk."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from contacts.models import Contact, Follow, Order

NOW = datetime(2026, 7, 15, 4, 0, tzinfo=UTC)  # noon in Shanghai
TODAY = date(2026, 7, 15)

_numbers = count(1)


def contacts(how_many, **overrides):
    since = overrides.pop("first_followed_at", NOW - timedelta(days=400))
    values = {"first_followed_at": since, "stage_since": since, **overrides}
    return Contact.objects.bulk_create(
        [
            Contact(external_userid=f"wm-{number}", name=f"Customer {number}", **values)
            for number in (next(_numbers) for _ in range(how_many))
        ]
    )


def contact(**overrides):
    return contacts(1, **overrides)[0]


def follow(staff, customer, **overrides):
    values = {"added_at": NOW - timedelta(days=300), **overrides}
    return Follow.objects.create(staff=staff, contact=customer, **values)


def order(customer, paid_on, amount_fen=10_000, *, refunded_fen=0, imported_at=NOW):
    return Order(
        source="test",
        external_id=f"order-{next(_numbers)}",
        contact=customer,
        paid_at=datetime.combine(paid_on, time(12), UTC),
        paid_on=paid_on,
        amount_fen=amount_fen,
        refunded_fen=refunded_fen,
        imported_at=imported_at,
    )


def orders(*rows):
    return Order.objects.bulk_create(rows)


def shop(buyers=600, *, days=400, seed=7):
    """A shop old enough for a forecast: people buy at their own pace and leave unseen."""
    random = Random(seed)
    rows = []
    for customer in contacts(buyers):
        pace, leaving = random.gammavariate(0.8, 1 / 40), random.betavariate(1, 3)
        day = random.randrange(days)
        while day < days:
            paid_on = TODAY - timedelta(days=days - 1 - day)
            fen = round(random.gammavariate(4, 2_500))
            rows.append(order(customer, paid_on, fen, imported_at=NOW - timedelta(days=1)))
            if random.random() < leaving:
                break
            day += 1 + int(random.expovariate(pace))
    return orders(*rows)
