"""Builders of rows for the tests of `contacts` and of the floors above it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from contacts.models import Contact, Follow, Order, Staff
from scrm.segments.days import business_day

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # noon in Shanghai

_numbers = count(1)


def staff(**overrides):
    number = next(_numbers)
    return Staff.objects.create(
        **{"userid": f"staff{number}", "name": f"Staff {number}", "is_following": True, **overrides}
    )


def contact(**overrides):
    number = next(_numbers)
    followed = overrides.get("first_followed_at", NOW - timedelta(days=10))
    return Contact.objects.create(
        **{
            "external_userid": f"wm{number:08d}",
            "name": f"Customer {number}",
            "unionid": f"union{number:08d}",
            "first_followed_at": followed,
            "stage_since": followed,
            **overrides,
        }
    )


def follow(person, member, **overrides):
    return Follow.objects.create(
        **{"contact": person, "staff": member, "added_at": person.first_followed_at, **overrides}
    )


def order(person, *, days_ago=0, **overrides):
    paid_at = overrides.get("paid_at", NOW - timedelta(days=days_ago))
    return Order.objects.create(
        **{
            "source": "shop",
            "external_id": f"order{next(_numbers)}",
            "contact": person,
            "paid_at": paid_at,
            "paid_on": business_day(paid_at),
            "amount_fen": 1000,
            "imported_at": NOW,
            **overrides,
        }
    )
