"""Take the corp's tags (企业标签) over from WeCom."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from contacts.models import Tag
from contacts.services.bulk import Incoming
from scrm import wecom

_GROUPS = Incoming(
    "incoming_tag_group",
    {"group_id": "text", "name": "text", "order_no": "bigint", "is_gone": "bool"},
)
_TAGS = Incoming(
    "incoming_tag",
    {
        "tag_id": "text",
        "group_id": "text",
        "name": "text",
        "order_no": "bigint",
        "is_gone": "bool",
    },
)


def store_tags(infos: Sequence[wecom.TagGroupInfo], *, is_complete: bool) -> list[int]:
    """Write these tag groups with their tags; answers the customers who lost a tag by it.

    `is_complete`: they are all there are, so tags not among them are gone. A gone tag is taken
    off its relations, as WeCom does without an event for each.
    """
    _GROUPS.fill((info.group_id, info.name[:64], info.order, info.deleted) for info in infos)
    _TAGS.fill(
        (tag.tag_id, info.group_id, tag.name[:64], tag.order, tag.deleted or info.deleted)
        for info in infos
        for tag in info.tags
    )
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_GROUPS)
        cursor.execute(_UPSERT_TAGS)
        if is_complete:
            cursor.execute(_GONE_TAGS)
            cursor.execute(_GONE_GROUPS)
        cursor.execute(_TAKE_OFF)
        return [row[0] for row in cursor.fetchall()]


def store_missing_tags(tag_ids: set[str]) -> set[str]:
    """Fetch and write those of these tags that we do not know yet.

    Answers what WeCom does not list among the corp tags either: rule-group tags.
    """
    known = Tag.objects.filter(tag_id__in=tag_ids).values_list("tag_id", flat=True)
    missing = tag_ids - set(known) if tag_ids else set()
    if not missing:
        return set()
    infos = wecom.get_gateway().corp_tags(tag_ids=sorted(missing))
    store_tags(infos, is_complete=False)
    return missing - {tag.tag_id for info in infos for tag in info.tags}


_UPSERT_GROUPS = """
INSERT INTO contacts_taggroup AS g (group_id, name, kind, "order", is_gone)
SELECT group_id, name, 'wecom', order_no, is_gone FROM pg_temp.incoming_tag_group
ORDER BY group_id
ON CONFLICT (group_id) WHERE group_id <> '' DO UPDATE SET name = EXCLUDED.name,
    "order" = EXCLUDED."order", is_gone = EXCLUDED.is_gone
WHERE (g.name, g."order", g.is_gone)
    IS DISTINCT FROM (EXCLUDED.name, EXCLUDED."order", EXCLUDED.is_gone)
"""

_UPSERT_TAGS = """
INSERT INTO contacts_tag AS t (tag_id, group_id, name, kind, "order", is_gone)
SELECT i.tag_id, g.id, i.name, 'wecom', i.order_no, i.is_gone
FROM pg_temp.incoming_tag i JOIN contacts_taggroup g ON g.group_id = i.group_id
ORDER BY i.tag_id
ON CONFLICT (tag_id) WHERE tag_id <> '' DO UPDATE SET group_id = EXCLUDED.group_id,
    name = EXCLUDED.name, "order" = EXCLUDED."order", is_gone = EXCLUDED.is_gone
WHERE (t.group_id, t.name, t."order", t.is_gone)
    IS DISTINCT FROM (EXCLUDED.group_id, EXCLUDED.name, EXCLUDED."order", EXCLUDED.is_gone)
"""

_GONE_TAGS = """
UPDATE contacts_tag t SET is_gone = true
WHERE t.kind = 'wecom' AND NOT t.is_gone AND NOT EXISTS (
    SELECT 1 FROM pg_temp.incoming_tag i WHERE i.tag_id = t.tag_id)
"""

_GONE_GROUPS = """
UPDATE contacts_taggroup g SET is_gone = true
WHERE g.kind = 'wecom' AND NOT g.is_gone AND NOT EXISTS (
    SELECT 1 FROM pg_temp.incoming_tag_group i WHERE i.group_id = g.group_id)
"""

_TAKE_OFF = """
WITH removed AS (
    DELETE FROM contacts_followtag ft USING contacts_tag t
    WHERE t.id = ft.tag_id AND t.is_gone AND t.kind = 'wecom'
    RETURNING ft.follow_id
)
SELECT DISTINCT f.contact_id FROM removed JOIN contacts_follow f ON f.id = removed.follow_id
ORDER BY f.contact_id
"""
