"""Repeat-buying histories of all customers, in the shape the models look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection

from analytics.metrics.arrays import Floats, Whole
from analytics.metrics.history import History
from analytics.metrics.purchase_sums import DAYS
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

    def parts(self, how_many: int) -> list[Histories]:
        """The same customers in order, in parts of about one size."""
        return [self._at(place) for place in np.array_split(np.arange(len(self)), how_many)]

    def _at(self, place: Whole) -> Histories:
        return Histories(
            contact_id=self.contact_id[place],
            history=History(*(times[place] for times in self.history.arrays())),
            repeat_mean=self.repeat_mean[place],
            idle=self.idle[place],
            net=self.net[place],
            first_day=self.first_day,
        )


def until(today: date) -> Histories:
    """From all customers' sums, as of `today`, in order of their ids."""
    kept = columns.read(
        f"""
        SELECT contact_id,
            (last_on - DATE '1970-01-01') * {DAYS}::int8 + (first_on - DATE '1970-01-01'),
            purchase_days::int8, net_fen, first_day_fen
        FROM analytics_contactmetrics WHERE first_on <= %s
        """,  # noqa: S608 – a constant
        ("contact_id", "days", "purchase_days", "net_fen", "first_day_fen"),
        [today],
    )
    order = np.argsort(kept["contact_id"], kind="stable")
    kept = {name: values[order] for name, values in kept.items()}
    kept["last_on"], kept["first_on"] = np.divmod(kept.pop("days"), DAYS)
    return _from_sums(kept, today)


def of_sums(customers: columns.Columns, today: date) -> Histories:
    """From sums that were just made, as `purchase_sums` gives them, all begun by `today`."""
    return _from_sums(
        {
            **{name: values.astype(np.int64) for name, values in customers.items()},
            "net_fen": customers["revenue_fen"] - customers["refunded_fen"],
        },
        today,
    )


def _from_sums(sums: columns.Columns, today: date) -> Histories:
    """Days as numbers since 1970."""
    first, last = sums["first_on"], sums["last_on"]
    end = np.maximum(last, np.datetime64(today, "D").astype(np.int64))
    found = {
        "contact_id": sums["contact_id"],
        "repeats": sums["purchase_days"] - 1,
        "span": last - first,
        "age": end - first,
        "idle": end - last,
        "repeat_fen": sums["net_fen"] - sums["first_day_fen"],
        "net_fen": sums["net_fen"],
    }
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
