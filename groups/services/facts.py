"""The groups a customer is in, as a column of her facts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from contacts.services.facts import Supply, supply
from groups.services.group_facts import refresh_group_facts
from groups.services.nickname_due import note_groups


def register_facts() -> None:
    """Called once, when the app is ready."""
    supply(
        Supply(
            column="group_ids",
            values_sql=_GROUPS_OF_CHOSEN,
            empty_sql="'{}'::int[]",
            prepare=link_members,
        )
    )


def link_members(contact_ids: Sequence[int] | None) -> None:
    """Members who were strangers and are customers by now (None: look at all of them)."""
    scope = "" if contact_ids is None else "AND c.id = ANY(%(ids)s)"
    with connection.cursor() as cursor:
        cursor.execute(_LINK.format(scope=scope), {"ids": list(contact_ids or ())})
        linked = {group_id for (group_id,) in cursor.fetchall()}
    if linked:
        refresh_group_facts(linked)
        note_groups(linked)


_LINK = """
UPDATE groups_groupmember m SET contact_id = c.id
FROM contacts_contact c
WHERE m.contact_id IS NULL AND m.kind = 2 AND c.external_userid = m.member_id {scope}
RETURNING m.group_id
"""

_GROUPS_OF_CHOSEN = """
    SELECT m.contact_id, array_agg(DISTINCT m.group_id::int) AS value
    FROM groups_groupmember m JOIN groups_groupchat g ON g.id = m.group_id
    WHERE m.left_at IS NULL AND g.dismissed_at IS NULL
        AND {scope:m.contact_id}
    GROUP BY m.contact_id
"""
