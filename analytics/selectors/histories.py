"""Repeat-buying histories of all customers, in the shape the models look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection

from analytics.metrics.arrays import Floats, Whole
from analytics.metrics.history import History
from analytics.selectors import columns

_NAMES = ("contact_id", "repeats", "span", "age", "idle", "repeat_fen", "net_fen")


@dataclass(frozen=True)
class Histories:
    """One entry a buyer known on the day asked for; times in days, money in fen."""

    contact_id: Whole
    history: History
    repeat_mean: Floats
    idle: Whole
    net: Whole
    first_day: date | None

    def __len__(self) -> int:
        return len(self.contact_id)


def until(today: date, *, scope: str = "") -> Histories:
    """From the customers' sums, as of `today`; `scope` names a table of contact ids, or all."""
    only = f"AND contact_id IN (SELECT contact_id FROM {scope})" if scope else ""  # noqa: S608
    found = columns.read(
        f"""
        SELECT contact_id, (purchase_days - 1)::int8, (last_on - first_on)::int8,
               (greatest(%s::date, last_on) - first_on)::int8,
               greatest(%s::date - last_on, 0)::int8,
               net_fen - first_day_fen, net_fen
        FROM analytics_contactmetrics WHERE first_on <= %s {only}
        ORDER BY contact_id
        """,  # noqa: S608 – a name of our own
        _NAMES,
        [today, today, today],
    )
    return _histories(found, today)


@dataclass(frozen=True)
class Later:
    """What each customer of a calibration did after it: purchase days, and net revenue in fen."""

    orders: Floats
    net: Floats


def held_back(cutoff: date, end: date) -> tuple[Histories, Later]:
    """Histories as they stood on `cutoff`, and what came after it up to `end`, both inclusive.

    Reads the whole ledger once. A customer whose sums have not been made yet is left out.
    """
    found = columns.read(
        """
        SELECT contact_id, count(*) FILTER (WHERE paid_on <= %s) - 1,
               (max(paid_on) FILTER (WHERE paid_on <= %s) - min(paid_on))::int8,
               (%s::date - min(paid_on))::int8, 0::int8,
               greatest((sum(net) FILTER (WHERE paid_on <= %s))::int8 - max(first_day_fen), 0),
               (sum(net) FILTER (WHERE paid_on <= %s))::int8,
               count(*) FILTER (WHERE paid_on > %s),
               coalesce(sum(net) FILTER (WHERE paid_on > %s), 0)::int8
        FROM (
            SELECT contact_id, paid_on, sum((amount_fen - refunded_fen)::float8) AS net
            FROM contacts_order WHERE contact_id IS NOT NULL AND paid_on <= %s
            GROUP BY contact_id, paid_on
        ) days JOIN analytics_contactmetrics kept USING (contact_id)
        GROUP BY contact_id HAVING min(paid_on) <= %s
        ORDER BY contact_id
        """,
        (*_NAMES, "later", "later_fen"),
        [*[cutoff] * 7, end, cutoff],
    )
    later = Later(found["later"].astype(np.float64), found["later_fen"].astype(np.float64))
    return _histories(found, cutoff), later


def repeats_by_day(cutoff: date, end: date) -> dict[date, int]:
    """Repeat purchase days up to `end` of the customers known on `cutoff`, by day.

    Reads the whole ledger once.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT paid_on, count(*)
            FROM (
                SELECT DISTINCT contact_id, paid_on FROM contacts_order
                WHERE contact_id IS NOT NULL AND paid_on <= %s
            ) days JOIN analytics_contactmetrics kept USING (contact_id)
            WHERE kept.first_on <= %s AND days.paid_on > kept.first_on
            GROUP BY paid_on
            """,
            [end, cutoff],
        )
        return dict(cursor.fetchall())


def _histories(found: columns.Columns, today: date) -> Histories:
    repeats = found["repeats"]
    oldest = int(found["age"].max(initial=-1))
    return Histories(
        contact_id=found["contact_id"],
        history=History(
            x=repeats.astype(np.float64),
            t_x=found["span"].astype(np.float64),
            T=found["age"].astype(np.float64),
        ),
        repeat_mean=found["repeat_fen"] / np.maximum(repeats, 1),
        idle=found["idle"],
        net=found["net_fen"],
        first_day=date.fromordinal(today.toordinal() - oldest) if oldest >= 0 else None,
    )
