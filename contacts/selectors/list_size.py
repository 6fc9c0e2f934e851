"""How many customers a list has, without counting a million rows on each click (数量估算)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

# Above this the planner's figure is good enough for a heading.
ESTIMATED_ABOVE = 10_000
_HEADING_MILLISECONDS = 120
_EXACT_MILLISECONDS = 8_000
# SQLSTATE of a statement that took longer than its limit.
_TIMED_OUT = "57014"
_SET_LIMIT = (
    "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"
)


@dataclass(frozen=True)
class Size:
    """A number of customers; `is_exact` says that it was counted."""

    number: int
    is_exact: bool

    def __str__(self) -> str:
        if self.is_exact:
            return f"{self.number:,}"
        return _("about %(number)s") % {"number": f"{_rounded(self.number):,}"}


def heading_size(found: QuerySet[Any], *, above: int = ESTIMATED_ABOVE) -> Size:
    """The size for the heading of a list: counted when it is likely small and the count is quick,
    the planner's figure otherwise. Never takes much longer than a tenth of a second.
    """
    expected = _expected(found)
    if expected <= above:
        counted = _count(found.order_by()[: above + 1], within=_HEADING_MILLISECONDS)
        if counted is not None and counted <= above:
            return Size(counted, is_exact=True)
        # There are more than the planner thinks.
        expected = max(expected, above if counted else 0)
    return Size(expected, is_exact=False)


def exact_size(found: QuerySet[Any], *, within: int = _EXACT_MILLISECONDS) -> Size | None:
    """The size counted on request; None when that takes longer than so many milliseconds."""
    counted = _count(found.order_by(), within=within)
    return None if counted is None else Size(counted, is_exact=True)


def _expected(found: QuerySet[Any]) -> int:
    """The planner's figure, of the statistics that ANALYZE keeps."""
    try:
        plan = json.loads(found.order_by().values("pk").explain(format="json"))
    except EmptyResultSet:
        return 0
    return int(plan[0]["Plan"]["Plan Rows"])


def _count(found: QuerySet[Any], *, within: int) -> int | None:
    try:
        with _limited(within):
            return found.count()
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != _TIMED_OUT:
            raise
        return None


@contextmanager
def _limited(milliseconds: int) -> Iterator[None]:
    """A transaction, or a part of one, whose statements may take so long and no longer."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SET_LIMIT, [str(milliseconds)])
        usual, _limit = cursor.fetchone()
        yield
        # In a larger transaction the limit would outlive this part.
        cursor.execute(_SET_LIMIT, [usual])


def _rounded(number: int) -> int:
    """Two leading figures; the others of an estimate would only look exact."""
    return round(number, -max(len(str(number)) - 2, 0))
