"""Everybody's sums anew, in slices by customer that several sessions share.

A customer is always recomputed from all her orders, so slices may be computed at different
moments: an order that comes in between leaves its customer to the next refresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue

import numpy as np
from django.db import connection, transaction

from analytics.metrics.arrays import Whole
from analytics.models import StaleCustomer
from analytics.selectors import columns
from analytics.selectors.slices import Slice, slices
from analytics.services.roll_ups import bring_up_to_date

# Few enough customers that their orders are quickly at hand while they are added up.
AT_ONCE = 20_000
# More than two would take the processors away from those who look at pages.
_SESSIONS = 2
_EXAMPLES = 20
_STALE = StaleCustomer._meta.db_table
_NOBODY: Whole = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Rebuilt:
    """`differences` are changed customers who were not waiting for a refresh."""

    contacts: int = 0
    changed: int = 0
    differences: int = 0
    examples: tuple[int, ...] = ()


def rebuild_everybody(*, now: datetime, in_this_session: bool, at_once: int = AT_ONCE) -> Rebuilt:
    """Recompute all customers, each slice in a transaction and one of several sessions.

    `in_this_session` takes one after the other in the caller's transaction instead. `at_once`
    customers make a slice.
    """
    cut = slices(at_once)
    if in_this_session:
        return _together(_rebuild(each, now=now) for each in cut)
    waiting: SimpleQueue[Slice] = SimpleQueue()
    for each in cut:
        waiting.put(each)
    with ThreadPoolExecutor(_SESSIONS) as pool:
        sessions = [pool.submit(_session, waiting, now=now) for _ in range(_SESSIONS)]
        return _together(session.result() for session in sessions)


def _session(waiting: SimpleQueue[Slice], *, now: datetime) -> Rebuilt:
    """One of several: takes slices until none is left.

    What a crash of the server loses is made again, for the run is only recorded afterwards; so no
    slice waits for the disk.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
        return _together(_rebuild(each, now=now) for each in _taken(waiting))
    finally:
        connection.close()


def _taken(waiting: SimpleQueue[Slice]) -> Iterator[Slice]:
    while True:
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _rebuild(within: Slice, *, now: datetime) -> Rebuilt:
    with transaction.atomic():
        tally = bring_up_to_date(within, now=now)
        wrong = _surprising(tally.changed, within)
    examples = tuple(wrong[:_EXAMPLES].tolist())
    return Rebuilt(tally.contacts, len(tally.changed), len(wrong), examples)


def _surprising(changed: Whole, within: Slice) -> Whole:
    if not len(changed):
        return _NOBODY
    return np.setdiff1d(changed, _waiting(within), assume_unique=True)


def _waiting(within: Slice) -> Whole:
    """Whose orders have changed since the last refresh.

    An order and the row that announces it become visible together, so whoever was recomputed with
    a new order is among these by now.
    """
    found = columns.read(
        f"SELECT DISTINCT contact_id FROM {_STALE} WHERE {within.says('contact_id')}",  # noqa: S608
        ("contact_id",),
    )
    return found["contact_id"]


def _together(parts: Iterable[Rebuilt]) -> Rebuilt:
    found = list(parts)
    return Rebuilt(
        contacts=sum(each.contacts for each in found),
        changed=sum(each.changed for each in found),
        differences=sum(each.differences for each in found),
        examples=tuple(sorted(number for each in found for number in each.examples)[:_EXAMPLES]),
    )
