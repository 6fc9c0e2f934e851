"""Everybody's sums anew, in slices by customer that several sessions share.

A customer is always recomputed from all her orders, so slices may be computed at different
moments: an order that comes in between leaves its customer to the next refresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db import connection, transaction

from analytics.models import StaleCustomer
from analytics.services.roll_ups import Slice, bring_up_to_date

# Few enough customers that what is joined stays in memory.
AT_ONCE = 50_000
# More than two would take the processors away from those who look at pages.
_SESSIONS = 2
_EXAMPLES = 20


@dataclass(frozen=True)
class Rebuilt:
    """`differences` are changed customers who were not waiting for a refresh."""

    contacts: int
    changed: int
    differences: int
    examples: list[int]


def rebuild_everybody(*, now: datetime, in_this_session: bool, at_once: int = AT_ONCE) -> Rebuilt:
    """Recompute all customers, each slice in a transaction and a session of its own.

    `in_this_session` takes one after the other in the caller's transaction instead. `at_once`
    customers make a slice.
    """
    slices = _slices(at_once)
    if in_this_session:
        found = [_rebuild(each, now=now) for each in slices]
    else:
        with ThreadPoolExecutor(_SESSIONS) as pool:
            found = list(pool.map(lambda each: _in_own_session(each, now=now), slices))
    return Rebuilt(
        contacts=sum(each.contacts for each in found),
        changed=sum(each.changed for each in found),
        differences=sum(each.differences for each in found),
        examples=[number for each in found for number in each.examples][:_EXAMPLES],
    )


def _slices(at_once: int) -> Sequence[Slice]:
    """All customers, whatever their ids; the first and the last slice have no end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place"
            " FROM contacts_contact) numbered WHERE place %% %s = 0 ORDER BY id",
            [at_once],
        )
        borders = [row[0] for row in cursor.fetchall()]
    return [Slice(after=after, until=until) for after, until in pairwise([None, *borders, None])]


def _in_own_session(within: Slice, *, now: datetime) -> Rebuilt:
    try:
        return _rebuild(within, now=now)
    finally:
        connection.close()


def _rebuild(within: Slice, *, now: datetime) -> Rebuilt:
    with transaction.atomic():
        tally = bring_up_to_date(within, now=now)
        wrong, examples = _wrong() if tally.changed else (0, [])
    return Rebuilt(tally.contacts, tally.changed, wrong, examples)


def _wrong() -> tuple[int, list[int]]:
    """Who was changed though no order of hers had been: how many, and the first of them.

    An order and the row that announces it become visible together, so whoever was recomputed with
    a new order is among the waiting by now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), coalesce((array_agg(contact_id ORDER BY contact_id))[:%s], '{{}}')
            FROM (SELECT DISTINCT contact_id FROM pg_temp.changed) changed
            WHERE contact_id NOT IN (SELECT contact_id FROM {StaleCustomer._meta.db_table})
            """,  # noqa: S608 – a name of our own
            [_EXAMPLES],
        )
        found: tuple[int, list[int]] = cursor.fetchone() or (0, [])
    return found
