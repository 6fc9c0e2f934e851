"""Tables that are sums over the order ledger, and the one way they are brought up to date.

The orders of some thousand customers are read in one array a column, added up here, compared with
the rows that are kept, and what differs is written by COPY. No order is ever sent as a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.backends.utils import CursorWrapper

from analytics.metrics.arrays import Flags, Whole, union
from analytics.metrics.purchase_sums import DAYS, Ledger, placed, sums
from analytics.selectors import columns
from analytics.selectors.columns import NO_DAY, Columns
from analytics.selectors.slices import Slice

# The ledger's covering index has all that is asked for, in order of customers and days.
_PLACE = f"contact_id * {DAYS} + (paid_on - DATE '0001-01-01')"
_REFUNDED = "FILTER (WHERE refunded_fen > 0)"
LEDGER = f"""
    SELECT array_agg({_PLACE}) AS place, array_agg(amount_fen) AS amount,
        array_agg({_PLACE}) {_REFUNDED} AS refund_place,
        array_agg(refunded_fen) {_REFUNDED} AS refund
    FROM contacts_order WHERE contact_id IS NOT NULL AND {{within}}
"""  # noqa: S608 – constants of this module
CUSTOMERS, MONTHS = "analytics_contactmetrics", "analytics_customermonth"
ROLL_UPS = (MONTHS, CUSTOMERS)

# Columns for the customers' table, in parts that have the same columns.
Completing: TypeAlias = Callable[[Columns], list[Columns]]


@dataclass(frozen=True)
class Tally:
    """How many have orders, or lost their last one; the ids of those whose rows were written."""

    contacts: int
    changed: Whole


@dataclass(frozen=True)
class _Difference:
    """Places of rows: in `fresh` what has to be written, in `kept` what is not right any more."""

    fresh: Columns
    kept: Columns
    missing: Whole
    wrong: Whole

    @property
    def changed(self) -> Whole:
        """The customers concerned, each once."""
        return union(self.fresh["contact_id"][self.missing], self.kept["contact_id"][self.wrong])


def bring_up_to_date(
    within: Slice, *, now: datetime, completed: Completing = lambda rows: [rows]
) -> Tally:
    """Make both tables equal to the ledger for these customers, writing only rows that differ.

    `completed` adds other columns to the customers' sums that are about to be written. To be
    called in a transaction, by one session for a customer at a time. Readers are never blocked and
    never see a table empty. All orders of these customers are held in memory.
    """
    with connection.cursor() as cursor:
        # What is asked for is short, and several sessions do it at once.
        cursor.execute("SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0")
        customers, months = sums(Ledger(**_read_ledger(within)))
        different_months = _difference(MONTHS, months, within)
        different = _difference(CUSTOMERS, customers, within)
        _write_months(cursor, different_months)
        _write_customers(different, now, completed)
        gone = _remove_customers(cursor, different)
    return Tally(
        contacts=len(customers["contact_id"]) + gone,
        changed=union(different.changed, different_months.changed),
    )


def _read_ledger(within: Slice) -> dict[str, Whole]:
    names = ("place", "amount", "refund_place", "refund")
    return columns.read_arrays(LEDGER.format(within=within.says("contact_id")), names)


def _difference(table: str, fresh: Columns, within: Slice) -> _Difference:
    kept = _kept(table, fresh, within)
    theirs, ours = _key(kept), _key(fresh)
    numbers = {name: values.astype(np.int64) for name, values in fresh.items()}
    if np.array_equal(theirs, ours) and all(np.array_equal(kept[n], numbers[n]) for n in numbers):
        nowhere: Whole = np.zeros(0, dtype=np.int64)
        return _Difference(fresh, kept, nowhere, nowhere)
    place = np.searchsorted(theirs, ours)
    is_there = np.zeros(len(ours), dtype=np.bool_)
    inside = place < len(theirs)
    is_there[inside] = theirs[place[inside]] == ours[inside]
    for name, values in numbers.items():
        is_there[is_there] = kept[name][place[is_there]] == values[is_there]
    is_wrong: Flags = np.ones(len(theirs), dtype=np.bool_)
    is_wrong[place[is_there]] = False
    return _Difference(fresh, kept, np.flatnonzero(~is_there), np.flatnonzero(is_wrong))


def _kept(table: str, fresh: Columns, within: Slice) -> dict[str, Whole]:
    """The rows of the table as numbers, in order of their key."""
    listed = ", ".join(_as_number(name, values) for name, values in fresh.items())
    query = f"SELECT {listed} FROM {table} WHERE {within.says('contact_id')}"  # noqa: S608
    found = columns.read(query, tuple(fresh))
    key = _key(found)
    if (key[1:] >= key[:-1]).all():
        return found
    order = np.argsort(key, kind="stable")
    return {name: values[order] for name, values in found.items()}


def _as_number(name: str, like: npt.NDArray[Any]) -> str:
    """As numpy numbers the days."""
    if like.dtype.kind != "M":
        return f'"{name}"::int8'
    return f"coalesce((\"{name}\" - DATE '1970-01-01')::int8, {NO_DAY})"


def _key(rows: Mapping[str, npt.NDArray[Any]]) -> Whole:
    if "month" not in rows:
        return rows["contact_id"]
    return placed(rows["contact_id"], rows["month"].astype("datetime64[D]"))


def _write_months(cursor: CursorWrapper, different: _Difference) -> None:
    if len(different.wrong):
        wrong = _at(different.wrong, different.kept)
        cursor.execute("DROP TABLE IF EXISTS pg_temp.wrong")
        cursor.execute("CREATE TEMP TABLE wrong (contact_id bigint, month date) ON COMMIT DROP")
        month = wrong["month"].astype("datetime64[D]")
        columns.write("wrong", {"contact_id": wrong["contact_id"], "month": month})
        cursor.execute(
            f"DELETE FROM {MONTHS} kept USING wrong"  # noqa: S608 – a name of our own
            " WHERE kept.contact_id = wrong.contact_id AND kept.month = wrong.month"
        )
    if len(different.missing):
        columns.write(MONTHS, _at(different.missing, different.fresh))


def _write_customers(different: _Difference, now: datetime, completed: Completing) -> None:
    """Customers are updated, for their row holds their forecast, too."""
    if not len(different.missing):
        return
    rows = _at(different.missing, different.fresh)
    rows["computed_at"] = columns.moments(now, len(different.missing))
    known = different.kept["contact_id"][different.wrong]
    for part in completed(rows):
        is_known = np.isin(part["contact_id"], known)
        if is_known.any():
            columns.update(CUSTOMERS, "contact_id", _at(is_known, part))
        if not is_known.all():
            columns.write(CUSTOMERS, _at(~is_known, part))


def _remove_customers(cursor: CursorWrapper, different: _Difference) -> int:
    """Those no order stands behind any more; returns how many."""
    wrong = different.kept["contact_id"][different.wrong]
    gone = np.setdiff1d(wrong, different.fresh["contact_id"][different.missing], assume_unique=True)
    if len(gone):
        cursor.execute(f"DELETE FROM {CUSTOMERS} WHERE {Slice(ids=gone).says('contact_id')}")  # noqa: S608
    return len(gone)


def _at(places: Whole | Flags, rows: Mapping[str, npt.NDArray[Any]]) -> Columns:
    return {name: values[places] for name, values in rows.items()}
