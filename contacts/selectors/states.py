"""The channel states (渠道 state) that relations carry, as choices of a rule."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from scrm.segments.choices import Choice
from scrm.segments.values import TEXT_LIMIT, Key

# Walks the index from value to value; a DISTINCT would read every relation.
_STATES = """
WITH RECURSIVE found AS (
    (SELECT state FROM contacts_follow WHERE state <> '' ORDER BY state LIMIT 1)
    UNION ALL
    SELECT (SELECT f.state FROM contacts_follow f
            WHERE f.state <> '' AND f.state > found.state ORDER BY f.state LIMIT 1)
    FROM found WHERE found.state IS NOT NULL
)
SELECT state FROM found WHERE state ILIKE %s LIMIT %s
"""


class States:
    """Every state seen so far. A rule may name any text: a code printed today is scanned
    tomorrow.
    """

    is_searched = True

    def find(self, query: str, limit: int) -> list[Choice]:
        with connection.cursor() as cursor:
            cursor.execute(_STATES, [f"%{_escaped(query)}%", limit])
            return [Choice(state, state) for (state,) in cursor.fetchall()]

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        return {
            key: key
            for key in keys
            if isinstance(key, str) and 0 < len(key) <= TEXT_LIMIT and key.isprintable()
        }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
