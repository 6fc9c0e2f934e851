"""Channels (渠道) as choices of a rule: by the state that relations carry."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q

from contacts.models import Channel
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
SELECT state FROM found
WHERE state ILIKE %s AND NOT EXISTS (SELECT 1 FROM contacts_channel c WHERE c.state = found.state)
LIMIT %s
"""


class States:
    """Our own channels by name, then every other state seen so far. A rule may name any text: a
    code printed today is scanned tomorrow.
    """

    is_searched = True

    def find(self, query: str, limit: int) -> list[Choice]:
        wanted = Q(name__icontains=query) | Q(state__icontains=query)
        ours = Channel.objects.filter(wanted, is_archived=False).order_by("-created_at")
        found = [Choice(state, name) for state, name in ours.values_list("state", "name")[:limit]]
        with connection.cursor() as cursor:
            cursor.execute(_STATES, [f"%{_escaped(query)}%", limit - len(found)])
            return found + [Choice(state, state) for (state,) in cursor.fetchall()]

    def labels(self, keys: Sequence[Key]) -> dict[Key, str]:
        states = [
            key
            for key in keys
            if isinstance(key, str) and 0 < len(key) <= TEXT_LIMIT and key.isprintable()
        ]
        names = dict(Channel.objects.filter(state__in=states).values_list("state", "name"))
        return {state: names.get(state, state) for state in states}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
