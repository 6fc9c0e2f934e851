"""Customers cut into slices by their ids, for work that is too much for one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import connection

from analytics.metrics.arrays import Whole

# The borders in one walk along the key, skipping from each to the next.
_BORDERS = """
WITH RECURSIVE border (id) AS (
    (SELECT id FROM contacts_contact ORDER BY id OFFSET %(one_less)s LIMIT 1)
    UNION ALL
    SELECT (
        SELECT id FROM contacts_contact WHERE id > border.id
        ORDER BY id OFFSET %(one_less)s LIMIT 1
    ) FROM border WHERE border.id IS NOT NULL
)
SELECT id FROM border WHERE id IS NOT NULL ORDER BY id
"""


@dataclass(frozen=True)
class Slice:
    """Which customers: those of `ids`, or all above `after` up to `until` (None: no end)."""

    ids: Whole | None = None
    after: int | None = None
    until: int | None = None

    def says(self, column: str) -> str:
        """The condition in SQL on a column of customers' ids."""
        if self.ids is not None:
            return f"{column} = ANY('{{{','.join(map(str, self.ids.tolist()))}}}'::bigint[])"
        bounds = [f"{column} > {self.after}"] if self.after is not None else []
        bounds += [f"{column} <= {self.until}"] if self.until is not None else []
        return " AND ".join(bounds) or "true"


EVERYBODY = Slice()


def slices(at_once: int) -> Sequence[Slice]:
    """All customers, whatever their ids, about so many each; the outer slices have no end."""
    with connection.cursor() as cursor:
        cursor.execute(_BORDERS, {"one_less": at_once - 1})
        borders = [row[0] for row in cursor.fetchall()]
    return [Slice(after=after, until=until) for after, until in pairwise([None, *borders, None])]
