"""Pages of long lists by keyset: the next page starts behind the last row, whatever was inserted.

No page needs an OFFSET, and no list counts a million rows on each click.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _

PAGE_SIZE = 50
COUNT_LIMIT = 10_000


@dataclass(frozen=True)
class Sort:
    """An order of rows: by `column` (a field path or annotation), then by primary key.

    `has_nulls` says that rows may lack the value; they come last in both directions. Set it only
    where true, because a plain index does not serve NULLS LAST. `key` is the path to the primary
    key in the table of `column`, so that one index holds both.
    """

    column: str
    is_descending: bool = True
    has_nulls: bool = False
    key: str = "pk"

    def ordering(self) -> list[OrderBy]:
        nulls_last = True if self.has_nulls else None
        value, key = F(self.column), F(self.key)
        if self.is_descending:
            return [value.desc(nulls_last=nulls_last), key.desc()]
        return [value.asc(nulls_last=nulls_last), key.asc()]

    def behind(self, value: object, pk: int) -> list[Q]:
        """The rows that come after the one with this value and key, as conditions whose rows
        follow one another.

        Apart, an index leads to the first row of each; in one condition with OR it would walk
        through every row of the same value, and half of all customers have spent nothing.
        """
        further = "lt" if self.is_descending else "gt"
        next_key = Q(**{f"{self.key}__{further}": pk})
        if value is None:
            return [Q(**{f"{self.column}__isnull": True}) & next_key]
        parts = [Q(**{self.column: value}) & next_key, Q(**{f"{self.column}__{further}": value})]
        return [*parts, Q(**{f"{self.column}__isnull": True})] if self.has_nulls else parts


@dataclass(frozen=True)
class Window:
    """One page of a list, as `console/pagination.html` shows it."""

    rows: list[Any]
    next_cursor: str
    is_first: bool
    count_words: str = ""


def window(
    queryset: QuerySet[Any],
    *,
    sort: Sort,
    cursor: str = "",
    size: int = PAGE_SIZE,
    count_words: str = "",
) -> Window:
    """The rows behind `cursor`. A cursor that no list of this order gave out starts at the first
    row.
    """
    place = _read(cursor, sort)
    rows = _rows_behind(place, queryset.order_by(*sort.ordering()), sort, size + 1)
    is_last = len(rows) <= size
    rows = rows[:size]
    next_cursor = "" if is_last else cursor_of(rows[-1], sort)
    return Window(rows, next_cursor, is_first=place is None, count_words=count_words)


def _rows_behind(
    place: tuple[object, int] | None, ordered: QuerySet[Any], sort: Sort, limit: int
) -> list[Any]:
    if place is None:
        return list(ordered[:limit])
    rows: list[Any] = []
    for part in sort.behind(*place):
        if len(rows) < limit:
            rows += ordered.filter(part)[: limit - len(rows)]
    return rows


def counted(queryset: QuerySet[Any], *, limit: int = COUNT_LIMIT) -> str:
    """How many rows there are, in words: exact up to `limit`, "10,000+" above."""
    number = queryset.order_by()[: limit + 1].count()
    return f"{limit:,}+" if number > limit else f"{number:,}"


def estimated(queryset: QuerySet[Any], *, limit: int = COUNT_LIMIT) -> str:
    """The size of a whole table, for an unfiltered list: the planner's figure when it is large."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [queryset.model._meta.db_table],
        )
        rows = cursor.fetchone()[0]
    if rows <= limit:
        return counted(queryset, limit=limit)
    return _("about %(number)s") % {"number": f"{round(rows, -3):,}"}


def _value(row: Any, path: str) -> object:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def cursor_of(row: Any, sort: Sort) -> str:
    """What an address carries for the page behind this row."""
    value = _value(row, sort.column)
    text = value.isoformat() if isinstance(value, date) else str(value)
    return _signer(sort).sign_object([type(value).__name__, text, row.pk])


_PARSERS: dict[str, Callable[[str], object]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int": int,
    "str": str,
    "NoneType": lambda _text: None,
}


def _read(cursor: str, sort: Sort) -> tuple[object, int] | None:
    try:
        kind, text, pk = _signer(sort).unsign_object(cursor)
    except signing.BadSignature:
        return None
    return _PARSERS[kind](text), pk


def _signer(sort: Sort) -> signing.Signer:
    # Signed, because what strangers make up may be no value of the column, or too large for it.
    return signing.Signer(salt=f"paging:{sort.column}")
